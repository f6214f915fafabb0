import Files
import Foundation
import Traces
import Words

/// The program that renders templates: python3 with jinja2, which runs `render_chat.py` in a process of its own.
///
/// Templates come from strangers. The process has no environment but a locale, an empty working folder, no files, no sockets, and limits
/// of memory and time; a template that computes for a second, or says nothing for longer, is ended.
struct ChatProcess {
  /// Where python3 was found.
  var python: URL
  /// The version of jinja2.
  var version: String

  /// What a template may take.
  enum Limits {
    /// Seconds of processor time for one conversation.
    static let seconds = 1
    /// Bytes of memory.
    static let memory = 512 << 20
    /// Characters of a rendered text.
    static let text = 1 << 22
    /// Of the whole process: seconds until Python and Jinja are ready, seconds between two answers, and what all conversations of a build
    /// may take together.
    static let process = ChildProcess.Limits(first: 30, later: 1.6, processor: 3600, memory: 4 << 30)
  }

  /// Two parts, which are one program.
  private static var script: String {
    [PackageResources.chat_parts_py, PackageResources.render_chat_py].map { String(decoding: Data($0), as: UTF8.self) }
      .joined(separator: "\n")
  }

  /// SHA-256 of the script, which decides what is rendered.
  static var scriptDigest: String { SHA256.hex(of: Data(script.utf8)) }

  private static let isolation = ["-I", "-S", "-B", "-c", script]

  /// The Python of Debian, for which it packages jinja2.
  static let debian = URL(fileURLWithPath: "/usr/bin/python3")

  /// The Python that the wheel was installed for, else Debian's, else the first on PATH.
  ///
  /// - Throws: `Diagnostic` that says what to install.
  static func find(
    _ debian: URL = Self.debian, environment: [String: String]
  ) throws(Diagnostic) -> ChatProcess {
    let candidates = [
      ChildProcess.ownPython(environment: environment),
      FileManager.default.isExecutableFile(atPath: debian.path) ? debian : nil,
      ChildProcess.find("python3", environment: environment),
    ].compactMap(\.self)
    for python in candidates {
      var said = Data()
      let outcome = try? ChildProcess.run(
        python, isolation + ["version"], environment: .plain, limits: Limits.process, output: { said += $0 })
      let version = String(decoding: said, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      if outcome?.status == 0, !version.isEmpty { return ChatProcess(python: python, version: version) }
    }
    let found =
      candidates.isEmpty ? "no python3" : "python3 without it (\(candidates.map(\.path).joined(separator: ", ")))"
    throw Diagnostic(
      "chat templates are rendered by jinja2 for python3, found \(found)",
      hints: [
        "Debian: apt install python3-jinja2; elsewhere: python3 -m pip install jinja2",
        "or give the text as the template would render it: rendered: in a spec, --rendered on the command line",
      ], category: .badInput)
  }

  /// One conversation to render.
  struct Job: Encodable {
    var template: Int
    var messages: [Conversation.Message]
    var reply: Bool
    var generationPrompt: Bool
    var variables: [String: Variable]
    /// A key with null is meant: nothing is said about it.
    var thinking: TemplateVariable
    var date: String

    /// A variable as a text of JSON, in which it has its order.
    struct Variable: Encodable {
      let value: TemplateVariable

      /// Writes the text.
      func encode(to encoder: any Encoder) throws { try value.json().encode(to: encoder) }
    }

    enum CodingKeys: String, CodingKey {
      case template, messages, reply, variables, thinking, date
      case generationPrompt = "generation_prompt"
    }
  }

  private struct Request: Encodable {
    var templates: [String]
    var special: [String: String]
    var written: [String]
    var jobs: [Job]
    var seconds = Limits.seconds
    var memory = Limits.memory
    var longest = Limits.text
  }

  /// The answers to jobs, a line of JSON each; fewer than jobs when a template was ended.
  ///
  /// - Throws: `Diagnostic` when the process could not work at all.
  func render(_ jobs: [Job], templates: [String], facts: ChatFacts) throws(Diagnostic) -> [Data] {
    var said = Data()
    do {
      let request = try JSONEncoder().encode(
        Request(templates: templates, special: facts.special, written: facts.written, jobs: jobs))
      let outcome = try ChildProcess.run(
        python, Self.isolation + ["render"], environment: .plain, input: request, limits: Limits.process,
        output: { said += $0 })
      let lines = said.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map { Data($0) }
      guard let first = lines.first, first == Data("\"\(version)\"".utf8) else {
        throw Diagnostic(
          place: python.path, "the process that renders chat templates did not start",
          hints: [outcome.errors.split(separator: "\n").last.map(String.init) ?? "status \(outcome.status)"],
          category: .internalFault)
      }
      return Array(lines.dropFirst())
    } catch let problem as Diagnostic {
      throw problem
    } catch {
      throw Diagnostic(
        place: python.path, "cannot run it: \(error.localizedDescription)", category: .badInput)
    }
  }
}

import ArgumentParser
import Engine
import Foundation
import Spec
import Traces
import Words

/// Conversations on the command line.
struct ChatOptionGroup: ParsableArguments, GivenOptions {
  /// The template's own switch of thinking.
  enum Switch: String, ExpressibleByArgument, CaseIterable {
    case on, off
  }

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What a user says; the model's own chat template makes a conversation of it. May be given several times.",
      valueName: "text"))
  var chat: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file with a conversation: a JSON list of {\"role\", \"content\"}; - is standard input. May be given several times.",
      valueName: "file"))
  var chatFile: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A conversation as the template would render it, with its special tokens. May be given several times.",
      valueName: "text"))
  var rendered: [String] = []

  @Option(parsing: .unconditional, help: ArgumentHelp("The system message before --chat.", valueName: "text"))
  var system: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The given beginning of the answer to --chat, which the model continues.", valueName: "text"))
  var reply: String?

  @Option(help: "Whether the model thinks before it answers --chat, if its template has a switch for it.")
  var thinking: Switch?

  @Flag(
    name: .customLong("no-generation-prompt"),
    help: "Do not open the assistant's answer at the end of --chat.")
  var leavesClosed = false

  @Option(help: ArgumentHelp("The model's template to use for --chat, if it has several.", valueName: "name"))
  var template: String?

  @Option(
    name: .customLong("variable"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "A variable of the template; the value as in a spec. May be given several times.", valueName: "name=value"))
  var variables: [String] = []

  @Option(help: ArgumentHelp("The date that the template sees if it asks for today's.", valueName: "2025-01-31"))
  var date: String?

  /// Whether there is a conversation.
  var isGiven: Bool { !chat.isEmpty || !chatFile.isEmpty || !rendered.isEmpty }

  /// Options that say more about a conversation.
  private var more: [(String, Bool)] {
    [
      ("--system", system != nil), ("--reply", reply != nil), ("--thinking", thinking != nil),
      ("--no-generation-prompt", leavesClosed), ("--template", template != nil), ("--variable", !variables.isEmpty),
      ("--date", date != nil),
    ]
  }

  var given: [String] {
    ([("--chat", !chat.isEmpty), ("--chat-file", !chatFile.isEmpty), ("--rendered", !rendered.isEmpty)] + more).names
  }

  func validate() throws {
    let isChat = !chat.isEmpty || !chatFile.isEmpty
    if !isChat, let first = more.names.first {
      throw ValidationError("\(first) says more about a conversation: give one with --chat or --chat-file")
    }
    if leavesClosed, reply != nil {
      throw ValidationError("the answer that --reply begins is open already: leave --no-generation-prompt out")
    }
  }

  /// The prompts, in the order of the options above: a text with its conversation.
  ///
  /// - Throws: `DiagnosticList` with the problems of the values, each at its option or file.
  func prompts() throws -> [(text: String, chat: TraceRequest.Chat)] {
    let options = try options
    let asked =
      try chat.map { try ChatPrompt.parse([("chat", "--chat", .text($0))] + options, category: .usage) }
      + chatFile.map { path in
        let place = path == "-" ? "standard input" : path
        return try ChatPrompt.parse(
          [("messages", place, .json(try Input.data(path)))] + options, category: .badSpec)
      }
    return asked.map { ("", .asked($0)) } + rendered.map { ($0, .rendered(.given)) }
  }

  /// The other options as keys of a prompt in a spec.
  private var options: [(key: String, place: String, value: GivenValue)] {
    get throws {
      let pairs = try variables.map { written -> (name: String, yaml: String) in
        guard let sign = written.firstIndex(of: "="), sign > written.startIndex else {
          throw Diagnostic(
            place: "--variable \(written)", "expected a name and a value",
            hints: ["for example: --variable enable_thinking=false"], category: .usage)
        }
        return (String(written[..<sign]), String(written[written.index(after: sign)...]))
      }
      let all: [(key: String, place: String, value: GivenValue?)] = [
        ("system", "--system", system.map { .text($0) }), ("reply", "--reply", reply.map { .text($0) }),
        ("thinking", "--thinking", thinking.map { .text($0.rawValue) }),
        ("generation_prompt", "--no-generation-prompt", leavesClosed ? .yaml("false") : nil),
        ("template", "--template", template.map { .text($0) }), ("date", "--date", date.map { .text($0) }),
        ("variables", "--variable", pairs.isEmpty ? nil : .members(pairs)),
      ]
      return all.compactMap { key, place, value in value.map { (key, place, $0) } }
    }
  }
}

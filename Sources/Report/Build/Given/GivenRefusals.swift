import Engine
import Figures
import Findings
import Foundation
import Spec
import Traces
import Words

/// What is said about numbers from elsewhere that are missing, or are otherwise than the spec asks.
struct GivenRefusals {
  /// The model's name in the spec.
  let model: String
  /// The folder as the spec names it.
  let folder: String
  /// The same as a command names it, from the folder in which the program runs.
  private let place: String
  /// How many numbers there are.
  private let count: Int
  /// What is wrong with files that are left out.
  private let damaged: [Diagnostic]
  private let names: FileNames

  /// Which numbers stand in a file that is named by an id; looked up where something is missing.
  private final class FileNames {
    private let entries: [NumbersFolder.Entry]
    /// Places in `entries` by names of files and every end of them behind a dash: of two with one end the first.
    private lazy var places: [Substring: Int] = {
      var places: [Substring: Int] = [:]
      for (place, entry) in entries.enumerated() {
        var name = (entry.path.split(separator: "/").last ?? "").prefix { $0 != "." }
        while true {
          places[name] = places[name] ?? place
          guard let dash = name.firstIndex(of: "-") else { break }
          name = name[dash...].dropFirst()
        }
      }
      return places
    }()

    init(_ entries: [NumbersFolder.Entry]) { self.entries = entries }

    func first(namedBy id: String) -> NumbersFolder.Entry? { places[id[...]].map { entries[$0] } }
  }

  init(model: String, folder: String, place: String, found: NumbersFolder) {
    (self.model, self.folder, self.place) = (model, folder, place)
    (count, damaged, names) = (found.entries.count, found.damaged, FileNames(found.entries))
  }

  /// A path of a spec as a command names it.
  ///
  /// - Parameter base: The folder that the path starts from.
  static func place(_ path: String, _ base: URL) -> String {
    let folder = base.relativePath
    let isHere = folder.isEmpty || folder == "." || folder == "./" || path.hasPrefix("/")
    let name = path.tidyPath
    let place = isHere ? name : (folder.hasSuffix("/") ? folder : folder + "/") + name
    return place.hasPrefix("./") ? String(place.dropFirst(2)) : place
  }

  /// The command that makes the numbers where the model is.
  private func command(_ spec: ReportSpec) -> String {
    "strata trace \(ShellWord.path(spec.path)) --model \(ShellWord.quoted(model)) -o \(ShellWord.path(place + "/"))"
  }

  /// How numbers are made that answer the spec.
  func advice(_ spec: ReportSpec) -> String {
    "ask for what they have, or make them where the model is: name it there in place of traces: \(VisibleText.inline(folder)), then "
      + command(spec)
  }

  /// Why numbers do not answer what the spec asks; nil where they do.
  func fault(
    _ faults: [String], of id: String, in entry: NumbersFolder.Entry, _ spec: ReportSpec
  ) -> Diagnostic? {
    guard !faults.isEmpty else { return nil }
    return Diagnostic(
      place: "\(model), \(id)",
      "\(folder)/\(entry.path) does not have what the spec asks for: \(faults.joined(separator: "; "))",
      hints: [advice(spec)], category: .badInput)
  }

  /// Two files that answer one question in different ways.
  ///
  /// - Parameter difference: The first thing that they have otherwise.
  func contradiction(
    _ first: NumbersFolder.Entry, _ second: NumbersFolder.Entry, of id: String, difference: String?
  ) -> Diagnostic {
    Diagnostic(
      place: "\(model), \(id)",
      "two files have different numbers: \(folder)/\(first.path) and \(folder)/\(second.path)"
        + (difference.map { "; \($0)" } ?? ""),
      hints: [Self.difference("\(place)/\(first.path)", "\(place)/\(second.path)")], category: .badInput)
  }

  /// What to do about two places with different numbers.
  static func difference(_ first: String, _ second: String) -> String {
    // A line of a file is no file that can be compared.
    guard [first, second].allSatisfy({ $0.hasSuffix(".json") }) else { return "keep the right one" }
    return "keep the right one; strata diff \(ShellWord.path(first)) \(ShellWord.path(second)) shows how they differ"
  }

  /// A prompt whose traces are of runs that were changed otherwise.
  ///
  /// - Parameters:
  ///   - other: The first of them.
  ///   - count: How many there are.
  ///   - what: The trace that is expected, without its changes.
  func otherwiseChanged(
    _ trace: Trace, in other: NumbersFolder.Entry, of count: Int, _ what: String, _ request: TraceRequest, _ id: String,
    _ spec: ReportSpec
  ) -> Diagnostic {
    func run(_ changes: [String]) -> String {
      changes.isEmpty ? "the model's own run" : "a changed run (\(changes.joined(separator: "; then ")))"
    }
    let asked = request.changes == nil ? "and of the model's own run" : "and of the changes that the spec asks for"
    let more = count > 1 ? " and \(Wording.grouped(count - 1)) more" : ""
    return Diagnostic(
      place: "\(model), \(id)",
      "expected \(what) \(asked), found \(run(Wording.changes(of: trace))) in \(folder)/\(other.path)\(more)",
      hints: [advice(spec)], category: .badInput)
  }

  /// Why a subject has no numbers: its file is damaged, or of another text, or there is none.
  ///
  /// - Parameter summaries: The datasets that there are summaries of, where one is missing.
  func missing(_ id: String, _ what: String, _ spec: ReportSpec, summaries: [String] = []) -> Diagnostic {
    let own = damaged.first { problem in
      // "traces/llama-heathrow.json", or "traces/all.jsonl:3" of a line.
      problem.place?.split(separator: "/").last.map { NumbersFolder.Entry.isFile(String($0), namedBy: id) } == true
    }
    var problem = Diagnostic(
      place: "\(model), \(id)",
      "expected \(what) in '\(folder)', found none among \(Wording.count(count, "file"))",
      hints: [
        "make its numbers where the model is: name it there in place of traces: \(VisibleText.inline(folder)), then \(command(spec))",
        "or leave it out: strata build \(ShellWord.path(spec.path)) --keep-going",
      ], category: .badInput)
    if !summaries.isEmpty {
      problem.message += ", which have those of \(Wording.list(summaries.map { "'\($0)'" }, most: 5))"
    } else if let other = names.first(namedBy: id), case .prompt(let key) = other.head.subject {
      let text = VisibleText.excerpt(of: key.text, count: 60)
      problem.message += "; \(folder)/\(other.path) is of the text '\(text)'"
    }
    guard let first = own ?? damaged.first else {
      problem.isOfAbsence = true
      return problem
    }
    let more = own == nil && damaged.count > 1 ? " and \(Wording.count(damaged.count - 1, "more problem"))" : ""
    problem.message += "; left out: \(first.place.map { "\($0): " } ?? "")\(first.message)\(more)"
    problem.hints = first.hints
    return problem
  }

  /// Where the tokens after a prompt come from.
  static func words(_ method: Trace.Method) -> String {
    switch method {
    case .generate(let count): "\(Wording.count(count, "generated token"))"
    case .sample(let count, let sampling):
      "\(Wording.count(count, "sampled token")) (\(Wording.sampling(sampling)))"
    case .continuation(let text): "the continuation '\(TokenDisplay.line(String(text.prefix(60))))'"
    }
  }
}

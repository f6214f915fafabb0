import Engine
import Files
import Foundation
import Plot
import Traces
import Words

/// The traces and summaries in a folder and below it: numbers that some model gave somewhere.
package struct NumbersFolder {
  /// In the order of paths.
  private(set) var entries: [Entry] = []
  /// The files with numbers; paths relative to the folder.
  private(set) var files: [FileRecord] = []
  /// JSON files of another schema, such as the manifest of a gallery.
  private(set) var others = 0

  /// A trace or a summary, and where it was read from.
  struct Entry: Sendable {
    /// Relative to the folder; `traces.jsonl:3` for a line of a file.
    var path: String
    /// The same with the folder.
    var place: String
    /// What it is about.
    var head: Head
    var numbers: CellNumbers

    /// Whether the file is named by an id: `heathrow.json`, `llama-heathrow.json`.
    func isNamed(by id: String) -> Bool {
      let name = path.split(separator: "/").last ?? Substring(path)
      let stem = name.prefix { $0 != "." }
      return stem == id || stem.hasSuffix("-\(id)")
    }

    /// What is known of numbers without reading them again.
    final class Head: Sendable {
      let model: Trace.Model
      let lens: Trace.Lens
      let subject: Subject
      /// Whether the run was changed.
      let isChanged: Bool
      /// Tokens and sets that a trace follows.
      let watched: [Watched]

      /// A token or a set.
      struct Watched: Sendable {
        var text: String
        var isSet: Bool
      }

      /// What the numbers are of.
      enum Subject: Hashable, Sendable {
        case prompt(PromptKey)
        /// Of a dataset, by name.
        case dataset(String)
      }

      /// - Parameter known: The same model and lens, if others have them.
      init(_ numbers: Numbers, _ known: (model: Trace.Model, lens: Trace.Lens)? = nil) {
        (model, lens) = known ?? (numbers.model, numbers.lens)
        switch numbers {
        case .trace(let trace):
          subject = .prompt(PromptKey(text: trace.prompt, method: trace.method, decoder: trace.encoder?.decoder))
          isChanged = trace.changes != nil
          watched = trace.watch.map { Watched(text: $0.text, isSet: $0.isSet) }
        case .summary(let summary):
          subject = .dataset(summary.dataset.name)
          (isChanged, watched) = (false, [])
        }
      }

      /// The prompt; nil for a dataset.
      var prompt: PromptKey? { if case .prompt(let key) = subject { key } else { nil } }
    }

    /// What makes two traces answers to one question.
    struct PromptKey: Hashable, Sendable {
      private let exactText: ExactText
      let method: Trace.Method
      private let exactDecoder: ExactText?

      init(text: String, method: Trace.Method, decoder: String?) {
        (exactText, self.method, exactDecoder) = (ExactText(text), method, decoder.map(ExactText.init))
      }

      var text: String { exactText.text }
      /// The given beginning of a decoder's text.
      var decoder: String? { exactDecoder?.text }
    }

    /// What decides whether two entries are of one model and one lens.
    struct Source: Hashable {
      var sha256: String
      var weights: String
      var adapter: String?
      var lens: String
      var lensSHA256: String?
      var norm: String

      init(_ model: Trace.Model, _ lens: Trace.Lens) {
        (sha256, weights, adapter) = (model.sha256, model.weights, model.adapter?.sha256)
        (self.lens, lensSHA256, norm) = (lens.kind.rawValue, lens.sha256, lens.norm.rawValue)
      }

      /// One text of all, by which sources are ordered.
      var key: String { [sha256, weights, adapter ?? "", lens, lensSHA256 ?? "", norm].joined(separator: " ") }
    }

    var source: Source { Source(head.model, head.lens) }

    /// "Llama 3 (sha256 0123456789ab…, logit lens)".
    var described: String {
      "\(head.model.name) (sha256 \(head.model.sha256.prefix(12))…, \(head.lens.kind.rawValue) lens)"
    }
  }

  /// Where the numbers wait; nil for memory.
  private let spool: ByteSpool?
  /// Models and lenses that occur, each once: most entries share theirs.
  private var known: [(model: Trace.Model, lens: Trace.Lens)] = []

  /// Reads everything in the folder at `url`, which messages call `path`.
  ///
  /// - Parameter spool: Where the numbers wait until somebody asks for them; nil to keep them in memory.
  /// - Throws: `DiagnosticList` of all files that are damaged, or whose numbers cannot be right.
  package init(_ path: String, at url: URL, spool: ByteSpool? = nil) throws(DiagnosticList) {
    self.spool = spool
    let own = OwnFolder(url)
    let names: [String]
    do {
      names = try own.files().filter { $0.hasSuffix(".json") || $0.hasSuffix(".jsonl") }
    } catch {
      throw DiagnosticList([error])
    }
    var problems: [Diagnostic] = []
    var items = GatheredItems()
    for name in names {
      let place = (path.hasSuffix("/") ? String(path.dropLast()) : path) + "/" + name
      guard case .bytes(let data) = own.read(name) else {
        problems.append(
          Diagnostic(place: place, "expected a plain file with numbers, found something else", category: .badInput))
        continue
      }
      if ShardFile.isShard(data) {
        do throws(DiagnosticList) {
          try addShard(data, name, place, &items)
          files.append(FileRecord(path: name, bytes: data.count, sha256: SHA256.hex(of: data)))
        } catch {
          problems += error.diagnostics
        }
        continue
      }
      // A file that is no JSON object, such as one with a trace on each line, has no schema of its own.
      let schema = try? JSONDecoder().decode(Schema.self, from: data)
      if let schema, !schema.isOfTrace, !schema.isOfSummary {
        others += 1
        continue
      }
      do throws(DiagnosticList) {
        if schema?.isOfSummary == true { try addSummary(data, name, place) } else { try addTraces(data, name, place) }
        files.append(FileRecord(path: name, bytes: data.count, sha256: SHA256.hex(of: data)))
      } catch {
        problems += error.diagnostics
      }
    }
    do throws(DiagnosticList) {
      for (place, summary) in try items.summaries() {
        do throws(Diagnostic) { try add(.summary(summary), place, place) } catch { problems.append(error) }
      }
    } catch {
      problems += error.diagnostics
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }

  /// The traces of a shard; items of datasets are added to those of other shards.
  private mutating func addShard(
    _ data: Data, _ name: String, _ place: String, _ items: inout GatheredItems
  ) throws(DiagnosticList) {
    let file: ShardFile
    do throws(Diagnostic) { file = try ShardFile(data, place: place) } catch { throw DiagnosticList([error]) }
    var problems: [Diagnostic] = []
    for index in file.lines.indices {
      do throws(Diagnostic) {
        let cell = try file.cell(index)
        // A text on which lenses are compared is no prompt of anybody.
        if let trace = cell.trace, cell.subject != nil {
          try add(.trace(trace), "\(name):\(index + 2)", file.line(index))
        }
        try items.add(cell, file.header, place: file.line(index))
      } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }

  /// Takes numbers in, and lays them aside.
  private mutating func add(
    _ numbers: Numbers, _ path: String, _ place: String, readFrom bytes: Data? = nil
  ) throws(Diagnostic) {
    let same = known.last { $0.model == numbers.model && $0.lens == numbers.lens }
    if same == nil { known.append((numbers.model, numbers.lens)) }
    entries.append(
      Entry(
        path: path, place: place, head: Entry.Head(numbers, same),
        numbers: try CellNumbers(numbers, readFrom: bytes, in: spool)))
  }

  private struct Schema: Decodable {
    var schema: String?
    var isOfTrace: Bool { schema?.hasPrefix("strata.trace/") == true }
    var isOfSummary: Bool { schema?.hasPrefix("strata.dataset/") == true }
  }

  private mutating func addSummary(_ data: Data, _ name: String, _ place: String) throws(DiagnosticList) {
    do {
      try add(.summary(try DatasetSummary.read(data, path: place)), name, place, readFrom: data)
    } catch {
      throw DiagnosticList(Diagnostic.all(from: error))
    }
  }

  private mutating func addTraces(_ data: Data, _ name: String, _ place: String) throws(DiagnosticList) {
    do {
      let traces = try Trace.readAll(data, path: place)
      let lines = traces.count > 1 ? data.split(separator: 0x0A) : [data]
      func line(_ index: Int) -> String { traces.count > 1 ? ":\(index + 1)" : "" }
      var problems: [Diagnostic] = []
      for (index, trace) in traces.enumerated() {
        let place = place + line(index)
        let hints = ["strata trace --check \(place) lists them"]
        if let wrong = TraceCheck.diagnostic(of: trace, at: place, hints: hints) { problems.append(wrong) }
      }
      guard problems.isEmpty else { throw DiagnosticList(problems) }
      for (index, trace) in traces.enumerated() {
        try add(.trace(trace), name + line(index), place + line(index), readFrom: lines[index])
      }
    } catch {
      throw DiagnosticList(Diagnostic.all(from: error))
    }
  }
}

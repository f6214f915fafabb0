import Engine
import Figures
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
  /// What its numbers state about their models.
  private(set) var stated = StatedModels()
  /// What is wrong with files and lines that are left out.
  private(set) var damaged: [Diagnostic] = []

  /// A trace or a summary, and where it was read from.
  struct Entry: Sendable {
    /// Relative to the folder; `traces.jsonl:3` for a line of a file.
    var path: String
    /// The same with the folder.
    var place: String
    /// What it is about.
    var head: Head
    var numbers: CellNumbers
    /// Digest of the texts of a dataset's items, if they were read one by one.
    var texts: String?

    /// Whether the file is named by an id: `heathrow.json`, `llama-heathrow.json`.
    func isNamed(by id: String) -> Bool { Self.isFile(path, namedBy: id) }

    /// The same of any path.
    static func isFile(_ path: String, namedBy id: String) -> Bool {
      let name = path.split(separator: "/").last ?? Substring(path)
      let stem = name.prefix { $0 != "." }
      return stem == id || stem.hasSuffix("-\(id)")
    }

    /// What is known of numbers without reading them again.
    final class Head: Sendable {
      let origin: Origin
      let subject: Subject
      /// Whether the run was changed.
      let isChanged: Bool
      /// Tokens and sets that a trace follows.
      let watched: [Watched]
      /// Rows that a trace lacks, in words; nil for none.
      let missingRows: String?
      /// The messages that the prompt was made of; nil for a plain text and for a text that was given as rendered.
      let messages: Messages?

      /// A token or a set.
      struct Watched: Sendable {
        var text: String
        var isSet: Bool
      }

      /// A conversation by what was said in it.
      struct Messages: Hashable, Sendable {
        var messages: [Conversation.Message]
        var hasReply: Bool
      }

      /// What the numbers are of.
      enum Subject: Hashable, Sendable {
        case prompt(PromptKey)
        /// Of a dataset, by name.
        case dataset(String)
      }

      var model: Trace.Model { origin.model }
      var lens: Trace.Lens { origin.lens }

      /// - Parameter origin: The model and the lens, which thousands of entries share.
      init(_ numbers: Numbers, of origin: Origin) {
        self.origin = origin
        switch numbers {
        case .trace(let trace):
          subject = .prompt(PromptKey(text: trace.prompt, method: trace.method, decoder: trace.encoder?.decoder))
          isChanged = trace.changes != nil
          watched = trace.watch.map { Watched(text: $0.text, isSet: $0.isSet) }
          missingRows = MissingRows(trace, within: trace.rows.contains(where: \.point.isWithinBlock))?.words
          messages = trace.chat.flatMap {
            $0.messages.isEmpty ? nil : Messages(messages: $0.messages, hasReply: $0.hasReply)
          }
        case .summary(let summary):
          subject = .dataset(summary.dataset.name)
          (isChanged, watched, missingRows, messages) = (false, [], nil, nil)
        }
      }

      /// The prompt; nil for a dataset.
      var prompt: PromptKey? { if case .prompt(let key) = subject { key } else { nil } }
    }

    /// A model and a lens.
    final class Origin: Sendable {
      let model: Trace.Model
      let lens: Trace.Lens
      let source: Source

      init(_ model: Trace.Model, _ lens: Trace.Lens) {
        (self.model, self.lens) = (model, lens)
        source = Source(model, lens)
      }
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
    struct Source: Hashable, Sendable {
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

      /// What another source has otherwise: "weights: 'F16' and 'F32'".
      func difference(from other: Source) -> String {
        let parts: [(String, String?, String?)] = [
          ("sha256", String(sha256.prefix(12)), String(other.sha256.prefix(12))), ("weights", weights, other.weights),
          ("adapter", adapter.map { String($0.prefix(12)) }, other.adapter.map { String($0.prefix(12)) }),
          ("lens", lens, other.lens), ("norm", norm, other.norm),
          (
            "lens.sha256", lensSHA256.map { String($0.prefix(12)) }, other.lensSHA256.map { String($0.prefix(12)) }
          ),
        ]
        func word(_ text: String?) -> String { text.map { "'\(VisibleText.excerpt(of: $0, count: 40))'" } ?? "none" }
        return parts.filter { $1 != $2 }.map { "\($0): \(word($1)) and \(word($2))" }.joined(separator: ", ")
      }

      /// One text of all, by which sources are ordered.
      var key: String { [sha256, weights, adapter ?? "", lens, lensSHA256 ?? "", norm].joined(separator: " ") }
    }

    var source: Source { head.origin.source }

    /// "Llama 3 (sha256 0123456789ab…, logit lens)".
    var described: String {
      "\(head.model.name) (sha256 \(head.model.sha256.prefix(12))…, \(Wording.lensName(head.lens)))"
    }
  }

  /// Where the numbers wait; nil for memory.
  private let spool: ByteSpool?
  /// Models and lenses that occur, each once: most entries share theirs.
  private var known: [Entry.Origin] = []

  /// Reads everything in the folder at `url`, which messages call `path`.
  ///
  /// - Parameters:
  ///   - spool: Where the numbers wait until somebody asks for them; nil to keep them in memory.
  ///   - keepGoing: Whether what is damaged is left out and told in `damaged`.
  /// - Throws: `DiagnosticList` of all files that are damaged, or whose numbers cannot be right, unless `keepGoing`.
  package init(
    _ path: String, at url: URL, spool: ByteSpool? = nil, keepGoing: Bool = false
  ) throws(DiagnosticList) {
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
      let place = path.path(to: name)
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
      for found in try items.summaries() {
        do throws(Diagnostic) {
          let folder = path.path(to: "")
          let own = found.place.hasPrefix(folder) ? String(found.place.dropFirst(folder.count)) : found.place
          try add(.summary(found.summary), own, found.place, texts: found.texts)
        } catch {
          problems.append(error)
        }
      }
    } catch {
      problems += error.diagnostics
    }
    guard problems.isEmpty || keepGoing else { throw DiagnosticList(problems) }
    damaged = problems
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
          try add(.trace(trace), "\(name):\(index + 2)", file.line(index), program: file.header.program)
        }
        if let item = cell.numbers {
          stated.add(item.model, compute: item.compute, program: file.header.program, place: file.line(index))
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
    _ numbers: Numbers, _ path: String, _ place: String, readFrom bytes: Data? = nil, texts: String? = nil,
    program: String? = nil
  ) throws(Diagnostic) {
    stated.add(numbers.model, compute: numbers.compute, program: program, place: place)
    if case .trace(let trace) = numbers { stated.add(tokensOf: trace, place: place) }
    let same = known.last { $0.model == numbers.model && $0.lens == numbers.lens }
    let origin = same ?? Entry.Origin(numbers.model, numbers.lens)
    if same == nil { known.append(origin) }
    entries.append(
      Entry(
        path: path, place: place, head: Entry.Head(numbers, of: origin),
        numbers: try CellNumbers(numbers, readFrom: bytes, in: spool), texts: texts))
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
    let lines = Trace.lines(of: data)
    var problems: [Diagnostic] = []
    // One trace at a time is in memory.
    for (index, line) in (lines ?? [data]).enumerated() {
      let number = lines == nil ? "" : ":\(index + 1)"
      let file = place
      let place = place + number
      do {
        let trace = try Trace.read(Data(line), path: place)
        let hints = ["strata trace --check \(ShellWord.path(file)) lists them"]
        if let wrong = TraceCheck.diagnostic(of: trace, at: place, hints: hints) { throw wrong }
        try add(.trace(trace), name + number, place, readFrom: line)
      } catch {
        problems.append(Diagnostic.one(from: error))
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }
}

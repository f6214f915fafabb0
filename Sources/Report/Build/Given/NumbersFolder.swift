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
    var numbers: Numbers

    /// Whether the file is named by an id: `heathrow.json`, `llama-heathrow.json`.
    func isNamed(by id: String) -> Bool {
      let name = path.split(separator: "/").last ?? Substring(path)
      let stem = name.prefix { $0 != "." }
      return stem == id || stem.hasSuffix("-\(id)")
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

    var source: Source { Source(numbers.model, numbers.lens) }

    /// "Llama 3 (sha256 0123456789ab…, logit lens)".
    var described: String {
      "\(numbers.model.name) (sha256 \(numbers.model.sha256.prefix(12))…, \(numbers.lens.kind.rawValue) lens)"
    }
  }

  /// Reads everything in the folder at `url`, which messages call `path`.
  ///
  /// - Throws: `DiagnosticList` of all files that are damaged, or whose numbers cannot be right.
  package init(_ path: String, at url: URL) throws(DiagnosticList) {
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
          entries += try Self.shard(data, name, place, &items)
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
        entries += try schema?.isOfSummary == true ? [Self.summary(data, name, place)] : Self.traces(data, name, place)
        files.append(FileRecord(path: name, bytes: data.count, sha256: SHA256.hex(of: data)))
      } catch {
        problems += error.diagnostics
      }
    }
    do throws(DiagnosticList) { entries += try items.entries() } catch { problems += error.diagnostics }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
  }

  /// The traces of a shard; items of datasets are added to those of other shards.
  private static func shard(
    _ data: Data, _ name: String, _ place: String, _ items: inout GatheredItems
  ) throws(DiagnosticList) -> [Entry] {
    let file: ShardFile
    do throws(Diagnostic) { file = try ShardFile(data, place: place) } catch { throw DiagnosticList([error]) }
    var entries: [Entry] = []
    var problems: [Diagnostic] = []
    for (index, cell) in try file.cells().enumerated() {
      // A text on which lenses are compared is no prompt of anybody.
      if let trace = cell.trace, cell.subject != nil {
        entries.append(Entry(path: "\(name):\(index + 2)", place: file.line(index), numbers: .trace(trace)))
      }
      do throws(Diagnostic) { try items.add(cell, file.header, place: file.line(index)) } catch {
        problems.append(error)
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    return entries
  }

  private struct Schema: Decodable {
    var schema: String?
    var isOfTrace: Bool { schema?.hasPrefix("strata.trace/") == true }
    var isOfSummary: Bool { schema?.hasPrefix("strata.dataset/") == true }
  }

  private static func summary(_ data: Data, _ name: String, _ place: String) throws(DiagnosticList) -> Entry {
    do {
      return Entry(path: name, place: place, numbers: .summary(try DatasetSummary.read(data, path: place)))
    } catch {
      throw DiagnosticList(Diagnostic.all(from: error))
    }
  }

  private static func traces(_ data: Data, _ name: String, _ place: String) throws(DiagnosticList) -> [Entry] {
    do {
      let traces = try Trace.readAll(data, path: place)
      func line(_ index: Int) -> String { traces.count > 1 ? ":\(index + 1)" : "" }
      var problems: [Diagnostic] = []
      for (index, trace) in traces.enumerated() {
        let place = place + line(index)
        let hints = ["strata trace --check \(place) lists them"]
        if let wrong = TraceCheck.diagnostic(of: trace, at: place, hints: hints) { problems.append(wrong) }
      }
      guard problems.isEmpty else { throw DiagnosticList(problems) }
      return traces.enumerated().map { index, trace in
        Entry(path: name + line(index), place: place + line(index), numbers: .trace(trace))
      }
    } catch {
      throw DiagnosticList(Diagnostic.all(from: error))
    }
  }
}

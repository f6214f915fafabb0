import Engine
import Files
import Foundation
import Models
import Plot
import Spec
import Traces
import Words

/// Traces kept beside a spec and committed with it.
///
/// A machine without the models makes the same gallery from them.
///
/// `words.traces/` for `words.yaml` has a trace for each cell, and `index.json`, which names the subject of each trace.
struct CommittedTraces {
  static let schemaName = "strata.traces/1"
  /// Where traces are written; those of the spec are read from here.
  var folder: URL
  private var index: Index

  /// The contents of `index.json`.
  private struct Index: Codable, Equatable {
    var schema = CommittedTraces.schemaName
    /// By name of the file.
    var traces: [String: Entry] = [:]
    /// By name in the spec.
    var models: [String: Model] = [:]
  }

  /// A trace.
  private struct Entry: Codable, Equatable {
    /// Name of the model in the spec.
    var model: String
    /// Digest of the question.
    var request: String
    /// Of the file.
    var sha256: String
  }

  /// A model as it was when the traces were made.
  private struct Model: Codable, Equatable {
    var reference: String
    var license: String?
    var source: String?
    var files: [FileRecord]
    var tunedLens: [FileRecord]?
    var tunedLensFolder: String?
    /// How it was opened; nil when its files decided everything.
    var options: ModelOptions?
    /// Notes from when it was opened; nil for none.
    var remarks: [String]?
    var adapter: Adapter?
  }

  /// An adapter as it was when the traces were made.
  private struct Adapter: Codable, Equatable {
    var name: String
    var reference: String
    var source: String?
    var files: [FileRecord]
  }

  /// The traces of a spec; none when the folder is not there.
  ///
  /// - Throws: `Diagnostic` when the index is damaged.
  init(_ spec: ReportSpec, base: URL) throws {
    folder = Self.folder(of: spec, base: base)
    let file = folder.appending(path: "index.json")
    guard FileState(path: file.path) != nil else {
      index = Index()
      return
    }
    do {
      index = try JSONDecoder().decode(Index.self, from: try Data(contentsOf: file))
    } catch {
      throw Diagnostic(
        place: file.relativePath, "expected an index of committed traces (\(Self.schemaName)), found something else",
        hints: ["restore it from version control, or write it again with strata build --refresh"], category: .badInput)
    }
    guard index.schema == Self.schemaName else {
      throw Diagnostic(
        place: file.relativePath, "expected schema '\(Self.schemaName)', found '\(index.schema)'", category: .badInput)
    }
  }

  /// `words.traces` beside `words.yaml`.
  static func folder(of spec: ReportSpec, base: URL) -> URL {
    base.appending(path: "\(spec.name).traces", directoryHint: .isDirectory)
  }

  private static func name(_ cell: Plan.Cell) -> String { String(cell.file.dropFirst("traces/".count)) }

  /// The trace of a cell; nil when there is none, or when the spec has changed its question since.
  ///
  /// - Throws: `Diagnostic` when it cannot be read.
  func trace(of cell: Plan.Cell, in spec: ReportSpec) throws -> Trace? {
    guard let request = spec.request(for: cell.subject) else { return nil }
    let name = Self.name(cell)
    let model = spec.models[cell.model]
    guard let entry = index.traces[name], entry.model == model.name, entry.request == ContentKey.of(request),
      let known = index.models[model.name], known.reference == model.reference.text,
      known.tunedLensFolder == model.tunedLens, known.options ?? ModelOptions() == model.options,
      known.adapter?.reference == model.adapter?.text
    else { return nil }
    let file = folder.appending(path: name)
    guard FileState(path: file.path) != nil else { return nil }
    let data: Data
    do { data = try Data(contentsOf: file) } catch { throw FileDigests.unreadable(file, EIO) }
    let trace = try Trace.read(data, path: file.relativePath)
    try trace.checkShape()
    guard trace.prompt == request.prompt else {
      throw Diagnostic(
        place: file.relativePath,
        "expected a trace of prompt '\(spec.id(of: cell.subject))', found one of another text",
        hints: ["restore it from version control, or write it again with strata build --refresh"], category: .badInput)
    }
    return trace
  }

  /// A model as it was when its traces were made, even if it is absent now; nil when there are no traces.
  func model(_ model: ReportSpec.Model) -> ResolvedModel? {
    guard let known = index.models[model.name] else { return nil }
    return ResolvedModel(
      name: model.name, reference: known.reference, url: folder, license: known.license, source: known.source,
      files: known.files, tunedLens: known.tunedLens.map { .init(url: folder, files: $0) }, options: model.options,
      adapter: known.adapter.map {
        .init(name: $0.name, reference: $0.reference, url: folder, source: $0.source, files: $0.files)
      })
  }

  /// The notes from when a model's traces were made.
  func remarks(of model: ReportSpec.Model) -> [String] { index.models[model.name]?.remarks ?? [] }

  /// Files whose digest differs from the one in the index, because someone has changed them by hand.
  var altered: [String] {
    index.traces.filter { name, entry in
      (try? SHA256.hex(ofFile: folder.appending(path: name).path)) != entry.sha256
    }.map(\.key).sorted()
  }

  /// Writes the traces of a build, and removes those of earlier builds that no cell needs.
  ///
  /// - Throws: `Diagnostic`.
  mutating func keep(
    _ traces: [(cell: Plan.Cell, trace: Trace)], models: [ResolvedModel?], remarks: [Int: [String]], spec: ReportSpec
  ) throws {
    var next = Index()
    for (cell, trace) in traces {
      guard let request = spec.request(for: cell.subject) else { continue }
      let name = Self.name(cell)
      let data = try trace.jsonData()
      let file = folder.appending(path: name)
      if (try? Data(contentsOf: file)) != data { try AtomicFile.write(data, to: file) }
      next.traces[name] = Entry(
        model: spec.models[cell.model].name, request: ContentKey.of(request), sha256: SHA256.hex(of: data))
    }
    for (number, (model, resolved)) in zip(spec.models, models).enumerated() {
      guard let resolved else { continue }
      let noted = remarks[number] ?? []
      next.models[model.name] = Model(
        reference: model.reference.text, license: resolved.license, source: resolved.source, files: resolved.files,
        tunedLens: resolved.tunedLens?.files, tunedLensFolder: model.tunedLens,
        options: model.options.isPlain ? nil : model.options,
        remarks: noted.isEmpty ? nil : noted,
        adapter: resolved.adapter.map {
          Adapter(name: $0.name, reference: $0.reference, source: $0.source, files: $0.files)
        })
    }
    guard next != index else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(next) + Data("\n".utf8), to: folder.appending(path: "index.json"))
    for name in index.traces.keys where next.traces[name] == nil && Slug.isSlug(String(name.dropLast(5))) {
      unlink(folder.appending(path: name).path)
    }
    index = next
  }
}

import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// Traces kept by content: the same model, request and program are run once.
struct TraceCache: Sendable {
  let folder: URL

  init(_ cache: CacheFolder) {
    folder = cache.traces
  }

  /// What a trace depends on.
  ///
  /// The model's name in the report is not among it.
  private struct Key: Encodable {
    var schema = Trace.schemaName
    var program = StrataVersion.program
    var model: String
    var tunedLens: String?
    /// nil where all is left to the files.
    var options: ModelOptions?
    var adapter: String?
    var request: TraceRequest
  }

  /// The key of a model, how it is opened, its adapter, the lens it is looked at through, and a request.
  static func key(_ model: ResolvedModel, _ request: TraceRequest) -> String {
    ContentKey.of(
      Key(
        model: model.sha256, tunedLens: model.tunedLens?.sha256, options: model.options.isPlain ? nil : model.options,
        adapter: model.adapter?.sha256, request: request))
  }

  /// The trace under a key, as it would be had the model been run under this name; nil when there is none, or a damaged one.
  func trace(_ key: String, of model: ResolvedModel) -> Trace? {
    guard let data = try? Data(contentsOf: file(key)), var trace = try? Trace.read(data, path: key) else { return nil }
    trace.model.rename(as: model)
    return trace
  }

  /// Keeps a trace.
  ///
  /// A cache that cannot be written to only costs time.
  func keep(_ trace: Trace, _ key: String) {
    if let data = try? trace.jsonData() { try? AtomicFile.write(data, to: file(key)) }
  }

  private func file(_ key: String) -> URL { folder.appending(path: key + ".json") }
}

extension Trace.Model {
  /// Takes the names, licence and sources of a model of the same content.
  mutating func rename(as model: ResolvedModel) {
    name = model.name
    license = model.license
    source = model.source
    if let own = model.adapter {
      adapter?.name = own.name
      adapter?.source = own.source
    }
  }
}

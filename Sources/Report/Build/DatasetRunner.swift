import Engine
import Files
import Foundation
import Models
import Traces
import Words

/// A dataset read from its file, before any model is asked.
public struct DatasetJob: Sendable {
  /// The file as the user wrote it, for messages.
  public var file: String
  /// What is asked.
  public var request: DatasetRequest

  /// A job.
  public init(file: String, request: DatasetRequest) {
    self.file = file
    self.request = request
  }

  /// A model's trouble with items, each at its line of the file.
  func diagnostics(_ error: DatasetError) -> DiagnosticList {
    DiagnosticList(
      error.faults.map {
        Diagnostic(place: "\(file):\($0.line)", $0.message, hints: $0.hints, category: .badInput)
      })
  }
}

/// Where summaries of datasets come from: the engine, or in tests something that makes them up.
public protocol DatasetSource: NoteSource {
  /// The summary of a dataset on a model.
  ///
  /// - Throws: `DatasetError` for items that cannot be run; what opening a model throws.
  func summary(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> DatasetSummary
}

/// Runs datasets, each once for the same model, items and settings.
public struct DatasetRunner: Sendable {
  let store: ModelStore
  let source: any DatasetSource

  /// A runner over a store of models and a source of numbers.
  public init(store: ModelStore, source: any DatasetSource) {
    self.store = store
    self.source = source
  }

  /// The summary of a dataset on a model, from the cache where it is in it.
  ///
  /// - Parameter model: A reference as in a spec.
  /// - Throws: `DiagnosticList` with the items that the model cannot be asked, or why it cannot be used.
  public func summary(
    of model: String, _ job: DatasetJob, tunedLens: String? = nil, options: ModelOptions = ModelOptions(),
    adapter: String? = nil, base: URL, offline: Bool, progress: ProgressHandler?
  ) throws -> DatasetSummary {
    let resolved = try store.resolve(
      written: model, tunedLens: tunedLens, options: options, adapter: adapter, base: base, offline: offline,
      progress: progress)
    let summary = try summary(of: resolved, job, progress: progress).summary
    ModelRemarks(store.cache).tell(resolved, source, progress: progress)
    return summary
  }

  /// The summary on a model whose files are known, and whether it came from the cache.
  func summary(
    of model: ResolvedModel, _ job: DatasetJob, progress: ProgressHandler?
  ) throws -> (summary: DatasetSummary, cached: Bool) {
    let cache = DatasetCache(store.cache)
    let key = DatasetCache.key(model, job.request)
    if let known = cache.summary(key, of: model, name: job.request.name) { return (known, true) }
    do {
      let summary = try source.summary(of: model, job.request) { done, total in
        progress?(.running(model: model.name, done: done, total: total))
      }
      cache.keep(summary, key)
      if let bos = source.leadingBOS(of: model), !bos.isEmpty,
        job.request.items.contains(where: { $0.prompt.utf8.starts(with: bos.utf8) })
      {
        progress?(.note("note: \(RepeatedBOS.words(bos, model: model.name))"))
      }
      return (summary, false)
    } catch let error as DatasetError {
      throw job.diagnostics(error)
    }
  }
}

/// Summaries kept by content, beside the traces.
struct DatasetCache: Sendable {
  let folder: URL

  init(_ cache: CacheFolder) { folder = cache.datasets }

  /// What a summary depends on.
  private struct Key: Encodable {
    var schema = DatasetSummary.schemaName
    var program = StrataVersion.program
    var model: String
    var tunedLens: String?
    /// nil where all is left to the files.
    var options: ModelOptions?
    var adapter: String?
    var request: DatasetRequest
  }

  /// The key of a model, the lens it is looked at through, and a dataset, whatever its name and wherever its lines stand.
  static func key(_ model: ResolvedModel, _ request: DatasetRequest) -> String {
    var request = request
    request.name = ""
    for index in request.items.indices { request.items[index].line = 0 }
    return ContentKey.of(
      Key(
        model: model.sha256, tunedLens: model.tunedLens?.sha256, options: model.options.isPlain ? nil : model.options,
        adapter: model.adapter?.sha256, request: request))
  }

  /// The summary under a key, under this model's and dataset's names; nil when there is none, or a damaged one.
  func summary(_ key: String, of model: ResolvedModel, name: String) -> DatasetSummary? {
    guard let data = try? Data(contentsOf: file(key)), var summary = try? DatasetSummary.read(data, path: key) else {
      return nil
    }
    summary.model.rename(as: model)
    summary.dataset.name = name
    return summary
  }

  /// Keeps a summary.
  ///
  /// A cache that cannot be written to only costs time.
  func keep(_ summary: DatasetSummary, _ key: String) {
    if let data = try? summary.jsonData() { try? AtomicFile.write(data, to: file(key)) }
  }

  private func file(_ key: String) -> URL { folder.appending(path: key + ".json") }
}

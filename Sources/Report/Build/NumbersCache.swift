import Engine
import Figures
import Files
import Foundation
import Models
import Traces
import Words

/// Numbers cached by content: the same model, question and program run once.
struct NumbersCache: Sendable {
  private let traces: URL?
  private let summaries: URL?

  init(_ cache: CacheFolder) {
    traces = cache.traces
    summaries = cache.datasets
  }

  /// A cache that keeps nothing.
  static let none = NumbersCache()
  private init() { (traces, summaries) = (nil, nil) }

  /// What numbers depend on.
  ///
  /// The model's name in the report is not part of it.
  private struct Key<Request: Encodable>: Encodable {
    var schema: String
    var program: String?
    var model: String
    var tunedLens: String?
    var jacobianLens: String?
    /// nil when the model's files decide everything.
    var options: ModelOptions?
    var adapter: String?
    var request: Request

    init(_ schema: String, _ program: String?, _ model: ResolvedModel, _ request: Request) {
      self.schema = schema
      self.program = program
      self.model = model.sha256
      tunedLens = model.lens?.kind == .tuned ? model.lens?.sha256 : nil
      jacobianLens = model.lens?.kind == .jacobian ? model.lens?.sha256 : nil
      options = model.options.isPlain ? nil : model.options
      adapter = model.adapter?.sha256
      self.request = request
    }
  }

  /// The key of a model with its options, adapter and lens, and a question.
  ///
  /// The name of a dataset and the lines of its items are not part of it.
  ///
  /// - Parameter program: The build of the program; nil for keys that other builds know as well.
  static func key(
    _ model: ResolvedModel, _ question: Question, program: String? = StrataVersion.program
  ) -> String {
    switch question {
    case .trace(let request): return ContentKey.of(Key(Trace.schemaName, program, model, request))
    case .summary(let job):
      var request = job.request
      request.name = ""
      for index in request.items.indices { request.items[index].line = 0 }
      return ContentKey.of(Key(DatasetSummary.schemaName, program, model, request))
    }
  }

  /// The numbers under the key of a question, with the names that this model and this dataset have now.
  ///
  /// Returns nil when the cache has none, or when they are damaged.
  func numbers(_ key: String, of model: ResolvedModel, _ question: Question) -> Numbers? {
    guard let data = file(key, question).flatMap(SealedFile.read) else { return nil }
    var numbers: Numbers
    switch question {
    case .trace:
      guard let trace = try? Trace.read(data, path: key) else { return nil }
      numbers = .trace(trace)
    case .summary(let job):
      guard var summary = try? DatasetSummary.read(data, path: key) else { return nil }
      summary.dataset.name = job.request.name
      numbers = .summary(summary)
    }
    numbers.model.rename(as: model)
    return numbers
  }

  /// Whether there is a file of numbers under the key of a question; it may be damaged.
  func holds(_ key: String, _ question: Question) -> Bool {
    file(key, question).map { FileState(path: $0.path) != nil } ?? false
  }

  /// Keeps numbers.
  ///
  /// A cache that cannot be written only costs time.
  func keep(_ numbers: Numbers, _ key: String, _ question: Question) {
    guard let file = file(key, question), let data = try? numbers.jsonData() else { return }
    try? SealedFile.write(data, to: file)
  }

  private func file(_ key: String, _ question: Question) -> URL? {
    switch question {
    case .trace: traces?.appending(path: key + ".json")
    case .summary: summaries?.appending(path: key + ".json")
    }
  }
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

import Engine
import Files
import Models
import Synchronization
import Traces
import Words

/// Numbers from our own engine.
public struct EngineSource: NumbersSource {
  let threads: Int
  private let opened = OpenedModels()
  /// Tracers of a model that is asked several times; nil when each model is asked once.
  private let tracers: KeptTracers?

  /// A source that runs models on this number of threads.
  ///
  /// - Parameter keepsOpen: Whether an opened model stays open, for questions in several parts.
  public init(threads: Int, keepsOpen: Bool = false) {
    self.threads = threads
    tracers = keepsOpen ? KeptTracers() : nil
  }

  /// Runs the model once for all valid requests.
  public func traces(
    of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [Result<Trace, Diagnostic>] {
    let tracer = try tracer(of: model)
    var results: [Result<Trace, Diagnostic>?] = requests.map { request in
      do {
        try tracer.check(request)
        return nil
      } catch {
        var problem = Diagnostic.one(from: error)
        if Self.isAboutTheQuestion(error, model: model.name) { problem.category = .badSpec }
        if Self.isOfThePrompt(error) { problem.isOfConversation = true }
        return .failure(problem)
      }
    }
    let sound = requests.indices.filter { results[$0] == nil }
    // States have the indices of their requests. A request that cannot run has none to export.
    guard states == nil || sound.count == requests.count else {
      throw DiagnosticList(
        results.compactMap { if case .failure(let problem) = $0 { problem } else { nil } })
    }
    do {
      let traces = try tracer.trace(sound.map { requests[$0] }, states: states) { progress?($0.done, $0.total) }
      for (index, trace) in zip(sound, traces) { results[index] = .success(trace) }
    } catch  where sound.count > 1 && states == nil {
      // One request failed during the run. Separate runs answer the others.
      for index in sound {
        results[index] = Result { try tracer.trace([requests[index]])[0] }.mapError { Diagnostic.one(from: $0) }
      }
    } catch {
      for index in sound { results[index] = .failure(Diagnostic.one(from: error)) }
    }
    return results.compactMap { $0 }
  }

  /// Whether what is asked has to change, not a file: a text, a layer or a position that this model cannot have.
  private static func isAboutTheQuestion(_ error: any Error, model: String) -> Bool {
    switch error {
    case RunError.tooLong, RunError.badPosition: true
    case let error as ChangeError: error.place == model
    default: false
    }
  }

  /// Whether the prompt is of a form that this model cannot have, though another model can.
  private static func isOfThePrompt(_ error: any Error) -> Bool {
    switch error {
    case RunError.noDecoderBesideEncoder, RunError.chatForEncoder, RunError.noMask, RunError.textForMasks,
      RunError.columnsWithoutMask:
      true
    default: false
    }
  }

  /// Looks the words up in the model's vocabulary.
  public func watchProblems(of model: ResolvedModel, _ requests: [TraceRequest]) throws -> [Diagnostic?] {
    let language = try open(model)
    let tracer = try Tracer(model: language, threads: threads)
    // The run that follows takes it.
    opened.keep(language, of: model)
    return requests.map { request in
      let problems = tracer.watchProblems(of: request).map { Diagnostic.one(from: $0) }
      guard var all = problems.first else { return nil }
      all.message = problems.map(\.message).joined(separator: "; ")
      all.hints = problems.flatMap(\.hints).uniqued
      return all
    }
  }

  /// Opens the model.
  public func layers(of model: ResolvedModel) throws -> Int? {
    let language = try open(model)
    // The run that follows takes it.
    opened.keep(language, of: model)
    return language.layers
  }

  /// Reads templates and special tokens; no weights.
  public func chatFacts(of model: ResolvedModel) throws -> ChatFacts {
    let files = try openModelFiles(path: model.url.path)
    let templates = try ChatTemplates.of(files)
    guard !templates.isEmpty else { return .none }
    let tokenizer = try openTokenizer(files: files, options: model.options)
    return ChatFacts(
      templates: templates, special: tokenizer.specialTokens, written: tokenizer.writtenSpecialTokens)
  }

  /// Runs the model over all prompts of a dataset.
  public func summary(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> DatasetSummary {
    try tracer(of: model).summary(of: request) { progress?($0.done, $0.total) }
  }

  /// Runs the model over items of a dataset.
  public func items(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [DatasetItem] {
    try tracer(of: model).items(of: request) { progress?($0.done, $0.total) }
  }

  /// The notes of a model, which is opened if necessary.
  public func notes(of model: ResolvedModel) throws -> [ModelNote] {
    try opened.model(model)?.notes ?? open(model).notes
  }

  /// The written form of the BOS of an opened model.
  public func leadingBOS(of model: ResolvedModel) -> String? { opened.model(model)?.bos }

  /// Whether an opened model predicts what comes after a text.
  public func continuesTexts(_ model: ResolvedModel) -> Bool { opened.model(model)?.continuesTexts ?? false }

  /// A tracer of an opened model with its adapter, through its fitted lens where it has one.
  func tracer(of model: ResolvedModel) throws -> Tracer {
    if let kept = tracers?.tracer(of: model) { return kept }
    let tracer = try Tracer(model: try open(model), lens: try model.lens?.open(), threads: threads)
    tracers?.keep(tracer, of: model)
    return tracer
  }

  private func open(_ model: ResolvedModel) throws -> LanguageModel {
    let language = try opened.take(model) ?? model.open()
    opened.set(
      OpenedModels.Facts(
        notes: language.notes, bos: language.tokenizer.leadingBOS,
        continuesTexts: !language.fillsMasks && !language.hasEncoder), of: model)
    if tracers != nil { opened.keep(language, of: model) }
    return language
  }
}

/// Tracers of models that stay open, one for each lens.
private final class KeptTracers: Sendable {
  private let kept = Mutex<[(model: ResolvedModel, tracer: Tracer)]>([])

  func tracer(of model: ResolvedModel) -> Tracer? {
    kept.withLock { kept in kept.first { $0.model == model }?.tracer }
  }

  func keep(_ tracer: Tracer, of model: ResolvedModel) {
    kept.withLock { $0.append((model, tracer)) }
  }
}

/// Facts about opened models, by their files and the options with which they were opened.
private final class OpenedModels: Sendable {
  struct Facts {
    var notes: [ModelNote]
    /// The written form of the BOS that the tokenizer puts before every text.
    var bos: String?
    /// Whether it predicts what comes after a text.
    var continuesTexts: Bool
  }

  private let facts = Mutex<[String: Facts]>([:])
  /// A model that was opened for its words and is about to be run.
  private let kept = Mutex<(key: String, sha256: String, model: LanguageModel)?>(nil)

  private func key(_ model: ResolvedModel) -> String {
    model.url.path + ContentKey.of(model.options) + (model.adapter?.url.path ?? "")
  }

  func keep(_ language: LanguageModel, of model: ResolvedModel) {
    kept.withLock { $0 = (key(model), model.sha256, language) }
  }

  /// The kept model, if it is this one; it is not kept any longer.
  func take(_ model: ResolvedModel) -> LanguageModel? {
    kept.withLock { kept in
      defer { kept = nil }
      return kept.flatMap { $0.key == key(model) && $0.sha256 == model.sha256 ? $0.model : nil }
    }
  }

  func set(_ one: Facts, of model: ResolvedModel) { facts.withLock { $0[key(model)] = one } }

  func model(_ model: ResolvedModel) -> Facts? { facts.withLock { $0[key(model)] } }
}

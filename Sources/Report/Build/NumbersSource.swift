import Engine
import Figures
import Models
import Traces
import Words

/// A source of numbers: the engine, or invented numbers in tests.
public protocol NumbersSource: NoteSource {
  /// Traces of several requests on one model, or the reasons why they are missing, in the order of the requests.
  ///
  /// - Parameter states: Keeps the states themselves, under the indices of the requests.
  /// - Throws: When nothing can be traced, because the model cannot be opened.
  func traces(
    of model: ResolvedModel, _ requests: [TraceRequest], states: CapturedStates?,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [Result<Trace, Diagnostic>]

  /// Why a model cannot follow the watched words of requests, in the order of the requests; nil where it can.
  ///
  /// - Throws: The errors of opening a model.
  func watchProblems(of model: ResolvedModel, _ requests: [TraceRequest]) throws -> [Diagnostic?]

  /// The number of a model's layers; nil when it is not known without a run.
  ///
  /// - Throws: The errors of opening a model.
  func layers(of model: ResolvedModel) throws -> Int?

  /// What a model's files say about conversations.
  ///
  /// - Throws: The errors of opening a model's files.
  func chatFacts(of model: ResolvedModel) throws -> ChatFacts

  /// The summary of a dataset on a model.
  ///
  /// - Throws: `DatasetError` for items that cannot run; the errors of opening a model.
  func summary(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> DatasetSummary

  /// The numbers of the items of a dataset on a model, before any mean.
  ///
  /// - Throws: As `summary`.
  func items(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [DatasetItem]
}

extension NumbersSource {
  /// An error: for sources that have summaries alone.
  public func items(
    of model: ResolvedModel, _ request: DatasetRequest, progress: (@Sendable (_ done: Int, _ total: Int) -> Void)?
  ) throws -> [DatasetItem] {
    throw Diagnostic(place: model.name, "this source has no numbers of single items", category: .internalFault)
  }

  /// Not known: for sources without networks.
  public func layers(of model: ResolvedModel) throws -> Int? { nil }

  /// No problems: for sources that take any word.
  public func watchProblems(of model: ResolvedModel, _ requests: [TraceRequest]) throws -> [Diagnostic?] {
    requests.map { _ in nil }
  }

  /// None: for sources without templates.
  public func chatFacts(of model: ResolvedModel) throws -> ChatFacts { .none }

  /// Answers in the order of the questions, or the reasons why they are missing.
  ///
  /// All traces come from one run.
  ///
  /// - Throws: As `traces`.
  func answers(
    of model: ResolvedModel, _ questions: [Question], states: CapturedStates?, progress: ProgressHandler?
  ) throws -> [Result<Numbers, DiagnosticList>] {
    let told: @Sendable (Int, Int) -> Void = { progress?(.running(model: model.name, done: $0, total: $1)) }
    let requests = questions.compactMap { if case .trace(let request) = $0 { request } else { nil } }
    var traces =
      requests.isEmpty ? [][...] : try self.traces(of: model, requests, states: states, progress: told)[...]
    return questions.map { question in
      switch question {
      case .trace:
        guard let trace = traces.popFirst() else {
          return .failure(DiagnosticList([Diagnostic("no trace came back", category: .internalFault)]))
        }
        return trace.map { .trace($0) }.mapError { DiagnosticList([$0]) }
      case .summary(let job):
        do {
          if let note = SpacelessAnswers.note(job, of: model, self) { progress?(.note("note: \(note)")) }
          let summary = try summary(of: model, job.request, progress: told)
          if let bos = leadingBOS(of: model), !bos.isEmpty,
            job.request.items.contains(where: { $0.prompt.utf8.starts(with: bos.utf8) })
          {
            progress?(.note("note: \(RepeatedBOS.words(bos, model: model.name))"))
          }
          return .success(.summary(summary))
        } catch let error as DatasetError {
          return .failure(job.diagnostics(error.faults))
        } catch {
          return .failure(DiagnosticList(Diagnostic.all(from: error)))
        }
      }
    }
  }
}

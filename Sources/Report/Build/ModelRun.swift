import Engine
import Figures
import Files
import Foundation
import Models
import Threads
import Traces
import Words

/// Gets the answers of one model: from the cache, or from one run for all that the cache lacks.
struct ModelRun {
  let source: any NumbersSource
  let cache: NumbersCache
  let chats: Chats
  let threads: Int
  let progress: ProgressHandler?
  /// Whether a prompt whose watched words the model cannot follow is traced without them, or else has no answer.
  var leavesOutWatched = false

  /// Numbers, and whether this build ran the model for them.
  struct Answer: Sendable {
    var numbers: CellNumbers
    var isNew: Bool
    /// Why the watched words of the question are left out of these numbers; nil when nothing is.
    var unwatched: Diagnostic?
  }

  /// The answers to the questions.
  struct Outcome {
    /// In the order of the questions.
    var answers: [Result<Answer, DiagnosticList>]
    /// Why the model could not run at all; every missing answer has this reason, too.
    var fault: (any Error)?
  }

  /// Answers to questions.
  ///
  /// Equal questions share one run, that of the first.
  ///
  /// - Parameters:
  ///   - states: Keeps the states themselves, under the indices of the questions; the model is then run for every one,
  ///     whatever is in the cache.
  ///   - tell: Called in order for every question that is answered, with its index, by one thread at a time.
  func outcome(
    of model: ResolvedModel, _ asked: [Question], states: CapturedStates? = nil,
    tell: @escaping @Sendable (_ index: Int, _ cached: Bool) -> Void = { _, _ in }
  ) -> Outcome {
    let (rendered, refused) = chats.rendered(asked, of: model, progress: progress)
    guard !refused.isEmpty else {
      return outcome(of: model, rendered: rendered, states: states, tell: tell)
    }
    let sound = asked.indices.filter { refused[$0] == nil }
    let run = outcome(of: model, rendered: sound.map { rendered[$0] }, states: states) { tell(sound[$0], $1) }
    var answers = run.answers[...]
    return Outcome(
      answers: asked.indices.map { index in
        if let problem = refused[index] { return .failure(DiagnosticList([problem])) }
        return answers.popFirst()
          ?? .failure(DiagnosticList([Diagnostic("no numbers came back", category: .internalFault)]))
      }, fault: run.fault)
  }

  /// Answers to questions whose conversations are rendered.
  private func outcome(
    of model: ResolvedModel, rendered asked: [Question], states: CapturedStates?,
    tell: @escaping @Sendable (_ index: Int, _ cached: Bool) -> Void
  ) -> Outcome {
    var questions = asked
    var keys = Parallel.map(asked.count, threads: threads) { NumbersCache.key(model, asked[$0]) }
    let unwatched: [Int: Diagnostic]
    do {
      unwatched = leavesOutWatched && states == nil ? try leaveOut(&questions, &keys, of: model) : [:]
    } catch {
      let problems = DiagnosticList(Diagnostic.all(from: error))
      return Outcome(answers: asked.map { _ in .failure(problems) }, fault: error)
    }
    return outcome(of: model, questions, keys, unwatched, states: states, tell: tell)
  }

  /// Replaces questions whose watched words the model cannot follow by those without any, and gives the reasons by index.
  ///
  /// The model is asked only about questions that the cache has no numbers for.
  private func leaveOut(
    _ questions: inout [Question], _ keys: inout [String], of model: ResolvedModel
  ) throws -> [Int: Diagnostic] {
    let doubtful = questions.indices.compactMap { index -> (index: Int, request: TraceRequest)? in
      guard case .trace(let request) = questions[index],
        !request.watch.isEmpty || request.attribute != nil || request.patch != nil,
        !cache.holds(keys[index], questions[index])
      else { return nil }
      return (index, request)
    }
    guard !doubtful.isEmpty else { return [:] }
    var reasons: [Int: Diagnostic] = [:]
    for (entry, problem) in zip(doubtful, try source.watchProblems(of: model, doubtful.map(\.request))) {
      guard let problem else { continue }
      var request = entry.request
      request.watch = []
      request.attribute = nil
      request.patch = nil
      questions[entry.index] = .trace(request)
      keys[entry.index] = NumbersCache.key(model, questions[entry.index])
      reasons[entry.index] = problem
    }
    return reasons
  }

  /// Answers to questions with their keys.
  private func outcome(
    of model: ResolvedModel, _ questions: [Question], _ keys: [String], _ unwatched: [Int: Diagnostic],
    states: CapturedStates?, tell: @escaping @Sendable (_ index: Int, _ cached: Bool) -> Void
  ) -> Outcome {
    var seen: Set<String> = []
    let firsts = keys.indices.filter { seen.insert(keys[$0]).inserted || states != nil }
    var found: [String: Result<Answer, DiagnosticList>] = [:]
    if states == nil {
      let cached = Parallel.map(
        firsts.count, threads: threads, inOrder: { if $1 != nil { tell(firsts[$0], true) } },
        { cache.numbers(keys[firsts[$0]], of: model, questions[firsts[$0]]) })
      for (first, numbers) in zip(firsts, cached) {
        if let numbers { found[keys[first]] = .success(Answer(numbers: .here(numbers), isNew: false)) }
      }
    }
    let missing = firsts.filter { found[keys[$0]] == nil }
    var fault: (any Error)?
    if !missing.isEmpty {
      do {
        let ran = try source.answers(of: model, missing.map { questions[$0] }, states: states, progress: progress)
        try model.requireUnchanged()
        _ = Parallel.map(
          ran.count, threads: threads, inOrder: { index, isThere in if isThere { tell(missing[index], false) } },
          { index -> Bool in
            guard case .success(let numbers) = ran[index] else { return false }
            cache.keep(numbers, keys[missing[index]], questions[missing[index]])
            return true
          })
        for (first, result) in zip(missing, ran) {
          found[keys[first]] = result.map { Answer(numbers: .here($0), isNew: true) }
        }
      } catch {
        fault = error
        for first in missing { found[keys[first]] = .failure(DiagnosticList(Diagnostic.all(from: error))) }
      }
    }
    // The model was run for the first question that asks for something; the others have its numbers.
    seen = []
    let answers = keys.enumerated().map { index, key -> Result<Answer, DiagnosticList> in
      let isFirst = seen.insert(key).inserted
      guard let result = found[key] else {
        return .failure(DiagnosticList([Diagnostic("no numbers came back", category: .internalFault)]))
      }
      return result.map {
        Answer(numbers: $0.numbers, isNew: $0.isNew && isFirst, unwatched: unwatched[index])
      }
    }
    return Outcome(answers: answers, fault: fault)
  }
}

/// Asks one model some questions without a spec.
public struct NumbersRunner: Sendable {
  let store: ModelStore
  let source: any NumbersSource

  /// A runner over a store of models and a source of numbers.
  public init(store: ModelStore, source: any NumbersSource) {
    self.store = store
    self.source = source
  }

  /// Numbers in the order of questions, from the cache if it has them.
  ///
  /// - Parameters:
  ///   - model: A reference as in a spec.
  ///   - lens: The fitted lens to use; nil for the logit lens.
  ///   - options: How the model is opened.
  ///   - adapter: What is added to its products: a path, or a name on a hub.
  ///   - takesPlainText: Whether plain text is meant for a model with a chat template, so that no note says so.
  ///   - states: Keeps the states themselves. The model then runs, whatever the cache has.
  /// - Throws: `DiagnosticList` with the problems of the questions, or the reason why the model cannot run.
  public func numbers(
    of model: String, _ questions: [Question], lens: LensReference? = nil, options: ModelOptions = ModelOptions(),
    adapter: String? = nil, states: CapturedStates? = nil, takesPlainText: Bool = false, base: URL, offline: Bool,
    progress: ProgressHandler?
  ) throws -> [Numbers] {
    let resolved = try store.resolve(
      written: model, lens: lens, options: options, adapter: adapter, base: base, offline: offline,
      progress: progress)
    let chats = Chats(store, source)
    let run = ModelRun(
      source: source, cache: NumbersCache(store.cache), chats: chats, threads: 1, progress: progress)
    let outcome = run.outcome(of: resolved, questions, states: states)
    if let fault = outcome.fault { throw fault }
    var numbers: [Numbers] = []
    var problems: [Diagnostic] = []
    for answer in outcome.answers {
      switch answer {
      case .success(let answer): numbers.append(try answer.numbers.read())
      case .failure(let list): problems += list.diagnostics
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    ModelRemarks(store.cache).tell(resolved, source, progress: progress)
    if !takesPlainText { chats.tellPlain(questions, of: resolved, progress: progress) }
    if let lens = resolved.lens, lens.kind == .jacobian {
      let answered = zip(questions, numbers).compactMap { question, numbers in
        numbers.trace.map { (question: question, trace: $0) }
      }
      let jobs = questions.compactMap { if case .summary(let job) = $0 { job } else { nil } }
      let check = run.lensCheck(of: resolved, answered) ?? run.lensCheck(of: resolved, sampling: jobs)
      if let warning = check?.warning {
        progress?(.note("warning: \(lens.url.lastPathComponent): \(warning)"))
      }
    }
    let words = TokenWords(store.cache, source)
    var notes = PromptNotes()
    for trace in numbers.compactMap(\.trace) { notes.add(trace) { word, _ in words.isToken(word, of: resolved) } }
    for note in notes.all { progress?(.note("note: \(note)")) }
    return numbers
  }
}

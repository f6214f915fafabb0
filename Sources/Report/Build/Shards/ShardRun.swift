import Engine
import Figures
import Files
import Foundation
import Models
import Traces
import Words

/// Asks one model about some cells of a shard.
struct ShardRun {
  let units: ShardUnits
  let model: ResolvedModel
  let run: ModelRun
  let words: TokenWords

  /// Cells with their answers or problems, in the order of the units.
  ///
  /// - Throws: Why the model cannot run at all.
  func cells(_ asked: [(unit: ShardUnits.Unit, key: String)]) throws -> [ShardCell] {
    var cells = asked.map { units.cell(of: $0.unit, key: $0.key) }
    let texts = asked.indices.filter { if case .item = asked[$0].unit { false } else { true } }
    for (index, cell) in zip(texts, try traced(texts.map { (asked[$0].unit, cells[$0]) })) { cells[index] = cell }
    for dataset in units.jobs.indices {
      let places = asked.indices.compactMap { index -> (index: Int, item: Int)? in
        guard case .item(dataset, let item) = asked[index].unit else { return nil }
        return (index, item)
      }
      for (place, answer) in zip(places, try answers(of: dataset, places.map(\.item))) {
        switch answer {
        case .success(let item): cells[place.index].numbers = item
        case .failure(let list): cells[place.index].problems = list.diagnostics.map(ShardCell.Problem.init)
        }
      }
    }
    try model.requireUnchanged()
    return cells
  }

  private func traced(_ asked: [(unit: ShardUnits.Unit, cell: ShardCell)]) throws -> [ShardCell] {
    guard !asked.isEmpty else { return [] }
    let questions = asked.map { units.question(of: $0.unit) }
    let outcome = run.outcome(of: model, questions) { [run, model, units] index, cached in
      run.progress?(.traced(model: model.name, prompt: units.name(of: asked[index].unit), cached: cached))
    }
    if let fault = outcome.fault { throw fault }
    var cells = asked.map(\.cell)
    for (index, answer) in outcome.answers.enumerated() {
      switch answer {
      case .failure(let list): cells[index].problems = list.diagnostics.map(ShardCell.Problem.init)
      case .success(let answer):
        guard let trace = try answer.numbers.read().trace else { continue }
        cells[index].trace = trace
        cells[index].unwatched = answer.unwatched.map(ShardCell.Problem.init)
        let doubtful = PromptNotes.doubtful(trace).map { ($0, words.isToken($0, of: model)) }
        if !doubtful.isEmpty { cells[index].words = Dictionary(doubtful) { $1 } }
      }
    }
    guard model.lens?.kind == .jacobian else { return cells }
    // A Jacobian lens is compared with the logit lens, over all prompts of the gallery.
    var plain = model
    plain.lens = nil
    let answered = cells.indices.filter { cells[$0].trace != nil }
    let compared = run.outcome(of: plain, answered.map { questions[$0] })
    for (index, answer) in zip(answered, compared.answers) {
      cells[index].logit = try (try? answer.get())?.numbers.read().trace
    }
    return cells
  }

  /// Answers about items; those that cannot run do not keep the others from it.
  private func answers(of dataset: Int, _ items: [Int]) throws -> [Result<DatasetItem, DiagnosticList>] {
    var answers: [Int: Result<DatasetItem, DiagnosticList>] = [:]
    var left = items
    while !left.isEmpty {
      let job = units.jobs[dataset].part(left)
      do {
        let found = try run.source.items(of: model, job.request) { [run, model] done, total in
          run.progress?(.running(model: model.name, done: done, total: total))
        }
        for (item, numbers) in zip(left, found) { answers[item] = .success(numbers) }
        break
      } catch let error as DatasetError {
        let lines = Dictionary(grouping: error.faults, by: \.line)
        let failed = left.filter { lines[units.jobs[dataset].request.items[$0].line] != nil }
        guard !failed.isEmpty else { throw job.diagnostics(error.faults) }
        for item in failed {
          let faults = lines[units.jobs[dataset].request.items[item].line] ?? []
          answers[item] = .failure(job.diagnostics(faults))
        }
        left.removeAll { answers[$0] != nil }
      } catch let error as RunError where !error.isOfTheMachine {
        // What no item of the dataset can have on this model, or numbers that cannot be used.
        for item in left { answers[item] = .failure(DiagnosticList(Diagnostic.all(from: error))) }
        break
      }
    }
    return items.map {
      answers[$0] ?? .failure(DiagnosticList([Diagnostic("no numbers came back", category: .internalFault)]))
    }
  }
}

extension RunError {
  /// Whether another attempt, or another machine, may give an answer to the same question.
  fileprivate var isOfTheMachine: Bool {
    switch self {
    case .noThreads, .noMemory: true
    default: false
    }
  }
}

extension ShardCell.Problem {
  /// A diagnostic as it travels.
  init(_ diagnostic: Diagnostic) {
    self.init(
      place: diagnostic.place, message: diagnostic.message, hints: diagnostic.hints,
      category: ShardCell.Category(diagnostic.category), conversation: diagnostic.isOfConversation)
  }

  /// The diagnostic again.
  var diagnostic: Diagnostic {
    var diagnostic = Diagnostic(place: place, message, hints: hints, category: category.value)
    diagnostic.isOfConversation = conversation
    return diagnostic
  }
}

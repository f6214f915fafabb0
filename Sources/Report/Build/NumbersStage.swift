import Figures
import Foundation
import Models
import Spec
import Traces
import Words

/// Gets the numbers of every cell of a plan.
struct NumbersStage: BuildStage {
  let plan: Plan
  let spec: ReportSpec
  /// The datasets of the spec, read.
  let jobs: [DatasetJob]
  let run: ModelRun

  /// What the stage needs before any model runs.
  struct Input {
    /// In the order of the spec; nil for a model that is not needed or could not be opened and has no trace.
    var models: [ResolvedModel?]
    /// Why a model could not be opened, by its index.
    var problems: [Int: Diagnostic]
    /// Cells for which no model runs.
    var settled = SettledCells()
  }

  /// Answers in the order of the plan's cells.
  func run(_ input: Input) -> [Result<ModelRun.Answer, Diagnostic>] {
    plan.runs.flatMap { answers(of: $0, input) }
  }

  /// Answers of the cells of one run.
  private func answers(of cells: Range<Int>, _ input: Input) -> [Result<ModelRun.Answer, Diagnostic>] {
    let number = plan.cells[cells.lowerBound].model
    let name = spec.models[number].name
    let progress = run.progress
    for cell in cells where input.settled.numbers[cell] != nil {
      progress?(.traced(model: name, prompt: spec.id(of: plan.cells[cell].subject), cached: true))
    }
    let asked = cells.filter(input.settled.needsRun)
    var answers: [Int: Result<ModelRun.Answer, Diagnostic>] = [:]
    for cell in cells {
      if let numbers = input.settled.numbers[cell] {
        answers[cell] = .success(
          .init(numbers: numbers, isNew: false, unwatched: input.settled.unwatched[cell]))
      } else if let problem = input.settled.absent[cell] {
        answers[cell] = .failure(problem)
      }
    }
    let unopened =
      input.problems[number] ?? Diagnostic(place: name, "the model was not opened", category: .internalFault)
    if input.problems[number] == nil, let model = input.models[number], !asked.isEmpty {
      let subjects = asked.map { plan.cells[$0].subject }
      let ids = subjects.map(spec.id(of:))
      let outcome = run.outcome(of: model, subjects.map { spec.question(about: $0, of: number, jobs) }) {
        index, cached in
        progress?(.traced(model: model.name, prompt: ids[index], cached: cached))
      }
      for (cell, answer) in zip(asked, outcome.answers) {
        answers[cell] = answer.mapError { Self.problem($0, with: plan.cells[cell].subject, in: spec) }
      }
    }
    return cells.map { answers[$0] ?? .failure(unopened) }
  }

  /// The first of several problems, with its line in a dataset and the number of further problems in its message.
  ///
  /// What a spec asks of a prompt and no model could give has the place of the prompt.
  static func problem(_ list: DiagnosticList, with subject: Subject, in spec: ReportSpec) -> Diagnostic {
    guard var first = list.diagnostics.first else {
      return Diagnostic("no numbers came back", category: .internalFault)
    }
    if case .prompt(let index) = subject {
      guard first.category == .badSpec else {
        // A conversation that the model's template cannot render: `report` adds the model and the prompt.
        if first.isOfConversation { first.place = spec.prompts[index].place }
        return first
      }
      if let model = first.place { first.message = "\(model), '\(spec.prompts[index].id)': \(first.message)" }
      first.place = spec.prompts[index].place
      return first
    }
    if let place = first.place, first.category != .badSpec { first.message = "\(place): \(first.message)" }
    if list.diagnostics.count > 1 { first.message += " (and \(list.diagnostics.count - 1) more such lines)" }
    return first
  }
}

import Engine
import Figures
import Traces
import Words

// Mistakes of figures that need no model to be found, so that none runs in vain.

extension ReportSpec {
  /// Figures that cannot be drawn whatever the models say; each problem of an entry once, with the first subject that has it.
  ///
  /// - Parameter broken: What has problems of its own, so that nothing else is said of it.
  func impossibleFigures(without broken: SpecBroken) -> [Diagnostic] {
    var problems: [Diagnostic] = []
    var told: Set<String> = []
    for draft in drafts
    where !broken.figures.contains(figures[draft.figure].place) && !broken.subjects.contains(id(of: draft.subject)) {
      for problem in self.problems(of: draft)
      where told.insert("\(draft.figure) \(problem.message)").inserted {
        var problem = problem
        problem.message += " (figure of '\(id(of: draft.subject))')"
        problems.append(problem)
      }
    }
    return problems
  }

  /// The figures without those that cannot be drawn whatever the models say.
  ///
  /// An entry loses a prompt, or the models of a part that is impossible for all of its prompts, such as those beside a training run.
  var possibleFigures: [Figure] {
    let impossible = Dictionary(grouping: drafts.filter { !problems(of: $0).isEmpty }, by: \.figure)
    return figures.enumerated().compactMap { index, whole -> Figure? in
      guard let own = impossible[index], let first = own.first else { return whole }
      var figure = whole
      let subjects = Set(own.map { id(of: $0.subject) })
      let names = Set(first.models.map { models[$0].name })
      let isOfAll = subjects == Set(whole.subjects) && own.allSatisfy { $0.models == first.models }
      if whole.together, isOfAll, names.count < whole.models.count {
        figure.models.removeAll(where: names.contains)
      } else {
        figure.subjects.removeAll(where: subjects.contains)
      }
      return figure.subjects.isEmpty ? nil : figure
    }
  }

  /// What is known of a figure without a model.
  private func forecast(of figure: Figure, _ subject: Subject, models shown: [Int]) -> FigureForecast {
    var forecast = FigureForecast(kind: figure.kind, options: figure.options, models: shown.count)
    forecast.isTraining = style(of: figure, models: shown).steps != nil && shown.count > 1
    if case .prompt(let index) = subject {
      forecast.watched = prompts[index].watch.count { $0.automatic == nil }
      forecast.top = prompts[index].top
    }
    return forecast
  }

  /// A problem of a figure at the key of its entry that is the cause.
  private func diagnostic(_ error: FigureError, _ figure: Figure) -> Diagnostic {
    let place = error.keys.lazy.compactMap { figure.places[$0] }.first ?? figure.place
    return Diagnostic(
      place: place, "\(figure.kind): \(error.message)", hints: error.hints, category: .badSpec)
  }

  private func problems(of draft: FigureDraft) -> [Diagnostic] {
    let figure = figures[draft.figure]
    let forecast = forecast(of: figure, draft.subject, models: draft.models)
    var problems = forecast.problem.map { [diagnostic($0, figure)] } ?? []
    if case .prompt(let index) = draft.subject {
      let prompt = prompts[index]
      for (option, number) in forecast.positions where !prompt.mayHave(positions: number) {
        problems.append(
          Diagnostic(
            place: figure.places[option] ?? figure.place,
            "\(figure.kind): \(option) \(number) is not there, as the prompt has fewer positions",
            hints: [FigureSchema.Need.positions(number).advice], category: .badSpec))
      }
    }
    let own = draft.models.map { models[$0] }
    if forecast.comparesLenses, own.count == 2, own[0].lens == own[1].lens, !own.contains(where: \.isOfTraces) {
      problems.append(
        Diagnostic(
          place: figure.places["between"] ?? figure.place,
          "\(figure.kind): between: lenses compares two lenses of one model, and '\(own[0].name)' and '\(own[1].name)' have the same",
          hints: ["give one of them another lens (lens: of the model), or compare the models: between: models"],
          category: .badSpec))
    }
    return problems
  }
}

extension ReportSpec.Model {
  /// Whether its numbers come from traces, which say what lens they have.
  fileprivate var isOfTraces: Bool { if case .traces = reference { true } else { false } }
}

import Figures
import Models
import Spec
import Threads
import Traces
import Words

/// Mistakes of a spec's figures that only models and their numbers show, found before anything is drawn or written.
struct FigureProblems {
  let plan: Plan
  let spec: ReportSpec

  /// Layers that figures name and a model does not have.
  ///
  /// - Parameter count: The number of layers of a model of the spec; nil where it is not known yet.
  func ofLayers(_ count: (_ model: Int) -> Int?) -> [Diagnostic] {
    var found = FoundProblems(plan, spec)
    var counts: [Int: Int?] = [:]
    for figure in plan.figures {
      let wanted = spec.figures[figure.figure]
      guard wanted.namesLayers else { continue }
      for cell in figure.cells.map({ plan.cells[$0] }) {
        let known = counts[cell.model] ?? count(cell.model)
        counts[cell.model] = .some(known)
        guard let known, let (layer, option) = wanted.missingLayer(of: known) else { continue }
        found.add(
          LayerChoice.missing(
            layer, last: known - 1, option: option, kind: wanted.kind, model: spec.models[cell.model].name),
          figure)
      }
    }
    return found.diagnostics
  }

  /// Marked words that are no token of any model that a figure shows, which no cell could have.
  ///
  /// - Parameter isToken: Whether a word is one token of a model of the spec; nil where that is not known.
  func ofMarks(
    _ answers: [Result<ModelRun.Answer, Diagnostic>], isToken: (_ word: String, _ model: Int) -> Bool?
  ) -> [Diagnostic] {
    /// Words of entries with the models that lack them, in the order of the plan.
    var found: [(entry: Int, set: String, word: String, models: [String])] = []
    for figure in plan.figures {
      guard case .sets(let sets)? = spec.figures[figure.figure].options[MarkedSet.option] else { continue }
      for set in sets {
        for word in set.words {
          let models = figure.cells.filter { cell in
            // A token that the trace names needs no tokenizer.
            let known = (try? answers[cell].get().numbers.read())?.trace?.texts.values.contains(.text(word)) == true
            return !known && isToken(word, plan.cells[cell].model) == false
          }.map { spec.models[plan.cells[$0].model].name }
          guard !models.isEmpty else { continue }
          if let index = found.firstIndex(where: { $0.entry == figure.figure && $0.word == word }) {
            found[index].models = (found[index].models + models).uniqued
          } else {
            found.append((figure.figure, set.name, word, models.uniqued))
          }
        }
      }
    }
    return found.sorted { $0.entry < $1.entry }.map { entry, set, word, models in
      let wanted = spec.figures[entry]
      return Diagnostic(
        place: wanted.places[MarkedSet.option] ?? wanted.place,
        "'\(TokenDisplay.line(word))' in mark of \(wanted.kind), under \(set), is not one token of "
          + Wording.enumeration(models),
        hints: [
          "mind the leading space; of a longer word name its first token",
          "an entry for each model can have words of its own: models: [\(models[0])]",
        ], category: .badSpec)
    }
  }

  /// Figures whose entries ask for something that the numbers cannot have.
  func ofNumbers(
    _ answers: [Result<ModelRun.Answer, Diagnostic>], _ source: any FigureSource, threads: Int
  ) -> [Diagnostic] {
    // An entry that gives no choice has nothing that could be wrong for some model.
    let figures = plan.figures.filter {
      let wanted = spec.figures[$0.figure]
      return !wanted.options.isEmpty || wanted.layers != nil || $0.cells.count > 1
    }
    let errors = Parallel.map(figures.count, threads: threads) { index -> FigureError? in
      let wanted = spec.figures[figures[index].figure]
      let own = figures[index].cells.compactMap { cell -> (numbers: Numbers, model: Int)? in
        guard let answer = try? answers[cell].get(), answer.unwatched == nil || !wanted.showsWatched else { return nil }
        // What cannot be read again fails where it is drawn.
        return (try? answer.numbers.read()).map { ($0, plan.cells[cell].model) }
      }
      guard !own.isEmpty else { return nil }
      do {
        let style = spec.style(of: wanted, models: own.map(\.model))
        try source.check(wanted.kind, own.map(\.numbers), options: wanted.options, style: style)
        return nil
      } catch {
        return (error as? FigureError).flatMap { $0.isOfEntry ? $0 : nil }
      }
    }
    var found = FoundProblems(plan, spec)
    for (figure, error) in zip(figures, errors) {
      if let error { found.add(error, figure) }
    }
    return found.diagnostics
  }
}

/// Problems of entries, each once with the prompts that have it.
private struct FoundProblems {
  let plan: Plan
  let spec: ReportSpec
  private var found: [(problem: Diagnostic, subjects: [String])] = []

  init(_ plan: Plan, _ spec: ReportSpec) {
    self.plan = plan
    self.spec = spec
  }

  mutating func add(_ error: FigureError, _ figure: Plan.Figure) {
    let wanted = spec.figures[figure.figure]
    let place = error.keys.lazy.compactMap { wanted.places[$0] }.first ?? wanted.place
    let models = Wording.enumeration(figure.cells.map { "'\(spec.models[plan.cells[$0].model].name)'" })
    let problem = Diagnostic(
      place: place, error.namesModel ? error.message : "\(wanted.kind) of \(models): \(error.message)",
      hints: error.hints,
      category: .badSpec)
    let subject = spec.id(of: figure.subject)
    if let index = found.firstIndex(where: { $0.problem == problem }) {
      if !found[index].subjects.contains(subject) { found[index].subjects.append(subject) }
    } else {
      found.append((problem, [subject]))
    }
  }

  /// With the prompts in the messages.
  var diagnostics: [Diagnostic] {
    found.map { problem, subjects in
      var problem = problem
      let more = subjects.count - 1
      let others = more > 0 ? " and of \(more) more" : ""
      problem.message += " (figure of '\(subjects[0])'\(others))"
      return problem
    }
  }
}

extension ReportSpec.Figure {
  /// Whether it names layers by numbers, which a model may not have.
  var namesLayers: Bool { missingLayer(of: 0) != nil }

  /// The first layer that it names and that a model of so many layers does not have, with the key that names it.
  func missingLayer(of count: Int) -> (layer: Int, option: String)? {
    if let layer = layers?.missingLayer(of: count) { return (layer, "layers") }
    if case .integer(let layer)? = options.first(where: { $0.key == "layer" })?.value, layer >= count {
      return (layer, "layer")
    }
    return nil
  }
}

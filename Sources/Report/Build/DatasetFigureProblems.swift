import Engine
import Figures
import Spec
import Traces
import Words

/// Mistakes of figures of datasets that the files of these show, before any model is opened.
struct DatasetFigureProblems {
  let spec: ReportSpec
  let jobs: [DatasetJob]

  /// Each problem once for every entry and dataset.
  var diagnostics: [Diagnostic] {
    spec.figures.flatMap { figure -> [Diagnostic] in
      guard [DatasetProfile.name, DatasetComparison.name].contains(figure.kind), isByGroup(figure) else {
        return []
      }
      return zip(spec.datasets, jobs).compactMap { dataset, job in
        figure.subjects.contains(dataset.id) ? problem(figure, dataset, job.request) : nil
      }
    }
  }

  /// Whether its lines stand for the groups of one model.
  private func isByGroup(_ figure: ReportSpec.Figure) -> Bool {
    FigureForecast(kind: figure.kind, options: figure.options, models: 1).isByGroup
  }

  private func problem(
    _ figure: ReportSpec.Figure, _ dataset: ReportSpec.Dataset, _ request: DatasetRequest
  ) -> Diagnostic? {
    let values = request.items.compactMap(\.groups.first)
    guard values.count == request.items.count, !values.isEmpty else { return nil }
    var groups = values.uniqued.count
    if figure.kind == DatasetComparison.name {
      let pairs = request.items.compactMap(\.pair)
      guard pairs.count == values.count else { return nil }
      var seen: Set<[String]> = []
      if let twice = zip(pairs, values).first(where: { !seen.insert([$0, $1]).inserted }) {
        return told(
          figure, dataset,
          "expected one item of each pair in a group, found several of the pair '\(VisibleText.excerpt(of: twice.0, count: 60))' "
            + "in '\(VisibleText.excerpt(of: twice.1, count: 60))'", [])
      }
      let first = Set(zip(pairs, values).filter { $1 == values[0] }.map(\.0))
      var shared: [String: Int] = [:]
      for (pair, value) in zip(pairs, values) where value != values[0] && first.contains(pair) {
        shared[value, default: 0] += 1
      }
      groups = shared.values.count { $0 > 1 } + 1
      guard groups > 1 else {
        return told(
          figure, dataset, "expected two groups with two or more pairs of items, found none",
          ["items of a pair have one value in the column of pair: and different ones in the first column of group:"])
      }
    }
    var forecast = FigureForecast(kind: figure.kind, options: figure.options, models: 1)
    forecast.groups = groups
    return forecast.problem.map { told(figure, dataset, $0.message, $0.hints) }
  }

  private func told(
    _ figure: ReportSpec.Figure, _ dataset: ReportSpec.Dataset, _ message: String, _ hints: [String]
  ) -> Diagnostic {
    Diagnostic(
      place: figure.place, "\(figure.kind) of dataset '\(dataset.id)': \(message)", hints: hints, category: .badSpec)
  }
}

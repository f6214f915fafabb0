import Plot
import Traces
import Words

/// Options of the kind `dataset-profile`.
private struct DatasetProfileOptions: OptionKeys {
  let by = OptionKey.by
}

extension FigureKind {
  /// How the targets of a dataset do after every layer.
  package static let datasetProfile = FigureKind(
    name: DatasetProfile.name,
    summary:
      "the share of a dataset's targets that beat their foils or have rank 1, and their mean log-probability, over the layers",
    options: DatasetProfileOptions(), takes: .oneOrAllByModel
  ) { summaries, options in
    try DatasetProfile.describe(summaries, by: options.by ?? .usual(models: summaries.count))
  }
}

extension OptionKey where Value == DatasetProfile.By? {
  /// What the lines of a dataset's figure stand for; `FigureSchema.Takes` follows it.
  static var by: OptionKey {
    OptionKey(
      "by", .word(of: DatasetProfile.By.self), doc: "What the lines stand for; not set, it is the dataset's `by`.")
  }
}

/// The figure of a dataset: accuracy and log-probability of its targets after every layer, with intervals.
public enum DatasetProfile {
  /// As written in documents: "dataset-profile".
  public static let name = "dataset-profile"

  /// What the lines stand for.
  public enum By: String, Sendable, Hashable, Codable, CaseIterable {
    /// All prompts, and each value of the first group column, for one model.
    case group
    /// All prompts, a line for each model.
    case model

    /// Groups of one model, or several models.
    package static func usual(models: Int) -> By { models == 1 ? .group : .model }
  }

  /// Log-probabilities below this are drawn at the bottom.
  static let lowest = -20.0

  /// The figure of summaries of one dataset: of one model by its groups, or of several models.
  ///
  /// - Throws: `FigureError` when there are more lines than readers can distinguish.
  public static func describe(_ summaries: [DatasetSummary], by: By) throws -> FigureDescription {
    guard let first = summaries.first else {
      throw FigureError.badTrace(model: "no model", reason: "there is no summary to draw")
    }
    let series: [Series]
    switch by {
    case .group:
      let column = first.groups.compactMap(\.column).first
      series = first.groups.filter { $0.column == nil || $0.column == column }.map {
        Series(name: "\(DatasetTable.name($0)) (n = \(CountFormat.full($0.items)))", group: $0, rows: first.rows)
      }
    case .model:
      series = summaries.map {
        Series(
          name: "\($0.model.name) (n = \(CountFormat.full($0.groups[0].items)))", group: $0.groups[0], rows: $0.rows)
      }
    }
    guard series.count <= LineMarks.mostSeries else {
      throw FigureError.tooManyLines(
        kind: name, found: series.count, most: LineMarks.mostSeries,
        hint: by == .group ? "group by a column with fewer values first" : "choose fewer models, or by: group")
    }
    let hasFoils = series.allSatisfy { $0.group.accuracy != nil }
    let share = hasFoils ? "Target over foil" : "Target first"
    let what =
      hasFoils
      ? "share of prompts whose target is more probable than its foil" : "share of prompts whose target has rank 1"
    let who = by == .model ? Wording.enumeration(summaries.map(\.phrase)) : first.phrase
    let lines = by == .group && series.count > 1 ? ", for all prompts and by group" : ""
    return FigureDescription(
      title: "\(share) and mean log-probability after every layer",
      caption: Caption(
        "Dataset “\(TokenDisplay.line(first.dataset.name))”, \(CountFormat.full(first.dataset.items)) prompts: "
          + "\(what)\(hasFoils ? " (chance, 50 %, is dotted)" : ""), and mean log-probability of the target in nats, after every layer of \(who)\(lines). "
          + first.aboutIntervals("Bands")),
      alt: alt(series, hasFoils: hasFoils, who: by == .model ? nil : first.model.name)
    ) { title, alt in
      func chart(
        _ scale: LineMarks.Chart.Scale, _ reference: Double?, _ curve: (DatasetSummary.Group) -> DatasetSummary.Curve
      )
        -> LineMarks.Chart
      {
        LineMarks.Chart(
          scale: scale, reference: reference, referenceName: reference.map { _ in "chance" },
          lines: series.enumerated().map { LineMarks.Line(series: $0, points: $1.points(curve($1.group))) })
      }
      return Figure(
        title: "\(title): \(first.dataset.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: [Label(share), Label("Mean log p (nats)")]),
          marks: .lines(
            LineMarks(
              series: series.map(\.name),
              charts: [
                chart(.share, hasFoils ? 0.5 : nil) { $0.accuracy ?? $0.top1 },
                chart(.below(lowest), nil) { $0.logprob },
              ], ticks: by == .group ? LayerTicks.numbers(first.rows) : LayerTicks.shares,
              title: by == .model ? "Share of layers passed" : "Layer"))))
    }
  }

  /// A line of the figure.
  private struct Series {
    var name: String
    var group: DatasetSummary.Group
    var rows: [Trace.Row]

    func points(_ curve: DatasetSummary.Curve) -> [LineMarks.Line.Point] {
      rows.indices.map {
        .init(
          place: LayerTicks.place($0, of: rows.count), value: curve.value[$0], low: curve.low[$0],
          high: curve.high[$0], name: rows[$0].name)
      }
    }
  }

  private static func alt(_ series: [Series], hasFoils: Bool, who: String?) -> String {
    let ends = series.map { line in
      let curve = (hasFoils ? line.group.accuracy : nil) ?? line.group.top1
      let last = line.rows.count - 1
      func percent(_ value: Double) -> String { Decimals.fixed(value * 100, 1) + " %" }
      return
        "\(line.name) \(percent(curve.value[last])) (\(percent(curve.low[last])) to \(percent(curve.high[last]))), "
        + "mean log-probability \(Decimals.fixed(line.group.logprob.value[last], 2))"
    }
    return "Line charts over the layers" + (who.map { " of \($0)" } ?? "") + ". "
      + "Share of prompts whose target " + (hasFoils ? "is more probable than its foil" : "has rank 1")
      + " after the last layer: "
      + ends.joined(separator: "; ") + "."
  }
}

extension DatasetSummary {
  /// A sentence on intervals: "Bands are 95 % bootstrap intervals (1,000 resamples, seed 1).", with its subject `what`.
  func aboutIntervals(_ what: String) -> String {
    "\(what) are \(Decimals.fixed(bootstrap.level * 100, 0)) % bootstrap intervals (\(CountFormat.full(bootstrap.resamples)) resamples, "
      + "seed \(bootstrap.seed))."
  }

  /// "SmolLM2 135M Instruct (Q4_1 weights; logit lens after the final norm)".
  var phrase: String { model.phrase + modelDetails }

  /// " (Q4_1 weights; logit lens after the final norm)".
  var modelDetails: String {
    " (\(model.weights) weights\(Wording.lensDetails(lens)))"
  }
}

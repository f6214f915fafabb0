import Findings
import Plot
import Traces
import Words

/// Options of the kind `dataset-comparison`.
private struct DatasetComparisonOptions: OptionKeys {
  let by = OptionKey.by
}

extension FigureKind {
  /// How two models, or two groups, differ on the same items.
  package static let datasetComparison = FigureKind(
    name: DatasetComparison.name,
    summary:
      "the difference of two models, or of two groups, on the same items of a dataset over the layers, with paired tests",
    options: DatasetComparisonOptions(), takes: .oneOrAllByModel
  ) { summaries, options in
    try DatasetComparison.describe(summaries, by: options.by ?? .usual(models: summaries.count))
  }.ofAllLayers
}

/// The figure of paired comparisons: differences after every layer with intervals, and where they are significant.
public enum DatasetComparison {
  /// As written in documents: "dataset-comparison".
  public static let name = "dataset-comparison"

  /// The figure of summaries of one dataset: the first model against each other one, or the groups of one model.
  ///
  /// - Throws: `FigureError` when the summaries do not have the numbers of the same items.
  public static func describe(_ summaries: [DatasetSummary], by: DatasetProfile.By) throws -> FigureDescription {
    let comparisons = try comparisons(summaries, by: by)
    guard let first = summaries.first, let one = comparisons.first else {
      throw FigureError.badTrace(model: "no model", reason: "there is no summary to draw")
    }
    guard comparisons.count <= LineMarks.mostSeries else {
      throw FigureError.tooManyLines(
        kind: name, found: comparisons.count, most: LineMarks.mostSeries,
        hint: by == .group ? "group by a column with fewer values first" : "choose fewer models")
    }
    let wording = first.wording
    let others = Wording.enumeration(comparisons.map { "“\($0.names[1])”" })
    let who =
      by == .group
      ? "“\(one.names[0])” minus \(others), of \(first.phrase)"
      : "\(first.phrase) minus \(Wording.enumeration(summaries.dropFirst().map(\.phrase)))"
    let left = by == .group ? leftOut(of: first, noun: one.noun) : ""
    let item = by == .group ? one.noun : wording.item
    let bits = one.unit == .bitsPerByte
    let scored = wording.scored == "target" ? "target" : wording.scored
    let what =
      bits
      ? "difference of the bits that a byte takes (below 0, the first predicts better)"
      : "difference of the \(wording.what), in percentage points, and of the mean log-probability of the \(scored), in nats"
    let tests =
      bits
      ? ""
      : " Dots mark layers that differ by McNemar’s exact test at \(Percent.share(PairedComparison.alpha)), adjusted by Holm over the "
        + "\(one.layers.count) layers."
    let depths =
      by == .model && Set(summaries.map(\.rows.count)).count > 1
      ? " Each layer of the model with fewer stands beside that of the other at the nearest share of the layers." : ""
    let level = Decimals.fixed(first.bootstrap.level * 100, 0)
    let title =
      bits ? "Difference of bits per byte after every layer" : "\(wording.share): difference after every layer"
    return FigureDescription(
      title: title,
      caption: Caption(
        "Dataset “\(TokenDisplay.line(first.dataset.name))”, \(Wording.count(first.dataset.items, item)): \(what), after every "
          + "layer: \(who).\(left)\(first.scoring)\(depths) Bands are \(level) % paired bootstrap intervals "
          + "(\(CountFormat.full(first.bootstrap.resamples)) resamples, seed \(first.bootstrap.seed)).\(tests) \(DifferenceScale.note)"
      ),
      alt: alt(comparisons, of: by == .group ? [first] : summaries) + left
    ) { title, alt in
      func chart(_ read: (PairedComparison.Layer) -> PairedComparison.Estimate?, factor: Double, marks: Bool)
        -> LineMarks.Chart
      {
        var lines: [LineMarks.Line] = []
        for (index, comparison) in comparisons.enumerated() {
          let points = comparison.layers.compactMap { layer in
            read(layer).map { estimate in
              LineMarks.Line.Point(
                place: layer.depth, value: estimate.value * factor, low: estimate.low * factor,
                high: estimate.high * factor, name: layer.rows[0].name)
            }
          }
          lines.append(LineMarks.Line(series: index, points: points))
          guard marks else { continue }
          for (layer, point) in zip(comparison.layers, points) where (layer.holm ?? 1) < PairedComparison.alpha {
            var dot = point
            (dot.low, dot.high) = (dot.value, dot.value)
            lines.append(LineMarks.Line(series: index, points: [dot], hasDots: true))
          }
        }
        return LineMarks.Chart(
          scale: marks ? DifferenceScale.points(lines) : DifferenceScale.ofLaterLayers(lines), reference: 0,
          lines: lines)
      }
      let mean = chart({ $0.mean }, factor: 1, marks: false)
      let charts = bits ? [mean] : [chart({ $0.share }, factor: 100, marks: true), mean]
      let labels = bits ? ["Bits per byte"] : ["Difference (points)", "Δ log p (nats)"]
      var marks = LineMarks(
        series: comparisons.map { $0.names.joined(separator: " − ") },
        charts: charts, ticks: by == .group ? LayerTicks.numbers(first.rows) : LayerTicks.shares,
        title: by == .model ? "Share of layers passed" : "Layer")
      marks.hasLegend = true
      return Figure(
        title: "\(title): \(first.dataset.name)", description: alt,
        panel: Panel(rows: RowAxis(labels: labels.map { Label($0) }), marks: .lines(marks)))
    }
  }

  /// The comparisons that a figure shows.
  static func comparisons(_ summaries: [DatasetSummary], by: DatasetProfile.By) throws -> [PairedComparison] {
    guard let first = summaries.first else { return [] }
    for summary in summaries where summary.items == nil {
      throw FigureError.nothingToShow(
        kind: name, model: summary.model.name, needs: "the numbers of each item",
        hint: "keep them: items: true of the dataset, --items of strata dataset")
    }
    if by == .group {
      if let repeated = PairedComparison.repeatedPair(of: first) {
        throw FigureError.badTrace(
          model: first.model.name,
          reason: "expected one item of each pair in a group, found several of the pair "
            + "'\(VisibleText.inline(repeated.pair))' in '\(VisibleText.inline(repeated.group))'")
      }
      let found = PairedComparison.groups(of: first)
      guard !found.isEmpty else {
        throw FigureError.nothingToShow(
          kind: name, model: first.model.name, needs: "two groups with two or more pairs of items",
          hint: first.items?.pairs == nil
            ? "name the column that items of a pair share: pair: COLUMN (--pair), beside group: COLUMN (--group)"
            : "items of a pair have one value in the column of pair: and different ones in the first column of group:")
      }
      return found
    }
    guard summaries.count > 1 else {
      throw FigureError.nothingToShow(
        kind: name, model: first.model.name, needs: "two models",
        hint: "give it the summary of another model, or by: group")
    }
    let names = Trace.Model.names(of: summaries.map(\.model))
    return try zip(summaries, names).dropFirst().map { summary, name in
      guard let found = PairedComparison(first, summary, names: [names[0], name]) else {
        throw FigureError.badTrace(
          model: summary.model.name,
          reason: "its summary is not of the same items, scored alike, as that of \(first.model.name)")
      }
      return found
    }
  }

  /// The groups that are not compared, and why: " Left out: “kind: c” (1 pair of prompts with “kind: a”, of at least 2)."; empty without any.
  private static func leftOut(of summary: DatasetSummary, noun: String) -> String {
    let (first, groups) = PairedComparison.leftOut(of: summary)
    guard !groups.isEmpty else { return "" }
    let listed = groups.map { "“\($0.name)” (\(Wording.count($0.shared, "pair")) of \(noun)s with “\(first)”)" }
    return " Left out, since a comparison takes two or more pairs: \(Wording.list(listed, most: 5))."
  }

  private static func alt(_ comparisons: [PairedComparison], of summaries: [DatasetSummary]) -> String {
    "Line charts of differences over the layers of \(Wording.enumeration(summaries.map(\.model.name))). "
      + comparisons.map(\.sentence).joined(separator: " ")
  }
}

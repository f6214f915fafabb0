import Findings
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
    let hasWilson = summaries.contains(where: \.hasWilsonInterval)
    let summaries = summaries.map(\.withWilsonIntervals)
    guard let first = summaries.first else {
      throw FigureError.badTrace(model: "no model", reason: "there is no summary to draw")
    }
    if let other = summaries.first(where: { $0.dataset.form != first.dataset.form }) {
      throw FigureError.badTrace(
        model: other.model.name, reason: "its summary is of another sort than that of \(first.model.name)")
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
    let who = by == .model ? Wording.enumeration(summaries.map(\.phrase)) : first.phrase
    let ofGroups = by == .group && series.count > 1
    let view = View(first, hasFoils: series.allSatisfy { $0.group.accuracy != nil })
    let lines = ofGroups ? ", for all \(view.wording.item)s and by group" : ""
    let items = Wording.count(first.dataset.items, view.wording.item)
    return FigureDescription(
      title: view.title,
      caption: Caption(
        "Dataset “\(TokenDisplay.line(first.dataset.name))”, \(items): \(view.what), after every layer of \(who)\(lines)."
          + "\(first.scoring) \(first.aboutIntervals("Bands"))"
          + (hasWilson && first.dataset.form != .corpus
            ? " Where all \(view.wording.item)s agree, bands of the share are Wilson’s." : "")),
      alt: alt(series, view, who: by == .model ? nil : first.model.name)
    ) { title, alt in
      Figure(
        title: "\(title): \(first.dataset.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: view.charts.map { Label($0.label) }),
          marks: .lines(
            LineMarks(
              series: series.map(\.name),
              charts: view.charts.map { chart in
                let lines = series.enumerated().map { index, line in
                  LineMarks.Line(series: index, points: chart.curve(line.group).map(line.points) ?? [])
                }
                return LineMarks.Chart(
                  scale: chart.scale(lines), reference: chart.reference,
                  referenceName: chart.reference.map { _ in "chance" }, lines: lines)
              }, ticks: by == .group ? LayerTicks.numbers(first.rows) : LayerTicks.shares,
              title: by == .model ? "Share of layers passed" : "Layer"))))
    }
  }

  /// What is drawn of datasets of one form.
  private struct View {
    var wording: DatasetWording
    var title: String
    /// What the charts show, as a part of a sentence.
    var what: String
    var charts: [Chart]

    /// A chart below the others.
    struct Chart {
      var label: String
      var reference: Double?
      var scale: ([LineMarks.Line]) -> LineMarks.Chart.Scale
      var curve: (DatasetSummary.Group) -> DatasetSummary.Curve?
    }

    init(_ summary: DatasetSummary, hasFoils: Bool) {
      wording = DatasetWording(summary.dataset.form, hasFoils: hasFoils)
      let share = Chart(label: wording.share, reference: hasFoils ? 0.5 : nil, scale: { _ in .share }) {
        $0.accuracy ?? $0.top1
      }
      let chance = hasFoils ? " (chance, 50 %, is dotted)" : ""
      switch summary.dataset.form {
      case nil:
        title = "\(wording.share) and mean log-probability after every layer"
        what = "\(wording.what)\(chance), and mean log-probability of the target in nats"
        charts = [share, Chart(label: "Mean log p (nats)", scale: { _ in .below(lowest) }) { $0.logprob }]
      case .sentences:
        title = "\(wording.share) after every layer"
        what =
          "\(wording.what)\(chance), and mean difference of the log-probabilities of both in nats "
          + "(beyond the range of the later half of the layers, at the edge)"
        charts = [share, Chart(label: "Mean Δ log p (nats)", scale: DifferenceScale.ofLaterLayers) { $0.difference }]
      case .corpus:
        title = "Cross-entropy, divergence, entropy and agreement after every layer"
        what =
          "cross-entropy of the next token, divergence of the layer from the last one, and entropy of the layer, in nats for a token; "
          + "and the share of tokens before which the layer’s best token is the last layer’s"
        charts = [
          Chart(label: "Cross-entropy (nats)", scale: View.upTo) { group in
            .init(
              value: group.logprob.value.map { -$0 }, low: group.logprob.high.map { -$0 },
              high: group.logprob.low.map { -$0 })
          },
          Chart(label: "KL to the last (nats)", scale: View.upTo) { $0.corpus?.kl },
          Chart(label: "Entropy (nats)", scale: View.upTo) { $0.corpus?.entropy },
          Chart(label: "Agreement", scale: { _ in .share }) { $0.corpus?.agreement },
        ]
      }
    }

    private static func upTo(_ lines: [LineMarks.Line]) -> LineMarks.Chart.Scale {
      .upTo(min(most, max(1e-3, lines.flatMap(\.points).map(\.high).max() ?? 1)))
    }

    /// Values above this are drawn at the top.
    private static let most = 50.0
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

  private static func alt(_ series: [Series], _ view: View, who: String?) -> String {
    func percent(_ value: Double) -> String { Decimals.fixed(value * 100, 1) + " %" }
    let ends = series.map { line in
      let last = line.rows.count - 1
      if let corpus = line.group.corpus {
        return
          "\(line.name) \(Decimals.fixed(-line.group.logprob.value[last], 2)) nats, entropy "
          + Decimals.fixed(corpus.entropy.value[last], 2)
      }
      let curve = line.group.accuracy ?? line.group.top1 ?? line.group.logprob
      let scored = view.wording.scored == "target" ? "" : " of the \(view.wording.scored)"
      return
        "\(line.name) \(percent(curve.value[last])) (\(percent(curve.low[last])) to \(percent(curve.high[last]))), "
        + "mean log-probability\(scored) \(Decimals.fixed(line.group.logprob.value[last], 2))"
    }
    let isCorpus = series.contains { $0.group.corpus != nil }
    let what = isCorpus ? "Cross-entropy" : view.wording.what.prefix(1).uppercased() + view.wording.what.dropFirst()
    return "Line charts over the layers" + (who.map { " of \($0)" } ?? "") + ". "
      + "\(what) after the last layer: " + ends.joined(separator: "; ") + "."
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

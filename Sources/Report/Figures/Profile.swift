import Engine
import Foundation
import Plot

extension FigureKind {
  /// How sure the layers are, and how close to the output, over all positions of a text.
  static let profile = FigureKind(
    name: "profile",
    summary:
      "entropy, divergence from the output and probability of the next token over the layers, averaged over positions",
    options: [
      .embedding,
      Option(
        name: "limit", values: .number(0.1...1000), standard: .number(20),
        doc: "Where the scale of the divergence ends, in nats; the embedding can be far beyond."),
    ],
    needs: .nothing
  ) { trace, options in
    try trace.checkShape()
    let shown = try trace.shownRows(embedding: options.flag("embedding"))
    let entropy = Spread.all(trace.entropy, shown)
    let divergence = Spread.all(trace.kl, shown)
    let probability = Spread.all(trace.logprob.map { $0.map { $0.map { Float(exp(Double($0))) } } }, shown)
    guard entropy.contains(where: { $0 != nil }) else {
      throw FigureError.nothingToShow(
        kind: "profile", model: trace.model.name, needs: "entropy", hint: "make the trace again with this version")
    }
    let hasTargets = probability.contains { $0 != nil }
    let count = trace.columns.count
    func chart(_ scale: LineMarks.Chart.Scale, _ spreads: [Spread?]) -> LineMarks.Chart {
      LineMarks.Chart(
        scale: scale,
        lines: LineMarks.Line.pieces(
          spreads.map { $0?.triple }, names: shown.map(trace.rowName), series: 0))
    }
    func most(_ spreads: [Spread?]) -> Double { max(1, spreads.compactMap { $0?.high }.max() ?? 1) }
    let charts =
      [
        chart(.upTo(most(entropy)), entropy),
        chart(.upTo(min(most(divergence), options.number("limit") ?? 20)), divergence),
      ]
      + (hasTargets ? [chart(.share, probability)] : [])
    let labels = ["Entropy (nats)", "KL to output (nats)"] + (hasTargets ? ["Probability"] : [])
    return FigureDescription(
      title: "Entropy and divergence from the output over the layers",
      caption: "Entropy of the next token, Kullback–Leibler divergence of the model's output from it"
        + (hasTargets ? ", and probability of the token that came next" : "") + ", after every layer of "
        + "\(trace.modelPhrase), prompt “\(trace.promptExcerpt())”"
        + (count > 1
          ? ": means over \(CountFormat.full(count)) positions; bands reach from the 10th to the 90th percentile."
          : "."),
      alt: alt(trace, shown: shown, entropy: entropy, divergence: divergence, probability: probability)
    ) { title, alt in
      Figure(
        title: "\(title): \(trace.model.name)", description: alt,
        panel: Panel(
          rows: RowAxis(labels: labels.map { Label($0) }),
          marks: .lines(
            LineMarks(
              series: [trace.model.name], charts: charts, ticks: LayerTicks.numbers(shown.map { trace.rows[$0] }),
              title: "Layer"))))
    }
  }

  private static func alt(
    _ trace: Trace, shown: [Int], entropy: [Spread?], divergence: [Spread?], probability: [Spread?]
  ) -> String {
    func decimal(_ value: Double) -> String { DatasetTable.fixed(value, 2) }
    var text = "Line charts over the layers of \(trace.model.name), means over "
    text += "\(Wording.count(trace.columns.count, "position")). "
    if let first = entropy.first??.mean, let last = entropy.last??.mean {
      text += "The entropy goes from \(decimal(first)) to \(decimal(last)) nats"
    }
    if let first = divergence.first??.mean,
      let most = divergence.indices.max(by: { divergence[$0]?.mean ?? 0 < divergence[$1]?.mean ?? 0 }),
      let peak = divergence[most]?.mean
    {
      text += "; the divergence from the output begins at \(decimal(first)) nats, is largest after "
      text += "\(trace.rowPhrase(shown[most])) (\(decimal(peak))) and ends at 0"
    }
    if let last = probability.last??.mean {
      text += "; the token that came next has \(DatasetTable.fixed(last * 100, 1)) % after the last layer"
    }
    return text + "."
  }
}

/// The mean of a quantity over positions, and where four fifths of them lie.
private struct Spread {
  var mean: Double
  var low: Double
  var high: Double

  var triple: (value: Double, low: Double, high: Double) { (mean, low, high) }

  /// One for each shown row; nil where no position has a value.
  static func all(_ values: [[Float?]], _ shown: [Int]) -> [Spread?] {
    shown.map { row in
      let known = values[row].compactMap { $0.map(Double.init) }.filter(\.isFinite).sorted()
      guard !known.isEmpty else { return nil }
      return Spread(
        mean: known.reduce(0, +) / Double(known.count), low: quantile(known, 0.1), high: quantile(known, 0.9))
    }
  }

  /// Between neighbours in proportion (type 7 of Hyndman and Fan 1996, as NumPy and R have it).
  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let lower = Int(place)
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
  }
}

import Foundation
import Plot
import Traces
import Words

/// Options of the kind `profile`.
private struct ProfileOptions: OptionKeys {
  let embedding = OptionKey.embedding
  let limit = OptionKey(
    "limit", .number(0.1...1000), standard: 20,
    doc: "The end of the scales of entropy and divergence, in nats; one value in all figures makes them comparable.")
  let together = OptionKey.together
  let templateTokens = OptionKey.templateTokens
}

extension FigureKind {
  /// Entropy and divergence from the output over the layers, averaged over the positions of one or several texts.
  package static let profile = FigureKind(
    name: "profile",
    summary:
      "entropy, divergence from the output and probability of the next token over the layers, averaged over positions",
    options: ProfileOptions(),
    takes: .oneOrMore, needs: .nothing
  ) { whole, options in
    for trace in whole { try trace.checkShape() }
    let roles = try whole.map { try ConversationColumns($0, options.templateTokens, by: .next, kind: "profile") }
    let traces = roles.map(\.trace)
    var profiles: [ModelProfile] = []
    // The phrase also distinguishes lenses and number formats, which must not be averaged.
    for model in traces.map(\.modelPhrase).uniqued {
      profiles.append(try ModelProfile(traces.filter { $0.modelPhrase == model }, embedding: options.embedding))
    }
    let training = options.steps.flatMap { $0.count == profiles.count ? TrainingAxis($0) : nil }
    guard training != nil || profiles.count <= LineMarks.mostSeries else {
      throw FigureError.tooManyLines(
        kind: "profile", found: profiles.count, most: LineMarks.mostSeries, hint: "show fewer models together")
    }
    let first = profiles[0]
    // Layers of models with different rows do not correspond.
    let isRelative = profiles.contains { $0.trace.rows != first.trace.rows }
    let hasTargets = profiles.contains { $0.probability.contains { $0 != nil } }
    func chart(_ scale: LineMarks.Chart.Scale, _ spreads: KeyPath<ModelProfile, [Spread?]>) -> LineMarks.Chart {
      LineMarks.Chart(
        scale: scale,
        lines: profiles.enumerated().flatMap { index, profile in
          LineMarks.Line.pieces(
            // Bands of many steps would hide each other.
            profile[keyPath: spreads].map { training == nil ? $0?.triple : $0?.alone },
            names: profile.shown.map(profile.trace.rowName), series: index
          )
        })
    }
    let charts =
      [
        chart(.upTo(options.limit), \.entropy),
        chart(.upTo(options.limit), \.divergence),
      ] + (hasTargets ? [chart(.share, \.probability)] : [])
    let labels = ["Entropy (nats)", "KL to output (nats)"] + (hasTargets ? ["Probability"] : [])
    let prompts = traces.map(\.prompt).uniqued
    let over = prompts.count == 1 ? "prompt “\(traces[0].promptExcerpt())”" : Wording.count(prompts.count, "prompt")
    let positions = profiles.map(\.positions).uniqued
    let exceeds = profiles.flatMap { $0.entropy + $0.divergence }.contains { ($0?.high ?? 0) > options.limit }
    return FigureDescription(
      title: "Entropy and divergence from the output over the layers",
      caption: Caption(
        "Entropy of the prediction for the \(Wording.predicted(traces)), and Kullback–Leibler divergence of the model's output from this "
          + "prediction, both in nats" + (hasTargets ? "; probability of \(traces[0].outputRole); each" : ", each")
          + " after every layer of "
          + "\(training?.models(profiles.map(\.trace)) ?? Wording.enumeration(profiles.map(\.trace.modelPhrase))), \(over)"
          + (positions != [1]
            ? ": means over \(Wording.enumeration(positions.map(CountFormat.full))) positions"
              + (training == nil ? "; bands reach from the 10th to the 90th percentile." : ".")
            : ".") + (training.map { " \($0.sentence)" } ?? "")
          + (exceeds
            ? " Values above \(NumberStyle.decimals.text(options.limit)) nats are drawn at the end of the scale." : "")
      ).and(ConversationColumns.hiddenPositions(roles)),
      alt: "Line charts over the layers\(training.map { ", a line for each of \($0.steps.phrase)" } ?? ""). "
        + (training == nil ? profiles : [profiles[0], profiles[profiles.count - 1]]).map(\.story).joined(separator: " ")
    ) { title, alt in
      var marks = LineMarks(
        series: training?.names ?? Trace.modelNames(of: profiles.map(\.trace)), charts: charts,
        ticks: isRelative ? LayerTicks.shares : LayerTicks.numbers(first.shown.map { first.trace.rows[$0] }),
        title: isRelative ? "Share of layers passed" : "Layer")
      marks.gradation = training?.gradation
      return Figure(
        title: "\(title): \(training?.steps[0].run ?? Wording.enumeration(profiles.map(\.trace.model.name)))",
        description: alt,
        panel: Panel(rows: RowAxis(labels: labels.map { Label($0) }), marks: .lines(marks)), colorBar: training?.bar)
    }
  }
}

/// The quantities of one model over the positions of one or several of its traces.
private struct ModelProfile {
  /// The first.
  let trace: Trace
  /// Rows of a trace.
  let shown: [Int]
  let positions: Int
  let entropy: [Spread?]
  let divergence: [Spread?]
  let probability: [Spread?]

  init(_ traces: [Trace], embedding: Bool) throws {
    trace = traces[0]
    shown = try trace.shownRows(embedding: embedding)
    for other in traces {
      try other.checkShape()
      guard other.rows == trace.rows else {
        throw FigureError.badTrace(model: other.model.name, reason: "its traces have different rows")
      }
    }
    positions = traces.reduce(0) { $0 + $1.columns.count }
    entropy = Spread.all(traces.map(\.entropy), shown)
    divergence = Spread.all(traces.map(\.kl), shown)
    probability = Spread.all(
      traces.map { $0.logprob.map { $0.map { $0.map { Float(exp(Double($0))) } } } }, shown)
    guard entropy.contains(where: { $0 != nil }) else {
      throw FigureError.nothingToShow(
        kind: "profile", model: trace.model.name, needs: "entropy", hint: "make the trace again with this version")
    }
  }

  /// What the lines do.
  var story: String {
    func decimal(_ value: Double) -> String { Decimals.fixed(value, 2) }
    var text = "In \(trace.model.name), over \(Wording.count(positions, "position")), "
    if let first = entropy.lazy.compactMap({ $0 }).first?.mean, let last = entropy.last??.mean {
      text += "the entropy goes from \(decimal(first)) to \(decimal(last)) nats"
    } else {
      text += "the entropy is not known in the first or the last layer"
    }
    if let first = divergence.lazy.compactMap({ $0 }).first?.mean,
      let most = divergence.indices.max(by: { divergence[$0]?.mean ?? 0 < divergence[$1]?.mean ?? 0 }),
      let peak = divergence[most]?.mean
    {
      text += "; the divergence of the output from the prediction begins at \(decimal(first)) nats, is largest after "
      text += "\(trace.rowPhrase(shown[most])) (\(decimal(peak))) and ends at 0"
    }
    if let last = probability.last??.mean {
      text += "; \(trace.outputRole) has \(Decimals.fixed(last * 100, 1)) % after the last layer"
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
  /// The mean without a band.
  var alone: (value: Double, low: Double, high: Double) { (mean, mean, mean) }

  /// One for each shown row, over the matrices of several traces; nil where no position has a value.
  static func all(_ matrices: [[[Float?]]], _ shown: [Int]) -> [Spread?] {
    shown.map { row in
      let values = matrices.flatMap { $0[row] }
      let known = values.compactMap { $0.map(Double.init) }.filter(\.isFinite).sorted()
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

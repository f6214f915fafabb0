import Plot
import Traces
import Words

/// The training steps of checkpoints of one run as colours of lines, from light to dark, with the bar that explains them.
struct TrainingAxis {
  /// At least two, rising.
  let steps: [TrainingStep]
  private let scale: ColorScale

  /// Of the map the part that has a contrast of 3 : 1 with paper.
  private static let range = 0.41...1.0

  /// The axis of steps of one run; nil for other steps.
  init?(_ steps: [TrainingStep]) {
    guard steps.isOneRun else { return nil }
    self.steps = steps
    let last = Double(steps[steps.count - 1].number)
    let positive = steps.map { Double($0.number) }.filter { $0 > 0 }
    var values = ValueScale.linear(Double(steps[0].number)...last)
    if steps.isLogarithmic, let first = positive.first {
      // Step 0 has no logarithm: it stands as far below the first of the others as this one below the next.
      let least =
        positive.count == steps.count ? first : first * first / (positive.count > 1 ? positive[1] : first * 10)
      if let log = try? LogScale(least...last) { values = .logarithmic(log) }
    }
    scale = ColorScale(map: .batlow, scale: values, direction: .darkHigh, range: Self.range)
  }

  /// Where each step stands on the scale.
  private var values: [Double] { steps.map { max(Double($0.number), scale.scale.domain.lowerBound) } }

  /// "step 64", for tables and readouts.
  var names: [String] { steps.map(\.phrase) }

  /// The colours of lines, one for each step.
  var gradation: LineMarks.Gradation { LineMarks.Gradation(values: values, scale: scale) }

  /// The bar beside the charts.
  var bar: ColorBar {
    let isLong = steps.contains { $0.number >= 1_000_000 }
    var bar = ColorBar(title: steps.axis, scale: scale, exceeds: false)
    bar.given = zip(values, steps).map { value, step in
      ColorBar.Tick(value: value, label: isLong ? CountFormat.short(step.number) : CountFormat.full(step.number))
    }
    return bar
  }

  /// What colours mean.
  var sentence: String {
    let zero = steps.isLogarithmic && steps[0].number == 0 ? ", with \(steps[0].phrase) at its lower end" : ""
    return "Colours go from the earliest training step, which is light, to the latest, on a "
      + "\(steps.isLogarithmic ? "logarithmic" : "linear") scale\(zero)."
  }

  /// "first (float16; logit lens after the final norm) at 8 checkpoints, steps 0 to 4,096".
  func models(_ traces: [Trace]) -> String { Self.models(traces, steps) }

  /// The same for figures without colours of steps.
  static func models(_ traces: [Trace], _ steps: [TrainingStep]) -> String {
    let phrases = zip(traces, steps).map { trace, step in
      var trace = trace
      trace.model.name = step.run
      return trace.modelPhrase
    }
    return "\(Wording.enumeration(phrases.uniqued)) at \(steps.phrase)"
  }
}

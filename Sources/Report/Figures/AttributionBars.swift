import Findings
import Foundation
import Plot
import Traces
import Words

/// Signed bars of all parts, and below them their sum with the logit lens's own difference.
struct AttributionBars {
  private typealias Kind = Trace.Attribution.Kind

  /// A sort of bars, in the order of the legend.
  private struct Sort {
    var name: String
    var kinds: [Kind]
    var look: LineMarks.BarLook
    var style: LineMarks.Look
  }

  private static let sorts = [
    Sort(name: "Embedding", kinds: [.embedding], look: .filled, style: .init(color: 0, dash: 0)),
    Sort(name: "Attention", kinds: [.attention], look: .filled, style: .init(color: 1, dash: 0)),
    Sort(name: "Recurrent layer", kinds: [.recurrent], look: .filled, style: .init(color: 3, dash: 0)),
    Sort(name: "MLP", kinds: [.mlp], look: .hollow, style: .init(color: 2, dash: 0)),
    Sort(name: "Per-layer input", kinds: [.perLayer], look: .hollow, style: .init(color: 4, dash: 0)),
    Sort(
      name: "Biases", kinds: [.normBias, .finalNormBias, .headBias], look: .hollow,
      style: .init(color: 0, dash: 0)),
  ]

  private typealias Part = DatasetSummary.Attribution.Part

  private let difference: DatasetSummary.Mean
  private let limit: Double?
  private let sorts: [Sort]
  private let bars: [LineMarks.Bar]
  private let ticks: [LineMarks.Tick]
  private let sums: [LineMarks.Line.Point]
  private let lens: [LineMarks.Line.Point]

  /// The bars of means over the prompts of a dataset, or of the numbers of one prompt.
  init(_ attribution: DatasetSummary.Attribution, layers count: Int, limit: Double?, hasIntervals: Bool = true) {
    difference = attribution.difference
    self.limit = limit
    let parts = attribution.parts
    let sorts = Self.sorts.filter { sort in parts.contains { sort.kinds.contains($0.part) } }
    self.sorts = sorts
    // A slot for the embedding, each layer and the biases at the end.
    func slot(_ part: Part) -> Int { part.layer.map { $0 + 1 } ?? (part.part == .embedding ? 0 : count + 1) }
    let slots = Dictionary(grouping: parts.indices, by: { slot(parts[$0]) })
    let slotCount = (slots.keys.max() ?? 0) + 1
    let widest = slots.values.map(\.count).max() ?? 1
    let width = 0.8 / Double(widest * slotCount)
    var bars: [LineMarks.Bar] = []
    var (sums, lens): ([LineMarks.Line.Point], [LineMarks.Line.Point]) = ([], [])
    func point(_ place: Double, _ mean: DatasetSummary.Mean, _ name: String) -> LineMarks.Line.Point {
      .init(place: place, value: mean.value, low: mean.low, high: mean.high, name: name)
    }
    for (index, part) in parts.enumerated() {
      let own = slots[slot(part)] ?? []
      let middle = (Double(slot(part)) + 0.5) / Double(slotCount)
      let place = middle + (Double(own.firstIndex(of: index) ?? 0) - Double(own.count - 1) / 2) * width
      let name = part.name
      bars.append(
        LineMarks.Bar(
          series: sorts.firstIndex { $0.kinds.contains(part.part) } ?? 0, place: place, width: width,
          value: part.adds.value, name: name, interval: hasIntervals ? part.adds.low...part.adds.high : nil))
      sums.append(point(place, part.sum, name))
      if let own = part.lens { lens.append(point(place, own, name)) }
    }
    (self.bars, self.sums, self.lens) = (bars, sums, lens)
    let layers =
      [Trace.Row(layer: 0, point: .embedding)]
      + (0..<count).map { Trace.Row(layer: $0, point: .block) }
    let last = Double(layers.count - 1)
    ticks =
      LayerTicks.numbers(layers).map {
        .init(place: (($0.place * last).rounded() + 0.5) / Double(slotCount), label: $0.label)
      } + (slotCount > layers.count ? [.init(place: (Double(slotCount) - 0.5) / Double(slotCount), label: "bias")] : [])
  }

  /// The figure of one prompt.
  func described(_ words: AttributionWords) -> FigureDescription {
    let trace = words.trace
    let caption =
      "What each part of \(trace.modelPhrase) adds to \(words.difference), in logits\(words.softcap): above 0 it "
      + "favours \(words.target). Parts are \(partNames). With the scale of the final norm fixed at this position they sum to the "
      + "model's own difference, \(AttributionWords.signed(difference.value)). Below, their sum from left to right, and the logit "
      + "lens's own difference, which divides by the norm of the state after each part."
    return FigureDescription(
      title: "What each part adds to \(words.target) over \(words.foil)",
      caption: Caption(caption).and(words.chosen).and(beyond),
      alt: "Bars for the parts of \(trace.model.name). " + (AttributionFindings(trace)?.sentence(byHead: false) ?? "")
    ) { title, alt in
      figure("\(title): \(trace.model.name)", alt, heading: Label(words.before + " ____"))
    }
  }

  /// The figure of means over the prompts of a dataset.
  func described(_ summary: DatasetSummary) -> FigureDescription {
    let count = summary.groups[0].items
    let softcap = summary.groups[0].attribution?.softcap
    let caption =
      "What each part of \(summary.phrase) adds to the logit of the target minus that of the foil at the end of the prompt, in "
      + "logits\(AttributionWords.softcap(softcap)), as mean over the \(Wording.count(count, "prompt")) of the dataset "
      + "“\(TokenDisplay.line(summary.dataset.name))”: above 0 it favours the target. Parts are \(partNames). With the scale of the "
      + "final norm fixed for each prompt they sum to the mean of the model's own difference, "
      + "\(AttributionWords.signed(difference.value)). Below, their sum from left to right, and the logit lens's own difference, which "
      + "divides by the norm of the state after each part. \(summary.aboutIntervals("Lines across the ends of bars, and bands,"))"
    return FigureDescription(
      title: "What each part adds to the target over the foil", caption: Caption(caption).and(beyond),
      alt: "Bars for the parts of \(summary.model.name). "
        + (DatasetFindings(summary)?.groups[0].attribution?.sentence ?? "")
    ) { title, alt in
      figure("\(title): \(summary.model.name)", alt, heading: nil)
    }
  }

  /// "the embedding, each attention, each MLP, and biases".
  private var partNames: String {
    let kinds = sorts.filter { $0.kinds != [.embedding] && !$0.kinds.contains(.headBias) }.map { sort in
      sort.name == "MLP" ? "MLP" : sort.name.prefix(1).lowercased() + sort.name.dropFirst()
    }
    let hasBiases = sorts.contains { $0.kinds.contains(.headBias) }
    return "the embedding, " + Wording.enumeration(kinds.map { "each \($0)" }) + (hasBiases ? ", and biases" : "")
  }

  private var beyond: String {
    lens.contains { !sumRange.contains($0.value) }
      ? "Where the lens reads more from the first layers than the scale has, its line runs along the end." : ""
  }

  private func figure(_ title: String, _ alt: String, heading: Label?) -> Figure {
    let ends = bars.flatMap { bar in bar.interval.map { [$0.lowerBound, $0.upperBound] } ?? [bar.value] }
    var shares = LineMarks.Chart(scale: .signed(range(ends, limit)), reference: 0, lines: [])
    shares.bars = bars
    let first = sorts.count
    let total = LineMarks.Chart(
      scale: .signed(sumRange), reference: 0,
      lines: [
        LineMarks.Line(series: first + 1, points: lens), LineMarks.Line(series: first, points: sums),
      ])
    var marks = LineMarks(
      series: sorts.map(\.name) + ["Sum of parts", "Logit lens"], charts: [shares, total], ticks: ticks, title: "Layer",
      looks: sorts.map(\.style) + [.init(color: 0, dash: 0), .init(color: 4, dash: 1)])
    marks.bars = Dictionary(uniqueKeysWithValues: sorts.enumerated().map { ($0, $1.look) })
    return Figure(
      title: title, description: alt, heading: heading,
      panel: Panel(rows: RowAxis(labels: [Label("Adds (logits)"), Label("Sum (logits)")]), marks: .lines(marks)))
  }

  /// The scale of sums: what the lens reads from the first layers can lie far beyond those at which the model decides.
  private var sumRange: ClosedRange<Double> {
    range((sums + lens.filter { $0.place >= 0.5 }).flatMap { [$0.low, $0.high] }, nil)
  }

  /// Round bounds around 0 and all values; a limit bounds both sides.
  private func range(_ values: [Double], _ limit: Double?) -> ClosedRange<Double> {
    if let limit { return -limit...limit }
    let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    var range = low...max(high, low + 1e-6)
    // Rounding to ticks can lengthen the range, and so the distance of its ticks.
    for _ in 0..<3 {
      let step = LinearScale(upTo: range.upperBound - range.lowerBound).tickStep
      range =
        (low / step + 1e-9).rounded(.down) * step...max((high / step - 1e-9).rounded(.up) * step, low < 0 ? 0 : step)
    }
    return range
  }
}

extension Trace.Attribution {
  /// The parts as those of means are, without intervals.
  var asMeans: DatasetSummary.Attribution {
    func mean(_ value: Double) -> DatasetSummary.Mean { .init(value: value, low: value, high: value) }
    var sum = 0.0
    return DatasetSummary.Attribution(
      difference: mean(Double(difference)), softcap: softcap,
      parts: parts.map { part in
        sum += Double(part.value)
        return DatasetSummary.Attribution.Part(
          part: part.part, layer: part.layer, adds: mean(Double(part.value)), sum: mean(sum),
          lens: part.lens.map { mean(Double($0)) })
      })
  }
}

extension DatasetSummary.Attribution.Part {
  /// The name in tables and readouts: "embedding", "5 attn.", "5 MLP", "bias of the head".
  var name: String {
    let number = layer.map { "\($0) " } ?? ""
    return switch part {
    case .embedding: "embedding"
    case .attention: number + "attn."
    case .recurrent: number + "recurrent"
    case .mlp: number + "MLP"
    case .perLayer: number + "per-layer input"
    case .normBias: number + "norm bias"
    case .finalNormBias: "bias of the final norm"
    case .headBias: "bias of the head"
    }
  }
}

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

  private let words: AttributionWords
  private let limit: Double?
  private let sorts: [Sort]
  private let bars: [LineMarks.Bar]
  private let ticks: [LineMarks.Tick]
  private let sums: [LineMarks.Line.Point]
  private let lens: [LineMarks.Line.Point]

  init(_ words: AttributionWords, limit: Double?) {
    self.words = words
    self.limit = limit
    let parts = words.attribution.parts
    let sorts = Self.sorts.filter { sort in parts.contains { sort.kinds.contains($0.part) } }
    self.sorts = sorts
    // A slot for the embedding, each layer and the biases at the end.
    func slot(_ part: Trace.Attribution.Part) -> Int {
      part.layer.map { $0 + 1 } ?? (part.part == .embedding ? 0 : words.trace.model.layers + 1)
    }
    let slots = Dictionary(grouping: parts.indices, by: { slot(parts[$0]) })
    let count = (slots.keys.max() ?? 0) + 1
    let widest = slots.values.map(\.count).max() ?? 1
    let width = 0.8 / Double(widest * count)
    var bars: [LineMarks.Bar] = []
    var (sums, lens): ([LineMarks.Line.Point], [LineMarks.Line.Point]) = ([], [])
    var sum = 0.0
    for (index, part) in parts.enumerated() {
      let own = slots[slot(part)] ?? []
      let middle = (Double(slot(part)) + 0.5) / Double(count)
      let place = middle + (Double(own.firstIndex(of: index) ?? 0) - Double(own.count - 1) / 2) * width
      let name = part.name
      bars.append(
        LineMarks.Bar(
          series: sorts.firstIndex { $0.kinds.contains(part.part) } ?? 0, place: place, width: width,
          value: Double(part.value), name: name))
      sum += Double(part.value)
      sums.append(.init(place: place, value: sum, low: sum, high: sum, name: name))
      if let value = part.lens.map(Double.init) {
        lens.append(.init(place: place, value: value, low: value, high: value, name: name))
      }
    }
    (self.bars, self.sums, self.lens) = (bars, sums, lens)
    let layers =
      [Trace.Row(layer: 0, point: .embedding)]
      + (0..<words.trace.model.layers).map { Trace.Row(layer: $0, point: .block) }
    let last = Double(layers.count - 1)
    ticks =
      LayerTicks.numbers(layers).map {
        .init(place: (($0.place * last).rounded() + 0.5) / Double(count), label: $0.label)
      } + (count > layers.count ? [.init(place: (Double(count) - 0.5) / Double(count), label: "bias")] : [])
  }

  func described() -> FigureDescription {
    let (trace, attribution) = (words.trace, words.attribution)
    let (target, foil) = (words.target, words.foil)
    let barNames = sorts.map(\.name)
    let lines = ["Sum of parts", "Logit lens"]
    let kinds = sorts.filter { $0.kinds != [.embedding] && !$0.kinds.contains(.headBias) }.map { sort in
      sort.name == "MLP" ? "MLP" : sort.name.prefix(1).lowercased() + sort.name.dropFirst()
    }
    let hasBiases = sorts.contains { $0.kinds.contains(.headBias) }
    let caption =
      "What each part of \(trace.modelPhrase) adds to \(words.difference), in logits\(words.softcap): above 0 it "
      + "favours \(target). Parts are the embedding, "
      + Wording.enumeration(kinds.map { "each \($0)" }) + (hasBiases ? ", and biases" : "")
      + ". With the scale of the final norm fixed at this position they sum to the model's own difference, "
      + "\(AttributionWords.signed(Double(attribution.difference))). Below, their sum from left to right, and the logit lens's own "
      + "difference, which divides by the norm of the state after each part."
    return FigureDescription(
      title: "What each part adds to \(target) over \(foil)",
      caption: Caption(caption).and(words.chosen).and(
        lens.contains { !sumRange.contains($0.value) }
          ? "Where the lens reads more from the first layers than the scale has, its line runs along the end." : ""),
      alt: "Bars for the parts of \(trace.model.name). " + (AttributionFindings(trace)?.sentence(byHead: false) ?? "")
    ) { title, alt in
      var shares = LineMarks.Chart(scale: .signed(range(bars.map(\.value), limit)), reference: 0, lines: [])
      shares.bars = bars
      let first = barNames.count
      let total = LineMarks.Chart(
        scale: .signed(sumRange), reference: 0,
        lines: [
          LineMarks.Line(series: first + 1, points: lens), LineMarks.Line(series: first, points: sums),
        ])
      var marks = LineMarks(
        series: barNames + lines, charts: [shares, total], ticks: ticks, title: "Layer",
        looks: sorts.map(\.style) + [.init(color: 0, dash: 0), .init(color: 4, dash: 1)])
      marks.bars = Dictionary(uniqueKeysWithValues: sorts.enumerated().map { ($0, $1.look) })
      return Figure(
        title: "\(title): \(trace.model.name)", description: alt, heading: Label(words.before + " ____"),
        panel: Panel(
          rows: RowAxis(labels: [Label("Adds (logits)"), Label("Sum (logits)")]), marks: .lines(marks)))
    }
  }

  /// The scale of sums: what the lens reads from the first layers can lie far beyond those at which the model decides.
  private var sumRange: ClosedRange<Double> {
    range(sums.map(\.value) + lens.filter { $0.place >= 0.5 }.map(\.value), nil)
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

extension Trace.Attribution.Part {
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

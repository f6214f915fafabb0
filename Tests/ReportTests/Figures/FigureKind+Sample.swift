import Foundation
import Traces

@testable import Figures

extension FigureKind {
  /// Small numbers that it shows: a trace, or the summary of a dataset in two groups.
  var sample: [Numbers] {
    needs == .dataset
      ? [.summary(SampleSummaries.summary(SampleSummaries.request(for: self), layers: 3))]
      : [
        .trace(
          SampleTraces.trace(layers: 3, columns: needs.positions ?? 2, watch: [" is", " are"]).answering(self))
      ]
  }

  /// What the figure of several traces shows.
  func describe(_ traces: [Trace], options: FigureOptions) throws -> FigureDescription {
    try describe(traces.map { .trace($0) }, options: options)
  }
}

extension FigureRecipes {
  /// Lays out a figure of traces.
  func draw(
    _ kind: String, _ traces: [Trace], options: [String: OptionValue], style: FigureStyle
  ) throws -> DrawnFigure {
    try draw(kind, traces.map { .trace($0) }, options: options, style: style)
  }
}

extension Trace {
  /// The trace with the answer to what a kind asks beside ranks: tokens of the text that are hard to draw, and every sort of part.
  func answering(_ kind: FigureKind) -> Trace {
    var trace = self
    if kind.needs == .patching { trace.patching = patched }
    guard kind.needs == .attribution else { return trace }
    let (target, foil) = (tokens[promptLength].id, texts.keys.filter { $0 != tokens[promptLength].id }.max() ?? 0)
    typealias Part = Attribution.Part
    let blocks = (0..<model.layers).flatMap { layer -> [Part] in
      let wave = Float(sin(Double(layer) * 1.7))
      let heads = (0..<6).map { wave * Float($0 - 2) / 4 }
      return [
        Part(.attention, layer: layer, value: heads.reduce(0.25, +), lens: wave * 3, heads: heads),
        Part(.mlp, layer: layer, value: -wave * 2, lens: Float(layer)),
      ]
    }
    let parts = [Part(.embedding, value: 0.5, lens: 40)] + blocks + [Part(.finalNormBias, value: -0.125)]
    trace.attribution = Attribution(
      position: promptLength - 1, target: target, foil: foil, chosen: [.foil],
      targetLogit: parts.reduce(0) { $0 + $1.value } + 2, foilLogit: 2, softcap: 30, parts: parts)
    return trace
  }
}

extension Trace {
  /// Runs patched from another text, some of whose tokens are hard to draw; the MLP of layer 0 is missing.
  private var patched: Patching {
    let words = ["long token of the source", "中文", "\n", " עברית"].enumerated()
    var source = Array(tokens.prefix(promptLength))
    for (index, text) in words where source.indices.contains(index * 2) {
      source[index * 2] = Token(id: 3000 + index, text: text, bytes: nil)
    }
    func values(_ rows: Int) -> [[Float?]] {
      (0..<rows).map { row in
        (0..<promptLength).map { Float(sin(Double(row) * 0.7 + Double($0))) * 2.2 }
      }
    }
    var mlp = values(model.layers)
    if !mlp.isEmpty { mlp[0] = mlp[0].map { _ in nil } }
    return Patching(
      source: "Another text\nof as many tokens", sourceTokens: source, target: tokens[promptLength].id,
      foil: texts.keys.filter { $0 != tokens[promptLength].id }.max() ?? 0, chosen: [.target, .foil],
      sourceDifference: 2,
      baseDifference: -1,
      differences: [
        .init(place: .stream, values: values(model.layers + 1)), .init(place: .attention, values: values(model.layers)),
        .init(place: .mlp, values: mlp),
      ])
  }
}

extension FigureSchema.Need {
  /// How many positions a trace must have; nil where any number will do.
  var positions: Int? { if case .positions(let count) = self { count } else { nil } }
}

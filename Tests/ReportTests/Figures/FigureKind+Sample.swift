import Traces

@testable import Figures

extension FigureKind {
  /// Small numbers that it shows: a trace, or the summary of a dataset in two groups.
  var sample: [Numbers] {
    needs == .dataset
      ? [.summary(SampleSummaries.summary(SampleSummaries.request(groups: 2), layers: 3))]
      : [
        .trace(
          SampleTraces.trace(layers: 3, columns: needs.positions ?? 2, watch: [" is", " are"]))
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

extension FigureSchema.Need {
  /// How many positions a trace must have; nil where any number will do.
  var positions: Int? { if case .positions(let count) = self { count } else { nil } }
}

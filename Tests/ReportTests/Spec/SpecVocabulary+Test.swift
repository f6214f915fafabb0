@testable import Figures
@testable import Spec

extension SpecVocabulary {
  /// A small vocabulary, so that messages do not change whenever a figure is added.
  static let test = SpecVocabulary(
    kinds: [
      FigureSchema(
        name: "rank-heatmap",
        options: [
          .init(name: "cells", values: .choice(["none", "rank"])), .init(name: "marks", values: .flag),
        ], needs: .outputText),
      FigureSchema(
        name: "top-tokens",
        options: [
          .init(name: "position", values: .choiceOrInteger(["first", "last"], 0...100)),
          .init(name: "layer", values: .integer(0...10)), .init(name: "size", values: .number(0.5...2)),
        ], needs: .nothing),
      FigureSchema(name: "token-ranks", options: [], needs: .watchedTokens),
    ],
    formats: ["pdf", "svg", "png"], venues: ["neurips", "icml"], spans: ["column", "full"],
    catalog: ["smollm2-135m", "gemma-3-270m"])
}

import Engine
import Foundation
import Plot
import Testing
import Traces
import Words
@testable import Figures

/// What each kind shows and says.
@Suite struct RecipeTests {
  func texts(_ scene: Scene) -> [String] {
    scene.items.compactMap { if case .text(let run) = $0 { run.text } else { nil } }
  }

  func texts(_ name: String, _ trace: Trace, _ options: [String: OptionValue] = [:]) throws -> [String] {
    let kind = try FigureKind.named(name)
    return texts(try kind.scene(trace, options: kind.parse(options), theme: Theme()))
  }

  @Test func aRankHeatmapHasTheEmbeddingOnTopUnlessToldOtherwise() throws {
    let trace = SampleTraces.trace(layers: 4, columns: 2)
    let down: [String: OptionValue] = ["orientation": .text("layers-down")]
    #expect(try texts("rank-heatmap", trace, down).contains("embedding"))
    #expect(try texts("rank-heatmap", trace).contains("emb."))
    #expect(try !texts("rank-heatmap", trace, ["embedding": .flag(false)]).contains("emb."))
    #expect(try !texts("rank-heatmap", trace, down).contains("Input token"))
    #expect(
      try texts("rank-heatmap", trace, ["inputs": .flag(true), "orientation": .text("layers-down")]).contains(
        "Input token"))
    // The article's look has them.
    #expect(try texts("rank-heatmap", trace, ["look": .text("article")]).contains("Input Token"))
  }

  @Test func aRankHeatmapSaysWhereTheTokenComesFirstAndStays() throws {
    var trace = SampleTraces.trace(layers: 4, columns: 1)
    trace.rank = [[900], [1], [40], [1], [1]]
    trace.logprob = [[-9], [-1], [-4], [-1], [-0.5]]
    let kind = try FigureKind.named("rank-heatmap")
    #expect(
      try kind.describe(trace, options: kind.parse([:])).alt
        == "Heatmap of ranks in Sample 135M, 4 layers by 1 output token. “␣London” has rank 1 for good from layer 2; "
        + "after the last layer its rank is 1 with 60.65 %.")
    trace.rank[4] = [2]
    #expect(try kind.describe(trace, options: kind.parse([:])).alt.contains("does not have rank 1 at the end"))
  }

  @Test func aRankHeatmapWithoutOutputIsAnErrorWithAdvice() throws {
    var trace = SampleTraces.trace(layers: 2, columns: 1)
    trace.columns[0].target = nil
    let kind = try FigureKind.named("rank-heatmap")
    let error = #expect(throws: FigureError.self) { try kind.describe(trace, options: kind.parse([:])) }
    #expect(error?.message == "the trace has no output tokens")
    #expect(error?.hints == ["generate at least one token (generate: 1), or give a continuation"])
  }

  @Test func aLimitBelowTheRanksShowsOnTheColourBar() throws {
    let trace = SampleTraces.trace(layers: 4, columns: 2)
    #expect(try texts("rank-heatmap", trace, ["max_rank": .integer(100)]).contains("≥100"))
    #expect(try texts("rank-heatmap", trace, ["max_rank": .integer(100_000)]).contains("100k"))
  }

  @Test func topTokensShowsAllLayersOrABarChartOfOne() throws {
    let trace = SampleTraces.trace(layers: 5, columns: 3)
    #expect(try texts("top-tokens", trace).filter { $0.hasSuffix(" %") }.count == 60)
    #expect(try texts("top-tokens", trace, ["k": .integer(3)]).filter { $0.hasSuffix(" %") }.count == 18)
    let chart = try texts("top-tokens", trace, ["layer": .integer(4), "k": .integer(5)])
    #expect(chart.contains("Probability") && !chart.contains("Layer"))
    #expect(try texts("top-tokens", trace, ["layer": .text("last"), "k": .integer(5)]) == chart)
    let kind = try FigureKind.named("top-tokens")
    let error = #expect(throws: FigureError.self) {
      try kind.describe(trace, options: kind.parse(["layer": .integer(5)]))
    }
    #expect(error?.message == "layer: 'Sample 135M' has no layer 5")
    #expect(error?.hints == ["its layers are counted from 0 to 4"])
  }

  @Test func aPositionBeyondTheTraceIsAnError() throws {
    let trace = SampleTraces.trace(layers: 2, columns: 3)
    let kind = try FigureKind.named("top-tokens")
    let error = #expect(throws: FigureError.self) {
      try kind.describe(trace, options: kind.parse(["position": .integer(4)]))
    }
    #expect(error?.message == "no position 4: the trace has 3, expected 1 to 3")
    let last = try kind.describe(trace, options: kind.parse(["position": .text("last")]))
    #expect(try kind.describe(trace, options: kind.parse(["position": .integer(3)])) == last)
  }

  @Test func tokenRanksNeedsWatchedTokensAndShowsThePromptWithAGap() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is", " are"])
    let shown = try texts("token-ranks", trace)
    #expect(shown.contains("Heathrow airport is located in the city of ____"))
    #expect(shown.contains("␣is") && shown.contains("␣are"))
    #expect(
      try texts("token-ranks", trace, ["position": .integer(2)])
        .contains("Heathrow airport is located in the city of London ____"))
    let kind = try FigureKind.named("token-ranks")
    let error = #expect(throws: FigureError.self) {
      try kind.describe(SampleTraces.trace(layers: 3, columns: 1), options: kind.parse([:]))
    }
    #expect(error?.message == "the trace has no watched tokens")
  }

  @Test(arguments: [
    (0, "100.00 %"), (-1e-7, "99.99 %"), (-0.00004, "99.99 %"), (-0.0002, "99.98 %"), (log(0.4292), "42.92 %"),
    (log(0.05), "5.00 %"), (log(0.0001001), "0.01 %"), (log(0.0000999), "<0.01 %"), (-Double.infinity, "<0.01 %"),
  ])
  func probabilitiesHaveTwoDecimalsAndNeverPretend(logprob: Double, text: String) {
    #expect(Percent.text(logprob: Float(logprob)) == text)
  }

  @Test func anUnknownKindIsAnErrorThatListsTheKnown() {
    let error = #expect(throws: FigureError.self) { try FigureKind.named("heatmpa") }
    #expect(
      error?.hints == ["known kinds: \(FigureKind.all.map(\.name).joined(separator: ", "))"])
  }
}

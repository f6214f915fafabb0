import Plot
import Testing
import Traces

@testable import Figures

/// Captions claim of a figure's numbers what the figure shows.
@Suite struct ShownFindingTests {
  private func describe(
    _ name: String, _ traces: [Trace], _ options: [String: OptionValue] = [:]
  ) throws -> FigureDescription {
    let kind = try FigureKind.named(name)
    return try kind.describe(traces, options: kind.parse(options))
  }

  @Test func aFigureWithoutOutputTokensSaysNothingOfThem() throws {
    let many = SampleTraces.trace(layers: 4, columns: 6, watch: [" is"])
    #expect(try describe("lens-grid", [many]).finding?.contains("output tokens") == true)
    // One watched word has no order.
    #expect(try describe("trajectory", [many]).finding == nil)
    #expect(try describe("comparison", [many]).finding?.contains("output tokens") == true)
    #expect(try describe("profile", [many]).finding == nil)
    var drawn = many
    #expect(try describe("first-layer", [drawn]).finding?.contains("output tokens") == true)
    drawn.method = .sample(6, Sampling(temperature: 1, seed: 3))
    #expect(try describe("first-layer", [drawn]).finding == nil)
    #expect(try describe("first-layer", [drawn], ["view": .text("strip")]).finding == nil)
  }

  @Test func oneHeatmapHasNoOthersBesideIt() throws {
    let one = SampleTraces.trace(layers: 4, columns: 2)
    var other = one
    other.model.name = "Other"
    let figure = try describe("comparison", [one])
    #expect(figure.title == "Ranks of output tokens" && figure.alt.hasPrefix("Heatmap of ranks. "))
    #expect(!figure.caption.text.contains("panels"))
    #expect(try describe("comparison", [one, other]).caption.text.contains("same colours in all panels"))
  }
}

import Testing
import Traces

@testable import Findings

@Suite struct ModelContrastTests {
  @Test func theCellWithTheLargestDistanceIsNamed() throws {
    let one = SampleTraces.trace(layers: 4, columns: 2, texts: [.text(" London"), .text(".")])
    var other = one
    other.logprob[2][1] = (one.logprob[2][1] ?? 0) - 3
    other.logprob[3][0] = (one.logprob[3][0] ?? 0) + 1
    let contrast = ModelContrast(one, other, names: ["base", "tuned"])
    let cell = try #require(contrast.widest)
    #expect(cell.row == .init(layer: 1, point: .block) && cell.label == "." && abs(cell.distance - 3) < 1e-5)
    #expect(contrast.sentence?.hasPrefix("base and tuned differ most at layer 1, where “.” has ") == true)
  }

  @Test func tracesOfOtherTokensOrRowsAreNotCompared() {
    let one = SampleTraces.trace(layers: 4, columns: 2)
    #expect(ModelContrast(one, one, names: ["a", "b"]).sentence == nil)
    #expect(ModelContrast(one, SampleTraces.trace(layers: 5, columns: 2), names: ["a", "b"]).widest == nil)
    var other = one
    other.tokens[0].text = "Another"
    #expect(ModelContrast(one, other, names: ["a", "b"]).widest == nil)
  }

  @Test func depthsCompareModelsWithDifferentNumbersOfLayers() {
    let at = { (layers: Int, row: Int) in
      var trace = SampleTraces.trace(layers: layers, columns: 1, texts: [.text(" London")])
      trace.rank = trace.rows.indices.map { [$0 >= row ? 1 : 9] }
      return trace
    }
    #expect(TraceFindings(at(4, 3))?.settledDepth == 0.75 && TraceFindings(at(8, 2))?.settledDepth == 0.25)
  }
}

import Foundation
import Testing
import Traces

@testable import Figures
@testable import Findings

/// Paired tests and comparisons; the constants are those of scipy 1.17 (`binomtest`) and statsmodels 0.14 (`multipletests`).
@Suite struct PairedComparisonTests {
  @Test(arguments: [
    (0, 0, 1.0), (1, 0, 1.0), (5, 0, 0.0625), (3, 9, 0.14599609375), (10, 10, 1.0), (40, 12, 0.0001275387838557407),
    (700, 600, 0.0060157938610449525),
  ])
  func theExactTestIsTheBinomialTest(one: Int, other: Int, p: Double) {
    #expect(abs(ExactTests.mcnemar(one, other) - p) < 1e-9)
    #expect(ExactTests.mcnemar(other, one) == ExactTests.mcnemar(one, other))
  }

  @Test func holmStepsDown() {
    #expect(ExactTests.holm([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02])
    #expect(ExactTests.holm([0.9, 0.5]) == [1, 1] && ExactTests.holm([]) == [])
  }

  private func summary(_ model: String, layers: Int, shift: Int = 0) -> DatasetSummary {
    var summary = SampleSummaries.summary(SampleSummaries.request(groups: 2, kept: true), model: model, layers: layers)
    guard let right = summary.items?.right else { return summary }
    summary.items?.right = right.map { Array($0.dropFirst(shift) + $0.prefix(shift)) }
    return summary
  }

  @Test func twoModelsAreComparedItemByItemAtTheSameShareOfTheirLayers() throws {
    let (one, other) = (summary("A", layers: 6), summary("B", layers: 3, shift: 1))
    let found = try #require(PairedComparison(one, other, names: ["A", "B"]))
    #expect(found.items == 40 && found.layers.count == 4)
    #expect(found.layers.map { $0.rows.map(\.layerNumber) } == [[-1, -1], [1, 0], [3, 1], [5, 2]])
    for layer in found.layers {
      let (a, b) = (try #require(layer.share), try #require(layer.alone))
      // A difference of shares is that of the items that are right on one side alone.
      #expect(abs(a.value - Double(b[0] - b[1]) / 40) < 1e-12)
      #expect(a.low <= a.value && a.value <= a.high)
      #expect(try #require(layer.p) == ExactTests.mcnemar(b[0], b[1]))
      #expect(try #require(layer.holm) >= (try #require(layer.p)))
    }
    #expect(found.sentence.hasPrefix("On the same 40 prompts, A minus B is "))
    let back = try #require(PairedComparison(other, one, names: ["B", "A"]))
    #expect(back.layers.compactMap(\.share?.value) == found.layers.compactMap { $0.share.map { -$0.value } })
    // A model against itself differs nowhere, and its interval is a point.
    let same = try #require(PairedComparison(one, one, names: ["A", "A"]))
    #expect(same.layers.allSatisfy { $0.share == .init(value: 0, low: 0, high: 0) && $0.p == 1 })
  }

  @Test func onlyNumbersOfTheSameItemsAreCompared() {
    let one = summary("A", layers: 3)
    var other = one
    other.items?.sha256 = "11"
    #expect(PairedComparison(one, other, names: ["A", "B"]) == nil)
    #expect(throws: FigureError.self) { try DatasetComparison.describe([one, other], by: .model) }
    other.items = nil
    #expect(PairedComparison(one, other, names: ["A", "B"]) == nil)
    #expect(throws: FigureError.self) { try DatasetComparison.describe([one, other], by: .model) }
    #expect(throws: FigureError.self) { try DatasetComparison.describe([one], by: .model) }
  }

  @Test func groupsAreComparedPairByPair() throws {
    let found = PairedComparison.groups(of: summary("A", layers: 3))
    #expect(found.map(\.names) == [["kind: g0", "kind: g1"]] && found.map(\.items) == [20] && found[0].model == "A")
    #expect(found[0].sentence.hasPrefix("On the same 20 pairs of prompts, kind: g0 minus kind: g1 is "))
    let figure = try DatasetComparison.describe([summary("A", layers: 3)], by: .group)
    #expect(figure.caption.text.contains("paired bootstrap intervals") && figure.alt.contains("McNemar’s exact p"))
    // An item without its other half is left out.
    var lone = summary("A", layers: 3)
    lone.items?.pairs?[1] = "alone"
    #expect(PairedComparison.groups(of: lone).map(\.items) == [19])
  }

  @Test func aGroupWithOnePairIsLeftOutByName() throws {
    var summary = SampleSummaries.summary(SampleSummaries.request(groups: 3, kept: true), model: "A", layers: 3)
    var pairs = try #require(summary.items?.pairs)
    // Of the third group one pair alone is that of another group.
    for index in pairs.indices where index % 3 == 2 && index > 2 { pairs[index] = "own \(index)" }
    summary.items?.pairs = pairs
    let left = PairedComparison.leftOut(of: summary)
    #expect(left.first == "kind: g0" && left.groups.map(\.name) == ["kind: g2"] && left.groups[0].shared == 1)
    let figure = try DatasetComparison.describe([summary], by: .group)
    #expect(figure.caption.text.contains("“kind: g2” (1 pair of prompts with “kind: g0”)"), "\(figure.caption.text)")
  }
}

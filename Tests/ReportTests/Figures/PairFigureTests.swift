import Foundation
@testable import Plot
import TestSupport
import Testing
import Traces

@testable import Figures
@testable import Findings

/// Means of attributions and of patched runs over datasets.
@Suite struct PairFigureTests {
  /// A summary with means over ten pairs, of which eight have right baselines.
  private func summary(right: Int = 8, undefined: Int = 1, between: Bool = true) -> DatasetSummary {
    var summary = SampleSummaries.summary(SampleSummaries.request(groups: 0), layers: 4)
    let items = 10 - undefined
    summary.dataset.items = 10
    summary.groups[0].items = 10
    func curve(_ values: [Double]) -> DatasetSummary.Curve {
      .init(value: values, low: values.map { $0 - 0.1 }, high: values.map { $0 + 0.1 })
    }
    typealias Means = DatasetSummary.Patching.Means
    let stream: [(DatasetSummary.Patching.Role, [Double])] = [
      (.differing, [1, 0.9, 0.6, 0.2, 0]), (.between, [0, 0, 0.1, 0.1, 0]), (.last, [0, 0.1, 0.4, 0.8, 1]),
    ]
    let means = stream.filter { between || $0.0 != .between }.flatMap { role, values in
      DatasetSummary.Patching.Baselines.allCases.map { baselines in
        Means(
          place: .stream, role: role, baselines: baselines,
          items: (baselines == .all ? items : min(right, items)) - (role == .between ? 2 : 0),
          layers: [-1, 0, 1, 2, 3], effect: curve(values))
      }
    }
    let mlp = Means(
      place: .mlp, role: .last, baselines: .all, items: items, layers: [0, 1, 3], effect: curve([0.25, -0.3, 0.125]))
    summary.groups[0].patching = .init(
      items: items, undefined: undefined, sourceRight: 9, baseRight: right, bothRight: right, means: means + [mlp])
    func mean(_ value: Double) -> DatasetSummary.Mean { .init(value: value, low: value - 0.5, high: value + 0.5) }
    var sum = 0.25
    var parts = [
      DatasetSummary.Attribution.Part(part: .embedding, layer: nil, adds: mean(sum), sum: mean(sum), lens: mean(9))
    ]
    for layer in 0..<4 {
      for (part, value) in [(Trace.Attribution.Kind.attention, Double(layer)), (.mlp, -0.5 * Double(layer))] {
        sum += value
        parts.append(.init(part: part, layer: layer, adds: mean(value), sum: mean(sum), lens: mean(sum)))
      }
    }
    summary.groups[0].attribution = .init(difference: mean(sum), softcap: 30, parts: parts)
    return summary
  }

  private func describe(_ kind: FigureKind, _ summary: DatasetSummary, _ options: [String: OptionValue] = [:]) throws
    -> FigureDescription
  {
    try kind.describe([.summary(summary)], options: kind.parse(options))
  }

  private func charts(_ description: FigureDescription) throws -> LineMarks {
    guard case .lines(let marks) = description.figure.panel.marks else {
      throw FigureError.badTrace(model: "", reason: "no lines")
    }
    return marks
  }

  @Test func wrongBaselinesGetAChartBesideThoseOfAll() throws {
    let description = try describe(.patching, summary())
    let marks = try charts(description)
    #expect(marks.series == ["Tokens that differ", "Tokens between", "Last token"])
    #expect(marks.charts.count == 2 && marks.charts.allSatisfy { $0.lines.count == 3 })
    #expect(marks.charts[0].lines[0].points.map(\.value) == [1, 0.9, 0.6, 0.2, 0])
    #expect(marks.charts[0].lines[0].points.map(\.name) == ["embedding", "0", "1", "2", "3"])
    let caption = description.caption.text
    for part in [
      "Mean effect, over 9 pairs of the dataset “sample”", "Of these pairs 7 have tokens between.",
      "The source prefers the target in 9 of 10 pairs, the base the foil in 8, and both do in 8.",
      "1 pair with the same difference of logits after source and base is left out.",
      "The lower chart has the 8 pairs whose two baselines are right.", "Bands are 95 % bootstrap intervals",
    ] {
      #expect(caption.contains(part), "\(part)\n\(caption)")
    }
    #expect(
      description.finding
        == "On average over 9 pairs, the state at the tokens that differ moves the answer at least half of the way to the source "
        + "up to layer 1 and the state at the last token from layer 2 on.")
    #expect(try charts(describe(.patching, summary(right: 10, undefined: 0))).charts.count == 1)
    #expect(try charts(describe(.patching, summary(between: false))).series == ["Tokens that differ", "Last token"])
  }

  @Test func layersWithoutAPartAreLeftOutAndTheScaleEndsAtTheLimit() throws {
    let description = try describe(.patching, summary(), ["of": .text("mlp")])
    let marks = try charts(description)
    #expect(marks.charts.count == 1 && marks.charts[0].lines[0].points.map(\.name) == ["0", "1", "3"])
    guard case .signed(let range) = marks.charts[0].scale else {
      Issue.record("\(marks.charts[0].scale)")
      return
    }
    #expect(range.lowerBound <= -0.4 && range.upperBound >= 0.35 && range.upperBound < 0.8)
    #expect(description.caption.text.contains("Layers without such a part are left out."))
    #expect(
      description.finding
        == "Of all MLPs, the MLP of layer 0 at the last token has the largest mean effect, 0.25 [0.15, 0.35].")
    let limited = try charts(describe(.patching, summary(), ["limit": .number(0.5)]))
    guard case .signed(let ends) = limited.charts[0].scale else { return }
    #expect(ends.upperBound == 0.5)
    #expect(limited.charts[0].ticks.last?.label.hasPrefix("≥ ") == true)
    #expect(throws: FigureError.self) { try describe(.patching, summary(), ["of": .text("attention")]) }
  }

  @Test func barsOfMeansHaveTheirIntervals() throws {
    let description = try describe(.attribution, summary())
    let marks = try charts(description)
    #expect(marks.charts[0].bars.count == 9 && marks.charts[0].bars[0].interval == -0.25...0.75)
    #expect(marks.charts[1].lines.last?.points.last.map { [$0.low, $0.value, $0.high] } == [2.75, 3.25, 3.75])
    #expect(description.figure.table.rows[0].suffix(3) == ["0.25", "-0.25", "0.75"])
    let caption = description.caption.text
    #expect(caption.contains("as mean over the 10 prompts of the dataset “sample”"))
    #expect(
      caption.contains("before the softcap at 30")
        && caption.contains("Lines across the ends of bars, and bands, are 95 %"))
    #expect(
      description.finding
        == "Over 10 prompts the target leads the foil by 3.25 [2.75, 3.75] logits on average; of all parts, the attention of layer 3 "
        + "adds most to this, 3.00 [2.50, 3.50], and the MLP of layer 3 takes most away, 1.50 [1.00, 2.00].")
    // Told of the entry, before anything is drawn.
    let error = #expect(throws: FigureError.self) { try describe(.attribution, summary(), ["by": .text("head")]) }
    #expect(error?.isOfEntry == true && error?.keys == ["by"])
  }

  @Test func fieldsAndRowsHaveTheMeans() throws {
    let findings = GalleryFindings([.init(subject: "pairs", model: "m", numbers: .summary(summary()))])
    func value(_ name: String) -> FindingValue? {
      FindingField.all.first { $0.name == name }?.value(in: findings.rows[0])
    }
    #expect(value("mean_attribution_leader") == .text("target") && value("mean_attribution_lead") == .number(3.25))
    #expect(value("mean_attribution_part") == .text("the attention of layer 3"))
    #expect(value("mean_attribution_part_layer") == .integer(3) && value("mean_attribution_part_low") == .number(2.5))
    // Sums: embedding 0.25, layers 0.25, 0.75, 1.75, 3.25; half of 3.25 is 1.625.
    #expect(value("mean_attribution_half") == .integer(2))
    #expect(value("mean_patching_items") == .integer(9) && value("mean_patching_undefined") == .integer(1))
    #expect(value("mean_patching_both_right") == .integer(8) && value("mean_patching_half") == .integer(2))
    #expect(value("mean_patching_differing_until") == .integer(1))
    #expect(value("mean_patching_mlp") == .text("layer 0 at the last token"))
    #expect(
      value("attribution_lead") == nil && findings.rows[0].sentence?.hasPrefix("After the bases, the target is") == true
    )
    #expect(
      try FindingCondition.read("mean_patching_half of pairs <= 2 and mean_patching_items == 9").allSatisfy {
        try $0.check(findings).failures.isEmpty
      })
  }

  @Test func fieldsOfAPromptAreItsCauses() throws {
    let trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is", " are"])
      .answering(.attribution).answering(.patching)
    let findings = GalleryFindings([.init(subject: "p", model: "m", numbers: .trace(trace))])
    func value(_ name: String) -> FindingValue? {
      FindingField.all.first { $0.name == name }?.value(in: findings.rows[0])
    }
    let attribution = try #require(trace.attribution)
    let largest = try #require(attribution.parts.map(\.value).max())
    #expect(attribution.difference > 0 && value("attribution_lead") == .number(Double(attribution.difference)))
    #expect(value("attribution_part_adds") == .number(Double(largest)))
    #expect(value("attribution_part_share") == .number(Double(largest) / Double(attribution.difference)))
    #expect(value("patching_source") == .number(2) && value("patching_base") == .number(-1))
    let effects = try #require(trace.patching?.effects(at: .mlp)).joined().compactMap(\.self)
    #expect(value("patching_mlp_effect") == .number(try #require(effects.max())))
    #expect(value("mean_patching_items") == nil)
    let shown = RankTable(trace, palette: RankPalette(depth: .none)).text
    for sentence in try #require(TraceFindings(trace)).causes { #expect(shown.contains("\n\(sentence)\n")) }
    #expect(TraceFindings(trace)?.causes.count == 4)
    #expect(
      try FindingCondition.read("attribution_part_share of p > 10 %").allSatisfy {
        try $0.check(findings).failures.isEmpty
      })
  }
}

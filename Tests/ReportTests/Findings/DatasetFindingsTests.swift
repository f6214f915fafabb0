import Testing
import Traces

@testable import Figures
@testable import Findings

@Suite struct DatasetFindingsTests {
  private static let rows =
    [Trace.Row(layer: 0, point: .embedding)] + (0..<4).map { Trace.Row(layer: $0, point: .block) }

  private func summary(
    _ groups: [(column: String?, value: String?, accuracy: [Double], spread: Double)], hasFoils: Bool = true
  ) -> DatasetSummary {
    let none = DatasetSummary.Histogram(rows: [0, 0, 0, 0, 0], never: 0)
    return DatasetSummary(
      schema: DatasetSummary.schemaName,
      model: Trace.Model(
        name: "Sample", architecture: "Fake", layers: 4, width: 2, vocabulary: 3, weights: "F32", sha256: "00",
        license: nil, source: nil),
      lens: Trace.Lens(kind: .logit, norm: .final), compute: "f32",
      dataset: .init(name: "agreement", items: 200, firstToken: false), bootstrap: Bootstrap(), rows: Self.rows,
      groups: groups.map { group in
        let curve = DatasetSummary.Curve(
          value: group.accuracy, low: group.accuracy.map { $0 - group.spread },
          high: group.accuracy.map { $0 + group.spread })
        return DatasetSummary.Group(
          column: group.column, value: group.value, items: group.column == nil ? 200 : 100, logprob: curve, rank: curve,
          medianRank: curve, top1: curve, accuracy: hasFoils ? curve : nil, difference: hasFoils ? curve : nil,
          firstTop1: none, settled: none)
      })
  }

  @Test func theShareIsHalfWayFromChanceWhereItStaysAbove() throws {
    // Half-way from 50 % to 90 % is 70 %: passed after layer 0, lost after layer 1, kept from layer 2 on.
    let findings = try #require(DatasetFindings(summary([(nil, nil, [0.5, 0.75, 0.6, 0.8, 0.9], 0.02)])))
    #expect(findings.measure == .accuracy && findings.groups[0].half == Self.rows[3])
    #expect(findings.groups[0].reached == Self.rows[4])
    #expect(
      findings.sentence
        == "The target is more probable than the foil in 90.0 % [88.0, 92.0] of 200 prompts after the last layer; "
        + "the share is half-way from chance (50.0 %) to this from layer 2 of 3 on.")
  }

  @Test func aShareBelowChanceHasNoHalfWay() throws {
    let findings = try #require(DatasetFindings(summary([(nil, nil, [0.5, 0.5, 0.5, 0.5, 0.4], 0.02)])))
    #expect(findings.groups[0].half == nil)
    #expect(
      findings.sentence
        == "The target is more probable than the foil in 40.0 % [38.0, 42.0] of 200 prompts after the last layer.")
  }

  @Test func withoutFoilsTheShareOfRank1IsCounted() throws {
    let findings = try #require(DatasetFindings(summary([(nil, nil, [0, 0.1, 0.3, 0.5, 0.6], 0.1)], hasFoils: false)))
    #expect(findings.measure == .top1 && findings.groups[0].half == Self.rows[2])
    #expect(findings.groups[0].reached == Self.rows[3])
    #expect(
      findings.sentence
        == "The target has rank 1 in 60.0 % [50.0, 70.0] of 200 prompts after the last layer; the share is half-way "
        + "to this from layer 1 of 3 on.")
  }

  @Test func groupsDifferWhereTheirIntervalsDoNotOverlap() throws {
    let all: (String?, String?, [Double], Double) = (nil, nil, [0.5, 0.6, 0.7, 0.8, 0.85], 0.02)
    let apart = try #require(
      DatasetFindings(
        summary([
          all, ("noun", "plural", [0.5, 0.5, 0.6, 0.7, 0.8], 0.02),
          ("noun", "singular", [0.5, 0.6, 0.7, 0.8, 0.9], 0.02),
          ("other", "x", [0.5, 0.5, 0.5, 0.5, 0.6], 0.02),
        ])))
    // Groups of different columns are not compared.
    #expect(apart.differing == [[2, 1]])
    #expect(
      apart.groupsSentence
        == "“noun: singular” (90.0 % [88.0, 92.0]) lies above “noun: plural” (80.0 % [78.0, 82.0]): their 95 % "
        + "intervals do not overlap.")
    let touching = try #require(
      DatasetFindings(
        summary([
          all, ("noun", "plural", [0.5, 0.5, 0.6, 0.7, 0.8], 0.05),
          ("noun", "singular", [0.5, 0.6, 0.7, 0.8, 0.9], 0.05),
        ])))
    #expect(touching.differing == [] && touching.groupsSentence == nil)
  }

  @Test func promptsThatAllAgreeHaveWilsonsInterval() throws {
    let all: (String?, String?, [Double], Double) = (nil, nil, [0.5, 0.6, 0.7, 0.8, 1], 0)
    let findings = try #require(DatasetFindings(summary([all, ("noun", "x", [0, 0, 0, 0, 0], 0)])))
    let whole = findings.groups[0].final
    // Wilson's interval of 200 of 200 at 95 %: 200 / (200 + 1.96²).
    #expect(whole.isWilson && whole.high == 1 && abs(whole.low - 0.981154) < 1e-6)
    #expect(abs(findings.groups[1].final.high - 0.0369935) < 1e-6 && findings.groups[1].final.low == 0)
    #expect(findings.sentence.contains("100.0 % [98.1, 100.0; Wilson] of 200 prompts"))
    #expect(
      try #require(DatasetFindings(summary([(nil, nil, [0, 0, 0, 0, 0.9], 0.01)]))).groups[0].final.isWilson == false)
  }

  @Test func figuresAndTablesHaveTheIntervalsOfFindings() throws {
    let own = summary([(nil, nil, [0.5, 0.6, 0.7, 0.8, 1], 0)])
    let (shown, share) = (own.withWilsonIntervals, try #require(DatasetFindings(own)).groups[0].final)
    let curve = try #require(shown.groups[0].accuracy ?? shown.groups[0].top1)
    #expect(own.hasWilsonInterval && curve.low.last == share.low && curve.high.last == share.high)
    #expect(shown.groups[0].logprob == own.groups[0].logprob)
    #expect(DatasetTable(own).text.contains("100.0 [98.1, 100.0]"))
    #expect(DatasetTable(own).text.contains("; Wilson’s where all prompts agree"))
    #expect(try #require(AccuracyCurve(own)).phrase.contains("100.0 % (98.1 to 100.0 %)"))
    let figure = try DatasetProfile.describe([own], by: .group)
    #expect(figure.alt.contains("100.0 % (98.1 % to 100.0 %)"))
    #expect(figure.caption.text.contains("Where all prompts agree, bands of the share are Wilson’s."))
    let sure = summary([(nil, nil, [0.5, 0.6, 0.7, 0.8, 0.9], 0.02)])
    #expect(!sure.hasWilsonInterval && sure.withWilsonIntervals == sure)
  }

  @Test func fewPromptsThatAgreeDoNotDifferFromOthersForSure() throws {
    var few = summary([
      (nil, nil, [0.5, 0.5, 0.5, 0.5, 0.9], 0.05), ("noun", "one", [0, 0, 0, 0, 1], 0),
      ("noun", "two", [0, 0, 0, 0, 0.8], 0.1),
    ])
    few.groups[1].items = 3
    #expect(try #require(DatasetFindings(few)).differing == [])
  }
}

import Foundation
import Testing
import Traces

@testable import Findings
@testable import Words

/// What the checkpoints of a training show of one prompt.
@Suite struct TrainingFindingsTests {
  /// A trace of one given token whose rank is 1 from a row on; nil for never.
  private func given(from row: Int?, columns: Int = 1) -> Trace {
    var trace = SampleTraces.trace(layers: 6, columns: columns, texts: [.text(" London"), .text("."), .text(" The")])
    trace.method = .continuation(" London")
    trace.rank = trace.rows.indices.map { at in Array(repeating: row.map { at >= $0 ? 1 : 9 } ?? 9, count: columns) }
    return trace
  }

  private func findings(_ traces: [Trace], _ steps: [Int]) -> TrainingFindings? {
    TrainingFindings(
      zip(traces, steps).compactMap { trace, step in
        let step = TrainingStep(run: "A", number: step)
        return TraceFindings(trace).map { (step, step.name, $0) }
      })
  }

  @Test func theSettledLayerFallsByTheStepFromWhichItStaysWhereItEnds() throws {
    // Rows count the embedding: row 6 is layer 5.
    let found = try #require(
      findings([nil, 6, nil, 6, 5, 4, 4].map { given(from: $0) }, [0, 250, 500, 1000, 2000, 4000, 8000]))
    #expect(found.subject == .given && found.labels == ["␣London"])
    #expect(
      found.since == 3
        && found.movement == .init(from: .init(layer: 5, point: .block), to: .init(layer: 3, point: .block), by: 5))
    #expect(
      found.sentence
        == "“␣London” has rank 1 after the last layer from step 1,000 of the training on; its settled layer falls from 5 at step 1,000 "
        + "to 3 by step 4,000 (the last is 5).")
  }

  @Test func aLayerRisesStaysOrMovesBetween() {
    func end(_ rows: [Int?], columns: Int = 1) -> String {
      let sentence =
        findings(rows.map { given(from: $0, columns: columns) }, Array(rows.indices.map { $0 * 100 }))?.sentence ?? ""
      return sentence
    }
    #expect(
      end([2, 4]).hasSuffix(
        "at every checkpoint from step 0 to step 100; its settled layer rises from 1 at step 0 to 3 by step 100 (the last is 5)."
      ))
    #expect(end([4, 4, 4]).hasSuffix("; its settled layer stays 3 (the last is 5)."))
    #expect(
      end([4, 0, 4]).hasSuffix(
        "; its settled layer is 3 both then and at the end, and between the embedding and 3 meanwhile."))
    #expect(end([nil, 4]).hasSuffix("at step 100 only, the last checkpoint; its settled layer is 3 (the last is 5)."))
    #expect(
      end([nil, nil])
        == "“␣London” does not have rank 1 after the last layer at step 100 of the training, nor at any checkpoint before."
    )
    #expect(end([3, nil]) == "“␣London” does not have rank 1 after the last layer at step 100 of the training.")
    #expect(
      end([nil, 6, 5], columns: 3)
        == "At least half of the 3 given tokens have rank 1 after the last layer from step 100 of the training on; the median of their "
        + "settled layers falls from 5 at step 100 to 4 by step 200 (the last is 5).")
    #expect(findings([given(from: 3)], [5]) == nil && findings([given(from: 3), given(from: 3)], [5, 5]) == nil)
  }

  @Test func theWatchedWordThatIsAheadAtTheEndIsFollowed() throws {
    func watching(_ ahead: Int?) -> Trace {
      var trace = SampleTraces.trace(layers: 6, columns: 1, watch: [" are", " is"])
      for row in trace.rows.indices {
        let leads = ahead.map { row >= $0 } ?? false
        trace.watch[0].logprob[row] = [leads ? -1 : -3]
        trace.watch[1].logprob[row] = [-2]
      }
      return trace
    }
    let found = try #require(findings([nil, 6, 3].map(watching), [0, 64, 128]))
    #expect(found.subject == .watched && found.checkpoints.map(\.answer) == ["␣is", "␣are", "␣are"])
    #expect(found.checkpoints.map(\.holds) == [false, true, true])
    #expect(
      found.sentence
        == "“␣are” is more probable than “␣is” from step 64 of the training on; the layer from which it is ahead for good falls from 5 at "
        + "step 64 to 2 by step 128 (the last is 5).")
  }

  @Test func checkpointsOfOneRunAreNoTwoModelsAndTheLastOneStandsForTheRun() throws {
    let sources = [(0, nil), (64, 6), (128, 3)].map { number, row -> GalleryFindings.Source in
      let step = TrainingStep(run: "A", number: number)
      var source = GalleryFindings.Source(
        subject: "one", model: step.name, numbers: .trace(given(from: row, columns: 2)))
      source.step = step
      return source
    }
    let findings = GalleryFindings(sources)
    #expect(findings.contrasts.isEmpty && findings.training.map(\.subject) == ["one"])
    #expect(findings.early == ["A (step 0)", "A (step 64)"])
    let strongest = findings.strongest()
    #expect(strongest.first?.hasPrefix("During the training of A, on “") == true, "\(strongest)")
    #expect(strongest.allSatisfy { !$0.contains("(step 0)") && !$0.contains("(step 64)") })
    let json = try #require(
      try JSONSerialization.jsonObject(with: findings.json(title: "T", tool: "t")) as? [String: Any])
    let training = try #require((json["training"] as? [[String: Any]])?.first)
    #expect(training["since"] as? Int == 64 && training["from"] as? Int == 5 && training["to"] as? Int == 2)
    #expect(training["by"] as? Int == 128 && (training["checkpoints"] as? [[String: Any]])?.count == 3)
    #expect(training["finding"] as? String == findings.training.first?.training.sentence)
  }
}

import Foundation
import Testing
import Traces

@testable import Findings

/// The sentences on the first page.
@Suite struct StrongestFindingsTests {
  /// One output token, settled from a row on, and two watched words with their probabilities after the last layer.
  private func source(_ subject: String, _ model: String, settled: Int, shares: [Float]) -> GalleryFindings.Source {
    var trace = SampleTraces.trace(layers: 8, columns: 1, texts: [.text(" London")], watch: [" is", " are"])
    trace.rank = trace.rows.indices.map { [$0 >= settled ? 1 : 9] }
    for (index, share) in shares.enumerated() {
      trace.watch[index].logprob = trace.rows.indices.map { _ in [Float(Double(share).log)] }
    }
    return .init(subject: subject, model: model, numbers: .trace(trace))
  }

  @Test func sentencesAreAboutOtherPromptsAndModelsWhereTheseAreAtLeastHalfAsStrong() {
    let findings = GalleryFindings(
      [
        source("p", "A", settled: 6, shares: [0.9, 0.01]), source("p", "B", settled: 2, shares: [0.8, 0.1]),
        source("q", "A", settled: 5, shares: [0.5, 0.2]), source("q", "B", settled: 2, shares: [0.5, 0.2]),
      ], titles: ["p": "First", "q": "Second"])
    let sentences = findings.strongest()
    #expect(sentences.count == 3)
    #expect(sentences[0].hasPrefix("On “First”, in A: “␣is” (90 %)"))
    #expect(sentences[1].hasPrefix("On “Second”, the output has rank 1 for good from layer 4 of 7 on in A"))
    // One token has no median.
    #expect(sentences[1].hasSuffix(" on in B."))
    #expect(sentences[2].hasPrefix("Over all prompts, half of the 2 output tokens of A"))
    #expect(findings.strongest(1) == Array(sentences.prefix(1)))
  }

  /// Thousands of prompts cost a table and sentences no more than their own time.
  @Test(.timeLimit(.minutes(1))) func aTableHasEachPromptOnceAndItsModelsInOrder() {
    func source(_ number: Int, _ model: String) -> GalleryFindings.Source {
      model == "A"
        ? self.source("p\(number)", model, settled: 6, shares: [0.9, 0.01])
        : self.source("p\(number)", model, settled: 2, shares: [0.8, 0.1])
    }
    let shares = ["A", "B"].map { GalleryFindings([source(0, $0)]).table().rows[0].cells[0]?.share }
    #expect(shares[0] != nil && shares[1] != nil && shares[0] != shares[1])
    let findings = GalleryFindings(
      (0..<5000).flatMap { number in
        ["A", "B"].filter { $0 == "A" || number % 3 == 0 }.map { source(number, $0) }
      })
    let table = findings.table()
    #expect(table.models == ["A", "B"] && table.rows.count == 5000)
    #expect(table.rows.map(\.subject) == (0..<5000).map { "p\($0)" })
    #expect(
      table.rows.enumerated().allSatisfy { number, row in
        row.cells.map { $0?.share } == [shares[0], number % 3 == 0 ? shares[1] : nil]
      })
    #expect(findings.strongest().count == 3)
    let places = FindingPlaces(findings.rows)
    #expect(places.row(of: "p3", model: "B") == 5 && places.row(of: "p4", model: "B") == nil)
    #expect(places.row(of: "p", model: "A") == nil)
  }

  @Test func aWeakFindingIsNotPreferred() {
    let findings = GalleryFindings(
      [
        source("p", "A", settled: 8, shares: [0.9, 0.01]), source("p", "B", settled: 1, shares: [0.8, 0.1]),
        source("q", "A", settled: 3, shares: [0.5, 0.2]), source("q", "B", settled: 2, shares: [0.5, 0.2]),
      ], titles: ["p": "First", "q": "Second"])
    #expect(findings.strongest().map { $0.contains("“First”") } == [true, true, false])
  }
}

extension Double {
  fileprivate var log: Double { Foundation.log(self) }
}

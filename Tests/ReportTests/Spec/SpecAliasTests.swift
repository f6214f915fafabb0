import Foundation
import Testing

@testable import Spec

/// Aliases within aliases, which stand for more than any machine can hold.
@Suite struct SpecAliasTests {
  private func compose(_ text: String) throws -> [String] {
    try SpecSource(name: "s.yaml", bytes: Data(text.utf8)).compose().problems.map(\.rendered)
  }

  private static let refusal = """
    expected aliases of plain values, found aliases that stand for more than 10000 others
      hint: write out what the aliases stand for
    """

  @Test func aliasesThatDoubleAgainAndAgainAreRefusedBeforeTheyAreCompared() throws {
    let lines = (1..<40).map { "k\($0): &k\($0) [*k\($0 - 1), *k\($0 - 1)]" }
    let bomb = (["k0: &k0 [a]"] + lines + ["? *k39", ": 1", "? *k39", ": 2"]).joined(separator: "\n")
    #expect(try compose(bomb) == ["error: s.yaml:14: " + Self.refusal])
    // The same on one line, in a flow that YAML lets begin anywhere.
    let parts = (1..<40).map { "b\($0): &k\($0) {a: *k\($0 - 1),b: *k\($0 - 1)}" }
    let flow = "{a: &k0 [x]," + parts.joined(separator: ",") + "}"
    #expect(try compose(flow) == ["error: s.yaml:1: " + Self.refusal])
  }

  @Test func aliasesThatPeopleWriteAreTaken() throws {
    let uses = (0..<200).map { "  - {id: p\($0), text: a * b & c, watch: *w, tags: *t}" }.joined(separator: "\n")
    #expect(try compose("w: &w [' is', ' are']\nt: &t [x]\nprompts:\n" + uses) == [])
  }
}

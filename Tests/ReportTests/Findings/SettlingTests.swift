import Testing
import Traces

@testable import Findings

@Suite struct SettlingTests {
  private static let rows =
    [Trace.Row(layer: 0, point: .embedding)] + (0..<5).map { Trace.Row(layer: $0, point: .block) }

  private func settling(_ ranks: [Int?]) -> Settling { Settling(ranks: ranks, rows: Self.rows) }

  @Test func aTokenIsSettledFromWhereItsRankStays1() {
    let late = settling([900, 1, 7, 1, 1, 1])
    #expect(late.settled == Self.rows[3] && late.first == Self.rows[1])
    #expect(late.rankBefore == 7 && late.lastRank == 1)

    let always = settling([1, 1, 1, 1, 1, 1])
    #expect(always.settled == Self.rows[0] && always.first == Self.rows[0] && always.rankBefore == nil)

    let never = settling([5, 1, 1, 1, 1, 2])
    #expect(never.settled == nil && never.first == Self.rows[1] && never.rankBefore == nil && never.lastRank == 2)

    let unknown = settling([nil, nil, 1, nil, 1, 1])
    #expect(unknown.settled == Self.rows[4] && unknown.rankBefore == nil)
  }

  @Test func aSpreadHasTheLowerMedianAndCountsThoseThatAreNeverSettled() throws {
    let at = { (row: Int) in self.settling((0..<6).map { $0 < row ? 9 : 1 }) }
    let never = settling([1, 1, 1, 1, 1, 2])
    let even = try #require(SettledSpread([at(4), at(1), at(5), at(2)]))
    #expect(even.median == Self.rows[2] && even.earliest == Self.rows[1] && even.latest == Self.rows[5])
    #expect(even.count == 4 && even.never == 0)
    let some = try #require(SettledSpread([never, at(3), at(2)]))
    #expect(some.median == Self.rows[3] && some.never == 1)
    // Half of four is two, and only one is settled.
    let few = try #require(SettledSpread([never, never, at(3), never]))
    #expect(few.median == nil && few.earliest == Self.rows[3] && few.latest == Self.rows[3] && few.never == 3)
    #expect(SettledSpread([]) == nil)
  }
}

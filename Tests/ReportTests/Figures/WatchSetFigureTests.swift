import Engine
import Testing
import Traces

@testable import Figures
@testable import Words

/// Sets are one series wherever watched tokens are shown.
@Suite struct WatchSetFigureTests {
  private func trace() -> Trace {
    var trace = SampleTraces.trace(layers: 3, columns: 2, watch: [" is", "x"])
    let second = trace.watch[1]
    trace.watch[1] = Trace.Watch(
      name: "to be", ids: [3001, 3002], texts: [.text(" are"), .bytes("e4bd")], firstOf: [[" are"], [" 你", " 佛"]],
      rank: second.rank, logprob: second.logprob)
    return trace
  }

  @Test func tokenRanksHasAColumnForASetAndSaysItsMembers() throws {
    let kind = try FigureKind.named("token-ranks")
    let description = try kind.describe(trace(), options: try kind.parse([:]))
    guard case .cells(let cells) = description.figure.panel.marks else {
      Issue.record("no cells")
      return
    }
    #expect(cells.columns.below?.labels.map(\.text) == ["␣is", "to be"])
    #expect(cells.columns.below?.labels.map(\.isToken) == [true, false])
    #expect(
      description.caption.text.hasSuffix(
        " “to be” is the best rank of “␣are”, the beginning of “␣are”; “‹E4 BD›”, the beginning of “␣你”, “␣佛”, "
          + "their probabilities summed."))
    #expect(description.alt.contains("“to be”"))
  }

  @Test func theTableOfTheTerminalHasAColumnForASet() {
    #expect(RankTable(trace(), palette: RankPalette(depth: .none)).text.contains("to be"))
  }

  @Test func theGalleryNamesTheMembers() {
    let set = Watched.set(WatchSet(name: "London", members: .tokens([" London", "London"])))
    #expect(Wording.watched(set).hasPrefix("London (sum of “"))
    #expect(Wording.watched(.set(WatchSet(name: "d", members: .ids([3, 4])))) == "d (sum of the tokens “3”, “4”)")
  }
}

import Engine
import Foundation
import Testing
import Traces

@testable import Spec
@testable import Words

/// Watch sets in specs and on the command line.
@Suite struct WatchSetSpecTests {
  private func watch(_ yaml: String) throws -> [Watched] {
    let spec = "models: {a: smollm2-135m}\nprompts: [{id: one, text: A, watch: \(yaml)}]\nfigures: [token-ranks]\n"
    return try SpecReader.read(Data(spec.utf8), name: "r.yaml", vocabulary: .test).prompts[0].watch
  }

  private func problem(_ yaml: String) -> String {
    #expect(throws: DiagnosticList.self) { try watch(yaml) }?.diagnostics.map(\.rendered).joined(separator: "\n") ?? ""
  }

  @Test func everyFormIsRead() throws {
    let found = try watch(
      "[\" is\", {name: L, tokens: [\" L\", L]}, {first_of: [\" Paris\", \" Berlin\"]}, {name: d, ids: [3, 4]}, {ids: [7]}]"
    )
    #expect(
      found == [
        " is", .set(WatchSet(name: "L", members: .tokens([" L", "L"]))),
        .set(WatchSet(name: " Paris |  Berlin", members: .firstTokens(of: [" Paris", " Berlin"]))),
        .set(WatchSet(name: "d", members: .ids([3, 4]))), .set(WatchSet(name: "ids 7", members: .ids([7]))),
      ])
  }

  @Test func automaticWordsAreReadAndCountAsThatMany() throws {
    #expect(try watch("auto(3)") == [.automatic(AutoWatch(count: 3))])
    #expect(
      try watch("[\" is\", \"auto(2, all)\"]") == [" is", .automatic(AutoWatch(count: 2, position: .all))])
    #expect(
      problem("[auto(0)]").hasPrefix(
        "error: r.yaml:2:38: expected auto(n) with n from 1 to 20, found 'auto(0)' in watch of prompt 'one'\n"
          + "  hint: auto(3) looks at the first predicted token, auto(3, last), auto(3, 2) and auto(3, all) at others"))
    #expect(
      problem("[auto(2), auto(3)]").hasPrefix(
        "error: r.yaml:2:47: watch of prompt 'one' asks for automatic words twice"))
    #expect(try Watched.parse("auto(3)") == .automatic(AutoWatch(count: 3)))
    let error = #expect(throws: DiagnosticList.self) { try Watched.parse("auto(x)") }
    #expect(error?.diagnostics.map(\.category) == [.usage])
    // One request can fill both sides of a difference.
    let spec = "models: {a: smollm2-135m}\nprompts: [{id: one, text: A, watch: auto(2)}]\nfigures: [token-ranks]\n"
    #expect(try SpecReader.read(Data(spec.utf8), name: "r.yaml", vocabulary: .test).figures[0].subjects == ["one"])
  }

  @Test func mistakesHavePlaces() throws {
    #expect(problem("[{name: x}]").hasPrefix("error: r.yaml:2:38: a watch set of prompt 'one' has no members"))
    #expect(problem("[{tokens: [a], ids: [3]}]").hasPrefix("error: r.yaml:2:52: a watch set of prompt 'one' has both"))
    #expect(problem("[{tokens: [a, a]}]").hasPrefix("error: r.yaml:2:51: 'a' is given twice in tokens of"))
    #expect(problem("[{ids: [-1]}]").contains("must be between 0 and 2147483647, found -1"))
    #expect(problem("[{token: [a]}]").contains("did you mean 'tokens'?"))
    #expect(problem("[a, {name: a, tokens: [b]}]").contains("hint: give the set another name"))
  }

  @Test func theCommandLineTakesOneSetAsInASpec() throws {
    #expect(
      try WatchSet.parse("{name: 'a=b|c', tokens: [\" x=|\", 'y']}")
        == WatchSet(name: "a=b|c", members: .tokens([" x=|", "y"])))
    for written in ["London", "[a, b]", "{name: x}", "", "{tokens: [a]"] {
      let problems = #expect(throws: DiagnosticList.self) { try WatchSet.parse(written) }?.diagnostics ?? []
      #expect(problems.allSatisfy { $0.category == .usage } && !problems.isEmpty)
    }
  }
}

import Foundation
import TestSupport
import Testing

/// examples/first.yaml, on the model that lies in the repository.
@Suite struct FirstModelTests {
  private static let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()

  private struct Trace: Decodable {
    struct Watch: Decodable {
      let text: String
      let rank: [[Int]]
    }
    struct Token: Decodable { let text: String? }
    let tokens: [Token]
    let rank: [[Int?]]
    let watch: [Watch]
  }

  @Test func theExampleBuildsWithoutNetworkAndShowsTheArticlesEffects() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let spec = FirstModelTests.root.appending(path: "examples/first.yaml").path
      let result = try strata.run(["build", "--offline", "-q", spec])
      #expect(result == .init(status: 0, out: "out/first/index.html\n", err: ""))
      func trace(_ prompt: String) throws -> Trace {
        let file = folder.appending(path: "out/first/traces/first-\(prompt).json")
        return try JSONDecoder().decode(Trace.self, from: Data(contentsOf: file))
      }
      func text(_ trace: Trace, last count: Int) -> String { trace.tokens.suffix(count).compactMap(\.text).joined() }
      #expect(text(try trace("ones"), last: 2) == " 1,")
      #expect(text(try trace("counting"), last: 4) == " 44, 45,")
      let heathrow = try trace("heathrow")
      #expect(text(heathrow, last: 1) == " London")
      #expect(heathrow.rank.last == [1] && (heathrow.rank[0][0] ?? 1) > 1)
      #expect(text(try trace("eu"), last: 20) == " Croatia\n5. Cyprus\n6. Czechia\n7. Denmark\n8. Estonia\n9.")
      for (prompt, right) in [("keys", " are"), ("key", " is"), ("doctor", " man"), ("nurse", " woman")] {
        let watched = try trace(prompt).watch
        #expect(watched.first { $0.rank.last == [1] }?.text == right, "\(prompt)")
      }
      // The noun that is nearer has its way first.
      let keys = try trace("keys").watch
      #expect(keys[0].rank[1] == [1] && keys[1].rank[1] != [1])
    }
  }

  @Test func aPathOfSeveralFoldersIsTakenAsOne() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        at: folder.appending(path: "some/where"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: FirstModelTests.root.appending(path: "models/first"), to: folder.appending(path: "some/where/first"))
      let result = try StrataProgram(folder: folder).run([
        "trace", "-q", "--model", "some/where/first", "--prompt", "The capital of France is", "--generate", "1",
      ])
      #expect(result.status == 0 && result.out.contains(" Paris"), "\(result.err)")
    }
  }
}

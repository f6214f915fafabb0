import Foundation
import TestSupport
import Testing

/// Builds that are killed at any moment.
@Suite struct KillTests {
  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts:
      - {id: cat, text: the cat, generate: 2}
      - {id: given, text: the, continuation: " cat", watch: [a, b]}
    figures: [rank-heatmap, token-ranks, top-tokens, lens-grid]
    """

  @Test func aKilledBuildLeavesTheLastGoodGalleryAndTheNextIsAsIfNothingHadHappened() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      // Two states of the spec, and what an undisturbed build makes of each.
      try strata.write(Self.spec, to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let one = try strata.contents(of: "out/words")
      let start = Date()
      try strata.write(Self.spec + "\nstyle: {venue: icml}\n", to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let length = Date().timeIntervalSince(start)
      let other = try strata.contents(of: "out/words")
      #expect(one != other)

      var random = SystemRandomNumberGenerator()
      var killed = 0
      for round in 0..<20 {
        // Every second time the cache is gone as well, so that models run.
        if round % 2 == 0 { try FileManager.default.removeItem(at: strata.cache) }
        let (yaml, wanted, standing) =
          round % 2 == 0 ? (Self.spec, one, other) : (Self.spec + "\nstyle: {venue: icml}\n", other, one)
        try strata.write(yaml, to: "words.yaml")
        let (process, _, _) = try strata.start(["build", "words.yaml", "-q"])
        Thread.sleep(forTimeInterval: Double.random(in: 0...length, using: &random))
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        if process.terminationReason == .uncaughtSignal { killed += 1 }
        let found = try strata.contents(of: "out/words")
        #expect(
          found == standing || found == wanted, "round \(round): the gallery is the old or the new one, never between")
        #expect(try strata.run("build", "words.yaml", "-q").status == 0)
        #expect(try strata.contents(of: "out/words") == wanted, "round \(round)")
      }
      #expect(killed > 0, "some were killed before they had ended")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out") == ["words"])
    }
  }
}

import Foundation
import TestSupport
import Testing

/// Shards of a model whose files changed between them, or are others than those on this machine.
@Suite struct ShardsOfTwoStatesTests {
  private func run(_ body: (StrataProgram, () throws -> Void) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: folder.appending(path: "m"))
      try strata.write("prompt,target,foil\nthe cat,a,o\nthe city,o,a\nthe keys,o,a\n", to: "pairs.csv")
      let words = """
        datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, first_token: true}]
        figures: [dataset-profile]
        output: {figures: [csv], gallery: none, report: none}

        """
      try strata.write("models: {M: ./m}\n\(words)", to: "here.yaml")
      try strata.write("models: {M: {traces: ./shards}}\n\(words)", to: "there.yaml")
      try body(strata) {
        let config = folder.appending(path: "m/config.json")
        try (Data(contentsOf: config) + Data("\n".utf8)).write(to: config)
      }
    }
  }

  private func trace(_ strata: StrataProgram, _ shard: String) throws {
    let made = try strata.run("trace", "here.yaml", "--model", "M", "--shard", shard, "-o", "shards/", "-q")
    try #require(made.status == 0, "\(made.err)")
  }

  @Test func otherFilesOnThisMachineAreTold() throws {
    try run { strata, change in
      try trace(strata, "1/1")
      let same = try strata.run("build", "here.yaml", "--traces", "shards")
      #expect(same.status == 0 && !same.err.contains("warning"), "\(same.err)")
      #expect(strata.files(in: "out/here").contains { $0.hasSuffix(".csv") })
      try change()
      let other = try strata.run("build", "here.yaml", "--traces", "shards")
      #expect(
        other.status == 0 && other.err.contains("the files of the model: the shards are of sha256 "), "\(other.err)")
    }
  }

  @Test func shardsOfTwoStatesOfAModelAreNamed() throws {
    try run { strata, change in
      try trace(strata, "1/2")
      try change()
      try trace(strata, "2/2")
      let result = try strata.run("build", "there.yaml")
      #expect(
        result.status == 66 && result.err.contains("found shards of two models: ")
          && result.err.contains(" of the model with sha256 "), "\(result.err)")
    }
  }

  @Test func aGatheredGalleryNeedsAPicture() throws {
    try run { strata, _ in
      try trace(strata, "1/1")
      let result = try strata.run("gather", "shards", "--format", "csv")
      #expect(result.status == 64 && result.err.contains("add --format svg or --format png"), "\(result.err)")
    }
  }
}

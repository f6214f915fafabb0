import Foundation
import TestSupport
import Testing

/// Summaries of datasets that a build keeps beside the spec: CI needs no model for them.
@Suite struct CommittedDatasetsTests {
  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts: [{id: cat, text: the cat, generate: 1}]
    datasets:
      - {id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, first_token: true, items: true}
    figures: [rank-heatmap, dataset-profile]
    traces: commit

    """

  /// A committed gallery whose model and cache are gone.
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write("prompt,target,foil\nthe cat,a,o\nthe city,o,a\n", to: "pairs.csv")
      try strata.write(Self.spec, to: "words.yaml")
      let first = try strata.run("build", "words.yaml", "-q")
      try #require(first.status == 0, "\(first.err)")
      try FileManager.default.removeItem(at: strata.cache)
      try FileManager.default.moveItem(
        at: folder.appending(path: "tiny.gguf"), to: folder.appending(path: "away.gguf"))
      try body(strata)
    }
  }

  private func kept(_ strata: StrataProgram) -> [String] { strata.files(in: "words.traces") }

  @Test func aCheckNeedsNoModelForADataset() throws {
    try run { strata in
      #expect(kept(strata) == ["datasets/tiny-pairs.json", "index.json", "tiny-cat.json"])
      let check = try strata.run("check", "words.yaml")
      #expect(check.status == 0, "\(check.out)\(check.err)")
      let again = try strata.run("build", "words.yaml")
      #expect(again.status == 0 && again.err.contains("0 cells traced"), "\(again.err)")
    }
  }

  @Test func aSummaryThatSomebodyChangedIsADifference() throws {
    try run { strata in
      let path = "words.traces/datasets/tiny-pairs.json"
      let text = try String(contentsOf: strata.folder.appending(path: path), encoding: .utf8)
      let changed = text.replacing("\"resamples\":1000", with: "\"resamples\":1001")
      try #require(changed != text)
      try strata.write(changed, to: path)
      let check = try strata.run("check", "words.yaml")
      #expect(
        check.status == 2 && (check.out + check.err).contains("datasets/tiny-pairs.json"), "\(check.out)\(check.err)")
      let build = try strata.run("build", "words.yaml")
      #expect(build.status == 66 && build.err.contains("somebody changed the file"), "\(build.err)")
    }
  }

  @Test func anotherDatasetIsAskedAnew() throws {
    try run { strata in
      try strata.write("prompt,target,foil\nthe cat,a,o\n", to: "pairs.csv")
      let without = try strata.run("build", "words.yaml", "-q")
      #expect(without.status == 66 && without.err.contains("tiny.gguf"), "\(without.err)")
      try FileManager.default.moveItem(
        at: strata.folder.appending(path: "away.gguf"), to: strata.folder.appending(path: "tiny.gguf"))
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let one = try strata.contents(of: "words.traces")["datasets/tiny-pairs.json"]
      #expect(String(decoding: one ?? Data(), as: UTF8.self).contains("\"items\":1,"))
      // Without the dataset its summary goes.
      let rest = Self.spec.split(separator: "\n", omittingEmptySubsequences: false)
        .filter { !$0.contains("pairs") && !$0.hasPrefix("datasets") }.joined(separator: "\n")
        .replacing(", dataset-profile", with: "")
      try strata.write(rest, to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      #expect(kept(strata) == ["index.json", "tiny-cat.json"])
      #expect(try strata.run("check", "words.yaml").status == 0)
    }
  }

  @Test func aLinkInThePlaceOfItsFolderLeadsNowhere() throws {
    try run { strata in
      let folder = strata.folder.appending(path: "words.traces/datasets")
      let outside = strata.folder.appending(path: "outside")
      try FileManager.default.moveItem(at: folder, to: outside)
      try FileManager.default.createSymbolicLink(at: folder, withDestinationURL: outside)
      try FileManager.default.moveItem(
        at: strata.folder.appending(path: "away.gguf"), to: strata.folder.appending(path: "tiny.gguf"))
      let before = try strata.contents(of: "outside")
      try strata.write("prompt,target,foil\nthe cat,a,o\n", to: "pairs.csv")
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status != 0 && result.err.contains("symbolic link"), "\(result.err)")
      #expect(try strata.contents(of: "outside") == before)
    }
  }
}

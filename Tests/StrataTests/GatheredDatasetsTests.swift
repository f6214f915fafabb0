import Foundation
import TestSupport
import Testing

/// Summaries of more models than a figure can show, gathered without a spec.
@Suite struct GatheredDatasetsTests {
  /// A folder with summaries of one dataset from models that are called `m0`, `m1` and so on.
  private func run(models: Int, _ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write("prompt,target,foil\nthe cat,a,o\nthe city,o,a\nthe keys,o,a\n", to: "pairs.csv")
      let made = try strata.run(
        "dataset", "pairs.csv", "--model", "./tiny.gguf", "--first-token", "--foil", "foil", "--format", "json", "-q",
        "-o", "one.json")
      try #require(made.status == 0, "\(made.err)")
      let text = try String(contentsOf: folder.appending(path: "one.json"), encoding: .utf8)
      try FileManager.default.createDirectory(at: folder.appending(path: "S"), withIntermediateDirectories: true)
      for number in 0..<models {
        let digest = String(repeating: String(number), count: 64)
        let other = text.replacing(#/"name":"(?!pairs")[^"]*"/#, with: "\"name\":\"m\(number)\"")
          .replacing(#/"sha256":"[0-9a-f]{64}"/#, with: "\"sha256\":\"\(digest)\"")
        try strata.write(other, to: "S/m\(number).json")
      }
      try body(strata)
    }
  }

  private func figures(_ strata: StrataProgram) -> [String] {
    strata.files(in: "out/gathered/figures").filter { $0.hasSuffix(".svg") }
  }

  @Test func summariesOfManyModelsAreDrawnInParts() throws {
    try run(models: 7) { strata in
      for _ in 0..<2 {
        let gathered = try strata.run("gather", "S", "--format", "svg")
        #expect(gathered.status == 0, "\(gathered.err)")
        let words =
          "note: dataset-profile of 'pairs' is drawn in 2 parts: 7 models have numbers of it, and a figure shows 6 at most\n"
        #expect(gathered.err.contains(words), "\(gathered.err)")
        #expect(figures(strata) == ["pairs-dataset-profile-1.svg", "pairs-dataset-profile-2.svg"])
        let summaries = strata.files(in: "out/gathered/datasets").filter { $0.hasSuffix("-pairs.json") }
        #expect(summaries.count == 7)
      }
    }
  }

  @Test func modelsWithoutNumbersOfADatasetAreNoLinesOfItsFigure() throws {
    try run(models: 6) { strata in
      let traced = try strata.run(
        "trace", "--model", "./tiny.gguf", "--prompt", "the cat", "--generate", "1", "-q", "-o", "S/trace.json")
      try #require(traced.status == 0, "\(traced.err)")
      let gathered = try strata.run("gather", "S", "--format", "svg")
      #expect(gathered.status == 0 && !gathered.err.contains("parts"), "\(gathered.err)")
      #expect(gathered.err.contains("7 models, 1 prompt, 1 dataset, 7 files"), "\(gathered.err)")
      #expect(figures(strata).contains("pairs-dataset-profile.svg"), "\(figures(strata))")
      // A kind of prompts asks for no figure of datasets.
      let ranks = try strata.run("gather", "S", "--kind", "rank-heatmap", "--format", "svg")
      #expect(ranks.status == 0, "\(ranks.err)")
      let words =
        "note: 1 dataset left out, as rank-heatmap shows prompts alone; --kind dataset-profile shows datasets\n"
      #expect(ranks.err.contains(words), "\(ranks.err)")
      #expect(!figures(strata).contains { $0.contains("dataset-profile") }, "\(figures(strata))")
    }
  }

  @Test func kindsThatShowNothingOfWhatWasGatheredAreNamed() throws {
    try run(models: 2) { strata in
      let result = try strata.run("gather", "S", "--kind", "rank-heatmap", "-q")
      #expect(
        result.status == 66
          && result.err.contains("expected traces of prompts for rank-heatmap, found summaries of datasets alone"),
        "\(result.err)")
    }
  }
}

import Foundation
import TestSupport
import Testing

/// Whole builds with datasets, and drawing their summaries again.
@Suite struct DatasetBuildTests {
  private let model = Fixtures.url("models/llama/llama.gguf").path
  private let other = Fixtures.url("models/gpt2/gpt2.gguf").path
  private static let items = "prompt,target,foil,kind\nthe keys,t,e,x\na cat,a,t,y\nthe,t,o,x\n"

  private var spec: String {
    """
    models: {one: {path: "\(model)"}, two: {path: "\(other)"}}
    datasets:
      - {id: agreement, file: d.csv, foil: foil, group: kind, resamples: 100}
      - {id: models, file: d.csv, foil: foil, resamples: 100}

    """
  }

  @Test func aBuildMakesASectionPerDatasetAndASecondRunsNothing() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(Self.items, to: "d.csv")
      try strata.write(spec, to: "s.yaml")
      let first = try strata.run("build", "s.yaml")
      #expect(first.status == 0 && first.err.contains("out/s: 3 figures, 3 drawn, 4 cells traced"), "\(first.err)")
      let page = try String(contentsOf: folder.appending(path: "out/s/index.html"), encoding: .utf8)
      for text in ["Dataset 1 of 2", "3 prompts from d.csv", "kind: y", "<caption>", "datasets/two-models.csv"] {
        #expect(page.contains(text), "\(text)")
      }
      let files = strata.files(in: "out/s")
      #expect(files.filter { $0.hasPrefix("figures/") }.count == 21)
      #expect(files.filter { $0.hasPrefix("datasets/") }.count == 8)
      let bytes = try files.map { try Data(contentsOf: folder.appending(path: "out/s/\($0)")) }
      let second = try strata.run("build", "s.yaml")
      #expect(second.err.contains("3 figures, 0 drawn, 0 cells traced"), "\(second.err)")
      // From nothing, on one thread, the same files have the same bytes.
      try FileManager.default.removeItem(at: folder.appending(path: "out"))
      try FileManager.default.removeItem(at: strata.cache.appending(path: "datasets"))
      #expect(try strata.run("build", "-q", "s.yaml", "--threads", "1").status == 0)
      #expect(strata.files(in: "out/s") == files)
      #expect(try files.map { try Data(contentsOf: folder.appending(path: "out/s/\($0)")) } == bytes)
      // A summary is drawn again without a model.
      let drawn = try strata.run(
        "draw", "out/s/datasets/one-agreement.json", "--kind", "dataset-profile", "-o", "again.svg")
      #expect(drawn.status == 0, "\(drawn.err)")
      // A dataset that is gone leaves nothing behind.
      try strata.write(
        spec.replacing("  - {id: models, file: d.csv, foil: foil, resamples: 100}\n", with: ""), to: "s.yaml")
      #expect(try strata.run("build", "-q", "s.yaml").status == 0)
      #expect(strata.files(in: "out/s").contains { $0.contains("models") } == false)
    }
  }

  @Test func badFilesStopTheBuildAndSayTheirLines() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.write(spec, to: "s.yaml")
      let missing = try strata.run("build", "-q", "s.yaml")
      #expect(
        missing.status == 66
          && missing.err.contains("the file 'd.csv' cannot be read: no such file or directory"))
      try strata.write("prompt,target,foil\na,b,c\n", to: "d.csv")
      let columns = try strata.run("build", "-q", "s.yaml")
      #expect(columns.status == 65 && columns.err.contains("error: d.csv:1:1: there is no column 'kind'"))
      #expect(strata.files(in: "out").filter { !$0.contains(".strata") }.isEmpty)
      try strata.write(Self.items + "the,zqzqzq,e,x\n", to: "d.csv")
      let none = try strata.run("build", "-q", "s.yaml")
      #expect(none.status == 65 && none.err.contains("d.csv:5: the target 'zqzqzq' is"))
    }
  }
}

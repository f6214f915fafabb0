import Foundation
import TestSupport
import Testing

/// Numbers of datasets that come in by shards and summaries, from more models than a figure has lines, or from models without an answer.
@Suite struct GatheredDatasetsTests {
  private static let table =
    "prompt,target,foil,source\nthe cat,a,o,the car\na red cat,o,a,a red car\nthe keys,e,t,a keys\n"

  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(Self.table, to: "d.csv")
      try body(strata)
    }
  }

  @Test func moreModelsThanAFigureHasLinesAreGathered() throws {
    try run { strata in
      let names = ["llama", "gpt2", "qwen2", "gemma", "phi3", "olmo2", "qwen3"]
      for name in names {
        let model = Fixtures.url("models/\(name)/\(name).gguf").path
        let made = try strata.run(
          "dataset", "d.csv", "--model", model, "--foil", "foil", "--first-token", "--format", "json", "-q", "-o",
          "all/\(name).json")
        try #require(made.status == 0, "\(name): \(made.err)")
        if name == "llama" {
          let traced = try strata.run("trace", "--model", model, "--prompt", "the cat", "-q", "-o", "all/t.json")
          try #require(traced.status == 0, "\(traced.err)")
        }
      }
      for options in [[], ["--kind", "top-tokens"], ["--kind", "dataset-profile"], ["--kind", "accuracy-curve"]] {
        let result = try strata.run(["gather", "all", "-q"] + options)
        #expect(result.status == 0, "\(options): \(result.err)")
        let profiles = strata.files(in: "out/gathered").filter {
          $0.contains("dataset-profile") && $0.hasSuffix(".svg")
        }
        #expect(profiles.count == (options.last == "accuracy-curve" ? 0 : 2), "\(options): \(profiles)")
      }
    }
  }

  @Test func aDatasetThatAModelCannotAnswerIsAGap() throws {
    try run { strata in
      let model = Fixtures.url("models/t5/hf").path
      try strata.write(
        """
        models: {t5: "\(model)"}
        datasets: [{id: d, file: d.csv, foil: foil, score: sum}]
        prompts: [{id: p, text: the cat, generate: 1}]
        figures: [top-tokens]
        output: {figures: [svg], report: none}

        """, to: "s.yaml")
      let built = try strata.run("build", "s.yaml", "-q", "--out", "here")
      #expect(built.status == 1 && built.err.contains("'score' is not defined"), "\(built.err)")
      let made = try strata.run("trace", "s.yaml", "--model", "t5", "-o", "shards/")
      #expect(made.status == 1 && made.err.contains("'score' is not defined"), "\(made.err)")
      #expect(made.err.contains("line 2 and 2 more items") && made.err.contains("4 cells"), "\(made.err)")
      let there = try strata.run("build", "s.yaml", "-q", "--out", "there", "--traces", "shards")
      #expect(there.status == 1 && there.err.contains("'score' is not defined"), "\(there.err)")
      let figures = strata.files(in: "here/s").filter { $0.hasPrefix("figures/") }
      #expect(figures == strata.files(in: "there/s").filter { $0.hasPrefix("figures/") } && !figures.isEmpty)
    }
  }

  @Test func sourcesOfPairsAreThoseOfTheDataset() throws {
    try run { strata in
      func spec(_ model: String) -> String {
        """
        models: {Tiny: \(model)}
        datasets: [{id: d, file: d.csv, foil: foil, source: source, first_token: true, of: [stream, mlp]}]
        output: {figures: [svg], report: none}

        """
      }
      try strata.write(spec("./tiny.gguf"), to: "here.yaml")
      try strata.write(spec("{traces: shards}"), to: "there.yaml")
      #expect(try strata.run("build", "here.yaml", "-q").status == 0)
      for part in ["1/2", "2/2"] {
        #expect(
          try strata.run("trace", "here.yaml", "--model", "Tiny", "--shard", part, "-o", "shards/", "-q").status == 0)
      }
      #expect(try strata.run("build", "there.yaml", "-q") == .init(status: 0, out: "out/there/index.html\n", err: ""))
      #expect(try strata.run("gather", "shards", "-q").status == 0)
      let file = "datasets/tiny-d.json"
      let own = try strata.contents(of: "out/here")[file]
      #expect(try own != nil && strata.contents(of: "out/there")[file] == own)
      #expect(try strata.contents(of: "out/gathered")[file] == own)
      try strata.write(Self.table.replacing("the car", with: "the bar"), to: "d.csv")
      let other = try strata.run("build", "there.yaml", "-q")
      #expect(other.status == 66 && other.err.contains("found others"), "\(other.err)")
    }
  }
}

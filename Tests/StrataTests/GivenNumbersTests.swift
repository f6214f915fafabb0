import Foundation
import TestSupport
import Testing

/// Models that ran elsewhere: their traces and summaries stand in a folder, and a gallery is made of them.
@Suite struct GivenNumbersTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(Self.spec("./tiny.gguf"), to: "here.yaml")
      try strata.write("prompt,target,foil\nthe,cat,the\na,the,cat\n", to: "pairs.csv")
      try strata.write(Self.spec("{traces: elsewhere}"), to: "there.yaml")
      try #require(try strata.run("build", "here.yaml", "-q").status == 0)
      let elsewhere = folder.appending(path: "elsewhere")
      try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
      for name in ["traces", "datasets"] {
        try FileManager.default.copyItem(
          at: folder.appending(path: "out/here/\(name)"), to: elsewhere.appending(path: name))
      }
      try FileManager.default.removeItem(at: folder.appending(path: "tiny.gguf"))
      try FileManager.default.removeItem(at: strata.cache)
      try body(strata)
    }
  }

  private static func spec(_ model: String) -> String {
    """
    title: Words
    models: {Tiny: \(model)}
    prompts:
      - {id: cat, text: the cat, generate: 2}
      - {id: given, text: the, continuation: " cat", watch: [" the"]}
    datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil}]
    figures: [rank-heatmap, top-tokens, accuracy-curve]

    """
  }

  @Test func aGalleryOfTracesFromElsewhereIsTheGalleryOfTheModel() throws {
    try run { strata in
      let result = try strata.run("build", "there.yaml", "-q")
      #expect(result == .init(status: 0, out: "out/there/index.html\n", err: ""))
      let files = strata.files(in: "out/here").filter {
        $0.hasPrefix("figures/") || $0.hasPrefix("traces/") || $0.hasPrefix("datasets/")
      }
      #expect(files.count > 10)
      for path in files {
        let both = try ["here", "there"].map {
          try Data(contentsOf: strata.folder.appending(path: "out/\($0)/\(path)"))
        }
        #expect(both[0] == both[1], "\(path)")
      }
      let manifest = try String(contentsOf: strata.folder.appending(path: "out/there/manifest.json"), encoding: .utf8)
      #expect(
        manifest.contains("\"reference\" : \"traces:elsewhere\"")
          || manifest.contains("\"reference\": \"traces:elsewhere\""))
      let again = try strata.run("build", "there.yaml")
      #expect(again.err.contains("0 drawn, 0 cells traced"), "\(again.err)")
      #expect(try strata.run("check", "there.yaml").status == 0)
    }
  }

  @Test func everythingThatIsMissingIsListedBeforeAnythingIsDrawn() throws {
    try run { strata in
      let folder = strata.folder.appending(path: "elsewhere")
      for path in ["traces/tiny-cat.json", "datasets/tiny-pairs.json", "datasets/tiny-pairs.csv"] {
        try FileManager.default.removeItem(at: folder.appending(path: path))
      }
      let result = try strata.run("build", "there.yaml", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.contains(
          "Tiny, cat: expected a trace of the prompt 'cat' with its exact text in 'elsewhere', found none"))
      #expect(
        result.err.contains("Tiny, pairs: expected a summary of the dataset 'pairs' in 'elsewhere', found none"),
        "\(result.err)")
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out/there/index.html").path))
      #expect(try strata.run("build", "there.yaml", "-q", "--keep-going").status == 3)
      #expect(strata.files(in: "out/there").contains("figures/given-rank-heatmap-tiny.pdf"))
    }
  }

  @Test func aDamagedTraceAndTwoNumbersForOneCellAreNamed() throws {
    try run { strata in
      let folder = strata.folder.appending(path: "elsewhere")
      let cat = try String(contentsOf: folder.appending(path: "traces/tiny-cat.json"), encoding: .utf8)
      // The same again is no contradiction.
      try strata.write(cat, to: "elsewhere/again.json")
      #expect(try strata.run("build", "there.yaml", "-q").status == 0)
      let match = try #require(try cat.firstMatch(of: Regex(#""logprob":\[\[(-?[0-9.e-]+)"#)))
      let range = try #require(match.output[1].range)
      try strata.write(cat.replacingCharacters(in: range, with: "-1.25"), to: "elsewhere/again.json")
      let two = try strata.run("build", "there.yaml", "-q")
      #expect(two.status == 66)
      #expect(
        two.err.contains(
          "Tiny, cat: two files have different numbers: elsewhere/again.json and elsewhere/traces/tiny-cat.json"),
        "\(two.err)")
      try strata.write(cat.replacingCharacters(in: range, with: "1.25"), to: "elsewhere/again.json")
      try strata.write(String(cat.dropLast(20)), to: "elsewhere/cut.json")
      let damaged = try strata.run("build", "there.yaml", "-q")
      #expect(damaged.status == 66)
      #expect(
        damaged.err.contains("elsewhere/again.json: 'logprob[0][0]': 1.25")
          || damaged.err.contains("elsewhere/again.json: 1 value cannot be right"), "\(damaged.err)")
      #expect(damaged.err.contains("elsewhere/cut.json"), "\(damaged.err)")
    }
  }

  @Test(arguments: [
    ("{traces: elsewhere, path: ./tiny.gguf}", "has both path and traces"),
    ("{traces: elsewhere, bos: no}", "has traces, so 'bos' has nothing to change"),
    ("{traces: nowhere}", "the file 'nowhere' cannot be read: no such folder"),
    ("{traces: ../../../../etc}", "outside the spec's folder"),
  ]) func aWrongEntryIsAnError(model: String, words: String) throws {
    try run { strata in
      try strata.write(Self.spec(model), to: "there.yaml")
      let result = try strata.run("build", "there.yaml", "-q")
      #expect([65, 66].contains(result.status))
      #expect(result.err.contains(words), "\(result.err)")
    }
  }

  @Test func aTraceOfAnotherNumberOfTokensIsNotTaken() throws {
    try run { strata in
      try strata.write(Self.spec("{traces: elsewhere}").replacing("generate: 2", with: "generate: 3"), to: "there.yaml")
      let result = try strata.run("build", "there.yaml", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.contains(
          "expected a trace with 3 generated tokens, found 2 generated tokens in elsewhere/traces/tiny-cat.json"),
        "\(result.err)")
    }
  }
}

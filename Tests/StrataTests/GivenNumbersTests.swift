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
      try strata.write("prompt,target,foil\nthe cat,a,o\nthe city,o,a\n", to: "pairs.csv")
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
      - {id: given, text: the, continuation: " cat", watch: [a, b]}
    datasets: [{id: pairs, file: pairs.csv, prompt: prompt, target: target, foil: foil, first_token: true}]
    figures: [rank-heatmap, top-tokens, dataset-profile]

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
      #expect(try strata.run("build", "there.yaml", "-q", "--keep-going").status == 1)
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
      let match = try #require(try cat.firstMatch(of: Regex(#""kl":\[\[([0-9.e-]+)"#)))
      let range = try #require(match.output[1].range)
      try strata.write(cat.replacingCharacters(in: range, with: try other(cat[range])), to: "elsewhere/again.json")
      let two = try strata.run("build", "there.yaml", "-q")
      #expect(two.status == 66)
      #expect(
        two.err.contains(
          "Tiny, cat: two files have different numbers: elsewhere/again.json and elsewhere/traces/tiny-cat.json"),
        "\(two.err)")
      try strata.write(cat.replacingCharacters(in: range, with: "-99.5"), to: "elsewhere/again.json")
      try strata.write(String(cat.dropLast(20)), to: "elsewhere/cut.json")
      let damaged = try strata.run("build", "there.yaml", "-q")
      #expect(damaged.status == 66)
      #expect(
        damaged.err.contains("elsewhere/again.json: 1 value cannot be right, the first: kl[0][0]: -99.5"),
        "\(damaged.err)")
      #expect(damaged.err.contains("elsewhere/cut.json"), "\(damaged.err)")
    }
  }

  @Test(arguments: [
    ("{traces: elsewhere, path: ./tiny.gguf}", "has both path and traces"),
    ("{traces: elsewhere, bos: no}", "has traces, so 'bos' has nothing to change"),
    ("{traces: elsewhere, lenses: [logit, {tuned: ./x}]}", "has traces, so 'lenses' has nothing to change"),
    ("{traces: nowhere}", "the file 'nowhere' cannot be read: no such folder"),
    ("{traces: /etc}", "outside the spec's folder"),
  ]) func aWrongEntryIsAnError(model: String, words: String) throws {
    try run { strata in
      try strata.write(Self.spec(model), to: "there.yaml")
      let result = try strata.run("build", "there.yaml", "-q")
      #expect(result.status == (words.hasPrefix("the file") ? 66 : 65))
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

  @Test func foldersAreGatheredWithoutASpecAndMoreIsAddedByRunningAgain() throws {
    try run { strata in
      try FileManager.default.copyItem(
        at: Fixtures.folder.appending(path: "models/gpt2/gpt2.gguf"), to: strata.folder.appending(path: "two.gguf"))
      for (name, text) in [("a", "the cat"), ("b", "the city")] {
        let made = try strata.run(
          "trace", "--model", "./two.gguf", "--prompt", text, "--generate", "2", "-q", "-o", "two/\(name).json")
        try #require(made.status == 0, "\(made.err)")
      }
      try FileManager.default.removeItem(at: strata.folder.appending(path: "two.gguf"))
      #expect(
        try strata.run("gather", "elsewhere", "-q") == .init(status: 0, out: "out/gathered/index.html\n", err: ""))
      #expect(strata.files(in: "out/gathered").contains("figures/the-cat-rank-heatmap-tiny.svg"))
      let more = try strata.run("gather", "two")
      #expect(more.status == 0)
      #expect(more.err.contains("2 models, 3 prompts, 1 dataset, 5 files"), "\(more.err)")
      // Two prompts of one model alone, and a dataset of the other: gaps, and no failures.
      #expect(more.err.contains("; gaps for 3 cells that nothing was gathered for"), "\(more.err)")
      #expect(!more.err.contains("failed"), "\(more.err)")
      let traces = ["two-the-cat", "two-the-city", "tiny-the-cat", "tiny-the"].map { "traces/\($0).json" }
      #expect(strata.files(in: "out/gathered").filter { $0.hasPrefix("traces/") } == traces.sorted())
      // Both at once, elsewhere: the same gallery.
      #expect(try strata.run("gather", "two", "elsewhere", "-q", "--out", "again").status == 0)
      for path in strata.files(in: "out/gathered") where !path.hasPrefix(".strata") {
        let both = try ["out", "again"].map {
          try Data(contentsOf: strata.folder.appending(path: "\($0)/gathered/\(path)"))
        }
        #expect(both[0] == both[1], "\(path)")
      }
    }
  }

  /// With more figures than one page has, and no report, the numbers of figures are made again for each page.
  @Test func pagesListTheSameNumbersWhereTheyAreMadeAgainForEach() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let prompts = (1...41).flatMap { ["-p", "the cat \($0)"] }
      let traced = try strata.run(
        ["trace", "-q", "-m", Fixtures.tinyLlama, "-o", "all/t.jsonl", "--generate", "1"] + prompts)
      try #require(traced.status == 0, "\(traced.err)")
      let pages = try ["none", "pdf"].map { report in
        let ids = (1...41).map { "  - {id: p\($0), text: the cat \($0), generate: 1}\n" }.joined()
        try strata.write(
          "models: {Tiny: {traces: all}}\nprompts:\n\(ids)figures: [rank-heatmap, top-tokens]\n"
            + "output: {figures: [svg]\(report == "none" ? ", report: none" : "")}\n", to: "\(report).yaml")
        let built = try strata.run("build", "\(report).yaml", "-q")
        #expect(built.status == 0, "\(built.err)")
        return try (1...41).map { number in
          let page = try String(
            contentsOf: folder.appending(path: "out/\(report)/prompts/p\(number).html"), encoding: .utf8)
          let tables = page.matches(of: /(?s)<table.*?<\/table>/).map { String($0.output) }
          #expect(tables.count >= 2 && tables.joined().contains("the"))
          return tables
        }
      }
      #expect(pages[0] == pages[1])
    }
  }

  @Test func withKeepGoingADamagedFileCostsItsOwnCellAlone() throws {
    try run { strata in
      let path = "elsewhere/traces/tiny-cat.json"
      let cat = try String(contentsOf: strata.folder.appending(path: path), encoding: .utf8)
      try strata.write(String(cat.dropLast(20)), to: path)
      #expect(try strata.run("build", "there.yaml", "-q").status == 66)
      let built = try strata.run("build", "there.yaml", "-q", "--keep-going")
      #expect(built.status == 1, "\(built.err)")
      #expect(built.err.contains("Tiny, cat: expected a trace of the prompt 'cat'"), "\(built.err)")
      #expect(built.err.contains("left out: \(path): "), "\(built.err)")
      #expect(!built.err.contains("Tiny, given"), "\(built.err)")
      #expect(
        strata.files(in: "out/there").filter {
          $0.hasPrefix("traces/") || $0.hasPrefix("datasets/") && $0.hasSuffix(".json")
        }
          == ["datasets/tiny-pairs.json", "traces/tiny-given.json"])
      // A line of a file with several traces is left out alone, too.
      let given = try String(
        contentsOf: strata.folder.appending(path: "elsewhere/traces/tiny-given.json"), encoding: .utf8)
      for name in ["tiny-cat", "tiny-given"] {
        try FileManager.default.removeItem(at: strata.folder.appending(path: "elsewhere/traces/\(name).json"))
      }
      try strata.write(cat.replacing("\"rank\":", with: "\"rang\":") + given, to: "elsewhere/all.jsonl")
      let lines = try strata.run("build", "there.yaml", "-q", "--keep-going")
      #expect(lines.status == 1 && lines.err.contains("left out: elsewhere/all.jsonl:1: "), "\(lines.err)")
      #expect(strata.files(in: "out/there").filter { $0.hasPrefix("traces/") } == ["traces/tiny-given.json"])
    }
  }

  @Test func twoNumbersForOneCellAreRefusedAndNothingIsWritten() throws {
    try run { strata in
      let cat = try String(contentsOf: strata.folder.appending(path: "elsewhere/traces/tiny-cat.json"), encoding: .utf8)
      let match = try #require(try cat.firstMatch(of: Regex(#""kl":\[\[([0-9.e-]+)"#)))
      let range = try #require(match.output[1].range)
      try strata.write(cat.replacingCharacters(in: range, with: try other(cat[range])), to: "elsewhere/again.json")
      let result = try strata.run("gather", "elsewhere", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.contains(
          "elsewhere/traces/tiny-cat.json: expected the numbers of elsewhere/again.json, which answers the same"),
        "\(result.err)")
      #expect(strata.files(in: "out/gathered").filter { !$0.hasPrefix(".strata") } == [])
      #expect(try strata.run("gather", "pairs", "-q").status == 66)
    }
  }

  @Test func whatTwoTracesOfOneQuestionSayIsJoinedWhereTheyAgree() throws {
    try run { strata in
      for (name, more) in [
        ("a", ["--watch", "a"]), ("b", ["--watch", "b", "--attribute", "auto"]), ("c", []),
      ] {
        let made = try strata.run(
          [
            "trace", "--model", Fixtures.tinyLlama, "--prompt", "the cat", "--generate", "1", "-q", "-o",
            "two/\(name).json",
          ]
            + more)
        try #require(made.status == 0, "\(made.err)")
      }
      let result = try strata.run("gather", "two")
      #expect(result.status == 0, "\(result.err)")
      let name = try #require(strata.files(in: "out/gathered/traces").first)
      let file = strata.folder.appending(path: "out/gathered/traces/\(name)")
      let trace = try String(contentsOf: file, encoding: .utf8)
      #expect(
        trace.contains("\"attribution\":") && trace.contains("\"text\":\"a\"") && trace.contains("\"text\":\"b\""))
      #expect(try strata.run("gather", "two", "-q").status == 0)
      #expect(try String(contentsOf: file, encoding: .utf8) == trace)
      // The other order gives the same.
      for (from, to) in [("a", "z"), ("b", "a")] {
        try FileManager.default.moveItem(
          at: strata.folder.appending(path: "two/\(from).json"), to: strata.folder.appending(path: "two/\(to).json"))
      }
      #expect(try strata.run("gather", "two", "-q", "--out", "again").status == 0)
      let again = strata.folder.appending(path: "again/gathered/traces/\(name)")
      #expect(try String(contentsOf: again, encoding: .utf8) == trace)
    }
  }

  @Test func modelsOfOneNameAreToldApart() throws {
    try run { strata in
      for (name, norm) in [("a", "final"), ("b", "none")] {
        let made = try strata.run(
          "trace", "--model", Fixtures.tinyLlama, "--prompt", "the cat", "--generate", "1", "--norm", norm, "-q", "-o",
          "two/\(name).json")
        try #require(made.status == 0, "\(made.err)")
      }
      let result = try strata.run("gather", "two")
      #expect(result.status == 0, "\(result.err)")
      #expect(result.err.contains("2 models, 1 prompt, "), "\(result.err)")
      // A third that is called as the second would be.
      let one = try String(contentsOf: strata.folder.appending(path: "two/a.json"), encoding: .utf8)
      let digest = try #require(one.firstMatch(of: /"sha256":"([0-9a-f]{64})"/)).1
      let name = try #require(one.firstMatch(of: /"name":"([^"]+)"/)).1
      let other = one.replacing(digest, with: String(repeating: "0", count: 64)).replacing(
        "\"name\":\"\(name)\"", with: "\"name\":\"\(name) (logit lens, F32, \(digest.prefix(8))), 2\"")
      try strata.write(other, to: "two/c.json")
      let three = try strata.run("gather", "two", "--out", "three")
      #expect(three.status == 0 && three.err.contains("3 models, 1 prompt, "), "\(three.err)")
      #expect(strata.files(in: "out/gathered").count { $0.hasPrefix("traces/") } == 2)
    }
  }

  @Test func whatIsNoFolderIsNotGathered() throws {
    try run { strata in
      for (name, words) in [
        ("nowhere", "nowhere: no such folder"), ("here.yaml", "here.yaml: expected a folder, found a file"),
      ] {
        let gathered = try strata.run("gather", "elsewhere", name)
        #expect(gathered.status == 66 && gathered.err == "error: \(words)\n", "\(gathered.err)")
        let built = try strata.run("build", "here.yaml", "-q", "--traces", name)
        #expect(built.status == 66 && built.err.contains("error: \(words)\n"), "\(built.err)")
      }
    }
  }

  @Test func aKindOrFormatThatDoesNotExistIsAMistakeOfTheCommand() throws {
    try run { strata in
      for (option, words) in [("--kind", "unknown figure kind 'foo'"), ("--format", "unknown figure format 'foo'")] {
        let gathered = try strata.run("gather", "elsewhere", option, "foo")
        #expect(gathered.status == 64 && gathered.err.contains(words), "\(gathered.err)")
      }
    }
  }

  @Test func aPlanOfGivenNumbersSaysThatNoModelNeedsToRun() throws {
    try run { strata in
      let table = try strata.run("plan", "there.yaml")
      #expect(table.status == 0, "\(table.err)")
      #expect(table.out.hasPrefix("No model needs to run: this spec takes all of its numbers from traces: folders."))
      #expect(table.out.contains("strata build there.yaml ") && !table.out.contains("shard"), "\(table.out)")
      let plan = try strata.run("plan", "there.yaml", "--json")
      let json = try #require(try JSONSerialization.jsonObject(with: Data(plan.out.utf8)) as? [String: Any])
      #expect((json["models"] as? [Any])?.isEmpty == true && json["inputs"] as? [String] == ["pairs.csv"])
      #expect(json["given"] == nil)
      try strata.write(Self.spec("{traces: elsewhere}, Own: ./tiny.gguf"), to: "mixed.yaml")
      let mixed = try strata.run("plan", "mixed.yaml")
      #expect(
        mixed.out.contains("\nOwn  ") && mixed.out.contains("\nfrom traces: folders: "), "\(mixed.out)\(mixed.err)")
    }
  }

  /// A divergence close to another one, which nothing in the trace contradicts.
  private func other(_ number: Substring) throws -> String { "\(try #require(Double(number)) * 1.001)" }
}

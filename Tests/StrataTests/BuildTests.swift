import Foundation
import TestSupport
import Testing

/// `strata build` and `strata draw` as a whole: a tiny model, real figures and pages.
@Suite struct BuildTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(Self.spec, to: "words.yaml")
      try body(strata)
    }
  }

  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts:
      - {id: cat, text: the cat, generate: 2}
      - {id: given, text: the, continuation: " cat", watch: [a, b]}
    figures: [rank-heatmap, token-ranks, {kind: top-tokens, prompts: [cat]}]

    """

  @Test func aBuildLeavesTheseFilesAndNoOthers() throws {
    try run { strata in
      let result = try strata.run("build", "words.yaml")
      #expect(
        result
          == .init(
            status: 0, out: "out/words/index.html\n",
            err: """
              running Tiny (10 positions)
              traced Tiny, cat
              traced Tiny, given
              drew cat-rank-heatmap-tiny
              drew cat-top-tokens-tiny
              drew given-rank-heatmap-tiny
              drew given-token-ranks-tiny
              note: Tiny: the watched word 'a' begins without a space, so after 'the' it makes 'thea'; \
              if it should be the next word, watch ' a'
              out/words: 4 figures, 4 drawn, 2 cells traced

              """))
      let figures = ["cat-rank-heatmap", "cat-top-tokens", "given-rank-heatmap", "given-token-ranks"].flatMap { name in
        [".pdf", ".png", "@2x.png", ".svg", ".csv", ".tex", ".thumb.png"].map { "figures/\(name)-tiny\($0)" }
      }
      #expect(
        strata.files(in: "out/words").filter { !$0.hasPrefix("assets/") }
          == ([".strata/.gitignore", ".strata/build.json", ".strata/lock"] + figures
          + ["findings.csv", "findings.json", "findings.tex"]
          + ["index.html", "manifest.json", "report.pdf", "strips/cat.tiny.svg", "strips/given.tiny.svg"]
          + ["traces/tiny-cat.json", "traces/tiny-given.json"]).sorted())
      let again = try strata.run("build", "words.yaml", "-q")
      #expect(again == .init(status: 0, out: "out/words/index.html\n", err: ""))
    }
  }

  @Test func aBuildThatMakesNothingLeavesNoFolder() throws {
    try run { strata in
      try strata.write(Self.spec.replacing("./tiny.gguf", with: "./absent.gguf"), to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status != 0)
      #expect(strata.files(in: ".").sorted() == ["tiny.gguf", "words.yaml"])
      #expect(!FileManager.default.fileExists(atPath: strata.folder.appending(path: "out/words").path))
      // What was there stays, an empty folder too.
      let folder = strata.folder.appending(path: "out/words")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      #expect(try strata.run("build", "words.yaml", "-q").status != 0)
      #expect(FileManager.default.fileExists(atPath: folder.path))
    }
  }

  @Test func aPromptThatIsLongerThanTheModelsContextIsAMistakeOfTheSpec() throws {
    try run { strata in
      let long = String(repeating: "the cat ", count: 400)
      try strata.write(
        Self.spec.replacing("text: the cat, generate: 2", with: "text: \(long), generate: 2"), to: "long.yaml")
      let result = try strata.run("build", "long.yaml")
      #expect(result.status == 65)
      #expect(result.err.contains("error: long.yaml:4:5: Tiny, 'cat': the text has "), "\(result.err)")
      #expect(result.err.contains(" tokens, generated ones included, but the model takes at most "))
      #expect(strata.files(in: "out") == [])
      #expect(try strata.run("build", "long.yaml", "--keep-going").status == 1)
    }
  }

  @Test func aGridWithoutRoomForWordsIsNotedWithItsLine() throws {
    try run { strata in
      let spec = Self.spec.replacing(
        "[rank-heatmap, token-ranks, {kind: top-tokens, prompts: [cat]}]",
        with: "[{kind: lens-grid, width: 72, height: 72}]")
      try strata.write(spec, to: "grid.yaml")
      let result = try strata.run("build", "grid.yaml")
      #expect(result.status == 0)
      let notes = result.err.split(separator: "\n").filter { $0.contains("too small for words") }
      #expect(notes.count == 1 && notes[0].hasPrefix("note: grid.yaml:6:11: cat-lens-grid-tiny: "), "\(result.err)")
    }
  }

  @Test func aModelThatFillsMasksHasAPromptOfItsOwnBesideOthers() throws {
    try run { strata in
      let models = "models: {Tiny: ./tiny.gguf, BERT: \(Fixtures.url("masked/bert/hf").path)}"
      let prompt = "{id: masks, text: \"the [MASK] is [MASK]\"}"
      try strata.write("\(models)\nprompts: [\(prompt)]\nfigures: [rank-heatmap]\n", to: "mixed.yaml")
      let mixed = try strata.run("build", "mixed.yaml")
      #expect(mixed.status == 1)
      #expect(
        mixed.err.contains("hint: the prompt has masks for another model, which writes no text: give each a prompt "),
        "\(mixed.err)")
      // What the hint says helps.
      try strata.write(
        """
        \(models)
        prompts:
          - \(prompt)
          - {id: text, text: the cat is, generate: 1}
        figures:
          - {kind: rank-heatmap, prompts: [masks], models: [BERT]}
          - {kind: rank-heatmap, prompts: [text], models: [Tiny]}

        """, to: "apart.yaml")
      let apart = try strata.run("build", "apart.yaml")
      #expect(apart.status == 0, "\(apart.err)")
    }
  }

  @Test func twoBuildsFromDifferentFoldersAreTheSameBytes() throws {
    var builds: [[String: Data]] = []
    for (out, threads, zone) in [("out", "1", "Asia/Tokyo"), ("some where/else", "2", "America/New_York")] {
      try run { strata in
        var strata = strata
        strata.environment = ["TZ": zone, "LC_ALL": "C.UTF-8"]
        let result = try strata.run("build", "words.yaml", "-q", "--out", out, "--threads", threads)
        try #require(result.status == 0, "\(result.err)")
        builds.append(try strata.contents(of: out))
      }
    }
    #expect(builds[0].keys.sorted() == builds[1].keys.sorted())
    for (path, data) in builds[0] { #expect(builds[1][path] == data, "\(path) differs") }
  }

  @Test func aCellThatFailsIsShownAndTheRestIsBuilt() throws {
    try run { strata in
      try strata.write(Self.spec.replacing("watch: [a, b]", with: "watch: [zzz]"), to: "words.yaml")
      let result = try strata.run("build", "words.yaml")
      #expect(result.status == 1)
      #expect(result.out == "out/words/index.html\n")
      let reason = "the watched word 'zzz' is 3 tokens (z | z | z), expected one"
      #expect(
        result.err.contains("failed Tiny, given: words.yaml:5:5: \(reason); left out of given-token-ranks-tiny\n"))
      #expect(result.err.hasSuffix("out/words: 3 figures, 3 drawn, 2 cells traced, 1 figure not made\n"))
      #expect(strata.files(in: "out/words/figures").contains("given-rank-heatmap-tiny.pdf"))
      let page = try String(contentsOf: strata.folder.appending(path: "out/words/index.html"), encoding: .utf8)
      #expect(page.contains("3 tokens (z | z | z), expected one"))
    }
  }

  @Test func aPromptOfAFormThatTheModelCannotHaveIsNamedAtItsPlace() throws {
    try run { strata in
      try strata.write(
        """
        models: {Tiny: {path: \(Fixtures.tinyLlama)}}
        prompts:
          - {id: tr, text: a, decoder: b}
          - {id: cat, text: a}
        figures: [top-tokens]

        """, to: "words.yaml")
      let result = try strata.run("build", "words.yaml")
      #expect(result.status == 1)
      #expect(result.err.contains("failed Tiny, tr: words.yaml:3:5: expected a prompt of one text"), "\(result.err)")
      #expect(result.err.hasSuffix("1 cell traced, 1 figure not made\n"), "\(result.err)")
    }
  }

  @Test func whenEveryCellFailsAnEarlierGalleryStays() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let before = try strata.contents(of: "out")
      let long = String(repeating: "x", count: 100)
      let model = "models: {Tiny: {path: \(Fixtures.tinyLlama)}}\n"
      try strata.write(
        model + "prompts: [{id: cat, text: \(long), generate: 1}]\nfigures: [top-tokens]\n", to: "words.yaml")
      let result = try strata.run("build", "words.yaml")
      let words = """
        error: words.yaml:2:11: Tiny, 'cat': the text has 101 tokens, generated ones included, but the model takes at most 64, its 'llama.context_length'
          hint: shorten the prompt or generate less

        """
      #expect(result == .init(status: 65, out: "", err: words))
      #expect(try strata.contents(of: "out") == before)
    }
  }

  @Test func whatWasMadeIsDataForMachines() throws {
    try run { strata in
      let result = try strata.run("build", "words.yaml", "--json", "-q", "--only", "cat-top*")
      let events = try result.out.split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      let running = events.filter { $0["event"] as? String == "running" }
      #expect(
        running.allSatisfy {
          ($0["done"] as? Int ?? 99) <= ($0["total"] as? Int ?? 0) && $0["model"] as? String == "Tiny"
        })
      #expect(running.count > 0)
      #expect(
        events.filter { $0["event"] as? String != "running" }.map { $0["event"] as? String } == [
          "traced", "drawn", "built",
        ])
      #expect(events.first { $0["event"] as? String == "drawn" }?["figure"] as? String == "cat-top-tokens-tiny")
      let outcome = try #require(events.last?["outcome"] as? [String: Any])
      #expect(outcome["folder"] as? String == "out/words")
      #expect(outcome["figures"] as? Int == 1)
      #expect((outcome["failures"] as? [Any])?.count == 0)
    }
  }

  @Test func otherFontsDrawEveryFigureAgain() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      // No text changes its width: only what is bold looks otherwise.
      try strata.write(
        """
        <?xml version="1.0"?>
        <!DOCTYPE fontconfig SYSTEM "fonts.dtd">
        <fontconfig>
          <include>/etc/fonts/fonts.conf</include>
          <selectfont><rejectfont><glob>*heros-bold*</glob></rejectfont></selectfont>
        </fontconfig>

        """, to: "fonts.conf")
      var other = strata
      other.environment["FONTCONFIG_FILE"] = strata.folder.appending(path: "fonts.conf").path
      let again = try other.run("build", "words.yaml")
      #expect(again.err.hasSuffix("out/words: 4 figures, 4 drawn, 0 cells traced\n"))
      #expect(try other.run("build", "words.yaml", "-q", "--out", "fresh").status == 0)
      for path in strata.files(in: "fresh") where !path.hasSuffix(".strata/build.json") {
        let files = try ["fresh", "out"].map { try Data(contentsOf: strata.folder.appending(path: "\($0)/\(path)")) }
        #expect(files[0] == files[1], "\(path) is as it was before")
      }
    }
  }

  @Test(arguments: ["pdf", "svg", "png"])
  func aTraceIsDrawnInTheFormatOfTheFilesEnding(format: String) throws {
    try run { strata in
      let trace = try strata.run(
        "trace", "--model", "tiny.gguf", "--prompt", "the", "--generate", "1", "-q", "-o", "t.json")
      try #require(trace.status == 0)
      let result = try strata.run(
        "draw", "t.json", "--kind", "top-tokens", "--set", "k=3", "--set", "layer=last", "--venue", "icml", "--span",
        "column", "-o", "figures/f.\(format)")
      #expect(result == .init(status: 0, out: "", err: ""))
      let data = try Data(contentsOf: strata.folder.appending(path: "figures/f.\(format)"))
      let starts: [String: [UInt8]] = [
        "pdf": Array("%PDF-".utf8), "svg": Array("<svg ".utf8), "png": [0x89, 0x50, 0x4E, 0x47],
      ]
      #expect(data.starts(with: starts[format] ?? [0]))
      #expect(strata.files(in: "figures") == ["f.\(format)"])
    }
  }

  @Test func oneRunDrawsEveryFileThatIsAskedFor() throws {
    try run { strata in
      let trace = try strata.run(
        "trace", "--model", "tiny.gguf", "--prompt", "the", "--generate", "1", "-q", "-o", "t.json")
      try #require(trace.status == 0)
      func draw(_ arguments: String...) throws -> StrataProgram.Result {
        try strata.run(["draw", "t.json", "t.json", "--kind", "rank-heatmap"] + arguments)
      }
      #expect(try draw("-o", "all/f.pdf", "-o", "all/f.svg", "-o", "all/f.png") == .init(status: 0, out: "", err: ""))
      for format in ["pdf", "svg", "png"] { #expect(try draw("-o", "one/f.\(format)").status == 0) }
      #expect(strata.files(in: "all") == ["f-1.pdf", "f-1.png", "f-1.svg", "f-2.pdf", "f-2.png", "f-2.svg"])
      for file in strata.files(in: "all") {
        let folder = strata.folder
        let all = try Data(contentsOf: folder.appending(path: "all/\(file)"))
        #expect(try all == Data(contentsOf: folder.appending(path: "one/\(file)")), "\(file)")
      }
      let none = try draw()
      #expect(none.status == 64)
      #expect(none.err.contains("Missing expected argument '--output <file> ...'"))
    }
  }

  @Test func aSecondBuildSeesWhatHasChanged() throws {
    try run { strata in
      func drawn(_ build: StrataProgram.Result) -> String {
        String(build.err.split(separator: "\n").last ?? "")
      }
      _ = try strata.run("build", "words.yaml")
      #expect(drawn(try strata.run("build", "words.yaml")) == "out/words: 4 figures, 0 drawn, 0 cells traced")
      // Other settings of the fonts' libraries may change any figure.
      var other = strata
      other.environment = ["FREETYPE_PROPERTIES": "cff:no-stem-darkening=1"]
      #expect(drawn(try other.run("build", "words.yaml")) == "out/words: 4 figures, 4 drawn, 0 cells traced")
      #expect(drawn(try strata.run("build", "words.yaml")) == "out/words: 4 figures, 4 drawn, 0 cells traced")
      let figure = strata.folder.appending(path: "out/words/figures/cat-rank-heatmap-tiny.png")
      try FileManager.default.removeItem(at: figure)
      #expect(drawn(try strata.run("build", "words.yaml")) == "out/words: 4 figures, 1 drawn, 0 cells traced")
      try strata.write(Self.spec.replacing("generate: 2", with: "generate: 1"), to: "words.yaml")
      #expect(drawn(try strata.run("build", "words.yaml")) == "out/words: 4 figures, 2 drawn, 1 cell traced")
    }
  }

  @Test func aRealModelFindsItsWord() throws {
    try run { strata in
      let model = try RealModels.smolLM2().path
      let result = try strata.run(
        "show", "-q", "--model", model, "--prompt", "Heathrow airport is located in the city of", "--generate", "1")
      #expect(result.status == 0)
      let lines = result.out.split(separator: "\n").map(String.init)
      #expect(lines.count == 2 + 1 + 31 + 1, "a finding follows the rows")
      #expect(lines[2].hasSuffix("London"))
      #expect(lines[33].split(separator: " ") == ["29", "1"])
      #expect(lines[34].hasPrefix("“␣London” (43 %) is the most probable next token and has rank 1 for good "))
    }
  }
}

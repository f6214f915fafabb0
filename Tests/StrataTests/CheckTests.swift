import Foundation
import TestSupport
import Testing
import Traces

/// `strata check` as a CI job runs it: committed traces and figures, no model on the machine.
@Suite struct CheckTests {
  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts:
      - {id: cat, text: the cat, generate: 2}
    figures: [rank-heatmap, top-tokens]
    output: {figures: [pdf, svg, png, csv, tex]}
    traces: commit

    """

  /// A folder with a built gallery and committed traces; the model and every cache are gone.
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(Self.spec, to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q", "--out", "figures").status == 0)
      try FileManager.default.removeItem(at: folder.appending(path: "tiny.gguf"))
      try FileManager.default.removeItem(at: strata.cache)
      try body(strata)
    }
  }

  /// Changes one rank of the committed trace; gives what it was and what it is.
  @discardableResult
  private func edit(_ strata: StrataProgram) throws -> (old: String, new: String) {
    let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let rank = try #require(text.firstMatch(of: /"rank":\[\[(\d+)/))
    let other = rank.1 == "7" ? "8" : "7"
    try Data(text.replacingCharacters(in: rank.1.startIndex..<rank.1.endIndex, with: other).utf8).write(to: file)
    return (String(rank.1), other)
  }

  /// Puts the digest of the committed trace into its index, as a build with another version of the program leaves it.
  private func vouch(_ strata: StrataProgram) throws {
    let traces = strata.folder.appending(path: "words.traces")
    let index = traces.appending(path: "index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    let old = try #require(text.firstMatch(of: /"sha256" : "([0-9a-f]{64})"\n    }\n  }\n}/))
    let new = SHA256.hex(of: try Data(contentsOf: traces.appending(path: "tiny-cat.json")))
    try Data(text.replacingCharacters(in: old.1.startIndex..<old.1.endIndex, with: new).utf8).write(to: index)
  }

  @Test func filesOfOnesOwnAreToBeRemovedNotBuilt() throws {
    try run { strata in
      try strata.write("mine", to: "figures/words/figures/notes.txt")
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(result.out.contains("nothing to build: remove or move "), "\(result.out)")
      #expect(!result.out.contains("to bring it up to date"))
    }
  }

  @Test func everythingIsRedrawnFromCommittedTracesAndIsTheSame() throws {
    try run { strata in
      let before = strata.files(in: ".")
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 0, "\(result.err)")
      #expect(result.out.firstMatch(of: /^figures\/words: \d+ compared, 0 differ\n$/) != nil, "\(result.out)")
      #expect(strata.files(in: ".").filter { !$0.hasPrefix("cache") } == before, "a check writes nothing")
      #expect(strata.files(in: "cache/strata/builds") == [], "nor a stamp of a folder that is gone")
      let built = try strata.run("build", "words.yaml", "-q", "--out", "again")
      #expect(built.status == 0)
      for file in strata.files(in: "figures/words") {
        let one = try Data(contentsOf: strata.folder.appending(path: "figures/words/\(file)"))
        #expect(try one == Data(contentsOf: strata.folder.appending(path: "again/words/\(file)")), "\(file)")
      }
    }
  }

  @Test func filesOfTheAuthorInTheFolderOfTracesStay() throws {
    try run { strata in
      try strata.addTinyModel()
      let traces = strata.folder.appending(path: "words.traces")
      for name in ["tiny-cat.json", "index.json"] {
        try FileManager.default.removeItem(at: traces)
        try FileManager.default.createDirectory(at: traces, withIntermediateDirectories: true)
        try strata.write("{\"mine\": \"notes\"}", to: "words.traces/\(name)")
        let result = try strata.run("build", "words.yaml", "-q", "--out", "mine", "--refresh")
        #expect(result.status == 73 && result.err.contains("words.traces/\(name)"), "\(result.err)")
        let kept = try String(contentsOf: traces.appending(path: name), encoding: .utf8)
        #expect(kept == "{\"mine\": \"notes\"}")
      }
    }
  }

  @Test func tracesThatAreGoneAreWrittenAgain() throws {
    try run { strata in
      try strata.addTinyModel()
      for name in ["", "/tiny-cat.json"] {
        #expect(try strata.run("build", "words.yaml", "-q", "--out", "figures").status == 0)
        try FileManager.default.removeItem(at: strata.folder.appending(path: "words.traces\(name)"))
        #expect(try strata.run("build", "words.yaml", "-q", "--out", "figures").status == 0)
        #expect(strata.files(in: "words.traces").sorted() == ["index.json", "tiny-cat.json"])
      }
    }
  }

  @Test func aModelThatIsAnotherOneByNowIsTold() throws {
    try run { strata in
      let model = strata.folder.appending(path: "tiny.gguf")
      func check() throws -> StrataProgram.Result { try strata.run("check", "words.yaml", "--out", "figures", "-q") }
      try FileManager.default.copyItem(at: Fixtures.url("models/gpt2/gpt2.gguf"), to: model)
      let words = "Tiny: './tiny.gguf' is another file than when its committed traces were made"
      let other = try check()
      #expect(other.status == 66 && other.err.contains("error: \(words)"), "\(other.err)")
      let built = try strata.run("build", "words.yaml", "--out", "again")
      #expect(built.status == 0 && built.err.contains("warning: \(words)"), "\(built.err)")
      // Git keeps such a text in place of a large file.
      try Data("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".utf8).write(to: model)
      let pointer = try check()
      #expect(pointer.status == 0, "\(pointer.err)")
      try FileManager.default.removeItem(at: model)
      try strata.addTinyModel()
      let same = try check()
      #expect(same.status == 0, "\(same.err)")
    }
  }

  /// What is printed, without the lines for GitHub.
  private func printed(_ result: StrataProgram.Result) -> String {
    result.out.split(separator: "\n").filter { !$0.hasPrefix("::") }.map { $0 + "\n" }.joined()
  }

  @Test func oneNumberThatChangedIsOneCause() throws {
    try run { strata in
      let (old, new) = try edit(strata)
      var strata = strata
      let summary = strata.folder.appending(path: "summary.md")
      try Data("earlier\n".utf8).write(to: summary)
      strata.environment = ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary.path]
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--html", "differences.html")
      #expect(result.status == 2, "\(result.err)")
      let lines = printed(result).split(separator: "\n").map(String.init)
      let cause = try #require(lines.first)
      #expect(
        cause.firstMatch(
          of: /^1 number changed: rank of “.+” after the embedding, column 1, Tiny, cat: \d+ → \d+$/) != nil, "\(cause)"
      )
      #expect(cause.hasSuffix(": \(old) → \(new)"))
      // Of top-tokens and of the LaTeX float nothing changes; the small picture belongs to the gallery. No file is listed.
      #expect(lines[1] == "  affects 1 figure in 4 formats, gallery, report")
      #expect(
        lines[2] == "  words.traces/tiny-cat.json was changed after the build that wrote it, as index.json shows")
      #expect(!printed(result).contains(".svg"))
      #expect(
        lines.dropLast().last
          == "nothing to commit yet: restore words.traces/tiny-cat.json from version control, or run "
          + "strata build words.yaml --out figures --refresh, which writes all traces anew"
      )
      let annotations = result.out.split(separator: "\n").filter { $0.hasPrefix("::") }
      #expect(annotations.count == 1, "one for the cause, at the file that changed")
      #expect(
        annotations[0].hasPrefix("::error file=words.traces/tiny-cat.json,title=strata check::\(cause); affects 1 "),
        "\(annotations)")

      let text = try String(contentsOf: summary, encoding: .utf8)
      #expect(text.hasPrefix("earlier\n## words"))
      #expect(text.contains("\n- **1 number changed: rank of "))
      #expect(
        text.firstMatch(
          of: /\n\| Tiny, cat \| rank of “.+” \| after the embedding, column 1 \| \d+ \| \d+ \| \\?[+−]\d+ \|\n/)
          != nil,
        "\(text)")
      let fold = try #require(text.firstRange(of: "<details><summary>"))
      #expect(
        !text[..<fold.lowerBound].contains(".png") && text[fold.lowerBound...].contains("rank-heatmap-tiny.png`: "))
      #expect(text.contains("words.traces/tiny-cat.json`: changed after the build that wrote it"))
      let page = try String(contentsOf: strata.folder.appending(path: "differences.html"), encoding: .utf8)
      #expect(page.components(separatedBy: "figures/cat-rank-heatmap-tiny.png, before").count == 2)
      #expect(page.components(separatedBy: "<div class=\"pictures\">").count == 2, "one triple for the figure")
    }
  }

  @Test func aToleranceComparesNumbersAndPixelsAndNeverForgivesRanks() throws {
    try run { strata in
      try edit(strata)
      let tolerant = try strata.run(
        "check", "words.yaml", "--out", "figures", "-q", "--tolerance", "0.1", "--channel-tolerance", "255", "--files")
      #expect(tolerant.status == 2)
      #expect(tolerant.out.contains("1 number changed: rank of "))
      #expect(tolerant.out.contains("\n  traces/tiny-cat.json\n    rank: 1 cell differs, first "), "\(tolerant.out)")
      // The digits of the rank, its colour, and the text of the page.
      #expect(tolerant.out.contains("rank-heatmap-tiny.svg\n    letters: "), "\(tolerant.out)")
      #expect(
        tolerant.out.contains("not compared, because their bytes differ and a tolerance does not apply to them: "))
    }
  }

  @Test func findingsThatChangedAreSaidBeforeAndAfter() throws {
    try run { strata in
      let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
      var text = try String(contentsOf: file, encoding: .utf8)
      // The last layer: rank 1 becomes 2, so the first output token is not settled.
      let ranks = try #require(text.firstMatch(of: /"rank":\[\[.*?\]\]/))
      let last = try #require(ranks.0.lastIndex(of: "["))
      #expect(text[last...].hasPrefix("[1,"))
      text.replaceSubrange(text.index(after: last)..<text.index(last, offsetBy: 2), with: "2")
      try Data(text.utf8).write(to: file)
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(result.out.contains("\nfinding of cat, Tiny\n  before: The 2 output tokens have rank 1 for good "))
      #expect(result.out.contains("\n  after: 1 of the 2 output tokens has rank 1 for good "), "\(result.out)")
      #expect(result.out.contains(", findings, gallery, report\n"))
    }
  }

  @Test func whatToCommitIsOneFolderThatMakesTheCheckPass() throws {
    try run { strata in
      // A number that can be, and spaces that this program would not write.
      let trace = strata.folder.appending(path: "words.traces/tiny-cat.json")
      let text = try String(contentsOf: trace, encoding: .utf8)
      let number = try #require(text.firstMatch(of: /"kl":\[\[([0-9.e-]+)/)).1
      let other = try #require(Double(number)) * 1.001
      try Data((text[..<number.startIndex] + "\(other)" + text[number.endIndex...] + " \n").utf8).write(to: trace)
      try vouch(strata)
      try strata.write("x", to: "figures/words/figures/old.pdf")
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--save", "new")
      #expect(result.status == 2, "\(result.err)")
      let saved = strata.files(in: "new")
      #expect(saved.contains("words.traces/index.json") && saved.contains("figures/words/traces/tiny-cat.json"))
      #expect(!saved.contains { $0.hasPrefix("figures/words/assets") }, "only what differs")
      #expect(result.out.contains("\nto commit: \(saved.count) files in new, in the places where they belong\n"))
      #expect(result.out.contains("\nto remove: figures/words/figures/old.pdf\n"))
      let again = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--save", "new")
      #expect(again.status == 64 && again.err.contains("new: expected a folder that is empty or absent"))
      for name in saved {
        let place = strata.folder.appending(path: name)
        try? FileManager.default.removeItem(at: place)
        try FileManager.default.copyItem(at: strata.folder.appending(path: "new/\(name)"), to: place)
      }
      try FileManager.default.removeItem(at: strata.folder.appending(path: "figures/words/figures/old.pdf"))
      let after = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--save", "newer")
      #expect(after.status == 0, "\(after.out)")
      #expect(strata.files(in: "newer") == [], "nothing to commit, nothing written")
    }
  }

  @Test func anEditedTraceIsNeitherBuiltNorSaved() throws {
    try run { strata in
      let before = strata.files(in: ".").filter { !$0.hasPrefix("cache") }
      try edit(strata)
      let index = try Data(contentsOf: strata.folder.appending(path: "words.traces/index.json"))
      for _ in 1...2 {
        let check = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--save", "new")
        #expect(check.status == 2)
        #expect(check.out.contains("\nnothing to commit yet: restore words.traces/tiny-cat.json from version control"))
        #expect(!check.out.contains("to commit: ") && !check.out.contains("to bring it up to date"))
        let alone = try strata.run("check", "words.yaml", "--no-compare", "-q", "--require", "never >= 0")
        let build = try strata.run("build", "words.yaml", "-q", "--out", "figures")
        for result in [alone, build] {
          #expect(result.status == 66 && result.out == "")
          let problem = /^error: words.traces\/tiny-cat.json: expected sha256 [0-9a-f]{64}, as index.json records,/
          #expect(result.err.firstMatch(of: problem) != nil, "\(result.err)")
          let hint = "restore it from version control, or write all traces anew with strata build --refresh"
          #expect(result.err.hasSuffix("\n  hint: \(hint)\n"))
        }
      }
      #expect(strata.files(in: ".").filter { !$0.hasPrefix("cache") } == before, "nothing is written")
      #expect(try Data(contentsOf: strata.folder.appending(path: "words.traces/index.json")) == index)
    }
  }

  @Test func aCommittedTraceThatCannotBeReadIsADifference() throws {
    try run { strata in
      let manager = FileManager.default
      for ending in ["yaml", "traces"] {
        try manager.copyItem(
          at: strata.folder.appending(path: "words.\(ending)"), to: strata.folder.appending(path: "whole.\(ending)"))
      }
      try #require(try strata.run("build", "whole.yaml", "--out", "figures", "-q").status == 0)
      let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
      try Data(contentsOf: file).prefix(300).write(to: file)
      let result = try strata.run("check", "words.yaml", "whole.yaml", "--out", "figures", "-q")
      #expect(result.status == 2, "\(result.err)")
      #expect(result.out.hasPrefix("a committed trace cannot be read: words.traces/tiny-cat.json\n"), "\(result.out)")
      #expect(result.out.contains(", 0 differ"), "the second spec is checked as well: \(result.out)")
      #expect(result.out.contains("\nnothing to commit yet: restore words.traces/tiny-cat.json from version control"))
      #expect(result.out.contains("1 compared, 1 differ"))
      // Of what could not be made no condition holds.
      let alone = try strata.run(
        "check", "words.yaml", "--out", "figures", "-q", "--require", "settled >= 0", "--require", "never >= 0")
      #expect(alone.status == 2 && alone.out.contains("cat, Tiny: there are no numbers"), "\(alone)")
    }
  }

  @Test func anEditedTraceWithTheSameNumbersIsNamedAsWell() throws {
    try run { strata in
      let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
      try (Data(contentsOf: file) + Data("\n".utf8)).write(to: file)
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(
        result.out.hasPrefix(
          "1 committed trace changed after the build that wrote it\n  words.traces/tiny-cat.json: changed after "),
        "\(result.out)")
    }
  }

  @Test func theTraceOfAGalleryThatSomebodyEditedIsWrittenAgainByABuild() throws {
    try run { strata in
      let file = strata.folder.appending(path: "figures/words/traces/tiny-cat.json")
      let whole = try Data(contentsOf: file)
      let text = String(decoding: whole, as: UTF8.self)
      let rank = try #require(text.firstMatch(of: /"rank":\[\[(\d+)/))
      try Data(text.replacingCharacters(in: rank.1.startIndex..<rank.1.endIndex, with: "9999").utf8).write(to: file)
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(
        result.out.contains(
          "\n  figures/words/traces/tiny-cat.json was changed after the build that wrote it\n"
            + "to bring it up to date: strata build words.yaml --out figures, then commit figures/words\n"),
        "\(result.out)")
      #expect(try strata.run("build", "words.yaml", "-q", "--out", "figures").status == 0)
      #expect(try Data(contentsOf: file) == whole)
      #expect(try strata.run("check", "words.yaml", "--out", "figures", "-q").status == 0)
    }
  }

  @Test func aFileThatSomebodyChangedIsSaidToBeChangedAfterTheBuild() throws {
    try run { strata in
      let name = "figures/words/figures/cat-rank-heatmap-tiny.svg"
      let file = strata.folder.appending(path: name)
      try (Data(contentsOf: file) + Data("<!-- mine -->\n".utf8)).write(to: file)
      var strata = strata
      strata.environment = ["GITHUB_ACTIONS": "true"]
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(
        printed(result).hasPrefix(
          "1 file changed after the build that wrote it: figures/cat-rank-heatmap-tiny.svg\n  different bytes: "))
      #expect(result.out.contains("::error file=\(name),title=strata check::1 file changed after the build "))
    }
  }

  @Test func aPageThatDiffersAloneIsACauseOfItsOwn() throws {
    try run { strata in
      let file = strata.folder.appending(path: "figures/words/index.html")
      try (Data(contentsOf: file) + Data("<!-- mine -->\n".utf8)).write(to: file)
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(
        result.out.hasPrefix(
          "pages changed, but no number and no figure: index.html\n"
            + "  another template, other libraries, or a change by hand\n"), "\(result.out)")
    }
  }

  @Test func aFigureDrawnDifferentlyFromTheSameNumbersIsSaidSo() throws {
    try run { strata in
      // As a build with other fonts leaves it: the manifest names the file that is there.
      let folder = strata.folder.appending(path: "figures/words")
      let file = folder.appending(path: "figures/cat-rank-heatmap-tiny.svg")
      let before = try Data(contentsOf: file)
      try (before + Data("<!-- other fonts -->\n".utf8)).write(to: file)
      let manifest = folder.appending(path: "manifest.json")
      let text = try String(contentsOf: manifest, encoding: .utf8)
      try Data(
        text.replacing(SHA256.hex(of: before), with: try SHA256.hex(of: Data(contentsOf: file))).utf8
      ).write(to: manifest)
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q")
      #expect(result.status == 2)
      #expect(
        result.out.hasPrefix(
          "1 figure drawn differently from the same numbers (fonts, libraries, program or style): cat-rank-heatmap-tiny\n"
            + "  affects 1 figure in 1 format, gallery\n"), "\(result.out)")
    }
  }

  @Test func aSpecThatChangedIsTheCauseOfWhatItChanged() throws {
    try run { strata in
      try strata.write(
        Self.spec.replacing("rank-heatmap, top-tokens", with: "rank-heatmap, trajectory")
          .replacing("figures: [pdf, svg, png, csv, tex]", with: "figures: [pdf, svg, png, svgtext]"), to: "words.yaml")
      var strata = strata
      strata.environment = ["GITHUB_ACTIONS": "true"]
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--save", "new")
      #expect(result.status == 2, "\(result.err)")
      let cause = try #require(printed(result).split(separator: "\n").first)
      #expect(
        cause == "the spec changed since the gallery was built: 1 figure new (cat-trajectory-tiny), "
          + "1 figure removed (cat-top-tokens-tiny), 1 figure changed (cat-rank-heatmap-tiny)", "\(result.out)")
      #expect(result.out.contains("::error file=words.yaml,title=strata check::the spec changed since the gallery "))
      #expect(result.out.contains("\nto remove: "))
      #expect(strata.files(in: "new").contains("figures/words/figures/cat-trajectory-tiny.pdf"))
    }
  }

  @Test func aGalleryThatIsNotThereIsSaidSo() throws {
    try run { strata in
      let result = try strata.run("check", "words.yaml", "--out", "nowhere", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.hasPrefix(
          "error: nowhere/words: there is no gallery to check\n  hint: run strata build words.yaml --out nowhere "))
    }
  }

  @Test func aFileTooManyAndAFileMissingAreFound() throws {
    try run { strata in
      try strata.write("x", to: "figures/words/figures/old.pdf")
      try FileManager.default.removeItem(at: strata.folder.appending(path: "figures/words/report.pdf"))
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--summary", "-")
      #expect(result.status == 2)
      #expect(result.out.contains("- **1 file that a build does not write: figures/old.pdf**\n"))
      #expect(result.out.contains("- **1 file is missing from the gallery: report.pdf**\n"))
      #expect(result.out.contains("- `figures/old.pdf`: a build does not write this file\n"))
      #expect(result.out.contains("- `report.pdf`: missing from the gallery\n"))
    }
  }
}

import Foundation
import TestSupport
import Testing

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

  private func edit(_ strata: StrataProgram) throws {
    let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let rank = try #require(text.firstMatch(of: /"rank":\[\[(\d+)/))
    let other = rank.1 == "7" ? "8" : "7"
    try Data(text.replacingCharacters(in: rank.1.startIndex..<rank.1.endIndex, with: other).utf8).write(to: file)
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

  @Test func oneNumberThatChangedIsFoundAndShown() throws {
    try run { strata in
      try edit(strata)
      var strata = strata
      let summary = strata.folder.appending(path: "summary.md")
      try Data("earlier\n".utf8).write(to: summary)
      strata.environment = ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary.path]
      let result = try strata.run("check", "words.yaml", "--out", "figures", "-q", "--html", "differences.html")
      #expect(result.status == 2, "\(result.err)")
      let text = try String(contentsOf: summary, encoding: .utf8)
      #expect(text.hasPrefix("earlier\n## words"))
      #expect(
        text.firstMatch(
          of: /\| traces\/tiny-cat.json \| rank \| after the embedding, column 1 \| \d+ \| \d+ \| \\?[+−]\d+ \|/)
          != nil, "\(text)")
      #expect(text.contains("words.traces/tiny-cat.json`: changed since it was written"))
      #expect(text.contains("figures/cat-rank-heatmap-tiny.png`: "))
      #expect(result.out.contains("::error file=words.yaml,title=strata check::figures/words: "))
      let page = try String(contentsOf: strata.folder.appending(path: "differences.html"), encoding: .utf8)
      #expect(page.contains("figures/cat-rank-heatmap-tiny.png, before"))
      // With a tolerance only numbers and pixels count, and ranks are never tolerated.
      strata.environment = [:]
      let tolerant = try strata.run(
        "check", "words.yaml", "--out", "figures", "-q", "--tolerance", "0.1", "--channel-tolerance", "255")
      #expect(tolerant.status == 2)
      #expect(!tolerant.out.contains(".svg"))
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
      #expect(result.out.contains("- `figures/old.pdf`: a build does not write this file\n"))
      #expect(result.out.contains("- `report.pdf`: missing from the gallery\n"))
    }
  }
}

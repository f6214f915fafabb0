import Engine
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Gallery
@testable import Models
@testable import Spec
@testable import Words

@Suite struct BuilderTests {
  private static let spec = """
    title: T
    models: {One: ./one.gguf, Two: ./two.gguf}
    prompts:
      - {id: a, text: Prompt A, generate: 1}
      - {id: b, text: Prompt B, generate: 1}
    figures: [rank-heatmap, top-tokens]
    output: {figures: [pdf, svg], report: none}
    """

  @Test func aBuildWritesExactlyTheseFiles() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let outcome = try site.build(Self.spec)
      #expect(outcome.figures == 8)
      #expect(outcome.drawn == 8)
      #expect(outcome.traced == 4)
      #expect(outcome.failures == [])
      let figures = ["a", "b"].flatMap { prompt in
        ["rank-heatmap", "top-tokens"].flatMap { kind in
          ["one", "two"].flatMap { model in ["pdf", "svg", "thumb"].map { "figures/\(prompt)-\(kind)-\(model).\($0)" } }
        }
      }
      let traces = ["one-a", "one-b", "two-a", "two-b"].map { "traces/\($0).json" }
      let strips = ["a.one", "a.two", "b.one", "b.two"].map { "strips/\($0).svg" }
      let others = try site.files().keys.filter { !$0.hasPrefix("assets/") }
      #expect(
        Set(others)
          == Set(
            figures + traces + strips + [
              "findings.csv", "findings.json", "findings.tex", "index.html", "manifest.json", ".strata/build.json",
              ".strata/lock", ".strata/.gitignore",
            ]))
      #expect(site.traces.calls == [["Prompt A", "Prompt B"], ["Prompt A", "Prompt B"]], "one call for a model")
    }
  }

  @Test func theSecondBuildRunsDrawsAndWritesNothing() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let calls = (site.traces.calls.count, site.figures.calls.count)
      let before = try site.files()
      let outcome = try site.build(Self.spec)
      #expect((outcome.traced, outcome.drawn, outcome.pagesWritten) == (0, 0, false))
      #expect((site.traces.calls.count, site.figures.calls.count) == calls)
      #expect(try site.files() == before)
    }
  }

  @Test func buildsIntoDifferentFoldersAreTheSameBytes() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec, out: "first")
      _ = try site.build(Self.spec, out: "somewhere/else")
      #expect(try site.files("first") == site.files("somewhere/else"))
      let text = try site.files("first").values.map { String(decoding: $0, as: UTF8.self) }
      #expect(text.allSatisfy { !$0.contains(folder.path) }, "no path of the machine in any file")
    }
  }

  @Test func onlyWhatChangedIsDrawnAgain() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let changed = Self.spec.replacing("rank-heatmap, top-tokens", with: "rank-heatmap, {kind: top-tokens, layer: 1}")
      let outcome = try site.build(changed)
      #expect((outcome.traced, outcome.drawn, outcome.pagesWritten) == (0, 4, true))
    }
  }

  @Test func figuresOfOneKindAreToldApartByTheirOptions() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let figures =
        "[rank-heatmap, top-tokens, {kind: top-tokens, id: one, layer: 1}, {kind: top-tokens, id: two, layer: 1}]"
      _ = try site.build(Self.spec.replacing("[rank-heatmap, top-tokens]", with: figures))
      let data = try #require(try site.files()["manifest.json"])
      let manifest = try JSONDecoder().decode(GalleryManifest.self, from: data)
      let own = manifest.figures.filter { $0.prompt == "a" && $0.model == "One" }
      #expect(own.map(\.variant) == [nil, nil, "layer: 1, 1 of 2", "layer: 1, 2 of 2"])
    }
  }

  @Test func otherFontsDrawEverythingAgain() throws {
    try withTemporaryFolder { folder in
      var site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      site.figures = FakeFigures(fingerprint: "other fonts")
      let outcome = try site.build(Self.spec)
      #expect((outcome.traced, outcome.drawn) == (0, 8))
    }
  }

  @Test func aFigureThatWasChangedOnDiskIsDrawnAgain() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let before = try site.files()
      try Data("x".utf8).write(to: folder.appending(path: "out/report/figures/a-top-tokens-one.svg"))
      #expect(try site.build(Self.spec).drawn == 1)
      #expect(try site.files() == before)
    }
  }

  @Test func filesOfAnEarlierBuildGoAndFilesOfOthersStay() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let own = folder.appending(path: "out/report/figures/mine.pdf")
      try Data("mine".utf8).write(to: own)
      _ = try site.build(Self.spec.replacing("[rank-heatmap, top-tokens]", with: "[{kind: top-tokens, prompts: [b]}]"))
      let left = try site.files().keys.filter { $0.hasPrefix("figures/") || $0.hasPrefix("traces/") }
      #expect(
        Set(left) == [
          "figures/b-top-tokens-one.pdf", "figures/b-top-tokens-one.svg", "figures/b-top-tokens-two.pdf",
          "figures/b-top-tokens-two.svg", "figures/b-top-tokens-one.thumb", "figures/b-top-tokens-two.thumb",
          "figures/mine.pdf", "traces/one-b.json", "traces/two-b.json",
        ])
    }
  }

  @Test func aCellThatFailsLeavesTheRestBuilt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let outcome = try site.build(Self.spec.replacing("Prompt B", with: "broken"))
      #expect(outcome.figures == 4)
      #expect(outcome.failures.map(\.message) == Array(repeating: "this prompt cannot be run", count: 4))
      #expect(outcome.failures.map(\.group) == ["b-rank-heatmap", "b-rank-heatmap", "b-top-tokens", "b-top-tokens"])
      let page = String(decoding: try #require(try site.files()["index.html"]), as: UTF8.self)
      #expect(page.contains("this prompt cannot be run"))
    }
  }

  @Test func aFigureThatCannotBeDrawnLeavesTheRestBuilt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let yaml = Self.spec.replacing("text: Prompt B,", with: "text: Prompt B, watch: [x],")
        .replacing("[rank-heatmap, top-tokens]", with: "[token-ranks, top-tokens]")
      let outcome = try site.build(yaml)
      #expect(outcome.figures == 4)
      #expect(outcome.failures.map(\.message) == ["nothing is watched", "nothing is watched"])
    }
  }

  /// The kinds of the program.
  private static let kinds = SpecVocabulary.current(catalog: ModelCatalog(models: []))

  @Test func aFigureOfSeveralModelsShowsThoseThatHaveNumbersAndNamesTheOther() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let yaml = Self.spec.replacing("Prompt B", with: "broken for two")
        .replacing("[rank-heatmap, top-tokens]", with: "[comparison, top-tokens]")
      let outcome = try site.build(yaml, vocabulary: Self.kinds)
      #expect(outcome.figures == 5, "one of a, its two, one of b, and that of One")
      #expect(outcome.failures.map(\.model) == ["Two", "Two"])
      #expect(outcome.failures.map(\.group) == ["b-comparison", "b-top-tokens"])
      #expect(outcome.failures.map(\.message) == Array(repeating: "this prompt cannot be run", count: 2))
      let files = try site.files()
      let joint = String(decoding: try #require(files["figures/b-comparison.svg"]), as: UTF8.self)
      #expect(joint.contains("Caption for One. Without Two, for which these numbers are missing."))
      let whole = String(decoding: try #require(files["figures/a-comparison.svg"]), as: UTF8.self)
      #expect(whole.contains("Caption for One, Two. Alt"))
      let page = String(decoding: try #require(files["index.html"]), as: UTF8.self)
      #expect(page.contains("Without Two, for which") && page.contains("this prompt cannot be run"))
      // When the cell can be run, the caption is as if nothing had happened.
      let mended = try site.build(yaml.replacing("broken for two", with: "Prompt B"), vocabulary: Self.kinds)
      #expect(mended.failures == [])
      let after = String(decoding: try #require(try site.files()["figures/b-comparison.svg"]), as: UTF8.self)
      #expect(after.contains("Caption for One, Two. Alt"))
    }
  }

  @Test func aWordThatCannotBeWatchedLeavesFiguresThatShowNoWatchedWords() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let yaml =
        Self.spec.replacing("text: Prompt B,", with: "text: Prompt B, watch: [good, several words],")
        .replacing("[rank-heatmap, top-tokens]", with: "[trajectory, top-tokens]") + "\ntraces: commit"
      let events = Mutex<[String]>([])
      let outcome = try site.build(yaml, vocabulary: Self.kinds) { event in
        if case .failed(let what, let message) = event { events.withLock { $0.append("\(what): \(message)") } }
      }
      #expect(outcome.figures == 6, "four of a, top-tokens of b")
      #expect(outcome.failures.map(\.group) == ["b-trajectory", "b-trajectory"])
      #expect(outcome.failures.map(\.message) == Array(repeating: "several words cannot be watched", count: 2))
      #expect(
        events.withLock { $0 }
          == ["one", "two"].map { model in
            "\(model.capitalized), b: report.yaml:5:5: several words cannot be watched; left out of b-trajectory-\(model)"
          })
      let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/report.traces").sorted()
      #expect(kept == ["index.json", "one-a.json", "two-a.json"], "a trace without the words answers another question")
      let again = try site.build(yaml, vocabulary: Self.kinds)
      #expect(again.failures == outcome.failures && again.traced == 0, "the trace without the words is in the cache")
      let mended = try site.build(yaml.replacing("several words", with: "fine"), vocabulary: Self.kinds)
      #expect(mended.failures == [] && mended.figures == 8)
    }
  }

  @Test func aWordThatCannotBeWatchedFailsThoughNoFigureShowsIt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let outcome = try site.build(Self.spec.replacing("text: Prompt B,", with: "text: Prompt B, watch: [several],"))
      #expect(outcome.figures == 8)
      #expect(outcome.failures.map(\.group) == ["b-watched-words", "b-watched-words"])
      let page = String(decoding: try #require(try site.files()["index.html"]), as: UTF8.self)
      #expect(page.contains("several cannot be watched"))
    }
  }

  @Test func aMissingModelStopsTheBuildUnlessToldToGoOn() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let yaml = Self.spec.replacing("./two.gguf", with: "./none.gguf")
      let error = try #require(throws: DiagnosticList.self) { try site.build(yaml) }
      #expect(error.diagnostics.map(\.message) == ["./none.gguf: no such file or folder"])
      #expect(error.diagnostics.map(\.place) == ["report.yaml:2:27"])
      #expect(error.diagnostics.map(\.category) == [.badInput])
      #expect(try site.files()["index.html"] == nil)
      let outcome = try site.build(yaml, keepGoing: true)
      #expect(outcome.figures == 4)
      #expect(outcome.failures.count == 4)
    }
  }

  @Test func aPatternDrawsAPartAndLeavesTheOtherFiles() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let before = Set(try site.files().keys)
      #expect(try site.build(Self.spec, only: "a-top-*").figures == 2)
      #expect(Set(try site.files().keys) == before)
      #expect(try site.build(Self.spec).drawn == 0, "a whole build afterwards draws nothing again")
      let error = try #require(throws: Diagnostic.self) { try site.build(Self.spec, only: "zzz*") }
      #expect(error.message == "no figure matches 'zzz*'")
      #expect(error.category == .usage)
    }
  }

  @Test func anOutputBelowAFileCannotBeWritten() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let error = try #require(throws: Diagnostic.self) { try site.build(Self.spec, out: "one.gguf/out") }
      #expect(error.category == .cannotWrite)
      #expect(try Data(contentsOf: folder.appending(path: "one.gguf")) == Data("one".utf8))
    }
  }

  @Test func twoBuildsAtOnceBothEndWell() async throws {
    try await withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<3 { group.addTask { _ = try site.build(Self.spec) } }
        try await group.waitForAll()
      }
      #expect(try site.build(Self.spec).drawn == 0)
    }
  }
}

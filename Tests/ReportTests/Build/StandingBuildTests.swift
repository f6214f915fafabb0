import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Build
@testable import Words

/// A build that has nothing to do must know it, and must notice whatever has changed.
@Suite struct StandingBuildTests {
  private static let spec = """
    title: T
    models: {One: ./one.gguf}
    prompts:
      - {id: a, text: Prompt A, generate: 1}
      - {id: b, text: Prompt B, generate: 1}
    datasets:
      - {id: words, file: words.csv, prompt: p, target: t, foil: f}
    figures: [rank-heatmap]
    output: {figures: [pdf, svg], report: pdf}
    """

  /// Runs `body` on a built folder; files count as settled when the clock is some seconds ahead.
  private func built(ahead: Int = 10, _ body: (inout BuildSite) throws -> Void) throws {
    try withTemporaryFolder { folder in
      var site = try BuildSite(folder)
      site.ahead = ahead
      try Data("p,t,f\nthe cat, sat, sits\n".utf8).write(to: folder.appending(path: "words.csv"))
      let outcome = try site.build(Self.spec)
      try #require(outcome.failures == [])
      try #require(outcome.drawn == 3)
      // Without the cache a build that looked no further than the stamp is told from one that did.
      try FileManager.default.removeItem(at: folder.appending(path: "cache/traces"))
      try FileManager.default.removeItem(at: folder.appending(path: "cache/datasets"))
      try body(&site)
    }
  }

  @Test(arguments: [0, 10])
  func nothingIsRunDrawnOrWritten(ahead: Int) throws {
    try built(ahead: ahead) { site in
      let calls = (site.traces.calls.count, site.figures.calls.count)
      let before = try site.files()
      let told = Mutex<[ProgressEvent]>([])
      let outcome = try site.build(Self.spec) { event in told.withLock { $0.append(event) } }
      #expect((outcome.figures, outcome.drawn, outcome.traced, outcome.pagesWritten) == (3, 0, 0, false))
      #expect(outcome.hasPage && outcome.hasReport)
      #expect((site.traces.calls.count, site.figures.calls.count) == calls)
      #expect(try site.files() == before)
      #expect(
        told.withLock { $0 } == [
          .traced(model: "One", prompt: "a", cached: true), .traced(model: "One", prompt: "b", cached: true),
          .traced(model: "One", prompt: "words", cached: true), .drawn(figure: "a-rank-heatmap-one", cached: true),
          .drawn(figure: "b-rank-heatmap-one", cached: true), .drawn(figure: "words-dataset-profile", cached: true),
        ])
    }
  }

  @Test(arguments: [0, 10])
  func everyFileThatIsMissingOrAlteredComesBack(ahead: Int) throws {
    try built(ahead: ahead) { site in
      let before = try site.files()
      let folder = site.folder.appending(path: "out/report")
      for path in before.keys.sorted() where path != ".strata/lock" {
        let file = folder.appending(path: path)
        try FileManager.default.removeItem(at: file)
        _ = try site.build(Self.spec)
        let missing = try site.differing(from: before)
        #expect(missing == [], "\(path) was missing")
        var altered = try #require(before[path])
        altered[altered.count / 2] ^= 1
        try altered.write(to: file, options: .atomic)
        _ = try site.build(Self.spec)
        let differing = try site.differing(from: before)
        #expect(differing == [], "\(path) was altered")
      }
      #expect(try site.build(Self.spec).drawn == 0)
    }
  }

  @Test func aFileAlteredInPlaceWithItsTimeSetBackIsNoticed() throws {
    try built { site in
      let file = site.folder.appending(path: "out/report/figures/a-rank-heatmap-one.svg")
      let before = try Data(contentsOf: file)
      let time = try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate])
      usleep(20_000)
      let handle = try FileHandle(forWritingTo: file)
      try handle.write(contentsOf: Data("x".utf8))
      try handle.close()
      try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file.path)
      #expect(try site.build(Self.spec).drawn == 1)
      #expect(try Data(contentsOf: file) == before)
    }
  }

  @Test func aFileThatWasOnlyTouchedIsReadAndStands() throws {
    try built { site in
      let file = site.folder.appending(path: "out/report/index.html")
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: file.path)
      let calls = site.traces.calls.count
      #expect(try site.build(Self.spec).pagesWritten == false)
      #expect(site.traces.calls.count == calls)
    }
  }

  @Test func everyInputCounts() throws {
    func after(_ change: (inout BuildSite) throws -> String) throws -> Builder.Outcome {
      var outcome: Builder.Outcome?
      try built { site in
        let yaml = try change(&site)
        outcome = try site.build(yaml)
      }
      return try #require(outcome)
    }
    func write(_ text: String, _ name: String, _ site: BuildSite) throws -> String {
      try Data(text.utf8).write(to: site.folder.appending(path: name), options: .atomic)
      return Self.spec
    }
    #expect(try after { _ in Self.spec + "\n# more" }.pagesWritten, "the page names the spec's digest")
    #expect(try after { _ in Self.spec.replacing("Prompt A", with: "Prompt C") }.drawn == 1)
    #expect(try after { _ in Self.spec.replacing("One:", with: "Uno:") }.drawn == 3)
    #expect(try after { try write("eno", "one.gguf", $0) }.traced == 4 - 1)
    #expect(try after { try write("p,t,f\nthe dog, sat, sits\n", "words.csv", $0) }.traced == 3)
    #expect(
      try after {
        $0.figures = FakeFigures(fingerprint: "other fonts")
        return Self.spec
      }.drawn == 3)
  }

  @Test func aBuildThatFailedInPartTriesAgain() throws {
    try withTemporaryFolder { folder in
      var site = try BuildSite(folder)
      site.ahead = 10
      let yaml = Self.spec.replacing("Prompt B", with: "broken").replacing("datasets:\n", with: "").replacing(
        "  - {id: words, file: words.csv, prompt: p, target: t, foil: f}\n", with: "")
      #expect(try site.build(yaml).failures.count == 1)
      let calls = site.traces.calls.count
      #expect(try site.build(yaml).failures.count == 1)
      #expect(site.traces.calls.count == calls + 1)
    }
  }

  @Test func aDamagedStampCostsTimeOnly() throws {
    try built { site in
      let stamps = site.folder.appending(path: "cache/builds")
      let names = try FileManager.default.contentsOfDirectory(atPath: stamps.path).sorted()
      #expect(names.map { URL(filePath: $0).pathExtension } == ["record", "txt"])
      // Without the record's digest, the figures that are there could be anybody's.
      for (name, drawn) in zip(names.reversed(), [0, 3]) {
        for name in names where drawn > 0 || name.hasSuffix(".txt") {
          try Data("strata.stamp/1\nx".utf8).write(to: stamps.appending(path: name))
        }
        let outcome = try site.build(Self.spec)
        #expect((outcome.drawn, outcome.pagesWritten) == (drawn, drawn > 0), "\(name)")
      }
    }
  }

  @Test(arguments: [1, 5])
  func filesAndWordsDoNotDependOnThreads(threads: Int) throws {
    try built { site in
      let told = Mutex<[ProgressEvent]>([])
      _ = try site.build(Self.spec, out: "other", threads: threads) { event in told.withLock { $0.append(event) } }
      #expect(try site.files("other") == site.files())
      let drawn = told.withLock { $0 }.compactMap { event -> String? in
        if case .drawn(let figure, false) = event { figure } else { nil }
      }
      #expect(drawn == ["a-rank-heatmap-one", "b-rank-heatmap-one", "words-dataset-profile"])
    }
  }
}

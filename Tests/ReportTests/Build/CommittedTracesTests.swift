import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Build
@testable import Spec
@testable import Words

/// `traces: commit`: a gallery without its models.
@Suite struct CommittedTracesTests {
  private static let spec = """
    title: T
    models: {One: ./one.gguf, Two: ./two.gguf}
    prompts:
      - {id: a, text: Prompt A, generate: 1}
      - {id: b, text: Prompt B, generate: 1}
    figures: [rank-heatmap]
    output: {figures: [svg], report: none}
    traces: commit

    """

  private func removeModels(_ folder: URL) throws {
    for name in ["one.gguf", "two.gguf"] { try FileManager.default.removeItem(at: folder.appending(path: name)) }
    try? FileManager.default.removeItem(at: folder.appending(path: "cache"))
  }

  @Test func aMachineWithoutTheModelsMakesTheSameGallery() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/report.traces").sorted()
      #expect(names == ["index.json", "one-a.json", "one-b.json", "two-a.json", "two-b.json"])
      let before = try site.files()
      try removeModels(folder)
      let bare = try BareSite(folder)
      let outcome = try bare.site.build(Self.spec, out: "elsewhere")
      #expect(outcome.traced == 0 && outcome.failures == [])
      #expect(bare.site.traces.calls == [])
      #expect(try bare.site.files("elsewhere") == before, "page, manifest and figures are the same bytes")
    }
  }

  @Test func whatTheSpecAsksForTodayIsRunAndWhatItNoLongerAsksForGoes() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let changed = Self.spec.replacing("text: Prompt B, generate: 1", with: "text: Prompt C, generate: 1")
        .replacing("  - {id: a, text: Prompt A, generate: 1}\n", with: "")
      let outcome = try site.build(changed)
      #expect(outcome.traced == 2)
      #expect(site.traces.calls.suffix(2) == [["Prompt C"], ["Prompt C"]])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/report.traces").sorted()
      #expect(names == ["index.json", "one-b.json", "two-b.json"])
    }
  }

  @Test func anotherModelUnderTheSameNameIsRun() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let outcome = try site.build(Self.spec.replacing("Two: ./two.gguf", with: "Two: {path: one.gguf}"))
      // The content is the same as that of One, whose traces are in the cache.
      #expect(outcome.failures == [])
      let index = try String(contentsOfFile: folder.path + "/report.traces/index.json", encoding: .utf8)
      #expect(index.contains("\"reference\" : \"one.gguf\""))
      // The trace that was committed under this name is of the other model, and is not taken.
      let trace = String(decoding: try #require(try site.files()["traces/two-a.json"]), as: UTF8.self)
      #expect(trace.contains(SHA256.hex(of: "one".utf8)) && !trace.contains(SHA256.hex(of: "two".utf8)))
    }
  }

  @Test func damageIsToldAndRefreshMendsIt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let file = folder.appending(path: "report.traces/one-a.json")
      let whole = try Data(contentsOf: file)
      try whole.prefix(100).write(to: file)
      let error = #expect(throws: (any Error).self) { try site.build(Self.spec) }
      #expect(error.map { Diagnostic.one(from: $0) }?.place?.contains("one-a.json") == true)
      // Of another prompt: not taken for the right one.
      try Data(contentsOf: folder.appending(path: "report.traces/one-b.json")).write(to: file)
      let other = #expect(throws: Diagnostic.self) { try site.build(Self.spec) }
      #expect(other?.message == "expected a trace of prompt 'a', found one of another text")
      _ = try site.build(Self.spec, refresh: true)
      #expect(try Data(contentsOf: file) == whole)
    }
  }

  @Test func anEditedTraceIsShownAsItIsAndNamedAsAltered() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let file = folder.appending(path: "report.traces/one-a.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try Data(text.replacing("\"rank\":[[2],[1]]", with: "\"rank\":[[3],[1]]").utf8).write(to: file)
      _ = try site.build(Self.spec)
      let shown = String(decoding: try #require(try site.files()["traces/one-a.json"]), as: UTF8.self)
      #expect(shown.contains("\"rank\":[[3],[1]]"))
      let spec = try SpecReader.read(Data(Self.spec.utf8), name: "report.yaml", vocabulary: .test)
      // A build notes what it took; until then the edit shows.
      #expect(try CommittedTraces(spec, base: folder).altered == [])
      try Data(text.utf8).write(to: file)
      #expect(try CommittedTraces(spec, base: folder).altered == ["one-a.json"])
    }
  }

  /// A site whose folder has no model files.
  private struct BareSite {
    let site: BuildSite
    init(_ folder: URL) throws { site = BuildSite(bare: folder) }
  }
}

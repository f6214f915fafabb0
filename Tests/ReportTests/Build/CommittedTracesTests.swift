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

  /// The problems that a build ends with.
  private func problems(_ build: () throws -> Void) -> [Diagnostic] {
    do {
      try build()
      return []
    } catch {
      return Diagnostic.all(from: error)
    }
  }

  /// Puts another rank into a trace; gives the digests before and after.
  @discardableResult
  private func edit(_ file: URL) throws -> (before: String, after: String) {
    let before = try Data(contentsOf: file)
    let text = String(decoding: before, as: UTF8.self).replacing("\"rank\":[[2],[1]]", with: "\"rank\":[[3],[1]]")
    try Data(text.utf8).write(to: file)
    #expect(Data(text.utf8) != before)
    return (SHA256.hex(of: before), SHA256.hex(of: Data(text.utf8)))
  }

  private func altered(_ folder: URL) throws -> [[String]] {
    let spec = try SpecReader.read(Data(Self.spec.utf8), name: "report.yaml", vocabulary: .test)
    let altered = try CommittedTraces(spec, base: folder, jobs: []).altered(try Plan(spec), in: spec)
    return [altered.edited, altered.missing]
  }

  @Test func whatIsMissingWithoutItsModelIsNamed() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      try removeModels(folder)
      try FileManager.default.removeItem(at: folder.appending(path: "report.traces/one-b.json"))
      let found = problems { _ = try BareSite(folder).site.build(Self.spec) }
      #expect(found.count == 1)
      #expect(found.first?.message.contains("; it is needed because ") == true)
      #expect(found.first?.message.hasSuffix("report.traces/one-b.json is missing") == true)
      #expect(found.first?.hints.first == "restore it from version control")
    }
  }

  @Test func anIndexThatSomebodyChangedIsNotBlamedOnTheModel() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      try removeModels(folder)
      let index = folder.appending(path: "report.traces/index.json")
      let text = try String(contentsOf: index, encoding: .utf8)
      let digest = SHA256.hex(of: "one".utf8)
      #expect(text.contains(digest))
      try Data(text.replacing(digest, with: String(repeating: "0", count: 64)).utf8).write(to: index)
      let found = problems { _ = try BareSite(folder).site.build(Self.spec) }
      #expect(found.count == 1 && found[0].place?.hasSuffix("report.traces/index.json") == true)
      #expect(found.first?.message.contains("somebody changed one of them after the build that wrote both") == true)
      #expect(
        found.first?.hints == ["restore it from version control, or write all traces anew with strata build --refresh"])
    }
  }

  @Test func aTruncatedTraceIsRestoredNotReplacedByAnother() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let file = folder.appending(path: "report.traces/one-a.json")
      try Data(contentsOf: file).prefix(100).write(to: file)
      let spec = try SpecReader.read(Data(Self.spec.utf8), name: "report.yaml", vocabulary: .test)
      let committed = try CommittedTraces(spec, base: folder, jobs: [])
      for acceptsEdits in [false, true] {
        let found = problems { _ = try committed.numbers(of: try Plan(spec), in: spec, acceptEdits: acceptsEdits) }
        #expect(found.count == 1 && found[0].place?.hasSuffix("report.traces/one-a.json") == true)
        #expect(
          found.first?.hints == [
            "restore it from version control, or write all traces anew with strata build --refresh"
          ])
      }
    }
  }

  @Test func damageIsToldAndRefreshMendsIt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let traces = folder.appending(path: "report.traces")
      let (file, index) = (traces.appending(path: "one-a.json"), traces.appending(path: "index.json"))
      let (whole, list) = (try Data(contentsOf: file), try Data(contentsOf: index))
      // Of another prompt, with a digest that vouches for it: not taken for the right one.
      let other = try Data(contentsOf: traces.appending(path: "one-b.json"))
      try other.write(to: file)
      let text = String(decoding: list, as: UTF8.self)
      try Data(text.replacing(SHA256.hex(of: whole), with: SHA256.hex(of: other)).utf8).write(to: index)
      #expect(
        problems { _ = try site.build(Self.spec) }.map(\.message)
          == ["expected a trace of prompt 'a', found one of another text"])
      try Data("{}".utf8).write(to: index)
      let found = problems { _ = try site.build(Self.spec) }
      #expect(
        found.map(\.message) == ["expected an index of committed traces (strata.traces/1), found something else"])
      #expect(
        found.first?.hints == ["restore it from version control, or write all traces anew with strata build --refresh"])
      _ = try site.build(Self.spec, refresh: true)
      #expect(try Data(contentsOf: file) == whole)
      #expect(try Data(contentsOf: index) == list)
    }
  }

  @Test func everyEditedTraceIsRefusedAndNothingVouchesForIt() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let traces = folder.appending(path: "report.traces")
      let (one, two) = (traces.appending(path: "one-a.json"), traces.appending(path: "two-b.json"))
      let (whole, list) = (try Data(contentsOf: one), try Data(contentsOf: traces.appending(path: "index.json")))
      let gallery = try site.files()
      let digests = [try edit(one), try edit(two)]
      #expect(try altered(folder) == [["one-a.json", "two-b.json"], []])
      for only in [nil, "*"] {
        let found = problems { _ = try site.build(Self.spec, only: only) }
        #expect(found.count == 2)
        for (problem, (file, digest)) in zip(found, zip([one, two], digests)) {
          #expect(problem.place == file.path && problem.category == .badInput)
          #expect(
            problem.message
              == "expected sha256 \(digest.before), as index.json records, found \(digest.after): "
              + "somebody changed the file, or index.json, after the build that wrote both")
          #expect(
            problem.hints == ["restore it from version control, or write all traces anew with strata build --refresh"])
        }
      }
      #expect(try Data(contentsOf: traces.appending(path: "index.json")) == list)
      #expect(try site.files() == gallery, "the gallery stays as it was")
      try whole.write(to: one)
      #expect(try altered(folder) == [["two-b.json"], []])
      _ = try site.build(Self.spec, refresh: true)
      #expect(try altered(folder) == [[], []])
      try FileManager.default.removeItem(at: one)
      #expect(try altered(folder) == [[], ["one-a.json"]])
      _ = try site.build(Self.spec)
      #expect(try Data(contentsOf: one) == whole)
      #expect(try Data(contentsOf: traces.appending(path: "index.json")) == list)
      #expect(try site.files() == gallery)
    }
  }

  @Test func anEditedTraceThatTheSpecNoLongerAsksForIsReplaced() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      try edit(folder.appending(path: "report.traces/one-b.json"))
      let changed = Self.spec.replacing("text: Prompt B, generate: 1", with: "text: Prompt C, generate: 1")
      #expect(try site.build(changed).traced == 2)
      let trace = try String(contentsOf: folder.appending(path: "report.traces/one-b.json"), encoding: .utf8)
      #expect(trace.contains("Prompt C") && trace.contains("\"rank\":[[2],[1]]"))
    }
  }

  @Test func tracesOfAnotherFileOfTheModelAreNotMixedWithNewOnes() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      try Data("another one".utf8).write(to: folder.appending(path: "one.gguf"))
      #expect(try site.build(Self.spec).failures == [], "the traces answer everything, and no model is opened")
      let longer = Self.spec.replacing(
        "figures: [rank", with: "  - {id: c, text: Prompt C, generate: 1}\nfigures: [rank")
      let found = problems { _ = try site.build(longer) }
      let digests = (SHA256.hex(of: "one".utf8), SHA256.hex(of: "another one".utf8))
      #expect(found.map(\.place) == ["One"])
      #expect(
        found.map(\.message) == [
          "the files of the model: expected sha256 \(digests.0), of which \(folder.path)/report.traces/one-a.json is, "
            + "found \(digests.1)"
        ])
      #expect(
        found.first?.hints == ["use the files of before, or write all traces anew with strata build --refresh"])
      _ = try site.build(longer, refresh: true)
      for name in ["one-a", "one-b", "one-c"] {
        let trace = String(decoding: try #require(try site.files()["traces/\(name).json"]), as: UTF8.self)
        #expect(trace.contains(digests.1) && !trace.contains(digests.0))
      }
    }
  }

  @Test func aModelThatCannotBeOpenedKeepsItsTraces() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      try FileManager.default.removeItem(at: folder.appending(path: "two.gguf"))
      let longer = Self.spec.replacing(
        "figures: [rank", with: "  - {id: c, text: Prompt C, generate: 1}\nfigures: [rank")
      let outcome = try site.build(longer, keepGoing: true)
      #expect(outcome.figures == 5 && outcome.failures.map(\.model) == ["Two"])
      let manifest = String(decoding: try #require(try site.files()["manifest.json"]), as: UTF8.self)
      #expect(manifest.contains(SHA256.hex(of: "two".utf8)), "the model whose traces are shown is named")
      // With all traces to be written again, those of the absent model stay.
      _ = try site.build(longer, keepGoing: true, refresh: true)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/report.traces").sorted()
      #expect(
        names == ["index.json", "one-a.json", "one-b.json", "one-c.json", "two-a.json", "two-b.json"])
      let again = try site.build(Self.spec)
      #expect(again.figures == 4 && again.failures == [])
    }
  }

  /// A site whose folder has no model files.
  private struct BareSite {
    let site: BuildSite
    init(_ folder: URL) throws { site = BuildSite(bare: folder) }
  }
}

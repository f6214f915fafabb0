import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Build
@testable import Files
@testable import Models
@testable import Words

/// Every file call of a build, a gather and a download fails once, and then that one and all later ones: what is left is the old or the
/// new state, and the next run completes it.
@Suite(.serialized) struct FaultTests {
  /// Which calls fail.
  enum Mode: CaseIterable {
    /// One, as a full disk fails that is emptied again.
    case one
    /// One and all later ones, as those of a disk that is gone.
    case all
  }

  /// Calls `body` with a fault at its first file call below `folder`, then at its second, until it has fewer calls than that.
  ///
  /// - Parameters:
  ///   - mounted: The folder that cannot be renamed.
  ///   - check: Looks at what each fault left.
  /// - Returns: The number of calls.
  func each(
    _ mode: Mode, below folder: URL, mounted: URL? = nil, prepare: () throws -> Void, body: () throws -> Void,
    check: (_ number: Int, _ kind: FileCalls.Kind?, _ problem: Diagnostic?) throws -> Void
  ) throws -> Int {
    let roots = [folder.path, folder.resolvingSymlinksInPath().path]
    // Where all later calls fail too, every third place is enough: what matters is how far the work had come.
    for number in stride(from: 1, through: 2000, by: mode == .one ? 1 : 3) {
      try prepare()
      let count = Mutex(0)
      let hit = Mutex<FileCalls.Kind?>(nil)
      var problem: Diagnostic?
      FileCalls.withFault({ kind, path in
        guard roots.contains(where: path.hasPrefix) else { return nil }
        if kind == .mount { return path == mounted?.path ? EBUSY : nil }
        let now = count.withLock {
          $0 += 1
          return $0
        }
        guard now == number || now > number && mode == .all else { return nil }
        hit.withLock { $0 = $0 ?? kind }
        // A file system that cannot exchange says so; others are full or broken.
        return kind == .exchange ? EINVAL : kind == .link ? EPERM : number % 2 == 0 ? ENOSPC : EIO
      }) {
        do { try body() } catch { problem = Diagnostic.one(from: error) }
      }
      let kind = hit.withLock { $0 }
      if kind == nil {
        #expect(problem == nil, "without a fault: \(String(describing: problem))")
        return number - 1
      }
      if let problem {
        #expect(problem.category != .internalFault, "\(number) \(String(describing: kind)): \(problem)")
      }
      try check(number, kind, problem)
    }
    Issue.record("more than 2000 file calls")
    return 2000
  }

  /// A folder in memory where there is one, since a disk is slow to write through a thousand times.
  func withQuickFolder(_ body: (URL) throws -> Void) throws {
    let memory = "/dev/shm"
    guard access(memory, W_OK) == 0 else { return try withTemporaryFolder(body) }
    let folder = URL(fileURLWithPath: "\(memory)/strata-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  /// The files of a folder; names of files that are being written are left out, since they belong to a program that runs.
  func tree(_ root: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: root.path) ?? .init() {
      let file = root.appending(path: path)
      guard FileState(path: file.path)?.isFolder == false, TemporaryFiles.writer(of: file.lastPathComponent) == nil,
        // The ending that the fake source of figures gives to previews is none of a build's.
        file.pathExtension != "thumb"
      else { continue }
      files[path] = try Data(contentsOf: file)
    }
    return files
  }

  @Test(arguments: Mode.allCases) func aBuildLeavesTheOldOrTheNewGallery(mode: Mode) throws {
    let head = "models: {One: ./one.gguf}\nfigures: [top-tokens]\noutput: {report: none}\n"
    let before = head + "prompts: [{id: cat, text: the cat, generate: 1}, {id: dog, text: the dog, generate: 1}]\n"
    let after = head + "prompts: [{id: cat, text: a cat, generate: 1}, {id: cow, text: the cow, generate: 1}]\n"
    try withQuickFolder { folder in
      let site = try BuildSite(folder)
      let gallery = folder.appending(path: "out/report")
      func put(_ name: String) throws { try Data("mine".utf8).write(to: gallery.appending(path: name)) }
      func made(_ yaml: String) throws -> [String: Data] {
        _ = try site.build(yaml, threads: 1)
        try put("notes.txt")
        return try tree(gallery)
      }
      let old = try made(before)
      let new = try made(after)
      #expect(old != new)
      let calls = try each(mode, below: folder) {
        let found = try made(before)
        #expect(found == old)
      } body: {
        _ = try site.build(after, threads: 1)
      } check: { number, kind, problem in
        let found = try tree(gallery)
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        // Where nothing can be renamed any more, the old gallery waits beside the place, and the next build puts it back.
        let waiting = try tree(folder.appending(path: "out/.report.old"))
        #expect(found == old || found == new || mode == .all && found.isEmpty && waiting == old, "\(place)")
        if problem == nil { #expect(found == new, "\(place)") }
        _ = try site.build(after, threads: 1)
        let next = try tree(gallery)
        #expect(next == new, "the next build after \(place)")
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "out").path)
        #expect(left.filter { $0.hasSuffix(".work") || $0.hasSuffix(".old") } == [], "\(place)")
      }
      #expect(calls > 30, "\(calls)")
    }
  }

  @Test func whatWasSavedDuringABuildIsKeptEvenWhenItCannotBeMoved() throws {
    try withQuickFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "a"))
      let work = try WorkFolder(of: target)
      try AtomicFile.write(Data("new".utf8), to: work.url.appending(path: "a"))
      try AtomicFile.write(Data("mine".utf8), to: target.appending(path: "notes.txt"))
      let root = folder.path
      let problem = FileCalls.withFault({ kind, path in
        kind == .rename && path.hasPrefix(root) && path.hasSuffix("/notes.txt") ? EIO : nil
      }) { () -> Diagnostic? in
        do {
          try work.takePlace()
          return nil
        } catch { return Diagnostic.one(from: error) }
      }
      let message = try #require(problem?.message)
      #expect(message == "'notes.txt' was saved during the build and cannot be moved")
      // The next build leaves it alone.
      try WorkFolder(of: target).takePlace()
      let kept = folder.appending(path: ".gallery.kept-1/notes.txt")
      let (found, gallery) = (try Data(contentsOf: kept), try tree(target))
      #expect(found == Data("mine".utf8) && gallery == ["a": Data("new".utf8)])
    }
  }

  @Test(arguments: Mode.allCases) func aGatherLeavesTheOldOrTheNewGallery(mode: Mode) throws {
    try withQuickFolder { folder in
      let store = ModelStore(
        catalog: ModelCatalog(models: []), cache: CacheFolder(root: folder.appending(path: "cache")), environment: [:])
      let job = GatherJob(BuildJob(store: store, numbers: FakeTraces(), figures: FakeFigures()))
      let numbers = folder.appending(path: "numbers", directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: numbers, withIntermediateDirectories: true)
      let gallery = folder.appending(path: "out/all")
      func give(_ name: String) throws {
        try Fixtures.data("fuzz/trace/\(name)").write(to: numbers.appending(path: name))
      }
      func gather() throws {
        _ = try job.gather(
          .init(folders: [numbers.path], name: "all", title: "All", kinds: ["rank-heatmap"]),
          options: Builder.Options(
            out: folder.appending(path: "out", directoryHint: .isDirectory), offline: true, threads: 1))
      }
      let names = try Fixtures.names(in: "fuzz/trace").filter { $0.hasSuffix(".json") }
      func reset() throws {
        for place in [gallery, numbers.appending(path: names[1])] { try? FileManager.default.removeItem(at: place) }
        try give(names[0])
        try gather()
      }
      try reset()
      let old = try tree(gallery)
      try give(names[1])
      try gather()
      let new = try tree(gallery)
      #expect(old.count < new.count)
      let calls = try each(mode, below: folder) {
        try reset()
        try give(names[1])
      } body: {
        try gather()
      } check: { number, kind, problem in
        let found = try tree(gallery)
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        let waiting = try tree(folder.appending(path: "out/.all.old"))
        #expect(found == old || found == new || mode == .all && found.isEmpty && waiting == old, "\(place)")
        try gather()
        let next = try tree(gallery)
        #expect(next == new, "the next gather after \(place)")
      }
      #expect(calls > 20, "\(calls)")
    }
  }

  @Test func aDownloadLeavesWholeFilesOrNone() throws {
    try withQuickFolder { folder in
      let hub = try FakeHub(in: folder)
      let reference = HubReference(repository: "test/plain")
      try hub.addModel(to: reference.repository)
      let settings = HubSettings(environment: hub.environment)
      let store = HubStore(
        settings: settings, digests: FileDigests(cache: CacheFolder(root: folder.appending(path: "strata"))),
        client: HubClient(settings: settings, pause: { _ in }))
      let source = folder.appending(path: "repositories/test/plain")
      func expectWhole(_ found: HubStore.Found, _ place: String) throws {
        for name in HubCache(root: hub.cache).names(in: found.url) {
          let (one, other) = (found.url.appending(path: name), source.appending(path: name))
          let isSame = try Data(contentsOf: one) == Data(contentsOf: other)
          #expect(isSame, "\(name) after \(place)")
        }
      }
      let calls = try each(.one, below: hub.cache) {
        try? FileManager.default.removeItem(at: hub.cache)
        try FileManager.default.createDirectory(at: hub.cache, withIntermediateDirectories: true)
      } body: {
        _ = try store.locate(reference, offline: false, progress: nil)
      } check: { number, kind, problem in
        let place = "call \(number), \(String(describing: kind)), \(String(describing: problem?.message))"
        if let cached = store.cached(reference) { try expectWhole(cached, place) }
        let again = try store.locate(reference, offline: false, progress: nil)
        try expectWhole(again, "the next download after \(place)")
        let blobs = hub.cache.appending(path: "models--test--plain/blobs")
        let half = try FileManager.default.contentsOfDirectory(atPath: blobs.path).filter { $0.contains("incomplete") }
        #expect(half == [], "\(place)")
      }
      #expect(calls > 20, "\(calls)")
    }
  }
}

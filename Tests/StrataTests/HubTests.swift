import Foundation
import TestSupport
import Testing

/// The program and a hub on loopback: exit codes, words, a cache that is never wrong.
@Suite struct HubTests {
  private func withHub(_ fault: String = "plain", _ body: (FakeHub, StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let hub = try FakeHub(in: folder)
      try hub.addModel(to: "test/\(fault)")
      try body(hub, StrataProgram(folder: folder, environment: hub.environment))
    }
  }

  private let trace = ["trace", "--prompt", "The keys", "--generate", "1", "-q", "--model"]

  @Test func aModelIsNamedFetchedAndTraced() throws {
    try withHub { hub, strata in
      let result = try strata.run(trace + ["test/plain"])
      #expect(result.status == 0 && result.err == "")
      #expect(result.out.contains(#""source":"https://huggingface.co/test/plain/tree/"#))
      let again = try strata.run(trace + ["test/plain", "--offline"])
      #expect(again == result, "the same bytes, without a word to the hub")
      #expect(try strata.run("models", "verify", "test/plain") == .init(status: 0, out: "test/plain good\n", err: ""))
      let listed = try strata.run("models", "list")
      #expect(listed.out.contains("\ntest/plain    2.8 MB    hub     mit "), "\(listed.out)")
      #expect(try strata.run("models", "list", "--json").out.contains(#""name" : "test/plain""#))
      let pulled = try strata.run("models", "pull", "test/plain")
      #expect(pulled == .init(status: 0, out: "", err: "test/plain is already in the cache\n"))
    }
  }

  @Test(arguments: [
    ("gated", Int32(66), "error: test/gated: the model is gated, and no token was sent\n  hint: accept its terms at "),
    ("private", 66, "error: test/private: there is no such model on http://127.0.0.1:"),
    ("always-busy", 69, "error: test/always-busy: the hub asks to wait (429)\n"),
    ("huge-size", 69, "error: test/huge-size: expected the size of '"),
    ("negative-size", 69, "error: test/negative-size: expected the size of '"),
    ("wrong-hash", 66, "error: test/wrong-hash: the fetched file is not the hub's '"),
  ])
  func refusalsHaveTheirWordsAndCodes(fault: String, status: Int32, words: String) throws {
    try withHub(fault) { _, strata in
      let result = try strata.run(trace + ["test/\(fault)"])
      #expect(result.status == status)
      #expect(result.err.hasPrefix(words), "\(result.err)")
      #expect(result.out == "")
    }
  }

  @Test func aHubThatIsNotThereIsTheNetworksFault() throws {
    try withTemporaryFolder { folder in
      // Nothing listens on port 9 of loopback.
      let strata = StrataProgram(
        folder: folder, environment: ["HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_CACHE": folder.path + "/hub"])
      let (process, _, err) = try strata.start(trace + ["org/name"])
      process.waitUntilExit()
      #expect(process.terminationStatus == 69)
      let said = try String(contentsOf: err, encoding: .utf8)
      #expect(said.hasPrefix("error: org/name: cannot reach http://127.0.0.1:9: "), "\(said)")
    }
  }

  @Test func aFullDiskIsSaidAndLeavesNothingBad() throws {
    try withHub { hub, strata in
      // No file may be larger than 512 kB: the same error of `write` as on a disk without room.
      let program = try StrataProgram.path()
      let script = "trap '' XFSZ; ulimit -f 1024; exec '\(program)' models pull -q test/plain"
      let environment = hub.environment.merging(["HOME": hub.folder.path, "XDG_CACHE_HOME": hub.folder.path + "/c"]) {
        $1
      }
      let result = try Tool.run("sh", ["-c", script], environment: environment)
      #expect(result.status == 73, "\(result.output)")
      #expect(result.output.contains("cannot write: file too large"))
      let names = FileManager.default.enumerator(atPath: hub.cache.path)?.compactMap { $0 as? String } ?? []
      #expect(!names.contains { $0.hasSuffix(".incomplete") })
      #expect(!names.contains { $0.hasSuffix("/model.safetensors") }, "the snapshot does not name it")
      let after = try strata.run("models", "pull", "-q", "test/plain")
      #expect(after.status == 0, "\(after.err)")
    }
  }

  @Test func twoProgramsAtOnceFetchEveryFileOnce() throws {
    try withHub("slow") { hub, strata in
      let runs = try (0..<2).map { _ in try strata.start(trace + ["test/slow"]) }
      for run in runs { run.process.waitUntilExit() }
      #expect(runs.map(\.process.terminationStatus) == [0, 0])
      #expect(try Data(contentsOf: runs[0].out) == Data(contentsOf: runs[1].out))
      #expect(hub.requests.filter { $0.hasPrefix("cdn GET") && $0.contains("model.safetensors") }.count == 1)
    }
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func aStoppedFetchIsContinuedByTheNext(signal: Int32) throws {
    try withHub("slow") { hub, strata in
      let (process, _, _) = try strata.start(["models", "pull", "test/slow"])
      let deadline = Date().addingTimeInterval(20)
      func half() -> Int? {
        let blobs = hub.cache.appending(path: "models--test--slow/blobs")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: blobs.path)) ?? []
        let sizes = names.filter { $0.hasSuffix(".strata.incomplete") }.compactMap {
          try? FileManager.default.attributesOfItem(atPath: blobs.appending(path: $0).path)[.size] as? Int
        }
        return sizes.max().flatMap { $0 > 500_000 ? $0 : nil }
      }
      while half() == nil, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
      kill(process.processIdentifier, signal)
      process.waitUntilExit()
      let left = try #require(half())
      let result = try strata.run("models", "pull", "-q", "test/slow")
      #expect(result.status == 0, "\(result.err)")
      let resumed = hub.requests.filter { $0.contains("model.safetensors bytes=") && $0.hasSuffix(" 206") }
      #expect(resumed.count == 1)
      let start = resumed.first.flatMap { $0.firstMatch(of: /bytes=(\d+)-/) }.flatMap { Int($0.1) }
      #expect((start ?? 0) >= left)
      #expect(try strata.run("models", "verify", "test/slow").status == 0)
    }
  }
}

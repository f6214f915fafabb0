import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Build
@testable import Files
@testable import Models
@testable import Words

/// Fetching from a hub on loopback that answers as told: what is kept, what is said.
@Suite struct HubStoreTests {
  /// A hub with a model in `test/FAULT`, and a store that does not wait between tries.
  private func withHub<T>(
    _ fault: String = "plain", token: String? = nil, _ body: (FakeHub, HubStore, HubReference) throws -> T
  ) throws -> T {
    try withTemporaryFolder { folder in
      let hub = try FakeHub(in: folder)
      let reference = HubReference(repository: "test/\(fault)")
      try hub.addModel(to: reference.repository)
      return try body(hub, store(hub, token: token), reference)
    }
  }

  private func store(_ hub: FakeHub, token: String? = nil, more: [String: String] = [:]) -> HubStore {
    var environment = hub.environment.merging(more) { $1 }
    if let token { environment["HF_TOKEN"] = token }
    let settings = HubSettings(environment: environment)
    return HubStore(
      settings: settings,
      digests: FileDigests(cache: CacheFolder(root: hub.folder.appending(path: "strata"))),
      client: HubClient(settings: settings, pause: { _ in }))
  }

  /// Files of the cache with content: no half ones, no locks.
  private func kept(_ hub: FakeHub) -> [String] {
    let paths = FileManager.default.enumerator(atPath: hub.cache.path)?.compactMap { $0 as? String } ?? []
    return paths.filter { $0.contains("/blobs/") && !$0.hasPrefix(".locks") }.map {
      String($0.split(separator: "/")[2])
    }
    .sorted()
  }

  private func problem(_ body: () throws -> Void) -> Diagnostic? {
    do {
      try body()
      return nil
    } catch { return Diagnostic.one(from: error) }
  }

  /// Every file of the model is in the cache as it was sent.
  private func expectWhole(_ found: HubStore.Found, _ hub: FakeHub) throws {
    let source = hub.folder.appending(path: "repositories/\(found.reference.repository)")
    let names = HubCache(root: hub.cache).names(in: found.url)
    #expect(names == ["README.md", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"])
    for name in names {
      #expect(
        try Data(contentsOf: found.url.appending(path: name)) == Data(contentsOf: source.appending(path: name)),
        "\(name)")
    }
    #expect(found.license == "mit")
    #expect(kept(hub).allSatisfy { !$0.contains("incomplete") })
  }

  @Test func onlyWhatIsNeededIsFetchedAndEverythingIsInTheStandardPlaces() throws {
    try withHub { hub, store, reference in
      let found = try store.locate(reference, offline: false, progress: nil)
      try expectWhole(found, hub)
      let folder = hub.cache.appending(path: "models--test--plain")
      #expect(try String(contentsOf: folder.appending(path: "refs/main"), encoding: .utf8) == found.commit)
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: found.url.path + "/model.safetensors")
      let digest = try SHA256.hex(ofFile: found.url.path + "/model.safetensors")
      #expect(link == "../../blobs/\(digest)")
      #expect(!hub.requests.contains { $0.contains("pytorch_model.bin") })
      #expect(found.source == "https://huggingface.co/test/plain/tree/\(found.commit)")
      // Found again without a word to the hub.
      let asked = hub.requests.count
      #expect(try store.locate(reference, offline: true, progress: nil).url == found.url)
      #expect(hub.requests.count == asked)
    }
  }

  @Test(arguments: ["cut", "cut-often", "no-range", "wrong-range", "busy", "slow", "relative"])
  func whatPassesIsOvercome(fault: String) throws {
    try withHub(fault) { hub, store, reference in
      let told = Collected<Int>()
      let found = try store.locate(reference, offline: false) { event in
        if case .fetching(_, let received, let total) = event, received == total { told.append(total) }
      }
      try expectWhole(found, hub)
      #expect(told.values.count >= 1, "progress ends at all of it")
      if fault.hasPrefix("cut") { #expect(hub.requests.contains { $0.contains("bytes=") && $0.hasSuffix(" 206") }) }
      if fault == "wrong-range" { #expect(hub.requests.contains { $0.hasSuffix(" 416") }) }
      if fault == "busy" { #expect(hub.requests.contains { $0.hasSuffix(" 429") }) }
    }
  }

  @Test(arguments: [
    ("wrong-hash", "the fetched file is not the hub's '", "badInput"),
    ("truncated", "the answer ended after", "network"),
    ("stall", "cannot reach", "network"),
    ("broken", "the hub answered 503", "network"),
    ("always-busy", "the hub asks to wait (429)", "network"),
    ("gated", "the model is gated, and no token was sent", "badInput"),
    ("private", "there is no such model on", "badInput"),
    ("forbidden", "the hub forbids it (403)", "badInput"),
    ("no-etag", "from the hub, found ''", "network"),
  ])
  func whatDoesNotPassIsSaidAndNothingBadIsKept(fault: String, message: String, category: String) throws {
    try withHub(fault) { hub, store, reference in
      // A truncated body is asked for until nothing more comes.
      let found = problem { _ = try store.locate(reference, offline: false, progress: nil) }
      let problem = try #require(found)
      #expect(problem.message.contains(message), "\(problem.rendered)")
      #expect("\(problem.category)" == category)
      #expect(!problem.hints.isEmpty)
      // Whole blobs are good ones; the model is not taken for complete.
      for name in kept(hub) where !name.contains("incomplete") && name.count == 64 {
        let blob = hub.cache.appending(path: "models--test--\(fault)/blobs/\(name)")
        #expect(try SHA256.hex(ofFile: blob.path) == name)
      }
      #expect(store.cached(reference) == nil)
    }
  }

  @Test func whatKilledFetchesLeftIsRemovedWhenItIsOld() throws {
    try withHub { hub, store, reference in
      let snapshot = try store.pull(reference, progress: nil).found.url
      // No process has this number.
      let old = [snapshot, hub.cache].map { $0.appending(path: ".config.json.4194305-1-ab.tmp") }
      let new = snapshot.appending(path: ".config.json.4194305-2-ab.tmp")
      let other = snapshot.appending(path: ".notes.tmp")
      for url in old + [new, other] { try Data("x".utf8).write(to: url) }
      for url in old + [other] {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: url.path)
      }
      _ = try store.pull(reference, progress: nil)
      #expect(old.allSatisfy { !FileManager.default.fileExists(atPath: $0.path) })
      #expect([new, other].allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
    }
  }

  @Test func aTokenOpensWhatIsGatedAndGoesToNoOtherHost() throws {
    try withHub("gated", token: "good") { hub, store, reference in
      try expectWhole(try store.locate(reference, offline: false, progress: nil), hub)
      let requests = hub.requests
      #expect(requests.contains { $0.hasPrefix("hub") && $0.contains("Bearer_good") })
      #expect(requests.contains { $0.hasPrefix("cdn") })
      #expect(!requests.contains { $0.hasPrefix("cdn") && $0.contains("Bearer") })
    }
    try withHub("gated", token: "bad") { _, store, reference in
      let found = problem { _ = try store.locate(reference, offline: false, progress: nil) }
      #expect(found?.message == "the model is gated, and the token that was sent does not give access")
    }
  }

  @Test func aStoppedFetchGoesOnWhereItEnded() throws {
    try withHub { hub, store, reference in
      let data = try Data(contentsOf: hub.folder.appending(path: "repositories/test/plain/model.safetensors"))
      let blobs = hub.cache.appending(path: "models--test--plain/blobs")
      try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
      let etag = SHA256.hex(of: data)
      try data.prefix(100_000).write(to: blobs.appending(path: "\(etag).strata.incomplete"))
      try expectWhole(try store.locate(reference, offline: false, progress: nil), hub)
      #expect(hub.requests.contains { $0.contains("model.safetensors bytes=100000-") })
    }
    // What was left is not of this file: the digest tells, nothing is kept, and the next try begins anew.
    try withHub { hub, store, reference in
      let data = try Data(contentsOf: hub.folder.appending(path: "repositories/test/plain/model.safetensors"))
      let blobs = hub.cache.appending(path: "models--test--plain/blobs")
      try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
      let file = blobs.appending(path: "\(SHA256.hex(of: data)).strata.incomplete")
      try Data(repeating: 7, count: 1000).write(to: file)
      #expect(problem { _ = try store.locate(reference, offline: false, progress: nil) }?.category == .badInput)
      #expect(!FileManager.default.fileExists(atPath: file.path))
      try expectWhole(try store.locate(reference, offline: false, progress: nil), hub)
    }
  }

  @Test func revisionsTagsAndCommitsAreKeptApart() throws {
    try withHub { hub, store, reference in
      var tagged = reference
      tagged.revision = "v1"
      let found = try store.locate(tagged, offline: false, progress: nil)
      var pinned = reference
      pinned.revision = found.commit
      #expect(try store.locate(pinned, offline: true, progress: nil).url == found.url)
      #expect(problem { _ = try store.locate(reference, offline: true, progress: nil) }?.category == .network)
      tagged.revision = "v2"
      let wrong = problem { _ = try store.locate(tagged, offline: false, progress: nil) }
      #expect(wrong?.message == "there is no revision 'v2'")
    }
  }

  @Test func aGGUFIsChosenByItsQuantization() throws {
    try withHub("quantized") { hub, store, reference in
      try hub.add(Data(repeating: 1, count: 3000), "m-Q8_0.gguf", to: reference.repository)
      try hub.add(Data(repeating: 2, count: 2000), "m-Q4_K_M.gguf", to: reference.repository)
      var wanted = reference
      wanted.quantization = "q8_0"
      let found = try store.locate(wanted, offline: false, progress: nil)
      #expect(found.url.lastPathComponent == "m-Q8_0.gguf")
      #expect(try Data(contentsOf: found.url).count == 3000)
      #expect(!hub.requests.contains { $0.contains("safetensors") || $0.contains("Q4_K_M") })
    }
  }

  @Test func whatAnotherProgramLeftIsReadBeforeItIsBelieved() throws {
    try withHub { hub, store, reference in
      // The right name and the right size, and another content: as a transfer leaves it that nobody compared.
      var data = try Data(contentsOf: hub.folder.appending(path: "repositories/test/plain/model.safetensors"))
      let etag = SHA256.hex(of: data)
      data[data.count - 1] ^= 1
      let blobs = hub.cache.appending(path: "models--test--plain/blobs")
      try FileManager.default.createDirectory(at: blobs, withIntermediateDirectories: true)
      try data.write(to: blobs.appending(path: etag))
      let models = ModelStore(
        catalog: ModelCatalog(models: []), cache: CacheFolder(root: hub.folder.appending(path: "strata")),
        environment: hub.environment)
      let found = problem {
        _ = try models.resolve(.hub(reference), base: hub.folder, offline: false, progress: nil)
      }
      #expect(found?.message.hasPrefix("expected sha256 \(etag), found ") == true, "\(String(describing: found))")
      #expect(!hub.requests.contains { $0.hasPrefix("cdn GET") && $0.contains("model.safetensors") })
      #expect(try store.pull(reference, progress: nil).fetched == 0)
    }
  }

  @Test func twoAtOnceFetchEveryFileOnce() throws {
    try withHub("slow") { hub, store, reference in
      DispatchQueue.concurrentPerform(iterations: 2) { _ in
        let found = problem { _ = try store.locate(reference, offline: false, progress: nil) }
        #expect(found == nil)
      }
      try expectWhole(try #require(store.cached(reference)), hub)
      #expect(hub.requests.filter { $0.hasPrefix("cdn GET") && $0.contains("model.safetensors") }.count == 1)
    }
  }

  @Test func offlineSaysWhereItLooked() throws {
    try withHub { hub, _, reference in
      let offline = store(hub, more: ["HF_HUB_OFFLINE": "1"])
      let found = try #require(problem { _ = try offline.locate(reference, offline: false, progress: nil) })
      #expect(found.message == "the model is not in the cache, and fetching is off (HF_HUB_OFFLINE)")
      #expect(found.category == .network)
      #expect(hub.requests == [])
    }
  }

  @Test func partsOfAGGUFAreFetchedAndTheirDigestsCoverAll() throws {
    try withHub("parts") { hub, store, reference in
      for number in 1...3 {
        let name = "qwen2-0000\(number)-of-00003.gguf"
        try hub.add(Data(contentsOf: Fixtures.url("weights/\(name)")), "Q8_0/\(name)", to: reference.repository)
      }
      var wanted = reference
      wanted.quantization = "Q8_0"
      let found = try store.locate(wanted, offline: false, progress: nil)
      #expect(found.url.path.hasSuffix("/Q8_0/qwen2-00001-of-00003.gguf"))
      let models = ModelStore(
        catalog: ModelCatalog(models: []), cache: CacheFolder(root: hub.folder.appending(path: "strata")),
        environment: hub.environment)
      let resolved = try models.resolve(.hub(wanted), base: hub.folder, offline: true, progress: nil)
      #expect(resolved.files.map(\.path) == (1...3).map { "qwen2-0000\($0)-of-00003.gguf" })
      // Whichever part is given as a path: the same model.
      let second = found.url.deletingLastPathComponent().appending(path: "qwen2-00002-of-00003.gguf").path
      #expect(
        try models.resolve(.path(second), base: hub.folder, offline: true, progress: nil).sha256 == resolved.sha256)
      // A part that is missing is fetched again.
      try FileManager.default.removeItem(atPath: second)
      #expect(store.cached(wanted) == nil)
      #expect(try store.locate(wanted, offline: false, progress: nil).url == found.url)
      #expect(store.cached(wanted) != nil)
    }
  }

  @Test(arguments: [
    ([], false), (["vocab.json"], false), (["merges.txt"], false), (["vocab.json", "merges.txt"], true),
    (["tokenizer.model"], true), (["tokenizer.json"], true),
  ])
  func aFetchThatStoppedBeforeTheTokenizerWasWholeIsNotInTheCache(tokenizer: [String], isWhole: Bool) throws {
    try withHub { hub, store, reference in
      let found = try store.locate(reference, offline: false, progress: nil)
      try FileManager.default.removeItem(at: found.url.appending(path: "tokenizer.json"))
      for name in tokenizer { try Data("{}".utf8).write(to: found.url.appending(path: name)) }
      #expect((store.cached(reference) != nil) == isWhole)
    }
  }

  @Test func aBlobThatIsGoneIsToldApartFromAModelThatIsNotThere() throws {
    try withHub { hub, store, reference in
      let found = try store.locate(reference, offline: false, progress: nil)
      let file = found.url.appending(path: "model.safetensors")
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: file.path)
      try FileManager.default.removeItem(at: file.resolvingSymlinksInPath())
      let problem = try #require(problem { _ = try store.locate(reference, offline: true, progress: nil) })
      #expect(
        problem.message == "the link points to '\(target)', which does not exist, and fetching is off (--offline)")
      #expect(problem.place == file.path && problem.hints.first?.contains("strata models pull") == true)
      // As a path, too; and a fetch mends it.
      #expect(throws: FileError.brokenLink(path: file.path, target: target)) {
        try openModelFiles(path: found.url.path)
      }
      try expectWhole(try store.locate(reference, offline: false, progress: nil), hub)
    }
  }

  @Test func aCacheWithoutLinksHasCopies() throws {
    try withHub { hub, _, reference in
      let copying = store(hub, more: ["HF_HUB_DISABLE_SYMLINKS": "1"])
      let found = try copying.locate(reference, offline: false, progress: nil)
      try expectWhole(found, hub)
      #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: found.url.path + "/config.json")) == nil)
    }
  }

  @Test func aDamagedFileIsFoundByVerify() throws {
    try withHub { hub, store, reference in
      let found = try store.locate(reference, offline: false, progress: nil)
      try store.verify(reference)
      let blob = found.url.appending(path: "model.safetensors").resolvingSymlinksInPath()
      var data = try Data(contentsOf: blob)
      data[5000] ^= 1
      try data.write(to: blob)
      #expect(problem { try store.verify(reference) }?.message.hasPrefix("expected sha256 ") == true)
    }
  }

  @Test func aSmallFileThatChangedInTheCacheIsNotOpened() throws {
    try withHub { hub, store, reference in
      let found = try store.locate(reference, offline: false, progress: nil)
      let models = ModelStore(
        catalog: ModelCatalog(models: []), cache: CacheFolder(root: hub.folder.appending(path: "strata")),
        environment: hub.environment)
      _ = try models.resolve(.hub(reference), base: hub.folder, offline: true, progress: nil)
      let blob = found.url.appending(path: "config.json").resolvingSymlinksInPath()
      try #require(blob.lastPathComponent.count == 40)
      // A setting with another value of the same length.
      let text = try String(contentsOf: blob, encoding: .utf8)
      let changed = text.replacing("1e-05", with: "1e-06")
      try #require(changed != text)
      try Data(changed.utf8).write(to: blob)
      let problem = problem {
        _ = try models.resolve(.hub(reference), base: hub.folder, offline: true, progress: nil)
      }
      #expect(problem?.message.hasPrefix("expected git's sha1 \(blob.lastPathComponent), found ") == true)
    }
  }

  @Test func aModelOfTheHubIsBuiltFromByName() throws {
    try withHub { hub, _, reference in
      let models = ModelStore(
        catalog: ModelCatalog(models: []), cache: CacheFolder(root: hub.folder.appending(path: "strata")),
        environment: hub.environment)
      let resolved = try models.resolve(.hub(reference), base: hub.folder, offline: false, progress: nil)
      #expect(resolved.name == "plain" && resolved.reference == "test/plain" && resolved.license == "mit")
      #expect(resolved.files.map(\.path).contains("model.safetensors"))
      let trace = try EngineSource(threads: 2).traces(
        of: resolved, [TraceRequest(prompt: "The keys", method: .generate(1))], states: nil, progress: nil)
      #expect(try trace[0].get().model.source?.hasPrefix("https://huggingface.co/test/plain/tree/") == true)
    }
  }
}

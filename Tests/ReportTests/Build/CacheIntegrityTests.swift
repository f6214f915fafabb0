import Files
import Foundation
import TestSupport
import Testing
import Words

@testable import Build

/// Numbers belong to the bytes that were read, in the model's files and in the cache.
@Suite struct CacheIntegrityTests {
  private static let spec = """
    title: Report
    models: {One: ./one.gguf, Two: ./two.gguf}
    prompts: [{id: a, text: Prompt A, generate: 1}, {id: b, text: Prompt B, generate: 1}]
    figures: [rank-heatmap]
    """

  @Test(arguments: ["eno", "longer than before"])
  func aModelThatIsOverwrittenWhileItRunsGivesNoNumbers(content: String) throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      let file = folder.appending(path: "two.gguf")
      site.traces.during.withLock {
        $0 = {
          if let handle = try? FileHandle(forWritingTo: file) { try? handle.write(contentsOf: Data(content.utf8)) }
        }
      }
      let failures = try site.build(Self.spec).failures
      #expect(failures.map(\.model) == ["Two", "Two"])
      #expect(failures.allSatisfy { $0.message.hasPrefix("the file changed while the model was read") })
      #expect(try site.files().keys.allSatisfy { !$0.contains("two") })
      // One ran while nothing wrote to its file; what it gave is kept.
      let cache = folder.appending(path: "cache/traces")
      #expect(try FileManager.default.contentsOfDirectory(atPath: cache.path).count == 2)
      site.traces.during.withLock { $0 = nil }
      #expect(try site.build(Self.spec).failures.isEmpty)
    }
  }

  @Test func aFlippedBitOfTheCacheChangesNothing() throws {
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      _ = try site.build(Self.spec)
      let good = try site.files()
      let cache = folder.appending(path: "cache")
      let names = try #require(FileManager.default.enumerator(atPath: cache.path)).compactMap { $0 as? String }.sorted()
      var flips = 0
      for name in names {
        let file = cache.appending(path: name)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder), !isFolder.boolValue else {
          continue
        }
        let data = try Data(contentsOf: file)
        for place in [0.1, 0.5, 0.7, 0.9] {
          var damaged = data
          damaged[data.startIndex + Int(Double(data.count) * place)] ^= 1
          try damaged.write(to: file)
          flips += 1
          _ = try site.build(Self.spec)
          #expect(try site.differing(from: good) == [], "\(name), \(place)")
        }
      }
      #expect(flips > 20)
    }
  }

  @Test func aFileOfTheCacheUnderTheNameOfAnotherIsMadeAnew() throws {
    try withTemporaryFolder { folder in
      let (one, other) = (folder.appending(path: "one.json"), folder.appending(path: "other.json"))
      try SealedFile.write(Data("content".utf8), to: one)
      #expect(SealedFile.read(one) == Data("content".utf8))
      try FileManager.default.moveItem(at: one, to: other)
      #expect(SealedFile.read(other) == nil)
    }
  }
}

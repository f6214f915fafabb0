import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Files

@Suite struct WorkFolderTests {
  private func tree(_ root: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for case let path as String in FileManager.default.enumerator(atPath: root.path) ?? .init() {
      let file = root.appending(path: path)
      if FileState(path: file.path)?.isFolder == false { files[path] = try Data(contentsOf: file) }
    }
    return files
  }

  @Test func aCopyTakesTheFoldersPlaceAndNothingIsLeftBeside() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "a/one"))
      try AtomicFile.write(Data("mine".utf8), to: target.appending(path: "mine"))
      try Data("half".utf8).write(to: target.appending(path: "a/.one.1-2-3.tmp"))
      let work = try WorkFolder(of: target)
      try AtomicFile.write(Data("new".utf8), to: work.url.appending(path: "a/one"))
      #expect(try tree(target)["a/one"] == Data("old".utf8), "until then nothing has changed")
      try work.takePlace()
      #expect(try tree(target) == ["a/one": Data("new".utf8), "mine": Data("mine".utf8)])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["gallery"])
    }
  }

  @Test func aLinkToAFolderStaysALink() throws {
    try withTemporaryFolder { folder in
      let real = folder.appending(path: "real", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: real.appending(path: "one"))
      let link = folder.appending(path: "link")
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: real)
      let work = try WorkFolder(of: link)
      try AtomicFile.write(Data("new".utf8), to: work.url.appending(path: "one"))
      try work.takePlace()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == real.path)
      #expect(try tree(real) == ["one": Data("new".utf8)])
    }
  }

  @Test func aLockHoldsAlsoWhenItsFileWasReplacedMeanwhile() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "lock")
      var first: FileLock? = try FileLock(file) {}
      let order = Collected<String>()
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        do {
          let second = try? FileLock(file) { order.append("waits") }
          order.append("has it")
          withExtendedLifetime(second) {}
        }
        // Only when it is free again.
        done.signal()
      }
      while order.values.isEmpty { Thread.sleep(forTimeInterval: 0.01) }
      // The file is exchanged for another, as a copy without links would be.
      try FileManager.default.removeItem(at: file)
      try Data().write(to: file)
      order.append("lets go")
      first = nil
      #expect(first == nil && done.wait(timeout: .now() + 20) == .success)
      #expect(order.values == ["waits", "lets go", "has it"])
      _ = try FileLock(file) { Issue.record("someone holds the new file") }
    }
  }

  @Test func aDiscardedCopyLeavesTheFolder() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "one"))
      let work = try WorkFolder(of: target)
      try AtomicFile.write(Data("new".utf8), to: work.url.appending(path: "one"))
      work.discard()
      #expect(try tree(target) == ["one": Data("old".utf8)])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["gallery"])
    }
  }

  @Test func whatAKilledBuildHasLeftIsRemoved() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "one"))
      try AtomicFile.write(Data("left".utf8), to: folder.appending(path: ".gallery.work/one"))
      try AtomicFile.write(Data("left".utf8), to: folder.appending(path: ".gallery.work/two"))
      let work = try WorkFolder(of: target)
      #expect(try tree(work.url) == ["one": Data("old".utf8)])
      try work.takePlace()
      #expect(try tree(target) == ["one": Data("old".utf8)])
    }
  }

  @Test func reasonsNameWhatChanged() {
    let then = BuildReasons(["the style": "a", "its numbers": "b"])
    #expect(then.sinceThen(nil, otherwise: "") == "new")
    #expect(then.sinceThen(then, otherwise: "altered") == "altered")
    #expect(
      BuildReasons(["the style": "x", "its numbers": "y"]).sinceThen(then, otherwise: "")
        == "its numbers and the style changed")
  }

  @Test func aBuildExplainsWhatItMakesAgain() throws {
    let yaml = """
      models: {One: ./one.gguf}
      prompts: [{id: a, text: Prompt A, generate: 1}]
      figures: [rank-heatmap]
      output: {figures: [svg], report: none}

      """
    try withTemporaryFolder { folder in
      let site = try BuildSite(folder)
      func reasons(_ yaml: String) throws -> [String] {
        let told = Collected<String>()
        _ = try site.build(yaml, explain: true) { event in
          if case .reason(let what, let why) = event { told.append("\(what): \(why)") }
        }
        return told.values
      }
      #expect(try reasons(yaml) == ["One, a: new", "a-rank-heatmap-one: new"])
      #expect(try reasons(yaml) == ["report: nothing has changed since the last build"])
      #expect(try reasons(yaml + "style: {venue: neurips}\n") == ["a-rank-heatmap-one: the style changed"])
      #expect(
        try reasons(yaml.replacing("Prompt A", with: "Prompt B")) == [
          "One, a: what is asked changed", "a-rank-heatmap-one: its numbers and the style changed",
        ])
      try Data("<svg>".utf8).write(to: folder.appending(path: "out/report/figures/a-rank-heatmap-one.svg"))
      #expect(
        try reasons(yaml.replacing("Prompt A", with: "Prompt B"))
          == ["a-rank-heatmap-one: one of its files is missing or was altered"])
    }
  }
}

import CLink
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
      try Data("half".utf8).write(to: target.appending(path: "a/.one.99999999-2-3.tmp"))
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

  @Test(arguments: [false, true]) func whatOthersSaveMeanwhileIsKept(inside: Bool) throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      func write(_ text: String, _ path: String, in root: URL) throws {
        try AtomicFile.write(Data(text.utf8), to: root.appending(path: path))
      }
      for path in ["figures/a.svg", "figures/gone.svg", "both", "notes.txt", "log", "removed", "sub/kept"] {
        try write("old", path, in: target)
      }
      let work = try WorkFolder(of: target, inside: inside)
      #expect(work.isInside == inside)
      // The build draws one figure again, removes one, and adds one.
      try write("built", "figures/a.svg", in: work.url)
      try write("built", "figures/b.svg", in: work.url)
      try write("built", "both", in: work.url)
      unlink(work.url.appending(path: "figures/gone.svg").path)
      // Somebody works in the folder: an editor replaces a file, a program writes one in place, others come and go.
      try write("edited", "notes.txt", in: target)
      try write("edited", "both", in: target)
      let log = try FileHandle(forWritingTo: target.appending(path: "log"))
      try log.seekToEnd()
      try log.write(contentsOf: Data(" and more".utf8))
      try log.close()
      unlink(target.appending(path: "removed").path)
      try write("new", "new.txt", in: target)
      try write("new", "figures/mine/new.svg", in: target)
      try write("new", ".draft.tmp", in: target)
      try work.takePlace()
      var expected = [
        "figures/a.svg": "built", "figures/b.svg": "built", "both": "built", "notes.txt": "edited",
        "log": "old and more", "sub/kept": "old", "new.txt": "new", "figures/mine/new.svg": "new", ".draft.tmp": "new",
      ]
      #expect(try tree(target).mapValues { String(decoding: $0, as: UTF8.self) } == expected)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["gallery"])
      // Nothing of it is lost by the next build either.
      let next = try WorkFolder(of: target, inside: inside)
      try write("again", "both", in: next.url)
      try next.takePlace()
      expected["both"] = "again"
      #expect(try tree(target).mapValues { String(decoding: $0, as: UTF8.self) } == expected)
    }
  }

  @Test func foldersAndFilesKeepTheirModesAndAttributes() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "figures/one"))
      let value = Array("kept".utf8)
      for (path, mode) in [("", 0o2770), ("/figures", 0o750), ("/figures/one", 0o640)] {
        #expect(chmod(target.path + path, mode_t(mode)) == 0)
        #expect(set_attribute(target.path + path, "user.strata", value, UInt(value.count), 0) == 0)
      }
      let work = try WorkFolder(of: target)
      try AtomicFile.write(Data("new".utf8), to: work.url.appending(path: "figures/one"))
      try work.takePlace()
      for (path, mode) in [("", 0o2770), ("/figures", 0o750), ("/figures/one", 0o640)] {
        var status = stat()
        #expect(stat(target.path + path, &status) == 0 && status.st_mode & 0o7777 == mode_t(mode), "mode of '\(path)'")
        var found = [UInt8](repeating: 0, count: 16)
        #expect(
          attribute_value(target.path + path, "user.strata", &found, 16) == value.count && found.starts(with: value))
      }
      #expect(try Data(contentsOf: target.appending(path: "figures/one")) == Data("new".utf8))
    }
  }

  @Test func aKilledBuildInAMountedFolderLeavesNoFile() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "gallery", directoryHint: .isDirectory)
      try AtomicFile.write(Data("old".utf8), to: target.appending(path: "one"))
      // Process 99999999 cannot be there.
      for path in [".strata/work/figures/two", ".one.99999999-1-a.tmp", "figures/.x.svg.99999999-7-ff.tmp"] {
        try AtomicFile.write(Data("left".utf8), to: target.appending(path: path))
      }
      let work = try WorkFolder(of: target, inside: true)
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

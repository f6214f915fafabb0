import Foundation
import TestSupport
import Testing

/// Checks that are killed leave a temporary folder, and a later one removes it.
@Suite struct StaleFoldersTests {
  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts: [{id: cat, text: the cat, generate: 1}]
    figures: [rank-heatmap, top-tokens]
    """

  @Test func whatAKilledCheckLeavesIsRemovedByALaterOne() throws {
    try withTemporaryFolder { folder in
      var strata = StrataProgram(folder: folder)
      let temporary = folder.appending(path: "tmp", directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
      strata.environment["TMPDIR"] = temporary.path
      try strata.addTinyModel()
      try strata.write(Self.spec, to: "words.yaml")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: temporary.path) }

      let (process, _, _) = try strata.start(["check", "words.yaml", "-q"])
      var left: [String] = []
      while left.isEmpty, process.isRunning { left = try names() }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      let name = try #require(left.first, "the check makes a folder while it runs")
      #expect(name.hasPrefix("strata-check-\(process.processIdentifier)-"))
      // One of another process that still runs, and a folder of somebody else's.
      for other in ["strata-check-\(getpid())-abcdef", "strata-mine"] {
        try FileManager.default.createDirectory(
          at: temporary.appending(path: other), withIntermediateDirectories: false,
          attributes: [.posixPermissions: 0o700])
      }
      // The check may have ended before it was killed.
      try FileManager.default.createDirectory(
        at: temporary.appending(path: name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      #expect(try strata.run("check", "words.yaml", "-q").status == 0)
      #expect(try names().contains(name), "what was left a moment ago stays: it may be of another container")
      for name in try names() {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: -2 * 24 * 3600)],
          ofItemAtPath: temporary.appending(path: name).path)
      }
      #expect(try strata.run("check", "words.yaml", "-q").status == 0)
      #expect(try names().sorted() == ["strata-check-\(getpid())-abcdef", "strata-mine"])
    }
  }
}

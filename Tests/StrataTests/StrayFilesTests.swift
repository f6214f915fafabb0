import Foundation
import TestSupport
import Testing

/// Files in a gallery, or beside committed traces, that no build wrote: a check names each, hidden ones too, since a web server reads some.
@Suite struct StrayFilesTests {
  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts: [{id: cat, text: the cat, generate: 1}]
    figures: [rank-heatmap]
    traces: commit

    """

  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(Self.spec, to: "words.yaml")
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      try body(strata)
    }
  }

  @Test(arguments: [
    "out/words/.htaccess", "out/words/.well-known/security.txt", "out/words/figures/.a.svg",
    "out/words/.strata/page.html", "out/words/.strata/work/page.html", "out/words/.a.1-1-a.tmp", "words.traces/.a.json",
    "words.traces/other.json", "words.traces/datasets/a.json",
    "words.traces/notes/a.txt",
  ])
  func aCheckNamesIt(path: String) throws {
    try run { strata in
      let place = strata.folder.appending(path: path)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("Redirect / https://example.com".utf8).write(to: place)
      let check = try strata.run("check", "words.yaml", "-q", "--files", "--save", "save")
      let name = path.dropFirst(path.hasPrefix("out") ? "out/words/".count : 0)
      #expect(check.status == 2, "\(check.out)\(check.err)")
      #expect(check.out.contains("1 file that a build does not write: \(name)\n"), "\(check.out)")
      #expect(check.out.contains("nothing to build: remove or move \(name)\n"), "\(check.out)")
    }
  }

  @Test func whatIsToBeRemovedIsToldBesideWhatIsToBeCommitted() throws {
    try run { strata in
      for path in ["words.traces/other.json", "out/words/.htaccess"] { try strata.write("x", to: path) }
      try FileManager.default.removeItem(at: strata.folder.appending(path: "out/words/report.pdf"))
      let check = try strata.run("check", "words.yaml", "-q", "--save", "save")
      #expect(strata.files(in: "save") == ["out/words/report.pdf"], "\(check.out)")
      #expect(check.out.contains("to remove: out/words/.htaccess, words.traces/other.json\n"), "\(check.out)")
    }
  }

  /// A link is not followed, so what it leads to is not compared.
  @Test func aHiddenLinkIsNamed() throws {
    try run { strata in
      for folder in ["out/words", "words.traces"] {
        let link = strata.folder.appending(path: "\(folder)/.hidden")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: URL(fileURLWithPath: "/etc"))
        let check = try strata.run("check", "words.yaml", "-q")
        #expect(check.status == 2 && check.out.contains(".hidden"), "\(check.out)\(check.err)")
        try FileManager.default.removeItem(at: link)
      }
      #expect(try strata.run("check", "words.yaml", "-q").status == 0)
    }
  }

  /// What git and the program keep there is theirs.
  @Test func whatBelongsThereIsNoDifference() throws {
    try run { strata in
      try strata.write("gitdir: elsewhere", to: "out/words/.git")
      try strata.write("", to: "out/words/.strata/lock")
      let check = try strata.run("check", "words.yaml", "-q")
      #expect(check.status == 0, "\(check.out)\(check.err)")
    }
  }

  @Test func twoFoldersAreComparedWithTheirHiddenFiles() throws {
    try run { strata in
      try FileManager.default.copyItem(
        at: strata.folder.appending(path: "out/words"), to: strata.folder.appending(path: "copy"))
      #expect(try strata.run("diff", "out/words", "copy").status == 0)
      try strata.write("x", to: "copy/.htaccess")
      let diff = try strata.run("diff", "out/words", "copy")
      #expect(diff.status == 2 && diff.out.contains(".htaccess"), "\(diff.out)\(diff.err)")
    }
  }

  @Test func aLockThatIsALinkIsSaidToBeOne() throws {
    try run { strata in
      let lock = strata.folder.appending(path: "out/words/.strata/lock")
      try? FileManager.default.removeItem(at: lock)
      try FileManager.default.createSymbolicLink(at: lock, withDestinationURL: URL(fileURLWithPath: "/etc/x"))
      let build = try strata.run("build", "words.yaml", "-q")
      #expect(build.status == 73 && build.err.contains("lock: expected a file of the program's own"), "\(build.err)")
    }
  }

  @Test func anIndexOfTracesThatIsALinkIsSaidToBeOne() throws {
    try run { strata in
      let index = strata.folder.appending(path: "words.traces/index.json")
      try FileManager.default.moveItem(at: index, to: strata.folder.appending(path: "away.json"))
      try FileManager.default.createSymbolicLink(
        at: index, withDestinationURL: strata.folder.appending(path: "away.json"))
      let build = try strata.run("build", "words.yaml", "-q")
      #expect(
        build.status == 66
          && build.err.contains("words.traces/index.json: expected a plain file, found a symbolic link"),
        "\(build.err)")
    }
  }

  /// A difference of spaces alone can be seen.
  @Test func aSpaceInATableIsShown() throws {
    try run { strata in
      let name = try #require(strata.files(in: "out/words/figures").first { $0.hasSuffix(".csv") })
      let file = strata.folder.appending(path: "out/words/figures/\(name)")
      var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      let comma = try #require(lines[1].lastIndex(of: ","))
      lines[1].insert(" ", at: lines[1].index(after: comma))
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      let check = try strata.run("check", "words.yaml", "-q", "--files")
      #expect(check.status == 2 && check.out.contains("␣"), "\(check.out)")
      #expect(!check.out.contains("within the tolerance"), "\(check.out)")
    }
  }
}

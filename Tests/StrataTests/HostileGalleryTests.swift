import Foundation
import TestSupport
import Testing

/// Galleries that somebody else has committed: nothing outside them is written or removed, and nothing foreign in them is kept as the
/// program's own.
@Suite struct HostileGalleryTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder.appending(path: "project"))
      try FileManager.default.createDirectory(at: strata.folder, withIntermediateDirectories: true)
      try strata.addTinyModel()
      try strata.write(Self.spec, to: "words.yaml")
      try body(strata)
    }
  }

  private static let spec = """
    title: Words
    models: {Tiny: ./tiny.gguf}
    prompts: [{id: cat, text: the cat, generate: 1}]
    figures: [rank-heatmap]
    traces: commit

    """

  private func link(_ path: String, to target: URL, in strata: StrataProgram) throws {
    let place = strata.folder.appending(path: path)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(at: place, withDestinationURL: target)
  }

  @Test func gatherReadsNothingThroughALinkInTheGallery() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let place = strata.folder.deletingLastPathComponent().appending(path: "home/private.json")
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("{".utf8).write(to: place)
      try link("out/gathered/traces", to: place.deletingLastPathComponent(), in: strata)
      let result = try strata.run("gather", "out/words/traces", "-q")
      #expect(result.status == 73 && result.err.contains("found a symbolic link"), "\(result.err)")
      #expect(!result.err.contains("private"), "\(result.err)")
    }
  }

  @Test func aForgedRecordRemovesNothingOutsideTheGallery() throws {
    try run { strata in
      let mine = strata.folder.deletingLastPathComponent().appending(path: "home/thesis.pdf")
      try FileManager.default.createDirectory(at: mine.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("my thesis".utf8).write(to: mine)
      try link("out/words/x", to: mine.deletingLastPathComponent(), in: strata)
      let forged = """
        {"schema": "strata.build/1", "figures": {}, "files": ["x/thesis.pdf", "../../../home/thesis.pdf", "x/../x/thesis.pdf",
         "figures/old.pdf", "notes/old.pdf", "\(mine.path)"]}
        """
      for name in ["figures", "notes", ".strata"] {
        try FileManager.default.createDirectory(
          at: strata.folder.appending(path: "out/words/\(name)"), withIntermediateDirectories: true)
      }
      for path in ["figures/old.pdf", "notes/old.pdf"] { try strata.write("old", to: "out/words/\(path)") }
      try strata.write(forged, to: "out/words/.strata/build.json")
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result == .init(status: 0, out: "out/words/index.html\n", err: ""))
      #expect(try String(contentsOf: mine, encoding: .utf8) == "my thesis")
      // A record that no build of this user left says nothing of whose a file is, though its name is one that builds give.
      let files = strata.files(in: "out/words")
      #expect(files.contains("figures/old.pdf"))
      #expect(files.contains("notes/old.pdf"))
    }
  }

  /// A slash behind U+0600 is one character with it to Swift, and a slash to the system.
  @Test func aSlashThatCombinesIsASlash() throws {
    try run { strata in
      let home = strata.folder.deletingLastPathComponent().appending(path: "home")
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: home.appending(path: "settings.json"))
      try link("out/words/figures/l\u{600}", to: home, in: strata)
      try FileManager.default.createDirectory(
        at: strata.folder.appending(path: "out/words/.strata"), withIntermediateDirectories: true)
      try strata.write(
        #"{"schema": "strata.build/1", "figures": {}, "files": ["figures/l\#u{600}/settings.json"]}"#,
        to: "out/words/.strata/build.json")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      #expect(FileManager.default.fileExists(atPath: home.path + "/settings.json"))
    }
  }

  @Test func aFileWhoseNameIsNoTextIsFound() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let name = Array("\(strata.folder.path)/out/words/page".utf8) + [0xFF] + Array(".html".utf8)
      let file = name.map { CChar(bitPattern: $0) } + [0]
      let descriptor = open(file, O_WRONLY | O_CREAT, 0o644)
      try #require(descriptor >= 0)
      close(descriptor)
      // A build could not take it along.
      try strata.write(Self.spec.replacing("Words", with: "More words"), to: "words.yaml")
      let build = try strata.run("build", "words.yaml", "-q")
      #expect(build.status == 73 && build.err.contains("found 'page\u{FFFD}.html'"), "\(build.err)")
      #expect(access(file, F_OK) == 0)
      try strata.write(Self.spec, to: "words.yaml")
      let check = try strata.run("check", "words.yaml", "-q")
      #expect(check.status == 2 && check.out.contains("1 file that a build does not write"), "\(check.out)")
    }
  }

  @Test func aLinkInPlaceOfWhatTheActionWritesIsNotFollowed() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let home = strata.folder.deletingLastPathComponent().appending(path: "home")
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      try link("page.html", to: URL(fileURLWithPath: "/dev/full"), in: strata)
      #expect(try strata.run("check", "words.yaml", "-q", "--html", "page.html").status == 0)
      #expect(try String(contentsOf: strata.folder.appending(path: "page.html"), encoding: .utf8).contains("<html"))
      try strata.write("x", to: "out/words/index.html")
      try link("save", to: home, in: strata)
      let saved = try strata.run("check", "words.yaml", "-q", "--save", "save")
      #expect(saved.status == 64 && saved.err.contains("expected a folder that is empty or absent"), "\(saved.err)")
    }
  }

  @Test func aCheckFollowsNoLinkInThePlaceOfTheGallery() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let place = strata.folder.appending(path: "out/words")
      let elsewhere = strata.folder.deletingLastPathComponent().appending(path: "elsewhere")
      try FileManager.default.moveItem(at: place, to: elsewhere)
      try FileManager.default.createSymbolicLink(at: place, withDestinationURL: elsewhere)
      let check = try strata.run("check", "words.yaml", "-q")
      #expect(check.status == 73 && check.err.contains("found a link to '"), "\(check.out)\(check.err)")
    }
  }

  /// No number is within a tolerance of what is no number.
  @Test func aToleranceAllowsNoNaN() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      let table = try #require(strata.files(in: "out/words/figures").first { $0.hasSuffix(".csv") })
      let text = try String(contentsOf: strata.folder.appending(path: "out/words/figures/\(table)"), encoding: .utf8)
      let lines = text.split(separator: "\n").map(String.init)
      let cells = try #require(lines.dropFirst().first).split(separator: ",", omittingEmptySubsequences: false)
      let place = try #require(cells.lastIndex { Double($0) != nil })
      var forged = cells.map(String.init)
      forged[place] = "nan"
      let rows = [lines[0], forged.joined(separator: ",")] + lines.dropFirst(2)
      try strata.write(rows.map { $0 + "\n" }.joined(), to: "out/words/figures/\(table)")
      let check = try strata.run("check", "words.yaml", "-q", "--tolerance", "1000")
      #expect(check.status == 2, "\(check.out)")
    }
  }

  /// The runner of GitHub Actions finds commands anywhere in a line.
  @Test func namesOfFilesAreNoCommandsOfARunner() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      try strata.write("x", to: "out/words/figures/##[stop-commands]x")
      var actions = strata
      actions.environment["GITHUB_ACTIONS"] = "true"
      let check = try actions.run("check", "words.yaml", "-q")
      let said = check.out.split(separator: "\n").filter { !$0.hasPrefix("::error file=") }.joined(separator: "\n")
      #expect(check.status == 2 && said.contains("‹U+0023›#[stop-commands]x") && !said.contains("##["), "\(check.out)")
    }
  }

  @Test(arguments: ["figures", "traces", "assets", "strips", ".strata"])
  func aLinkInTheGalleryIsAnErrorAndNothingIsWrittenThere(name: String) throws {
    try run { strata in
      let elsewhere = strata.folder.deletingLastPathComponent().appending(path: "elsewhere")
      try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
      try link("out/words/\(name)", to: elsewhere, in: strata)
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 73)
      #expect(
        result.err.contains(
          "out/words/\(name): expected a folder of the program's own, found a symbolic link, which leads to another place"
        ),
        "\(result.err)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)
    }
  }

  @Test(arguments: ["out", "out/words", "words.traces"]) func aLinkToAFolderOutsideTheProjectIsAnError(name: String)
    throws
  {
    try run { strata in
      let elsewhere = strata.folder.deletingLastPathComponent().appending(path: "elsewhere")
      try FileManager.default.createDirectory(at: elsewhere, withIntermediateDirectories: true)
      try link(name, to: elsewhere, in: strata)
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 73)
      #expect(result.err.contains("link"), "\(result.err)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere.path).isEmpty)
      // Whoever names the link means it.
      if name == "out" {
        #expect(try strata.run("build", "words.yaml", "-q", "--out", "out").status == 0)
        #expect(FileManager.default.fileExists(atPath: elsewhere.appending(path: "words/index.html").path))
      }
    }
  }

  /// A link that stays in the project leads to files of the user as well.
  @Test(arguments: [("out/words", "paper"), ("out", "thesis")]) func aLinkWithinTheProjectIsAnError(
    name: String, folder: String
  ) throws {
    try run { strata in
      let mine = strata.folder.appending(path: name == "out" ? "\(folder)/words" : folder)
      try FileManager.default.createDirectory(at: mine, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: mine.appending(path: "index.html"))
      try link(name, to: strata.folder.appending(path: folder), in: strata)
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 73 && result.err.contains("expected a folder, found a link to"), "\(result.err)")
      #expect(try String(contentsOf: mine.appending(path: "index.html"), encoding: .utf8) == "mine")
    }
  }

  /// An index of committed traces may name a file of the user.
  @Test func anIndexRemovesOnlyWhatItDescribes() throws {
    try run { strata in
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      try strata.write("mine", to: "words.traces/notes.json")
      let index = try String(contentsOf: strata.folder.appending(path: "words.traces/index.json"), encoding: .utf8)
      let entry = "\"notes.json\" : {\"model\": \"Tiny\", \"request\": \"a\", \"sha256\": \"b\"}, "
      let forged = index.replacing("\"tiny-cat.json\"", with: entry + "\"tiny-cat.json\"", maxReplacements: 1)
      try #require(forged != index)
      try strata.write(forged, to: "words.traces/index.json")
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      #expect(strata.files(in: "words.traces").contains("notes.json"))
    }
  }

  @Test func aFigureWithMatchingDigestsOfSomebodyElseIsDrawnAgain() throws {
    try run { strata in
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      let svg = strata.folder.appending(path: "out/words/figures/cat-rank-heatmap-tiny.svg")
      let record = strata.folder.appending(path: "out/words/.strata/build.json")
      let good = try Data(contentsOf: svg)
      let evil = Data("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".utf8)
      try evil.write(to: svg)
      var text = try String(contentsOf: record, encoding: .utf8)
      text = text.replacing(try digest(good), with: try digest(evil)).replacing(
        ": \(good.count),", with: ": \(evil.count),")
      try Data(text.utf8).write(to: record)
      #expect(text.contains(try digest(evil)))
      #expect(try strata.run("build", "words.yaml", "-q").status == 0)
      #expect(try Data(contentsOf: svg) == good)
    }
  }

  private func digest(_ data: Data) throws -> String {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "data")
      try data.write(to: file)
      return String(try Tool.run("sha256sum", [file.path]).output.prefix(64))
    }
  }
}

extension HostileGalleryTests {
  @Test func nothingOfWhatACommittedTraceLeadsToIsTold() throws {
    try run { strata in
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      let home = strata.folder.deletingLastPathComponent().appending(path: "home")
      try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
      try Data("secret".utf8).write(to: home.appending(path: "token"))
      let file = strata.folder.appending(path: "words.traces/tiny-cat.json")
      try FileManager.default.removeItem(at: file)
      try link("words.traces/tiny-cat.json", to: home.appending(path: "token"), in: strata)
      for (command, status) in [("build", Int32(66)), ("check", 2)] {
        let result = try strata.run(command, "words.yaml", "-q")
        let told = result.err + result.out
        #expect(result.status == status && told.contains("found a symbolic link"), "\(told)")
        #expect(!told.contains(try digest(Data("secret".utf8))), "\(told)")
      }
    }
  }

  /// A model has other tokens for é than for e with an accent behind it.
  @Test func textsThatSwiftTakesForEqualAreTwoPrompts() throws {
    try run { strata in
      let model = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
        path: "models/first"
      ).path
      for (name, text) in [("one", "caf\u{E9} is"), ("two", "cafe\u{301} is")] {
        let made = try strata.run("trace", "-m", model, "--prompt", text, "-o", "in/\(name).json", "-q")
        try #require(made.status == 0, "\(made.err)")
      }
      let gathered = try strata.run("gather", "in", "-q")
      #expect(gathered.status == 0, "\(gathered.err)")
      #expect(strata.files(in: "out/gathered/traces").count == 2)
      try strata.write(
        #"{"models": {"first": {"traces": "in"}}, "prompts": [{"id": "x", "text": "cafe\#u{301} is"}], "figures": ["top-tokens"]}"#,
        to: "given.yaml")
      try FileManager.default.removeItem(at: strata.folder.appending(path: "in/two.json"))
      let given = try strata.run("build", "given.yaml", "-q")
      #expect(given.status == 66 && given.err.contains("with its exact text"), "\(given.err)")
    }
  }

  @Test func checkShowsNothingOfWhatALinkLeadsTo() throws {
    try run { strata in
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      var other = strata
      other.environment["HF_TOKEN"] = "hf_secret"
      let file = strata.folder.appending(path: "out/words/figures/cat-rank-heatmap-tiny.csv")
      try FileManager.default.removeItem(at: file)
      try FileManager.default.createSymbolicLink(
        at: file, withDestinationURL: URL(fileURLWithPath: "/proc/self/environ"))
      for arguments in [
        ["check", "words.yaml"], ["check", "words.yaml", "--tolerance", "0.1"], ["diff", "out/words", "out/words"],
      ] {
        let result = try other.run(arguments)
        #expect(!(result.out + result.err).contains("hf_secret"))
        #expect(result.status == 2)
        #expect(
          result.out.contains("expected a plain file, which alone is compared, found a symbolic link"), "\(result.out)")
      }
    }
  }

  @Test(arguments: ["png", "csv", "tex", "json"]) func checkComparesBytesWithoutATolerance(ending: String) throws {
    try run { strata in
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      let path = ending == "json" ? "traces/tiny-cat.json" : "figures/cat-rank-heatmap-tiny.\(ending)"
      let file = strata.folder.appending(path: "out/words/\(path)")
      var data = try Data(contentsOf: file)
      switch ending {
      case "png": data += Data("appended".utf8)
      case "json": data.replaceSubrange(data.startIndex..<data.startIndex + 1, with: Data("{\"x\": 1, ".utf8))
      case "csv": data = Data(String(decoding: data, as: UTF8.self).replacing("layer", with: "\"layer\"").utf8)
      default: data = Data("\"\u{0}".utf8)
      }
      try data.write(to: file)
      let result = try strata.run("check", "words.yaml")
      #expect(result.status == 2, "\(result)")
      #expect(result.out.contains(", 1 differ"), "\(result.out)")
    }
  }

  @Test func aPipeInAGalleryIsReplaced() throws {
    try run { strata in
      try #require(try strata.run("build", "words.yaml", "-q").status == 0)
      let folder = strata.folder.appending(path: "out/words/figures")
      let name = try #require(strata.files(in: "out/words/figures").filter { $0.hasSuffix(".svg") }.min())
      let file = folder.appending(path: (name as NSString).lastPathComponent)
      let whole = try Data(contentsOf: file)
      try FileManager.default.removeItem(at: file)
      try #require(mkfifo(file.path, 0o600) == 0)
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 0, "\(result.err)")
      var status = stat()
      try #require(lstat(file.path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
      #expect(try Data(contentsOf: file) == whole)
    }
  }

  @Test func aTemplateTakesNoFileFromElsewhere() throws {
    try run { strata in
      let template = strata.folder.appending(path: "template")
      try FileManager.default.copyItem(at: Fixtures.repository.appending(path: "templates/gallery"), to: template)
      try FileManager.default.createSymbolicLink(
        at: template.appending(path: "users.css"), withDestinationURL: URL(fileURLWithPath: "/etc/passwd"))
      try strata.write(Self.spec + "output: {template: ./template}\n", to: "words.yaml")
      let result = try strata.run("build", "words.yaml", "-q")
      #expect(result.status == 66)
      #expect(
        result.err.contains("users.css: expected a plain file of the template, found a symbolic link"), "\(result.err)")
      try strata.write(
        Self.spec + "output: {template: \(Fixtures.repository.appending(path: "templates/gallery").path)}\n",
        to: "words.yaml")
      let outside = try strata.run("build", "words.yaml", "-q")
      #expect(outside.status == 65)
      #expect(
        outside.err.contains("gallery' is outside the spec's folder") && outside.err.contains("error: words.yaml:"),
        "\(outside.err)")
      #expect(!strata.files(in: "out/words").contains { $0.hasSuffix(".html") })
    }
  }
}

import Foundation
import TestSupport
import Testing

/// Rules of the whole tree, each with what to do instead.
@Suite struct TidyTests {
  /// A word that sources do not use.
  struct Ban: CustomStringConvertible, Sendable {
    var description: String
    /// A regular expression over code without comments and literals.
    var pattern: String
    /// Beginnings of paths that may have it.
    var places: [String]
    var instead: String
  }

  static let bans = [
    Ban(
      description: "Date()", pattern: #"\bDate\(\)"#, places: ["Sources/Strata/"],
      instead: "no output depends on the clock; take a time as an argument, as FileDigests does"),
    Ban(
      description: "FileManager", pattern: #"\bFileManager\b"#,
      places: [
        "Sources/Report/Files/", "Sources/Report/Models/", "Sources/Report/Build/",
        "Sources/Report/Gallery/GalleryTemplate",
        "Sources/Report/Gallery/ManifestCheck", "Sources/Engine/Files/", "Sources/Engine/OpenModelFiles",
        "Sources/Engine/Traces/", "Sources/Engine/Adapters/", "Sources/Engine/Chat/",
        "Sources/Engine/Tokenizers/", "Sources/Strata/",
      ],
      instead: "write with AtomicFile, look with FileState (Sources/Report/Files)"),
    Ban(
      description: "raw file calls",
      pattern: #"(?<![.\w])(?<!func )(rename|unlink|mkdir|rmdir|fsync|ftruncate|symlink)\("#,
      places: ["Sources/Report/Files/FileCalls", "Sources/Report/Files/ChildProcess"],
      instead: "change files through FileCalls, so that tests can make each call fail"),
    Ban(
      description: "a file opened beside the door of models",
      pattern: #"\bMemoryMap\(path:|\bcontents\(atPath:|\b(?:Data|String)\(contentsOf|\bFileHandle\(|\bfopen\("#,
      places: ["Sources/Report/", "Sources/Strata/", "Sources/Plot/", "Sources/Engine/Traces/"],
      instead: "open files of models as a ModelFile, which knows where they may lie and how large they may be"),
    Ban(
      description: "print", pattern: #"(?<![.\w])print\("#, places: ["Sources/Strata/"],
      instead: "tell a ProgressHandler, or return what is to be shown"),
    Ban(
      description: "Process()", pattern: #"(?<![.\w])Process\(\)|\bposix_spawn|\bfork\("#,
      places: ["Sources/Report/Files/ChildProcess"],
      instead: "start programs through ChildProcess, which gives them a folder of their own, few variables and limits"),
    Ban(description: "try!", pattern: #"\btry!"#, places: [], instead: "throw a typed error"),
    Ban(description: "as!", pattern: #"\bas!"#, places: [], instead: "throw a typed error"),
    Ban(description: "fatalError", pattern: #"\bfatalError\("#, places: [], instead: "throw a typed error"),
    Ban(
      description: "import Kernels", pattern: #"(?m)^import Kernels$"#,
      places: [
        "Sources/Engine/Layers/", "Sources/Engine/Lens/", "Sources/Engine/Quantization/",
        "Sources/Engine/Tracing/ModelCheck",
      ],
      instead: "use WeightMatrix, FloatMatrix or NumberFormat"),
    Ban(
      description: "import CCairo", pattern: #"(?m)^import (CCairo|CPango|CFontconfig)$"#, places: ["Sources/Plot/"],
      instead: "draw a Scene (Sources/Plot)"),
  ]

  @Test(arguments: bans) func sourcesKeepToTheRule(ban: Ban) throws {
    let pattern = try NSRegularExpression(pattern: ban.pattern)
    #expect(SourceTree.sources.count > 300)
    for file in SourceTree.sources where !ban.places.contains(where: file.path.hasPrefix) {
      let range = NSRange(file.code.startIndex..., in: file.code)
      for match in pattern.matches(in: file.code, range: range) {
        guard let place = Range(match.range, in: file.code) else { continue }
        let line = file.code[..<place.lowerBound].filter { $0 == "\n" }.count + 1
        Issue.record("\(file.path):\(line): \(ban): \(ban.instead)")
      }
    }
  }

  /// A field of a cache key that is nothing but a value's description changes with the compiler and hides fields.
  @Test func noKeyIsADescription() throws {
    let field = try NSRegularExpression(pattern: ##"\w(?::| =) "\\\([\w.]+\)"\s*[,)\n]"##)
    let files = SourceTree.sources.filter { $0.text.contains("ContentKey.of") }
    #expect(files.count >= 5)
    for file in files {
      for match in field.matches(in: file.text, range: NSRange(file.text.startIndex..., in: file.text)) {
        let found = Range(match.range, in: file.text).map { String(file.text[$0]) } ?? ""
        Issue.record("\(file.path): \(found): give the key the value itself, which is Encodable")
      }
    }
  }

  /// A name that is misspelt must not compile, and an option that a recipe can read must be listed.
  @Test func optionsAreReadByTheirKeys() {
    var kinds = 0
    for file in SourceTree.sources {
      for match in file.text.matches(of: #/[oO]ptions\??\["\w+"\]/#) {
        Issue.record("\(file.path): \(match.0): read the option by its OptionKey")
      }
      for match in file.text.matches(of: #/struct (\w+): OptionKeys \{\n((?: .*\n|\n)*)\}/#) {
        kinds += 1
        #expect(
          !match.2.contains(#/\bvar /#), "\(file.path): make the keys of \(match.1) stored constants, which are listed")
      }
    }
    #expect(kinds >= 11)
  }

  /// Every floor and what it may import of ours: the same table as in Package.swift, which the compiler keeps only where a module is
  /// not there through another one.
  static let floors: [(folder: String, uses: Set<String>)] = [
    ("Sources/Engine/Traces/", ["SimdJSON", "CCrypto"]),
    ("Sources/Plot/Threads/", []),
    ("Sources/Engine/", ["Traces", "Kernels", "CPCRE2", "CCrypto"]),
    ("Sources/Plot/", ["Threads", "CCairo", "CPango", "CFontconfig", "CLink", "CZlib"]),
    ("Sources/Report/Words/", ["Traces"]),
    ("Sources/Report/Markdown/", ["Words", "CMarkdown"]),
    ("Sources/Report/Findings/", ["Traces", "Words"]),
    ("Sources/Report/Files/", ["Traces", "Words", "CLink"]),
    ("Sources/Report/Models/", ["Engine", "Traces", "Threads", "Files", "Words", "CCurl"]),
    ("Sources/Report/Figures/", ["Traces", "Plot", "Findings", "Words"]),
    ("Sources/Report/Spec/", ["Engine", "Traces", "Figures", "Models", "Markdown", "Words", "Yams"]),
    (
      "Sources/Report/Gallery/",
      ["Traces", "Plot", "Figures", "Findings", "Files", "Markdown", "Words", "Templates", "CZlib", "Mustache"]
    ),
    (
      "Sources/Report/Build/",
      [
        "Engine", "Traces", "Threads", "Plot", "Gallery", "Spec", "Figures", "Findings", "Models", "Files", "Words",
        "CZlib",
      ]
    ),
  ]

  @Test func floorsImportLowerFloorsAlone() {
    let system: Set<String> = [
      "Foundation", "FoundationNetworking", "Glibc", "Dispatch", "Synchronization", "RegexBuilder",
    ]
    for file in SourceTree.sources {
      guard let floor = Self.floors.first(where: { file.path.hasPrefix($0.folder) }) else { continue }
      for line in file.code.split(separator: "\n") where line.hasPrefix("import ") {
        let module = String(line.dropFirst("import ".count).split(separator: " ").last ?? "")
        #expect(
          floor.uses.contains(module) || system.contains(module),
          "\(file.path) imports \(module), which is no lower floor: see ARCHITECTURE.md, Floors")
      }
    }
  }

  @Test func docstringsSayMoreThanTheirKind() {
    let empty = ["/// Memberwise.", "/// Memberwise", "/// Initializer.", "/// TODO", "/// FIXME"]
    for file in SourceTree.sources {
      for (number, line) in file.lines.enumerated() {
        let text = line.trimmingCharacters(in: .whitespaces)
        #expect(!empty.contains(text), "\(file.path):\(number + 1): say what is made of what")
      }
    }
  }

  @Test func linesOfPagesHaveAtMost140Columns() {
    for page in SourceTree.pages where page.path.hasPrefix("docs/") || !page.path.contains("/") {
      guard page.path != "CHANGELOG.md" else { continue }
      // What a program printed stays as it was.
      var isInBlock = false
      for (number, line) in page.lines.enumerated() {
        if line.hasPrefix("```") { isInBlock.toggle() }
        guard !isInBlock, !line.hasPrefix("|") else { continue }
        #expect(line.count <= 140, "\(page.path):\(number + 1) has \(line.count) columns: break it")
      }
    }
  }

  @Test func linksOfPagesLeadSomewhere() throws {
    let link = try NSRegularExpression(pattern: #"\]\(([^)\s]+)\)"#)
    #expect(SourceTree.pages.count > 25)
    for page in SourceTree.pages {
      let range = NSRange(page.text.startIndex..., in: page.text)
      for match in link.matches(in: page.text, range: range) {
        guard let place = Range(match.range(at: 1), in: page.text) else { continue }
        let target = page.text[place].prefix { $0 != "#" }
        guard !target.isEmpty, !target.contains("://"), !target.hasPrefix("mailto:") else { continue }
        let file = SourceTree.root.appending(path: page.path).deletingLastPathComponent().appending(
          path: String(target))
        #expect(FileManager.default.fileExists(atPath: file.path), "\(page.path): the link \(target) leads nowhere")
      }
    }
  }

  /// Paths in code spans of the pages about the tree.
  @Test func pathsInPagesExist() throws {
    let span = try NSRegularExpression(
      pattern: #"`((?:Sources|Tests|Tools|templates|examples|docs|Report|Engine|Plot|Kernels)/[\w./+-]+)`"#)
    var compared = 0
    for page in SourceTree.pages where page.path != "CHANGELOG.md" {
      let range = NSRange(page.text.startIndex..., in: page.text)
      for match in span.matches(in: page.text, range: range) {
        guard let place = Range(match.range(at: 1), in: page.text) else { continue }
        let path = String(page.text[place])
        // Names that stand for any.
        guard !["Foo", "foo", "Q5_K", "q5_k", "NAME"].contains(where: path.contains) else { continue }
        let folder = page.path.split(separator: "/").dropLast().joined(separator: "/")
        let candidates = [path, "Sources/" + path, folder + "/" + path]
        compared += 1
        #expect(
          candidates.contains { FileManager.default.fileExists(atPath: SourceTree.root.appending(path: $0).path) },
          "\(page.path) names \(path), which is not there")
      }
    }
    #expect(compared > 40)
  }

  @Test func everyRuleOfTheThreatModelNamesItsCodeAndItsTests() throws {
    let page = try String(contentsOf: SourceTree.root.appending(path: "SECURITY.md"), encoding: .utf8)
    let rows = page.split(separator: "\n").map {
      $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    .filter { $0.count == 3 && $0[1].hasPrefix("`") }
    #expect(rows.count > 8)
    let tests = try #require(FileManager.default.enumerator(atPath: SourceTree.root.appending(path: "Tests").path))
      .compactMap { ($0 as? String)?.split(separator: "/").last.map(String.init) }
    for row in rows {
      for name in row[1].split(separator: ", ").map({ $0.trimmingCharacters(in: ["`"]) }) {
        #expect(
          SourceTree.sources.contains { $0.code.contains("struct \(name)") || $0.code.contains("enum \(name)") },
          "SECURITY.md names \(name), which is no type")
      }
      for name in row[2].split(separator: ", ").map({ $0.trimmingCharacters(in: ["`"]) }) {
        #expect(tests.contains(name + ".swift"), "SECURITY.md names \(name), which is no suite")
      }
    }
  }

  @Test func everyKindOfFigureHasAPageAndAPicture() throws {
    let registry = try #require(SourceTree.file("Sources/Report/Figures/FigureKind.swift"))
    let pages = try #require(SourceTree.file("docs/figures.md")).text
    let names = SourceTree.sources.filter { $0.path.hasPrefix("Sources/Report/Figures/") }
      .flatMap { $0.text.matches(of: /FigureKind\(\s*name: "([a-z-]+)"/).map { String($0.1) } }
    #expect(!registry.text.isEmpty && names.count >= 10)
    for name in names {
      #expect(pages.contains("(figures/\(name).md)"), "docs/figures.md has no link to docs/figures/\(name).md")
      for path in ["docs/figures/\(name).md", "docs/figures/small/\(name).png"] {
        #expect(
          FileManager.default.fileExists(atPath: SourceTree.root.appending(path: path).path),
          "\(name): \(path) is not there")
      }
    }
  }

  /// Fixtures and tools that no test, script, page or Makefile names.
  @Test func nothingLiesAboutUnused() throws {
    let tools = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.appending(path: "Tools").path)
      .filter { $0.hasSuffix(".py") || $0.hasSuffix(".sh") }
    let others = ["Makefile", "action.yml", ".ci/run"].compactMap(SourceTree.file).map(\.text)
    let scripts = tools.map { name in (name, SourceTree.file("Tools/\(name)")?.text ?? "") }
    let texts = SourceTree.pages.map(\.text) + SourceTree.tests.map(\.text) + others
    for (name, _) in scripts {
      let module = "import \(name.dropLast(3))"
      let from = "from \(name.dropLast(3)) import"
      let isNamed =
        texts.contains { $0.contains(name) }
        || scripts.contains { $0.0 != name && ($0.1.contains(name) || $0.1.contains(module) || $0.1.contains(from)) }
      #expect(isNamed, "nothing names Tools/\(name)")
    }
  }

  /// Folders of one target whose types use each other in a circle; each is named in ARCHITECTURE.md with its reason.
  @Test func foldersUseEachOtherOneWay() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", SourceTree.root.appending(path: "Tools/folder_uses.py").path, "--cycles"]
    process.currentDirectoryURL = SourceTree.root
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let cycles = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    let named = try #require(SourceTree.file("ARCHITECTURE.md")).text
    for cycle in cycles {
      #expect(named.contains("`\(cycle)`"), "a circle of uses that ARCHITECTURE.md does not explain: \(cycle)")
    }
  }

  /// Every stage and every floor of ARCHITECTURE.md has an invariant, and each invariant a test.
  @Test func everyStageAndFloorHasAnInvariantThatIsTested() throws {
    let page = try #require(SourceTree.file("ARCHITECTURE.md")).text
    let stages = page.matches(of: /(?m)^\d+\. \*\*([A-Z][a-z ]+)\.\*\*/).map { String($0.1) }
    let table = page.split(separator: "\n## ").first { $0.hasPrefix("Floors") } ?? ""
    let floors = table.matches(of: /(?m)^\| `([A-Z][a-z]+)`(?: \(`[^`]+`\))? \|/).map { String($0.1) }
    var invariants: [String: String] = [:]
    for match in page.matches(of: /(?m)^\| `?([A-Za-z ]+?)`? \| Invariant: .+ \| `(\w+)` \|$/) {
      invariants[String(match.1)] = String(match.2)
    }
    #expect(stages.count == 15 && Set(floors).count == 14)
    for name in stages + floors { #expect(invariants[name] != nil, "\(name) has no invariant") }
    for (name, test) in invariants.sorted(by: { $0.key < $1.key }) {
      let isThere = SourceTree.tests.contains { $0.code.contains("func \(test)(") }
      #expect(isThere, "the invariant of \(name) names the test \(test), which is not there")
    }
  }
}

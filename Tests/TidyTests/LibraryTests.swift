import Foundation
import TestSupport
import Testing

/// Rules that keep this package usable as a library.
@Suite struct LibraryTests {
  /// SwiftPM refuses a package with such flags as a dependency by version; `make examples` builds it as one.
  @Test func packageHasUnsafeFlagsForItsOwnTestsAlone() throws {
    let manifest = try #require(SourceTree.file("Package.swift"))
    let parts = manifest.text.components(separatedBy: "if Context.environment[\"STRATA_OPTIMISED\"] != nil {")
    try #require(parts.count == 2)
    #expect(!parts[0].contains("unsafeFlags"), "say it in the sources, or in KERNELS of the Makefile")
    let after = parts[1].components(separatedBy: "\n}\n")
    #expect(after[0].contains("unsafeFlags") && !after.dropFirst().joined().contains("unsafeFlags"))
  }

  /// A version is a tag, which can be moved; the lock has commits.
  @Test func everyDependencyIsLockedToACommitAndEveryBuildOfTheMakefileChecksIt() throws {
    let manifest = try String(contentsOf: SourceTree.root.appending(path: "Package.swift"), encoding: .utf8)
    let lock = try String(contentsOf: SourceTree.root.appending(path: "Tools/dependencies.lock"), encoding: .utf8)
    let wanted = manifest.matches(of: /url: "[^"]*\/([^"\/]*)", exact: "([^"]*)"/).map { ($0.1.lowercased(), $0.2) }
    let program = wanted.filter { !$0.0.contains("docc") }
    let locked = lock.matches(of: /(?m)^([a-z-]+) ([0-9.]+) [0-9a-f]{40}$/).map { (String($0.1), $0.2) }
    #expect(program.count == 3 && locked.elementsEqual(program.sorted { $0.0 < $1.0 }) { $0 == $1 })
    let makefile = try String(contentsOf: SourceTree.root.appending(path: "Makefile"), encoding: .utf8)
    for target in ["gallery", "test", "install", "fuzz", "sanitize", "bench"] {
      #expect(makefile.contains("\n\(target): locked\n"))
    }
  }

  @Test func aMovedTagStopsTheBuild() throws {
    try withTemporaryFolder { folder in
      let tools = folder.appending(path: "Tools")
      try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
      let one = String(repeating: "1", count: 40)
      let two = String(repeating: "2", count: 40)
      try Data("# words\na 1.0.0 \(one)\ngone 2.0.0 \(one)\n".utf8).write(
        to: tools.appending(path: "dependencies.lock"))
      func check(_ pins: [(String, String)]) throws -> Tool.Result {
        let list = pins.map { #"{"identity": "\#($0)", "state": {"revision": "\#($1)", "version": "1.0.0"}}"# }
        try Data("{\"pins\": [\(list.joined(separator: ","))], \"version\": 3}".utf8)
          .write(to: folder.appending(path: "Package.resolved"))
        return try Tool.run(
          "python3", [SourceTree.root.appending(path: "Tools/check_dependencies.py").path, folder.path])
      }
      let found = try check([("a", two), ("new", one), ("swift-docc-plugin", two)])
      #expect(found.status == 1)
      for words in [
        "a: expected 1.0.0 at \(one), found 1.0.0 at \(two); a tag was moved",
        "gone: locked and not resolved", "new: resolved to \(one) and not locked",
      ] { #expect(found.output.contains(words)) }
      #expect(!found.output.contains("docc"))
      try Data("a 1.0.0 \(one)\n".utf8).write(to: tools.appending(path: "dependencies.lock"))
      #expect(try check([("a", one)]).status == 0)
    }
  }

  /// A product that is fused with a sum has other bits; the pragma that forbids it holds for what comes after.
  @Test func everySourceOfTheKernelsForbidsFusedProductsFirst() throws {
    let folder = SourceTree.root.appending(path: "Sources/Kernels")
    let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
      .filter { $0.hasSuffix(".cpp") }
    #expect(names.count > 30)
    for name in names {
      let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let first = text.split(separator: "\n").first { $0.hasPrefix("#") }
      #expect(first == "#include \"exact.h\"", "Sources/Kernels/\(name) includes something before exact.h")
    }
    let header = try String(contentsOf: folder.appending(path: "exact.h"), encoding: .utf8)
    #expect(header.contains("\n#pragma STDC FP_CONTRACT OFF\n"))
  }

  /// Declarations, cases of public enums and requirements of public protocols.
  @Test func everyPublicSymbolHasASentence() throws {
    let declaration = try Regex(
      #"^ *public (?:(?:static|final|indirect|mutating|convenience|class) )*"#
        + #"(?:struct|enum|class|protocol|actor|func|let|var|init|typealias|subscript)\b"#)
    let type = try Regex(#"^( *)public (?:indirect )?(enum|protocol) .*\{$"#)
    let oneLine = try Regex(#"^ *public (?:indirect )?enum .*\{ *case "#)
    let enumCase = try Regex(#"^ *(?:indirect )?case\b"#)
    let requirement = try Regex(#"^ *(?:static |mutating )*(?:func|var|init|associatedtype)\b"#)
    var found = 0
    for file in SourceTree.sources {
      let lines = file.lines
      // Where the members of a public enum or protocol stand, while one is open, and which of them are public, too.
      var indent: Int?
      var member = enumCase
      for (index, line) in lines.enumerated() {
        let start = line.prefix { $0 == " " }.count
        if let open = indent, start == open - 2, line.dropFirst(start).hasPrefix("}") { indent = nil }
        #expect(
          line.firstMatch(of: oneLine) == nil,
          "\(file.path):\(index + 1): cases on lines of their own, each with a sentence")
        let isMember = start == indent && line.firstMatch(of: member) != nil
        if isMember || line.firstMatch(of: declaration) != nil {
          found += 1
          // Attributes stand between a docstring and what it documents.
          let above = lines[..<index].last { !$0.trimmingCharacters(in: .whitespaces).hasPrefix("@") } ?? ""
          #expect(
            above.trimmingCharacters(in: .whitespaces).hasPrefix("///"),
            "\(file.path):\(index + 1) has no sentence: \(line)")
        }
        if line.firstMatch(of: type) != nil {
          indent = start + 2
          member = line.contains("protocol ") ? requirement : enumCase
        }
      }
    }
    #expect(found > 500)
  }
}

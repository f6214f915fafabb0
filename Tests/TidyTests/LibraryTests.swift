import Foundation
import TestSupport
import Testing

/// Rules that keep this package usable as a library.
@Suite struct LibraryTests {
  /// SwiftPM refuses a package with such flags as a dependency by version.
  @Test func packageHasNoUnsafeFlags() throws {
    let manifest = try #require(SourceTree.file("Package.swift"))
    #expect(!manifest.code.contains("unsafeFlags"), "say it in the sources, or in KERNELS of the Makefile")
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

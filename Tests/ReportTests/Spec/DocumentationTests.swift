import Engine
import Foundation
import Plot
import TestSupport
import Testing

@testable import Figures
@testable import Models

/// What README.md and docs/spec.md list is what the registries hold.
@Suite struct DocumentationTests {
  private func page(_ path: String) throws -> String {
    let root = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent()
    return try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The second column of the row of README's table that begins with a word.
  private func row(_ name: String) throws -> [String] {
    let line = try page("README.md").split(separator: "\n").first { $0.hasPrefix("| \(name) |") }
    return try #require(line).split(separator: "|")[1].split(separator: ",")
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test func theReadmeListsTheFamiliesAndNumberFormatsThereAre() throws {
    #expect(try row("families") == Architecture.all.map(\.name))
    #expect(try Set(row("stored numbers")) == Set(NumberFormat.all.map(\.name)))
  }

  @Test func theReadmeNamesEveryModelOfTheCatalog() throws {
    let names = try row("names")
    for name in try ModelCatalog(environment: [:]).names { #expect(names.contains("`\(name)`")) }
  }

  @Test(arguments: FigureKind.all.map(\.name)) func everyKindIsDocumented(name: String) throws {
    // Its options are on its own page, see FigurePagesTests.
    #expect(try page("docs/spec.md").contains("| `\(name)` |"))
  }

  @Test func everyFormatOfFiguresIsDocumented() throws {
    let page = try page("docs/spec.md")
    for format in FigureFormat.all { #expect(page.contains("`\(format.name)`")) }
    let names = FigureFormat.all.filter(\.isStandard).map(\.name).joined(separator: ", ")
    #expect(page.contains("output: {figures: [\(names)], gallery: html, report: pdf}"))
  }

  @Test func theReadmeIsShort() throws {
    #expect(try page("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 150)
  }
}

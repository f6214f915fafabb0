import Foundation
import Plot
import TestSupport
import Testing

@testable import Figures

/// The pages about figures say what the registry holds.
@Suite struct FigurePagesTests {
  static let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
    path: "docs/figures")

  @Test(arguments: FigureKind.all)
  func everyKindHasAPageWithItsPictureItsSummaryAndItsOptions(kind: FigureKind) throws {
    let page = try String(contentsOf: Self.folder.appending(path: "\(kind.name).md"), encoding: .utf8)
    #expect(page.hasPrefix("# \(kind.name)\n\n\(kind.summary.prefix(1).uppercased())\(kind.summary.dropFirst()).\n"))
    #expect(page.contains("](\(kind.name).png)"))
    #expect(FileManager.default.fileExists(atPath: Self.folder.appending(path: "\(kind.name).png").path))
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }
    #expect(rows.count == kind.options.count)
    for (row, option) in zip(rows, kind.options) {
      let cells = row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(cells.first == "`\(option.name)`")
      #expect(cells.last == option.doc)
      if let standard = option.standard {
        #expect(cells[2] == standard.spelled.replacingOccurrences(of: "'", with: ""))
      }
      if case .choice(let words) = option.values { #expect(cells[1] == words.joined(separator: ", ")) }
    }
  }
}

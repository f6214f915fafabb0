import Foundation
import Plot
import TestSupport
import Testing

@testable import Figures

/// A few figures as pixels: what no scene shows, such as fonts, strokes and what lies under what.
///
/// Other versions of Cairo and FreeType may shade edges a little differently; shapes may not move.
@Suite struct GoldenPictureTests {
  @Test(arguments: ["lens-grid", "trajectory", "difference", "token-strip"])
  func picturesAreAsTheyWere(kind: String) throws {
    let trace = SampleTraces.trace(
      layers: 4, columns: 3, texts: [.text(" London"), .text("中文"), .text("العربية")], watch: [" is", " are"])
    let figure = try FigureRecipes().draw(
      kind, [trace], options: [:], style: FigureStyle(venue: "acl", span: "column"))
    let picture = try OutputFormat.named("png").render(figure.scene, options: OutputOptions(dpi: 110))
    let file = Fixtures.folder.appending(path: "snapshots/figure-\(kind).png")
    guard let recorded = try? Data(contentsOf: file) else {
      try picture.write(to: file)
      Issue.record(
        "there was no picture of \(kind); \(file.lastPathComponent) is recorded now: look at it, then run again")
      return
    }
    let found = try PictureComparison(recorded, picture, tolerance: 48)
    let pixels = Double(found.first.width * found.first.height)
    print("\(kind): root mean square \(found.rootMeanSquare) of 255, \(found.differing) pixels beyond the tolerance")
    #expect(found.first == found.second)
    #expect(found.rootMeanSquare < 3)
    #expect(Double(found.differing) < pixels / 500)
  }

  @Test func aPictureThatHasChangedIsSeen() throws {
    let recorded = try Data(contentsOf: Fixtures.folder.appending(path: "snapshots/figure-trajectory.png"))
    var trace = SampleTraces.trace(
      layers: 4, columns: 3, texts: [.text(" London"), .text("中文"), .text("العربية")], watch: [" is", " are"])
    trace.watch[0].rank[2][0] = 40_000
    let figure = try FigureRecipes().draw(
      "trajectory", [trace], options: [:], style: FigureStyle(venue: "acl", span: "column"))
    let picture = try OutputFormat.named("png").render(figure.scene, options: OutputOptions(dpi: 110))
    let found = try PictureComparison(recorded, picture, tolerance: 48)
    #expect(found.rootMeanSquare >= 3 || found.differing >= found.first.width * found.first.height / 500)
  }
}

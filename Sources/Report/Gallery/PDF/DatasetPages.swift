import Plot
import Words

extension ReportBody {
  /// A dataset with a table of the numbers after the last layer.
  mutating func add(_ dataset: GalleryManifest.Dataset) throws {
    flow.skip(4)
    try flow.paragraph(VisibleText.inline(GalleryLayout.Subject.described(dataset)), small)
    if !dataset.rows.isEmpty { try table(dataset) }
  }

  /// A row for every model and group, and a block of rows for every three statistics, because all do not fit side by side.
  private mutating func table(_ dataset: GalleryManifest.Dataset) throws {
    flow.skip(18)
    try flow.paragraph(
      "After the last layer, with bootstrap intervals",
      .init(font: style.serif(14), color: style.ink, leading: 20, tag: .heading2))
    flow.skip(4)
    let look = PageFlow.TextStyle(font: style.sans(8), color: style.ink, leading: 13)
    let together = 3
    for first in stride(from: 0, to: dataset.heads.count, by: together) {
      let columns = Array(first..<min(first + together, dataset.heads.count))
      let heads = ["Model", "Prompts", "Number"] + columns.map { dataset.heads[$0] }
      flow.skip(8)
      flow.need(4 * look.leading)
      try line(heads, small)
      for row in dataset.rows {
        flow.need(look.leading)
        flow.hairline()
        try line(
          [row.model, row.group, Wording.grouped(row.items)]
            + columns.map { row.cells.indices.contains($0) ? row.cells[$0] : "" },
          look)
      }
    }
  }

  private mutating func line(_ cells: [String], _ look: PageFlow.TextStyle) throws {
    let area = flow.area
    let starts = [0, 0.23, 0.41, 0.49, 0.66, 0.83, 1].map { $0 * area.width }
    let y = flow.y
    let runs = try cells.enumerated().map { index, cell in
      let width = starts[index + 1] - starts[index] - 5
      let text = try PageFlow.line(VisibleText.inline(cell), font: look.font, width: width).text
      return PageFlow.run(text, look, at: Point(area.x + starts[index], y))
    }
    flow.draw([.structure(.paragraph, runs)])
    flow.skip(look.leading)
  }
}

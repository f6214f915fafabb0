import Plot
import Words

extension ReportBody {
  /// A dataset with a table of the numbers after the last layer.
  mutating func add(_ dataset: GalleryManifest.Dataset) throws {
    flow.skip(4)
    try flow.paragraph(VisibleText.inline(GalleryLayout.Subject.described(dataset)), small)
    guard !dataset.rows.isEmpty else { return }
    flow.skip(14)
    try flow.paragraph(
      "After the last layer, with intervals",
      .init(font: style.text(13), color: style.ink, leading: 19, tag: .heading2))
    flow.skip(4)
    try ReportTable(
      stub: [.init(title: "Model"), .init(title: "Prompts"), .init(title: "n", isNumeric: true)],
      groups: dataset.heads.map { .init(columns: [.init(title: VisibleText.inline($0), isNumeric: true)]) },
      rows: dataset.rows.map { row in
        ([row.model, row.group, Wording.grouped(row.items)] + row.cells).map(VisibleText.inline)
      }
    ).draw(in: &flow)
  }
}

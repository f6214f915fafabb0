/// How wide the texts of a heatmap's cells are, found once for all sizes of cells that a layout tries.
final class CellWidths {
  let marks: CellMarks
  let theme: Theme
  private lazy var counts = Array(Set(marks.values.joined().compactMap { $0.map { Int($0) } }))
  private var ofCounts: [CountForm: Double?] = [:]
  private lazy var ofNumbers = Result { () throws -> Double? in
    guard case .numbers(let texts) = marks.texts else { return nil }
    return try widest(zip(texts.joined(), marks.values.joined()).compactMap { $1 == nil ? nil : $0 })
  }

  /// Of cells under a theme.
  init(_ marks: CellMarks, theme: Theme) { (self.marks, self.theme) = (marks, theme) }

  /// The widest count in a form, at 10 points; nil where there are none.
  func count(_ form: CountForm) throws -> Double? {
    if let known = ofCounts[form] { return known }
    let found = try widest(counts.map(form.text))
    ofCounts[form] = .some(found)
    return found
  }

  /// The widest number as given, at 10 points; nil where there are none.
  func number() throws -> Double? { try ofNumbers.get() }

  private func widest(_ texts: [String]) throws -> Double? {
    // Digits have equal widths, so of texts that differ only in their digits one is measured.
    let shapes = Set(texts.map { String(decoding: $0.utf8.map { (48...57).contains($0) ? 48 : $0 }, as: UTF8.self) })
    return try shapes.map { try TextMeasurer.extent($0, font: theme.tickFont(size: 10)).width }.max()
  }
}

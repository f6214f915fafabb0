import Figures
import Gallery
import Spec
import Words

extension GalleryFront {
  /// The strips and curves of all cells that have numbers.
  ///
  /// The colours are those of the first figure of ranks in the spec, so that strips and figures can be compared.
  ///
  /// - Parameter results: In the order of the plan's cells.
  init(_ spec: ReportSpec, _ plan: Plan, _ results: [Result<WrittenNumbers, Diagnostic>]) throws {
    let kinds = StripScale.kinds
    let first = spec.figures.lazy.compactMap { figure in
      kinds.first { $0.name == figure.kind }.map { (kind: $0, options: figure.options) }
    }.first
    let chosen = first.flatMap { try? StripScale(kind: $0.kind, options: $0.options) }
    self.init(scale: chosen ?? (try? StripScale()))
    let isSummed = Set(plan.cells.map(\.subject)).count { !$0.isDataset } > Self.mostStrips
    // Layers of a model are the same for all prompts.
    var layers: [String] = []
    for (cell, result) in zip(plan.cells, results) {
      guard let numbers = try (try? result.get())?.numbers.read() else { continue }
      let strip = numbers.trace.flatMap { Strip($0) }
      if let own = strip?.layers, own != layers { layers = own }
      cells[Key(subject: spec.id(of: cell.subject), model: spec.models[cell.model].name)] = Cell(
        strip: isSummed ? nil : strip, curve: numbers.summary.flatMap { AccuracyCurve($0) },
        output: numbers.trace?.outputText,
        settled: isSummed ? strip.map { Settled(layers: layers, rows: $0.rows.map(\.settled)) } : nil)
    }
  }
}

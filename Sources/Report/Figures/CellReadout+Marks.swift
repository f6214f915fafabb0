import Plot
import Words

// The readouts of kinds without cells: words with bars, bars, lines, tokens of a text.

extension CellReadout {
  /// The readouts of a figure that is no heatmap; empty where its places are not known.
  static func others(of figure: Figure, grids: [CellGrid]) -> [CellReadout] {
    let labels = figure.panel.rows.labels.map(\.text)
    switch figure.panel.marks {
    case .cells, .multiples: return []
    case .entries(let marks):
      guard grids.count == 1 else { return [] }
      let shown = grids[0].shown ?? Array(labels.indices)
      let heads = marks.columns.above?.labels.map(\.text) ?? []
      let places = grids[0].columns.indices
      return [
        CellReadout(
          .entries, grid: grids[0], rows: shown.map { labels[$0] },
          columns: places.map { heads.indices.contains($0) ? heads[$0] : "" },
          cells: shown.map { row in
            places.filter { marks.entries[row].indices.contains($0) }.map { place in
              let entry = marks.entries[row][place]
              return Cell(text: entry.label.text, target: entry.amount)
            }
          })
      ]
    case .bars(let marks):
      let texts = marks.bars.map { Cell(text: $0.amount.isEmpty ? PlainNumber.text($0.value) : $0.amount) }
      if grids.count == 1, grids[0].isTurned, grids[0].columns.count == texts.count {
        return [CellReadout(.bars, grid: grids[0], rows: [marks.title], columns: labels, cells: [texts])]
      }
      guard grids.count == 1, grids[0].rows.count == texts.count else { return [] }
      return [
        CellReadout(
          .bars, grid: grids[0], rows: labels, columns: [marks.title], cells: texts.map { [$0] })
      ]
    case .lines(let marks):
      guard grids.count == marks.charts.count else { return [] }
      return zip(marks.charts, zip(labels, grids)).map { chart, place in
        let places = chart.places
        return CellReadout(
          .lines, title: place.0, grid: place.1, rows: [place.0],
          columns: places.map { at in chart.points(at: at).first?.name ?? "" },
          cells: [
            places.map { at in
              let said = chart.points(at: at).map { series, value, _ in
                (marks.series.count > 1 && marks.series.indices.contains(series) ? marks.series[series] + " " : "")
                  + chart.told(value)
              }
              return Cell(text: said.joined(separator: ", "))
            }
          ])
      }
    case .stripes(let marks):
      // Cells of models of different depth do not stand above each other.
      guard grids.count == 1, Set(marks.series.map(\.places.count)).count == 1 else { return [] }
      let shown = grids[0].shown ?? Array(labels.indices)
      return [
        CellReadout(
          .cells, grid: grids[0],
          rows: shown.flatMap { word in
            marks.series.map { marks.series.count > 1 ? "\(labels[word]), \($0.name)" : labels[word] }
          },
          columns: marks.series[0].places,
          cells: shown.flatMap { word in
            marks.values[word].map { $0.map { Cell(text: $0.map(CountFormat.full) ?? "") } }
          })
      ]
    case .tokens(let marks):
      var next = 0
      return grids.compactMap { grid in
        let tokens = marks.tokens.dropFirst(next).prefix(grid.columns.count)
        next += grid.columns.count
        guard tokens.count == grid.columns.count else { return nil }
        return CellReadout(
          .tokens, grid: grid, rows: [""], columns: tokens.map(\.label.text),
          cells: [
            tokens.map { token in
              Cell(text: token.value.map { figure.colorBar?.told($0) ?? Decimals.fixed($0, 2) } ?? "")
            }
          ])
      }
    }
  }

  private init(_ form: Form, title: String? = nil, grid: CellGrid, rows: [String], columns: [String], cells: [[Cell]]) {
    self.title = title
    self.grid = grid
    self.rows = rows
    self.columns = columns
    self.cells = cells
    self.form = form
  }
}

extension LineMarks.Chart {
  /// The bars, and the points of all lines, at a place.
  fileprivate func points(at place: Double) -> [(series: Int, value: Double, name: String)] {
    bars.filter { abs($0.place - place) <= 1e-9 }.map { ($0.series, $0.value, $0.name) }
      + lines.flatMap { line in
        line.points.filter { abs($0.place - place) <= 1e-9 }.map { (line.series, $0.value, $0.name) }
      }
  }

  /// A value in the unit of the axis.
  fileprivate func told(_ value: Double) -> String {
    switch scale {
    case .share: Decimals.fixed(value * 100, 2) + " %"
    case .ranks: CountFormat.full(Int(value.rounded()))
    case .below, .upTo, .logarithmic, .symmetric, .signed: Decimals.fixed(value, 2)
    }
  }
}

extension ColorBar {
  /// A value as its numbers are written, with the title of the bar.
  fileprivate func told(_ value: Double) -> String {
    let text =
      switch numbers {
      case .percent: Decimals.fixed(value * 100, 2) + " %"
      case .counts, .fullCounts: CountFormat.full(Int(value.rounded()))
      default: Decimals.fixed(value, 2)
      }
    return "\(title): \(text)"
  }
}

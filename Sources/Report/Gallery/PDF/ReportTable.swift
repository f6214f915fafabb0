import Plot

/// A table under hairlines, over as many pages as it needs, with its heads repeated on each.
///
/// Groups of columns that do not fit side by side follow in further blocks, each with the first columns again.
struct ReportTable {
  /// A column.
  struct Column {
    var title: String
    /// Whether its numbers stand with their decimal points below each other; such cells are never broken.
    var isNumeric = false
  }

  /// Columns that stay together, under a title where there is one.
  struct Group {
    var title = ""
    var columns: [Column]
  }

  /// What names a row; repeated in every block.
  var stub: [Column]
  var groups: [Group]
  /// The cells of every row: those of the stub, then those of the groups; a line break begins a line.
  var rows: [[String]]

  private static let gap = 10.0
  private static let narrowest = 54.0
  private static let widest = 230.0
  private static let mostLines = 4

  /// A column with its place among all cells, and its measures.
  private struct Fitted {
    var column: Column
    var cell: Int
    /// Width of its longest cell on one line, and of what stands before the decimal point.
    var natural: Double
    var whole: Double
    var width: Double
    var x = 0.0
  }

  /// Draws the table at the current height.
  func draw(in flow: inout PageFlow, size: Double = 9) throws {
    let style = flow.style
    let look = PageFlow.TextStyle(font: style.text(size), color: style.ink, leading: size * 1.4)
    let head = PageFlow.TextStyle(font: style.text(size - 1), color: style.quiet, leading: size * 1.35)
    var cell = stub.count
    let first = try stub.indices.map { try measured(stub[$0], cell: $0, look, head) }
    let fitted = try groups.map { group -> [Fitted] in
      var own = try group.columns.map { column in
        defer { cell += 1 }
        return try measured(column, cell: cell, look, head)
      }
      // The title of a group needs room as well.
      let lacking = try min(Self.width(group.title, head.font), Self.widest) - natural(own)
      if lacking > 0, let last = own.indices.last {
        own[last].natural += lacking
        own[last].width += max(0, min(lacking, Self.narrowest))
      }
      return own
    }
    var start = 0
    while start < groups.count {
      var end = start + 1
      while end < groups.count, least(first + fitted[start...end].joined()) <= flow.area.width { end += 1 }
      if start > 0 { flow.skip(look.leading) }
      try block(start..<end, first, Array(fitted[start..<end]), in: &flow, look, head)
      start = end
    }
  }

  private func measured(
    _ column: Column, cell: Int, _ look: PageFlow.TextStyle, _ head: PageFlow.TextStyle
  ) throws -> Fitted {
    let width = Self.width
    let texts = rows.compactMap { $0.indices.contains(cell) ? $0[cell] : nil }
    let title = try width(column.title, head.font)
    guard column.isNumeric else {
      let lines = texts.flatMap { $0.split(separator: "\n") }
      let natural = min(max(title, try lines.map { try width(String($0), look.font) }.max() ?? 0), Self.widest)
      return Fitted(column: column, cell: cell, natural: natural, whole: 0, width: min(natural, Self.narrowest))
    }
    let whole = try texts.map { try width(Self.whole($0), look.font) }.max() ?? 0
    let rest = try texts.map { try width($0, look.font) - width(Self.whole($0), look.font) }.max() ?? 0
    let natural = max(title, whole + rest)
    return Fitted(column: column, cell: cell, natural: natural, whole: whole, width: natural)
  }

  private static func width(_ text: String, _ font: Font) throws -> Double {
    try TextMeasurer.extent(TextMeasurer.drawable(text, font: font), font: font).width
  }

  private func natural(_ columns: [Fitted]) -> Double {
    columns.reduce(0) { $0 + $1.natural } + Self.gap * Double(columns.count - 1)
  }

  /// What stands before the decimal point of the first number: "16" of "16.4 % : 0.5 %", all of a text without digits.
  static func whole(_ text: String) -> String {
    guard let start = text.firstIndex(where: \.isNumber) else { return text }
    return String(text[..<(text[start...].firstIndex { !$0.isNumber && $0 != "," } ?? text.endIndex)])
  }

  private func least(_ columns: [Fitted]) -> Double {
    columns.reduce(0) { $0 + $1.width } + Self.gap * Double(columns.count - 1)
  }

  /// Columns at the widths that they get: spare room goes to texts that would be broken, in equal shares.
  private func spread(_ columns: [Fitted], over width: Double) -> [Fitted] {
    var columns = columns
    var spare = width - least(columns)
    while spare > 0.01 {
      let open = columns.indices.filter { columns[$0].natural > columns[$0].width + 0.001 }
      guard !open.isEmpty else { break }
      let share = spare / Double(open.count)
      for index in open {
        let more = min(share, columns[index].natural - columns[index].width)
        columns[index].width += more
        spare -= more
      }
    }
    // A single group with numbers wider than the page: every column gets less, and what does not fit is cut visibly.
    if spare < 0 { for index in columns.indices { columns[index].width *= width / (width - spare) } }
    var x = 0.0
    for index in columns.indices {
      columns[index].x = x
      x += columns[index].width + Self.gap
    }
    return columns
  }

  private func block(
    _ range: Range<Int>, _ first: [Fitted], _ fitted: [[Fitted]], in flow: inout PageFlow,
    _ look: PageFlow.TextStyle, _ head: PageFlow.TextStyle
  ) throws {
    let columns = spread(first + fitted.joined(), over: flow.area.width)
    var spans: [(title: String, from: Double, to: Double)] = []
    var next = first.count
    for (group, own) in zip(groups[range], fitted) {
      let last = columns[next + own.count - 1]
      if !group.title.isEmpty { spans.append((group.title, columns[next].x, last.x + last.width)) }
      next += own.count
    }
    // A title that is wider than its column takes two lines, of which the lower ones stand on one line.
    let titles = try columns.map { column -> [String] in
      let lines = try PageFlow.lines(column.column.title, font: head.font, width: column.width)
      guard lines.count > 2 else { return lines }
      let rest = lines.dropFirst().joined(separator: " ")
      return [lines[0], try TextMeasurer.shortened(rest, font: head.font, width: column.width)]
    }
    let titleLines = titles.map(\.count).max() ?? 1
    let heads = (spans.isEmpty ? 0 : head.leading + 3) + Double(titleLines) * head.leading + 4
    func heading() throws {
      let corner = Point(flow.area.x, flow.y)
      var runs: [SceneItem] = []
      if !spans.isEmpty {
        for span in spans {
          let title = try PageFlow.line(span.title, font: head.font, width: span.to - span.from)
          runs.append(PageFlow.run(title.text, head, at: Point(corner.x + span.from, flow.y)))
        }
        flow.skip(head.leading + 1)
        for span in spans { flow.hairline(from: span.from, to: span.to) }
        flow.skip(2)
      }
      for (column, lines) in zip(columns, titles) {
        for (index, line) in lines.enumerated() {
          let title = try PageFlow.line(line, font: head.font, width: column.width)
          // A numeric column's title stands over its numbers' right end, as the numbers do.
          let shift = column.column.isNumeric ? min(max(0, column.whole - title.width), column.width - title.width) : 0
          let y = flow.y + Double(titleLines - lines.count + index) * head.leading
          runs.append(PageFlow.run(title.text, head, at: Point(corner.x + column.x + shift, y)))
        }
      }
      flow.draw([.structure(.paragraph, runs)])
      flow.skip(Double(titleLines) * head.leading + 3)
      flow.hairline(color: flow.style.quiet)
      flow.skip(1)
    }
    flow.need(heads + 2 * look.leading)
    try heading()
    let all = try rows.map { row in try columns.map { try lines(of: row, in: $0, look) } }
    for (index, lines) in all.enumerated() {
      let height = Self.height(lines, look)
      // The last row does not stand alone on a page.
      let wanted = index == all.count - 2 ? height + Self.height(all[index + 1], look) : height
      if flow.remaining < wanted, !flow.isAtTop {
        flow.newPage()
        try heading()
      }
      let top = flow.y + 2
      let runs = try zip(columns, lines).flatMap { column, lines in
        try lines.enumerated().map { index, line in
          var shift = 0.0
          if column.column.isNumeric {
            let whole = try TextMeasurer.extent(Self.whole(line), font: look.font).width
            shift = max(0, column.whole - whole)
          }
          return PageFlow.run(
            line, look, at: Point(flow.area.x + column.x + shift, top + Double(index) * look.leading))
        }
      }
      flow.draw([.structure(.paragraph, runs)])
      flow.skip(height)
      flow.hairline()
    }
  }

  private static func height(_ lines: [[String]], _ look: PageFlow.TextStyle) -> Double {
    Double(lines.map(\.count).max() ?? 1) * look.leading + 4
  }

  /// The lines of a row's cell.
  private func lines(of row: [String], in column: Fitted, _ look: PageFlow.TextStyle) throws -> [String] {
    let text = row.indices.contains(column.cell) ? row[column.cell] : ""
    if column.column.isNumeric || text.isEmpty {
      return [try PageFlow.line(text, font: look.font, width: column.width).text]
    }
    let all = try PageFlow.lines(text, font: look.font, width: column.width)
    guard all.count > Self.mostLines else { return all }
    let rest = all[(Self.mostLines - 1)...].joined(separator: " ")
    return all.prefix(Self.mostLines - 1) + [try TextMeasurer.shortened(rest, font: look.font, width: column.width)]
  }
}

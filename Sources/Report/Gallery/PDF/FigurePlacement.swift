import Plot

/// Where the panels of a comparison go on a page, and at what scale.
struct FigurePlacement: Equatable {
  /// A panel in its place; `rect` holds label, figure and caption.
  struct Slot: Equatable {
    var panel: Int
    var rect: Rect
    var scale: Double
  }

  var orientation: Orientation
  /// Whether it begins a page.
  var newPage: Bool
  var slots: [Slot]

  /// How large a panel is at true size.
  struct PanelSize {
    /// Of the figure, or of the words in its place.
    var figure: Size
    /// Height of label and caption; depends on the width of the text and on the scale, which the caption states.
    var textHeight: (_ width: Double, _ scale: Double) throws -> Double

    /// Width of label and caption: short lines are hard to read under narrow figures.
    func textWidth(scale: Double, limit: Double) -> Double { min(max(figure.width * scale, narrowestText), limit) }
  }

  private static let gap = 24.0
  private static let narrowestText = 200.0

  /// Places `panels` whole and at true size on as few pages as possible.
  ///
  /// It tries in this order: all together, in as many columns as fit, on the rest of the page, on a portrait page, on a
  /// landscape page; then each figure alone in the same way. A figure that fits nowhere is scaled to the page that shows it
  /// larger.
  /// - Parameters:
  ///   - remaining: Height left on the current portrait page; 0 for none.
  ///   - heading: Height of the heading, repeated on each new page.
  static func plan(
    _ panels: [PanelSize], style: PageStyle, remaining: Double, heading: Double
  ) throws -> [FigurePlacement] {
    if let together = try fit(Array(panels.indices), of: panels, style: style, remaining: remaining, heading: heading) {
      return [together]
    }
    var plans: [FigurePlacement] = []
    for index in panels.indices {
      let left = plans.isEmpty ? remaining : 0
      plans.append(
        try fit([index], of: panels, style: style, remaining: left, heading: heading)
          ?? Self.scaled(index, of: panels, style: style, heading: heading))
    }
    return plans
  }

  private static func fit(
    _ indices: [Int], of panels: [PanelSize], style: PageStyle, remaining: Double, heading: Double
  ) throws -> FigurePlacement? {
    let pages: [(orientation: Orientation, isNew: Bool)] = [(.portrait, false), (.portrait, true), (.landscape, true)]
    for page in pages {
      let size = style.size(page.orientation)
      let area = style.textArea(of: size)
      let height = (page.isNew ? area.height : remaining) - heading
      for columns in stride(from: indices.count, through: 1, by: -1) {
        if let slots = try grid(indices, columns, of: panels, page: size, area: area, height: height, style: style) {
          return FigurePlacement(orientation: page.orientation, newPage: page.isNew, slots: slots)
        }
      }
    }
    return nil
  }

  /// Panels in rows of `columns`; positions are from the top left of the text area, below the heading.
  private static func grid(
    _ indices: [Int], _ columns: Int, of panels: [PanelSize], page: Size, area: Rect, height: Double, style: PageStyle
  ) throws -> [Slot]? {
    var slots: [Slot] = []
    var y = 0.0
    var extra = 0.0
    for start in stride(from: 0, to: indices.count, by: columns) {
      let row = indices[start..<min(start + columns, indices.count)]
      // Texts side by side need a column's width; a single text may be wider than its figure.
      let least = row.map { max(panels[$0].figure.width, columns > 1 ? narrowestText : 0) }
      if columns > 1, start == 0 {
        // Spare room makes captions wider, and so shorter.
        let free = area.width - least.reduce(0, +) - gap * Double(row.count - 1)
        extra = min(max(0, free / Double(row.count)), 100)
      }
      let widths = least.map { $0 + extra }
      let total = widths.reduce(0, +) + gap * Double(row.count - 1)
      guard total <= page.width - 2 * style.edge else { return nil }
      // Wider than the text: centred on the page, into the margins.
      var x = total <= area.width ? 0 : (page.width - total) / 2 - area.x
      var tallest = 0.0
      for (index, width) in zip(row, widths) {
        let panel = panels[index]
        let textWidth = columns > 1 ? width : panel.textWidth(scale: 1, limit: area.width)
        let tall = try panel.figure.height + panel.textHeight(textWidth, 1)
        slots.append(Slot(panel: index, rect: Rect(x, y, max(width, textWidth), tall), scale: 1))
        x += width + gap
        tallest = max(tallest, tall)
      }
      y += tallest + gap
    }
    return y - gap <= height ? slots : nil
  }

  private static func scaled(
    _ index: Int, of panels: [PanelSize], style: PageStyle, heading: Double
  ) throws -> FigurePlacement {
    let panel = panels[index]
    let choices = try [Orientation.portrait, .landscape].map { orientation -> FigurePlacement in
      let size = style.size(orientation)
      let area = style.textArea(of: size)
      let text = try panel.textHeight(panel.textWidth(scale: 0, limit: area.width), 0)
      let room = Size(size.width - 2 * style.edge, max(72, area.height - heading - text))
      let scale = min(1, room.width / panel.figure.width, room.height / panel.figure.height)
      let width = panel.figure.width * scale
      let x = width <= area.width ? 0 : (size.width - width) / 2 - area.x
      let textWidth = panel.textWidth(scale: scale, limit: area.width)
      let tall = try panel.figure.height * scale + panel.textHeight(textWidth, scale)
      let slot = Slot(panel: index, rect: Rect(x, 0, max(width, textWidth), tall), scale: scale)
      return FigurePlacement(orientation: orientation, newPage: true, slots: [slot])
    }
    return choices[1].slots[0].scale > choices[0].slots[0].scale ? choices[1] : choices[0]
  }
}

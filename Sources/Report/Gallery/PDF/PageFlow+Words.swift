import Markdown
import Plot
import Words

// The author's own words on paper: lines of several fonts, with links.

extension PageFlow {
  /// How a text in Markdown looks.
  struct WordStyle {
    var size = 10.5
    var leading = 14.5
    /// Left edge, from the text area's.
    var x = 0.0
  }

  /// A piece of a line in one font.
  private struct Piece {
    var text: String
    var font: Font
    var address: String?
    var width: Double
  }

  /// A text in Markdown, over as many pages as it needs.
  mutating func words(_ text: String, _ look: WordStyle = WordStyle()) throws {
    for (index, block) in MarkdownText(text).blocks.enumerated() {
      if index > 0 { skip(5) }
      try flow(block, look)
    }
  }

  private mutating func flow(_ block: MarkdownBlock, _ look: WordStyle, mark: String? = nil) throws {
    switch block {
    case .paragraph(let inlines): try paragraph(inlines, look, mark: mark)
    case .heading(_, let inlines):
      need(3 * look.leading)
      skip(4)
      try paragraph(inlines, look, bold: true, mark: mark)
    case .quote(let blocks):
      var inner = look
      inner.x += 16
      for (index, block) in blocks.enumerated() { try flow(block, inner, mark: index == 0 ? mark : nil) }
    case .code(let text):
      let font = style.exact(look.size * 0.82)
      let shown = text.split(separator: "\n", omittingEmptySubsequences: false)
        .map { VisibleText.inline(String($0)) }.joined(separator: "\n")
      try paragraph(
        shown, TextStyle(font: font, color: style.ink, leading: look.leading * 0.9), x: look.x + 8)
    case .rule:
      skip(4)
      hairline(from: look.x)
      skip(6)
    case .list(let start, let items):
      var inner = look
      inner.x += 16
      for (index, item) in items.enumerated() {
        let label = start.map { "\($0 + index)." } ?? "•"
        for (place, block) in item.enumerated() { try flow(block, inner, mark: place == 0 ? label : nil) }
        if index < items.count - 1 { skip(2) }
      }
    }
  }

  /// A paragraph of several fonts; `mark` stands to the left of its first line.
  private mutating func paragraph(
    _ inlines: [MarkdownInline], _ look: WordStyle, bold: Bool = false, mark: String? = nil
  ) throws {
    let width = area.width - look.x
    let plain = TextStyle(font: style.text(look.size, bold: bold), color: style.ink, leading: look.leading)
    var items: [SceneItem] = []
    var mark = mark
    for line in try lines(of: inlines, look, bold: bold, width: width) {
      if pages.isEmpty || (remaining < look.leading && !isAtTop) {
        if !items.isEmpty { draw([.structure(.paragraph, items)]) }
        items = []
        newPage()
      }
      if let label = mark {
        items.append(Self.run(label, plain, at: Point(area.x + look.x - 14, y)))
        mark = nil
      }
      var x = area.x + look.x
      for piece in line {
        var style = plain
        style.font = piece.font
        if piece.address != nil { style.color = self.style.accent }
        items.append(Self.run(piece.text, style, at: Point(x, y)))
        if let address = piece.address {
          items.append(.link(Rect(x, y, piece.width, look.leading), .uri(address)))
        }
        x += piece.width
      }
      y += look.leading
    }
    if !items.isEmpty { draw([.structure(.paragraph, items)]) }
  }

  /// The words of inlines filled into lines.
  private func lines(
    of inlines: [MarkdownInline], _ look: WordStyle, bold: Bool, width: Double
  ) throws -> [[Piece]] {
    var lines: [[Piece]] = []
    var line: [Piece] = []
    var used = 0.0
    /// Pieces that no line break may separate.
    var word: [Piece] = []
    func end() {
      lines.append(Self.joined(line))
      (line, used) = ([], 0)
    }
    func place() {
      let length = word.reduce(0) { $0 + $1.width }
      let trimmed = word.last?.text.hasSuffix(" ") == true ? length - look.size * 0.2 : length
      if used + trimmed > width, !line.isEmpty { end() }
      line += word
      used += length
      word = []
    }
    for span in spans(inlines, look, bold: bold) {
      guard let text = span.text else {
        place()
        end()
        continue
      }
      let drawable = Percent.unbroken(try TextMeasurer.drawable(VisibleText.inline(text), font: span.font))
      for part in drawable.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
        if part.offset > 0 {
          if !word.isEmpty || !line.isEmpty {
            word.append(try piece(" ", span))
            place()
          }
        }
        // A word that is wider than the line is cut.
        let whole = try piece(String(part.element), span)
        let pieces =
          try whole.width <= width
          ? [whole]
          : TextMeasurer.lines(String(part.element), font: span.font, width: width).map { try piece($0, span) }
        for (index, piece) in pieces.enumerated() where !piece.text.isEmpty {
          if index > 0 { place() }
          word.append(piece)
        }
      }
    }
    place()
    if !line.isEmpty { end() }
    return lines
  }

  private func piece(_ text: String, _ span: Span) throws -> Piece {
    let text = Percent.plain(text)
    return Piece(
      text: text, font: span.font, address: span.address, width: try TextMeasurer.extent(text, font: span.font).width)
  }

  /// Neighbours in one font as one piece.
  private static func joined(_ line: [Piece]) -> [Piece] {
    line.reduce(into: []) { pieces, piece in
      if let last = pieces.last, last.font == piece.font, last.address == piece.address {
        pieces[pieces.count - 1].text += piece.text
        pieces[pieces.count - 1].width += piece.width
      } else {
        pieces.append(piece)
      }
    }
  }

  /// A text in one font; nil for a line break.
  private struct Span {
    var text: String?
    var font: Font
    var address: String?
  }

  private func spans(
    _ inlines: [MarkdownInline], _ look: WordStyle, bold: Bool, italic: Bool = false, address: String? = nil
  ) -> [Span] {
    let font = style.text(look.size, bold: bold, italic: italic)
    return inlines.flatMap { inline -> [Span] in
      switch inline {
      case .text(let text): [Span(text: text, font: font, address: address)]
      case .code(let text): [Span(text: text, font: style.exact(look.size * 0.82), address: address)]
      case .emphasis(let inner): spans(inner, look, bold: bold, italic: !italic, address: address)
      case .strong(let inner): spans(inner, look, bold: true, italic: italic, address: address)
      case .link(let inner, let target): spans(inner, look, bold: bold, italic: italic, address: target)
      case .lineBreak: [Span(text: nil, font: font, address: nil)]
      }
    }
  }
}

/// A block of a text: what stands on lines of its own.
package indirect enum MarkdownBlock: Equatable, Sendable {
  case paragraph([MarkdownInline])
  /// A heading within the text; level 1 to 6.
  case heading(level: Int, [MarkdownInline])
  /// A list; `start` is the first number, nil for a list without numbers.
  case list(start: Int?, items: [[MarkdownBlock]])
  case quote([MarkdownBlock])
  /// Lines of code, without the line break at their end.
  case code(String)
  /// A line between two parts.
  case rule
}

/// A part of a line.
package indirect enum MarkdownInline: Equatable, Sendable {
  case text(String)
  case emphasis([MarkdownInline])
  case strong([MarkdownInline])
  case code(String)
  /// A link to an address that begins with `https:`, `http:` or `mailto:`.
  case link([MarkdownInline], address: String)
  case lineBreak
}

extension MarkdownBlock {
  /// The text without any form, for places that have none.
  package var plain: String {
    switch self {
    case .paragraph(let inlines), .heading(_, let inlines): inlines.plain
    case .list(_, let items): items.map { $0.map(\.plain).joined(separator: " ") }.joined(separator: " ")
    case .quote(let blocks): blocks.map(\.plain).joined(separator: " ")
    case .code(let text): text
    case .rule: ""
    }
  }
}

extension [MarkdownInline] {
  /// The text without any form.
  package var plain: String {
    map { inline in
      switch inline {
      case .text(let text), .code(let text): text
      case .emphasis(let inner), .strong(let inner), .link(let inner, _): inner.plain
      case .lineBreak: " "
      }
    }.joined()
  }
}

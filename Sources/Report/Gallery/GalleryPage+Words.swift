import Markdown
import Words

// The author's own words, for templates.

extension GalleryPage {
  /// A text in Markdown as the tokens of its form and its texts; absent for none.
  ///
  /// A template writes the tags, and all text goes through it like any other, so nothing of the author's is markup.
  ///
  /// - Parameter level: Of the text's first headings: 2 below the title of the page, 3 within a section.
  static func words(_ text: String?, level: Int) -> TemplateValue {
    guard let text else { return .absent }
    let blocks = MarkdownText(text).blocks
    let levels = Set(blocks.flatMap(\.headingLevels)).sorted()
    var tokens: [TemplateValue] = []
    WordTokens(levels: levels, level: level).add(blocks, to: &tokens)
    return .record(["tokens": .list(tokens)])
  }

  /// What stands at the head of the first page besides the title, and at its end.
  func head() -> [String: TemplateValue] {
    guard let head = manifest.head else {
      return ["subtitle": .absent, "byline": .absent, "intro": .absent, "conclusion": .absent]
    }
    let byline = TemplateValue.record([
      "authors": .list(head.authors.map(author)), "date": .optional(head.date),
      "hasAuthors": .flag(!head.authors.isEmpty),
    ])
    return [
      "subtitle": .optional(head.subtitle),
      "byline": head.authors.isEmpty && head.date == nil ? .absent : byline,
      "intro": Self.words(head.intro, level: 2), "conclusion": Self.words(head.conclusion, level: 3),
    ]
  }

  private func author(_ author: GalleryManifest.Author) -> TemplateValue {
    .record([
      "name": .text(author.name), "affiliation": .optional(author.affiliation),
      "email": .optional(author.email),
      "emailHref": .optional(author.email.flatMap { MarkdownText.safeAddress("mailto:\($0)") }),
      "orcid": .optional(author.orcid),
      "orcidHref": .optional(author.orcid.flatMap { MarkdownText.safeAddress("https://orcid.org/\($0)") }),
    ])
  }
}

extension MarkdownBlock {
  /// The levels of its headings.
  fileprivate var headingLevels: [Int] {
    switch self {
    case .heading(let level, _): [level]
    case .quote(let blocks): blocks.flatMap(\.headingLevels)
    case .list(_, let items): items.flatMap { $0.flatMap(\.headingLevels) }
    case .paragraph, .code, .rule: []
    }
  }
}

/// Turns blocks into a flat list: where each form opens and closes, and the texts between.
private struct WordTokens {
  /// Levels of headings that occur, ascending.
  let levels: [Int]
  /// The level on the page of the first of them.
  let level: Int

  /// Every name that a token can have; all but its own are absent, so that no outer name is found in their place.
  private static let names = [
    "paragraph", "heading2", "heading3", "heading4", "heading5", "heading6", "bullets", "numbers", "item", "quote",
    "emphasis", "strong", "link",
  ]

  private func mark(_ sign: String, _ name: String, _ value: TemplateValue = .flag(true)) -> TemplateValue {
    var record = Dictionary(Self.names.map { ($0, TemplateValue.absent) }) { $1 }
    record[name] = value
    return token(sign, .record(record))
  }

  private func token(_ name: String, _ value: TemplateValue) -> TemplateValue {
    var record: [String: TemplateValue] = [:]
    for name in ["open", "close", "text", "code", "lines", "break", "rule"] { record[name] = .absent }
    record[name] = value
    return .record(record)
  }

  func add(_ blocks: [MarkdownBlock], to tokens: inout [TemplateValue]) {
    for block in blocks {
      switch block {
      case .paragraph(let inlines): add("paragraph", inlines, to: &tokens)
      case .heading(let level, let inlines):
        add("heading\(min(6, self.level + (levels.firstIndex(of: level) ?? 0)))", inlines, to: &tokens)
      case .list(let start, let items):
        let name = start == nil ? "bullets" : "numbers"
        tokens.append(mark("open", name, .record(["start": .number(start ?? 1)])))
        for item in items {
          tokens.append(mark("open", "item"))
          add(item, to: &tokens)
          tokens.append(mark("close", "item"))
        }
        tokens.append(mark("close", name))
      case .quote(let blocks):
        tokens.append(mark("open", "quote"))
        add(blocks, to: &tokens)
        tokens.append(mark("close", "quote"))
      case .code(let text): tokens.append(token("lines", .record(["value": .lines(text)])))
      case .rule: tokens.append(token("rule", .flag(true)))
      }
    }
  }

  private func add(
    _ name: String, _ inlines: [MarkdownInline], as value: TemplateValue = .flag(true),
    to tokens: inout [TemplateValue]
  ) {
    tokens.append(mark("open", name, value))
    for inline in inlines {
      switch inline {
      case .text(let text): tokens.append(token("text", .prose(text)))
      case .code(let text): tokens.append(token("code", .record(["value": .text(text)])))
      case .emphasis(let inner): add("emphasis", inner, to: &tokens)
      case .strong(let inner): add("strong", inner, to: &tokens)
      case .link(let inner, let address): add("link", inner, as: .record(["href": .text(address)]), to: &tokens)
      case .lineBreak: tokens.append(token("break", .flag(true)))
      }
    }
    tokens.append(mark("close", name))
  }
}

import CMarkdown
import Foundation
import Words

/// A text in Markdown, read into a tree that holds nothing but text, forms and safe addresses.
///
/// The syntax is that of CommonMark with bare addresses as links, read by cmark-gfm. HTML in the text stays text. An image or a link to
/// another kind of address is a problem; where it is shown all the same, only its words are.
package struct MarkdownText: Equatable, Sendable {
  /// The deepest nesting of quotes, lists and forms.
  package static let deepest = 16
  /// The deepest nesting of lists; LaTeX has no more levels.
  package static let deepestList = 4

  /// The blocks in order.
  package private(set) var blocks: [MarkdownBlock] = []
  /// What the text has that is not shown as its author means it.
  package private(set) var problems: [Problem] = []

  /// Something that is not shown.
  package struct Problem: Equatable, Sendable {
    /// Where it begins, from 1.
    package var line: Int
    /// Where it begins within the line, from 1, in Unicode scalars.
    package var column: Int
    /// What was expected and what was found.
    package var message: String
    /// What to do about it.
    package var hint: String
  }

  /// Reads a text.
  package init(_ text: String) {
    _ = Self.registered
    guard let parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8) else { return }
    defer { cmark_parser_free(parser) }
    if let links = cmark_find_syntax_extension("autolink") { cmark_parser_attach_syntax_extension(parser, links) }
    // Tables are known to be refused: without the extension they would pass for a line of bars.
    if let tables = cmark_find_syntax_extension("table") { cmark_parser_attach_syntax_extension(parser, tables) }
    var text = text
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { cmark_parser_feed(parser, $0.baseAddress, $0.count) }
    }
    guard let root = cmark_parser_finish(parser) else { return }
    defer { cmark_node_free(root) }
    for child in children(of: root) { blocks += read(child, depth: 0, lists: 0) }
    guard !problems.isEmpty else { return }
    // The parser counts columns in bytes.
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, problem) in problems.enumerated() where lines.indices.contains(problem.line - 1) {
      let before = lines[problem.line - 1].prefix(problem.column - 1)
      problems[index].column = String(decoding: before, as: UTF8.self).unicodeScalars.count + 1
    }
  }

  /// The extensions belong to the whole process and are registered once.
  private static let registered: Void = cmark_gfm_core_extensions_ensure_registered()

  private static let fewerLevels = "write fewer levels"

  private typealias Node = OpaquePointer

  private func children(of node: Node) -> [Node] {
    var found: [Node] = []
    var next = cmark_node_first_child(node)
    while let child = next {
      found.append(child)
      next = cmark_node_next(child)
    }
    return found
  }

  private func literal(_ node: Node) -> String { cmark_node_get_literal(node).map { String(cString: $0) } ?? "" }

  private mutating func report(_ node: Node, _ message: String, _ hint: String) {
    var block: Node? = node
    while let here = block, cmark_node_get_start_line(here) == 0 { block = cmark_node_parent(here) }
    problems.append(
      Problem(
        line: block.map { Int(cmark_node_get_start_line($0)) } ?? 1,
        column: max(1, block.map { Int(cmark_node_get_start_column($0)) } ?? 1), message: message, hint: hint))
  }

  /// The words of a node and of all below it, without recursion.
  private func words(of node: Node) -> String {
    guard let iterator = cmark_iter_new(node) else { return "" }
    defer { cmark_iter_free(iterator) }
    var words = ""
    while true {
      let event = cmark_iter_next(iterator)
      guard event != CMARK_EVENT_DONE else { return words }
      guard event == CMARK_EVENT_ENTER, let here = cmark_iter_get_node(iterator) else { continue }
      switch cmark_node_get_type(here) {
      case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: words += " "
      default:
        if let literal = cmark_node_get_literal(here) { words += String(cString: literal) }
      }
    }
  }

  private mutating func read(_ node: Node, depth: Int, lists: Int) -> [MarkdownBlock] {
    guard depth < Self.deepest else {
      report(node, "expected at most \(Self.deepest) levels of quotes and lists, found more", Self.fewerLevels)
      return [.paragraph([.text(words(of: node))])]
    }
    switch cmark_node_get_type(node) {
    case CMARK_NODE_PARAGRAPH: return [.paragraph(inlines(of: node, depth: depth))]
    case CMARK_NODE_HEADING:
      return [.heading(level: Int(cmark_node_get_heading_level(node)), inlines(of: node, depth: depth))]
    case CMARK_NODE_BLOCK_QUOTE:
      return [.quote(children(of: node).flatMap { read($0, depth: depth + 1, lists: lists) })]
    case CMARK_NODE_LIST:
      let items = children(of: node).map { item in
        children(of: item).flatMap { read($0, depth: depth + 1, lists: lists + 1) }
      }
      guard lists < Self.deepestList else {
        report(node, "expected lists at most \(Self.deepestList) levels deep, found more", Self.fewerLevels)
        return items.flatMap { $0 }
      }
      let isOrdered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
      return [.list(start: isOrdered ? Int(cmark_node_get_list_start(node)) : nil, items: items)]
    case CMARK_NODE_CODE_BLOCK:
      let code = seen(literal(node), in: node)
      return [.code(code.hasSuffix("\n") ? String(code.dropLast()) : code)]
    case CMARK_NODE_THEMATIC_BREAK: return [.rule]
    default:
      if cmark_node_get_type_string(node).map({ String(cString: $0) }) == "table" {
        report(node, "expected text, found a table", "write a list, or a table of your paper's own")
      }
      // HTML, and whatever else the parser knows.
      let text = words(of: node).trimmingCharacters(in: .whitespacesAndNewlines)
      return text.isEmpty ? [] : [.paragraph([.text(text.replacing("\n", with: " "))])]
    }
  }

  private mutating func inlines(of node: Node, depth: Int) -> [MarkdownInline] {
    guard depth < Self.deepest else {
      report(node, "expected at most \(Self.deepest) levels of emphasis, found more", Self.fewerLevels)
      return [.text(words(of: node))]
    }
    var found = InlineList()
    for child in children(of: node) {
      switch cmark_node_get_type(child) {
      case CMARK_NODE_TEXT, CMARK_NODE_HTML_INLINE: found.add(seen(literal(child), in: child))
      case CMARK_NODE_SOFTBREAK: found.add(" ")
      case CMARK_NODE_LINEBREAK: found.add(.lineBreak)
      case CMARK_NODE_CODE: found.add(.code(seen(literal(child), in: child)))
      case CMARK_NODE_EMPH: found.add(.emphasis(inlines(of: child, depth: depth + 1)))
      case CMARK_NODE_STRONG: found.add(.strong(inlines(of: child, depth: depth + 1)))
      case CMARK_NODE_LINK:
        let words = inlines(of: child, depth: depth + 1)
        let address = cmark_node_get_url(child).map { String(cString: $0) } ?? ""
        if let safe = Self.safeAddress(address) {
          found.add(.link(words, address: safe))
        } else {
          report(
            child, "expected a link to https:, http: or mailto:, found '\(address.prefix(60))'",
            "write the whole address, or the words without a link")
          for word in words { found.add(word) }
        }
      case CMARK_NODE_IMAGE:
        report(child, "expected text, found an image", "write the words, or a link to the picture")
        found.add(words(of: child))
      default: found.add(words(of: child))
      }
    }
    return found.all
  }

  /// A text, after a report of its first character that cannot be seen; line breaks and tabs may stand in code.
  private mutating func seen(_ text: String, in node: Node) -> String {
    if let unseen = VisibleText.unseen(in: text, except: ["\n", "\t"]) {
      report(
        node, "expected characters that can be seen, found \(unseen.label)",
        "remove it; a plain space stands for spaces of other kinds")
    }
    return text
  }

  /// An address that may be a link, with every character beyond those of addresses percent-encoded; nil for other kinds.
  package static func safeAddress(_ address: String) -> String? {
    let lower = address.lowercased()
    guard ["https://", "http://", "mailto:"].contains(where: { lower.hasPrefix($0) && lower.count > $0.count }) else {
      return nil
    }
    let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&()*+,;=%".utf8)
    var safe = ""
    for byte in address.utf8 {
      if allowed.contains(byte) {
        safe.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        safe += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return safe
  }
}

/// Parts of a line, in which neighbouring texts are one.
private struct InlineList {
  private var found: [MarkdownInline] = []
  /// The texts since the last part.
  ///
  /// They are gathered here because a text can come in as many pieces as it has brackets.
  private var text = ""

  mutating func add(_ more: String) { text += more }

  mutating func add(_ inline: MarkdownInline) {
    if case .text(let more) = inline { return add(more) }
    flush()
    found.append(inline)
  }

  private mutating func flush() {
    if !text.isEmpty { found.append(.text(text)) }
    text = ""
  }

  /// The parts.
  var all: [MarkdownInline] {
    var list = self
    list.flush()
    return list.found
  }
}

import Foundation
import Plot
import Traces
import Words

/// The inclusions of a gallery template, checked before rendering, so that rendering ends and takes little time.
///
/// Mustache lets a partial include itself, and lets a section contain itself: the inner one then finds the same list in the
/// outer record. Either can go on forever, or double with every level.
struct TemplateStructure {
  /// The deepest nesting of partials and sections; the parser and the renderer both recurse for each.
  static let deepest = 100
  /// The most partials of a page, nested ones included.
  static let mostPartials = 10_000
  /// The most times that a section may be nested in sections of the same name.
  private static let mostRepeats = 2

  private let folder: URL
  /// The tags to check, by the name of their file without its ending.
  private let tags: [String: [Tag]]

  /// A tag that opens, closes or includes something.
  private struct Tag {
    enum Kind { case section, parent, block, close, partial }
    var kind: Kind
    var name: String
    var line: Int
  }

  /// Reads the tags of every file.
  ///
  /// - Throws: `Diagnostic` for tags that hide what a template does, and for sections nested too deep for the parser.
  init(_ sources: [String: String], folder: URL) throws(Diagnostic) {
    self.folder = folder
    var tags: [String: [Tag]] = [:]
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      tags[name] = try Self.tags(of: source, path: Self.path(name, in: folder))
    }
    self.tags = tags
  }

  /// Follows every file's partials.
  ///
  /// - Throws: `Diagnostic` for a partial that is missing or includes itself, and for too many or too deep partials.
  func check() throws(Diagnostic) {
    let first = ["index", "part"].filter { tags[$0] != nil }
    for name in first + tags.keys.sorted() {
      var walk = Walk(chain: [name])
      try follow(name, &walk)
    }
  }

  /// The state of a walk through a template.
  private struct Walk {
    /// Files that include each other, the outermost first.
    var chain: [String]
    /// Sections that are open, those of including files first.
    var open: [(kind: Tag.Kind, name: String)] = []
    var partials = 0
  }

  private func follow(_ name: String, _ walk: inout Walk) throws(Diagnostic) {
    let depth = walk.open.count
    for tag in tags[name] ?? [] {
      func refuse(_ message: String, _ hints: [String] = []) -> Diagnostic {
        Diagnostic(
          place: "\(Self.path(name, in: folder)):\(tag.line)", message, hints: hints, category: .badInput)
      }
      switch tag.kind {
      case .close:
        if walk.open.count > depth { walk.open.removeLast() }
      case .section, .block:
        let repeats = walk.open.count { $0.kind == tag.kind && $0.name == tag.name }
        guard repeats < (tag.kind == .block ? 1 : Self.mostRepeats) else {
          throw refuse(
            "'\(tag.name)' contains itself and would repeat without end",
            ["files that include each other here: " + walk.chain.joined(separator: " > ")])
        }
        walk.open.append((tag.kind, tag.name))
      case .partial, .parent:
        guard tags[tag.name] != nil else {
          throw refuse(
            "expected a partial \(tag.name).mustache beside the template, found none",
            ["partials here: " + tags.keys.sorted().joined(separator: ", ")])
        }
        if let start = walk.chain.firstIndex(of: tag.name) {
          throw refuse(
            "a partial includes itself: " + (walk.chain[start...] + [tag.name]).joined(separator: " > "),
            ["a list within a list needs a partial of its own for each level"])
        }
        walk.partials += 1
        guard walk.partials <= Self.mostPartials else {
          throw refuse("expected at most \(Self.mostPartials) partials in a page, found more")
        }
        walk.chain.append(tag.name)
        if tag.kind == .parent { walk.open.append((.parent, tag.name)) }
        try follow(tag.name, &walk)
        walk.chain.removeLast()
      }
      guard walk.open.count + walk.chain.count <= Self.deepest else {
        throw refuse("expected partials and sections at most \(Self.deepest) levels deep, found more")
      }
    }
    walk.open.removeLast(max(0, walk.open.count - depth))
  }

  private static func path(_ name: String, in folder: URL) -> String {
    folder.appendingPathComponent(name + ".mustache").path
  }

  /// The tags of a text; other syntax is left to the parser.
  ///
  /// It must see exactly the tags that the parser sees, which reads characters: a brace with a mark on it is no brace there, and would
  /// hide a tag here.
  private static func tags(of source: String, path: String) throws(Diagnostic) -> [Tag] {
    var tags: [Tag] = []
    var line = 1
    var open = 0
    let marked = source.firstIndex { character in
      character.unicodeScalars.count > 1 && character.unicodeScalars.contains { $0 == "{" || $0 == "}" }
    }
    if let marked {
      throw Diagnostic(
        place: "\(path):\(1 + source[..<marked].count(where: \.isNewline))",
        "expected plain braces, found one with a mark on it: "
          + source[marked].unicodeScalars.map(Hex.codePoint).joined(separator: " "), hints: ["remove the mark"],
        category: .badInput)
    }
    var rest = Substring(source)
    while let start = rest.range(of: "{{") {
      line += rest[..<start.lowerBound].count(where: \.isNewline)
      rest = rest[start.upperBound...]
      func refuse(_ message: String, _ hints: [String]) -> Diagnostic {
        Diagnostic(place: "\(path):\(line)", message, hints: hints, category: .badInput)
      }
      guard let end = rest.range(of: "}}"), let sign = rest.first else { break }
      let name = rest[..<end.lowerBound].dropFirst().trimmingCharacters(in: .whitespacesAndNewlines)
      switch sign {
      case "#", "^", "<", "$":
        open += 1
        guard open <= deepest else { throw refuse("expected sections at most \(deepest) levels deep, found more", []) }
        let kind: Tag.Kind = sign == "<" ? .parent : sign == "$" ? .block : .section
        // A section of "sorted(names)" also goes over the names.
        let inner = name.split(separator: "(").last?.prefix { $0 != ")" }
        tags.append(Tag(kind: kind, name: inner.map(String.init) ?? "", line: line))
      case "/":
        open -= 1
        tags.append(Tag(kind: .close, name: name, line: line))
      case ">": tags.append(Tag(kind: .partial, name: name, line: line))
      case "=":
        throw refuse("expected tags in {{ and }}, found other delimiters", ["write {{name}} throughout"])
      case "{", "&":
        // Only the template's own style and script may go into a page unescaped.
        guard ["style", "script"].contains(name) else {
          throw refuse(
            "'\(VisibleText.excerpt(of: name, count: 40))' would go into the page unescaped",
            [
              "write {{\(VisibleText.excerpt(of: name, count: 40))}}; only {{{style}}} and {{{script}}} may stand in three braces"
            ])
        }
      case "%":
        throw refuse("expected no settings of the template engine, found '%\(name)'", ["remove it"])
      default: break
      }
      if sign == "<" || sign == ">", name.hasPrefix("*") {
        throw refuse("expected the name of a partial, found '\(name)', named by a value", ["write the name"])
      }
      line += rest[..<end.upperBound].count(where: \.isNewline)
      rest = rest[end.upperBound...]
    }
    return tags
  }
}

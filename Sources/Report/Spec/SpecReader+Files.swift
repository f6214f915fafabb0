import Engine
import Foundation
import Words
import Yams

// Files that a spec names, and the texts of its author.

extension SpecReader {
  /// The bytes of a file that the spec names.
  mutating func bytes(of path: String, at node: Node, most: Int = SpecSource.largestSize) -> Data? {
    if !files.contains(path) { files.append(path) }
    switch reading.read(path, most) {
    case .bytes(let bytes): return bytes
    case .tooLarge(let count):
      report(
        place: path, "expected a file of at most \(most >> 20) MiB, found \(count) bytes",
        ["split it, or name the right file"])
    case .unreadable(let reason): problems.append(.unreadable(path, reason, place: place(of: node.mark)))
    case .outside: problems.append(.outside(path, place: place(of: node.mark)))
    }
    return nil
  }

  /// The text of a file without the line break that ends it.
  ///
  /// Editors end every file with a line break, so it belongs to the file and not to the text; a second one belongs to the text.
  mutating func textFile(_ path: String, at node: Node) -> String? {
    guard let bytes = bytes(of: path, at: node) else { return nil }
    do {
      var text = try SpecSource.text(of: bytes, name: path, category: .badSpec)
      // A pair of carriage return and line feed is one character.
      if text.last?.isNewline == true, text.last == "\n" || text.last == "\r\n" { text.removeLast() }
      guard !text.isEmpty else {
        report(place: path, "expected a text, found an empty file", ["write the text into it"])
        return nil
      }
      return text
    } catch {
      problems.append(error)
      return nil
    }
  }

  /// A text for people: not blank, and not longer than `most` characters; white space at its ends is not part of it.
  mutating func words(_ node: Node, called name: String, most: Int) -> String? {
    guard let written = text(node, called: name) else { return nil }
    let text = written.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else {
      report(node.mark, "\(name) must not be blank")
      return nil
    }
    guard text.count <= most else {
      report(
        node.mark,
        "\(name) must have at most \(Wording.count(most, "character")), found \(Wording.grouped(text.count))")
      return nil
    }
    return text
  }

  /// A text for people in one line, without characters that cannot be seen.
  mutating func line(_ node: Node, called name: String, most: Int) -> String? {
    guard let text = words(node, called: name, most: most) else { return nil }
    return isLine(text, called: name) { $0.report(node.mark, $1, $2) } ? text : nil
  }

  /// Whether a text is one line of characters that can be seen; reports what it has instead.
  mutating func isLine(
    _ text: String, called name: String, report: (inout SpecReader, String, [String]) -> Void
  ) -> Bool {
    let isOneLine = !text.contains(where: \.isNewline)
    if !isOneLine {
      report(&self, "\(name) must be one line, found a line break in it", ["write a space in its place"])
    }
    guard let message = Self.unseen(in: text, called: name) else { return isOneLine }
    report(&self, message.text, [message.hint])
    return false
  }

  /// What to say of a text with characters that cannot be seen; nil for other texts, whose line breaks are another matter.
  static func unseen(in text: String, called name: String) -> (text: String, hint: String)? {
    guard let unseen = VisibleText.unseen(in: text, except: lineBreaks) else { return nil }
    return (
      "\(name) must have no characters that cannot be seen, found \(unseen.label) as character \(unseen.number)",
      "remove it; a plain space stands for spaces and tabs of other kinds"
    )
  }

  private static let lineBreaks: Set<Unicode.Scalar> = ["\n", "\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"]

  /// An author: a name, or a mapping.
  mutating func author(_ node: Node) -> ReportSpec.Author? {
    typealias Key = SpecSection.Author
    guard case .mapping = node else {
      return Key.name.type.read(node, SpecName(key: "an author", owner: nil), &self).map { ReportSpec.Author(name: $0) }
    }
    var fields = fields(node, of: .author, called: "an author")
    let name = read(Key.name, in: fields)
    if let name { fields.called = "author '\(Node.shortened(name))'" }
    let author = ReportSpec.Author(
      name: name ?? "", affiliation: read(Key.affiliation, in: fields), email: read(Key.email, in: fields),
      orcid: read(Key.orcid, in: fields))
    return name == nil ? nil : author
  }
}

import Engine
import Foundation
import Words
import Yams

// Files that a spec names, and the texts of its author.

extension SpecReader {
  /// The bytes of a file that the spec names.
  mutating func bytes(of path: String, at node: Node) -> Data? {
    if !files.contains(path) { files.append(path) }
    guard let bytes = reading.read(path) else {
      report(
        node.mark, "the file '\(Node.shortened(path))' cannot be read", ["paths are relative to the spec's folder"])
      return nil
    }
    guard bytes.count <= SpecSource.largestSize else {
      report(
        place: path, "expected a file of at most \(SpecSource.largestSize >> 20) MiB, found \(bytes.count) bytes")
      return nil
    }
    return bytes
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
        report(place: path, "expected a text, found an empty file")
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

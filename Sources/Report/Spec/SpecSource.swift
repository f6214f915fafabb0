import Engine
import Foundation
import Traces
import Words
import Yams

/// A place in a spec; lines and columns (in Unicode scalars) count from 1.
package struct SpecMark: Equatable, Sendable {
  package var line: Int
  package var column: Int
}

extension Yams.Mark {
  package var place: SpecMark { SpecMark(line: line, column: column) }
}

/// The text of a spec with the name that its diagnostics show.
package struct SpecSource {
  /// As the user wrote it: `examples/article.yaml`.
  package let name: String
  package let text: String

  /// A larger file cannot be a spec.
  package static let largestSize = 4 << 20

  /// Decodes the bytes of a file; throws a located diagnostic where they are not UTF-8.
  package init(name: String, bytes: Data) throws(Diagnostic) {
    self.name = name
    guard bytes.count <= SpecSource.largestSize else {
      throw Diagnostic(
        place: name, "expected a spec of at most \(SpecSource.largestSize >> 20) MiB, found \(bytes.count) bytes",
        category: .badSpec)
    }
    text = try SpecSource.text(of: bytes, name: name, category: .badSpec)
  }

  /// The text of a file without a byte order mark; throws a located diagnostic where it is not UTF-8.
  package static func text(of bytes: Data, name: String, category: ErrorCategory) throws(Diagnostic) -> String {
    var content = [UInt8](bytes)
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content.removeFirst(3) }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw SpecSource.encodingError(name: name, bytes: content, category: category)
    }
    return text
  }

  /// `name:line:column`.
  package func place(_ mark: SpecMark?) -> String {
    mark.map { "\(name):\($0.line):\($0.column)" } ?? name
  }

  private static func encodingError(name: String, bytes: [UInt8], category: ErrorCategory) -> Diagnostic {
    var line = 1
    var column = 1
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    scan: while true {
      switch decoder.decode(&iterator) {
      case .scalarValue("\n"): (line, column) = (line + 1, 1)
      case .scalarValue: column += 1
      case .emptyInput, .error: break scan
      }
    }
    return Diagnostic(
      place: "\(name):\(line):\(column)", "expected UTF-8 text, found bytes that are not",
      hints: ["save the file as UTF-8"], category: category)
  }
}

extension SpecSource {
  /// The root of the YAML document, nil when the file is empty, and the document's problems as YAML.
  ///
  /// A repeated key is reported and renamed, so that the rest of the file is checked as well.
  package func compose() -> (root: Node?, problems: [Diagnostic]) {
    if let problem = aliasProblem() { return (nil, [problem]) }
    var problems: [Diagnostic] = []
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.unicodeScalars) }
    // Each repeated key costs a reading of the whole text; those of a very long one are told one by one.
    for attempt in 0..<max(1, min(50, SpecSource.mostReadAgain / max(1, text.utf8.count))) {
      do {
        let current = attempt == 0 ? text : lines.map { String(String.UnicodeScalarView($0)) }.joined(separator: "\n")
        return (try Yams.compose(yaml: current), problems)
      } catch let YamlError.duplicatedKeysInMapping(keys, context) {
        guard let key = keys.first else { return (nil, problems) }
        let first = context.mark.place
        let second = SpecSource.secondPlace(of: key, after: first, in: lines)
        problems.append(
          Diagnostic(
            place: place(second ?? first),
            "key '\(key)' is given twice" + (second == nil ? "" : ", first in line \(first.line)"),
            hints: ["remove one of them"], category: .badSpec))
        guard let second else { return (nil, problems) }
        lines[second.line - 1][second.column - 1] = SpecSource.renamedKeyMark
      } catch {
        return (nil, problems + [syntaxError(error)])
      }
    }
    return (nil, problems)
  }

  /// How many bytes are read in all to find repeated keys.
  private static let mostReadAgain = 1 << 20

  /// First character of a repeated key that was renamed: a private-use character, which nobody types.
  static let renamedKeyMark: Unicode.Scalar = "\u{F8FF}"

  /// Where a key occurs again: in the same column of a later line, or later in the same line.
  private static func secondPlace(of key: String, after first: SpecMark, in lines: [[Unicode.Scalar]]) -> SpecMark? {
    let word = Array(key.unicodeScalars)
    guard !word.isEmpty, lines.indices.contains(first.line - 1) else { return nil }
    /// Whether the line has the key at this index, plain or in quotes; the index of the key's first character.
    func match(_ line: [Unicode.Scalar], at index: Int) -> Int? {
      guard index < line.count else { return nil }
      let quoted = line[index] == "\"" || line[index] == "'"
      let start = index + (quoted ? 1 : 0)
      guard start + word.count <= line.count, Array(line[start..<start + word.count]) == word else { return nil }
      let rest = line[(start + word.count)...].drop { $0 == " " || (quoted && ($0 == "\"" || $0 == "'")) }
      return rest.first == ":" ? start : nil
    }
    let here = lines[first.line - 1]
    for index in stride(from: first.column + word.count, to: here.count, by: 1)
    where [" ", ",", "{"].contains(here[index - 1]) {
      if let found = match(here, at: index) { return SpecMark(line: first.line, column: found + 1) }
    }
    for (offset, line) in lines[first.line...].enumerated() {
      guard line.prefix(first.column - 1).allSatisfy({ $0 == " " }) else { continue }
      if let found = match(line, at: first.column - 1) {
        return SpecMark(line: first.line + 1 + offset, column: found + 1)
      }
    }
    return nil
  }

  private func syntaxError(_ error: any Error) -> Diagnostic {
    var mark: SpecMark?
    var begun: Int?
    var message: String
    switch error {
    case YamlError.scanner(let context, let problem, let found, _),
      YamlError.parser(let context, let problem, let found, _),
      YamlError.composer(let context, let problem, let found, _):
      mark = found.place
      begun = context?.mark.line
      message = problem + (context.map { " \($0.text) that began in line \($0.mark.line)" } ?? "")
    case YamlError.reader(let problem, let offset, _, _):
      mark = offset.flatMap(markOfCharacter(at:))
      message = problem
    default:
      message = "\(error)"
    }
    message = message.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
    if message.contains("nesting level") { message = "nested more than 1000 levels deep" }
    let hints = mark.map { advice(on: message, at: $0, begun: begun) } ?? []
    return Diagnostic(place: place(mark), "not valid YAML: \(message)", hints: hints, category: .badSpec)
  }

  private func markOfCharacter(at offset: Int) -> SpecMark? {
    var line = 1
    var column = 1
    for character in text.prefix(offset) {
      (line, column) = character.isNewline ? (line + 1, 1) : (line, column + character.unicodeScalars.count)
    }
    return SpecMark(line: line, column: column)
  }
}

import Engine
import Yams

/// A key of a mapping with its value.
package struct SpecEntry {
  package let key: String
  let keyMark: Mark?
  package let value: Node
}

/// A row of a table of prompts: where its values stand.
struct SpecTableRow {
  /// The file as the spec names it.
  var table: String
  /// Of the row, from 1.
  var line: Int
  /// Of the values, by their keys.
  var columns: [String: SpecMark]

  /// `prompts.csv:3:7`; that of the row itself without a key.
  func place(of key: String?) -> String {
    let mark = key.flatMap { columns[$0] } ?? SpecMark(line: line, column: 1)
    return "\(table):\(mark.line):\(mark.column)"
  }
}

/// Names of entries that have problems of their own.
struct SpecBroken {
  /// Names of models.
  var models: Set<String> = []
  /// Ids of prompts and datasets, as they are written.
  var subjects: Set<String> = []
  /// Places of figures whose ids could not be read.
  var figures: Set<String> = []
  /// Whether anything is wrong with prompts or datasets: one that is missing may be one that has a mistake.
  var hasSubjects = false
}

extension Node {
  /// The name of the node's tag by YAML's rules.
  ///
  /// Text in quotes is always text, even if it looks like a number.
  package var kind: Tag.Name { Tag.Name(rawValue: tag.rawValue) }

  /// What the node is, as a person would call it.
  package var described: String {
    switch self {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    case .scalar(let scalar):
      switch kind {
      case .null: "nothing"
      case .int, .float: "the number \(scalar.string)"
      case .bool: "the truth value \(scalar.string)"
      case .timestamp: "the date \(scalar.string)"
      default: "'\(Node.shortened(scalar.string))'"
      }
    }
  }

  /// Text for a message: one line, not too long.
  static func shortened(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    return line.count > 40 ? line.prefix(40) + "…" : line.count < text.count ? line + "…" : line
  }

  /// Whether the node is a scalar that would be text if it stood in quotes.
  var isUnquotedValue: Bool {
    guard case .scalar = self else { return false }
    return [.int, .float, .bool, .timestamp].contains(kind)
  }
}

import Figures
import Words
import Yams

/// Names with one word or several each, whose cells a figure frames.
struct SpecMarkedSets: SpecType {
  static let described = "1 to \(MarkedSet.most) names with a word or a list of words each"

  private static let longestName = 60

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [MarkedSet]? {
    let before = reader.problems.count
    let entries = reader.entries(node, called: name.text)
    guard reader.problems.count == before else { return nil }
    guard (1...MarkedSet.most).contains(entries.count) else {
      reader.report(
        node.mark, "\(name.text) must have 1 to \(MarkedSet.most) names, found \(entries.count)",
        ["every name has a colour and a dash of its own: join some sets"])
      return nil
    }
    var sets: [MarkedSet] = []
    var owners: [String: String] = [:]
    for entry in entries {
      guard (1...Self.longestName).contains(entry.key.count) else {
        reader.report(
          entry.keyMark,
          "a name in \(name.text) must have 1 to \(Self.longestName) characters, found \(entry.key.count)")
        continue
      }
      let called = "a name in \(name.text)"
      guard reader.isLine(entry.key, called: called, report: { $0.report(entry.keyMark, $1, $2) }) else { continue }
      let words =
        SpecTexts(element: "a word", noun: "a word, or a list of words")
        .read(entry.value, SpecName(key: entry.key, owner: name.text), &reader) ?? []
      for word in words {
        if let owner = owners[word] {
          reader.report(
            entry.value.mark,
            "'\(Node.shortened(word))' is given twice in \(name.text), under \(owner) and \(entry.key)",
            ["a cell has one frame: remove one of them"])
        }
        owners[word] = entry.key
      }
      sets.append(MarkedSet(name: entry.key, words: words))
    }
    return reader.problems.count == before ? sets : nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String { Self.described }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    [
      "type": "object", "minProperties": 1, "maxProperties": .integer(MarkedSet.most),
      "additionalProperties": .oneOrSeveral(SpecText.schema, areDistinct: true),
    ]
  }
}

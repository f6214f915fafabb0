import Engine
import Yams

// Keys whose values are words of a list, or lists of values.

/// Words that a value may be, some of them known only to the registries.
enum SpecWordList: Sendable {
  case these([String])
  case formats, venues, spans

  func words(_ vocabulary: SpecVocabulary) -> [String] {
    switch self {
    case .these(let words): words
    case .formats: vocabulary.formats
    case .venues: vocabulary.venues
    case .spans: vocabulary.spans
    }
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["enum": .array(words(vocabulary).map { .text($0) })]
  }
}

/// One word of a list.
struct SpecWord: SpecType {
  let list: SpecWordList
  /// What a word is in messages, where that is not the key: "report format".
  var noun: String?
  /// The same for several: "report formats".
  let plural: String

  init(_ list: SpecWordList, noun: String? = nil, plural: String) {
    self.list = list
    self.noun = noun
    self.plural = plural
  }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    reader.word(node, called: noun ?? name.text, among: list.words(reader.vocabulary), plural: plural)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { list.words(vocabulary).joined(separator: ", ") }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { list.schema(vocabulary) }
}

/// One case of an enumeration, by its name.
struct SpecChoice<Choice: RawRepresentable & CaseIterable & Sendable>: SpecType where Choice.RawValue == String {
  /// What cases are called in advice: "norms".
  let plural: String

  private var words: [String] { Choice.allCases.map(\.rawValue) }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Choice? {
    reader.word(node, called: name.text, among: words, plural: plural).flatMap(Choice.init)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { words.joined(separator: ", ") }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { ["enum": .array(words.map { .text($0) })] }
}

/// A word of a list, or several of them, each once.
struct SpecWords: SpecType {
  let list: SpecWordList
  /// What a word is in messages: "figure format".
  let noun: String
  let plural: String

  init(_ list: SpecWordList, noun: String, plural: String) {
    self.list = list
    self.noun = noun
    self.plural = plural
  }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [String]? {
    reader.words(node, called: noun, among: list.words(reader.vocabulary), plural: plural)
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    list.words(vocabulary).joined(separator: ", ") + ", or a list of them"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    .oneOrSeveral(list.schema(vocabulary), areDistinct: true)
  }
}

/// Names that the same spec defines elsewhere, one or a list.
///
/// Only the reader knows which exist.
struct SpecNamesOfSpec: SpecType {
  /// What one is in messages: "prompt".
  let noun: String
  let plural: String
  let schemaOfOne: SchemaValue

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Node? { node }

  func described(_ vocabulary: SpecVocabulary) -> String { "one of the \(plural), or a list of them" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .oneOrSeveral(schemaOfOne, areDistinct: true) }
}

/// A list of texts, or a single text where the key allows it.
struct SpecTexts: SpecType {
  /// What one is in messages: "a tag".
  let element: String
  /// What they are within a table: "a word, or a list of words".
  let noun: String
  var mayBeOne = true
  /// Whether a text that is given twice is an error.
  var areDistinct = false
  /// The largest number of characters of texts that are lines for people; nil for texts that name something in a file.
  var longestLine: Int?

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [String]? {
    let isOne = mayBeOne && node.sequence == nil
    let nodes = isOne ? [node] : reader.list(node, called: name.text) ?? []
    var found: [String] = []
    for node in nodes {
      let member = name.member(element)
      let read = longestLine.map { reader.line(node, called: member, most: $0) } ?? reader.text(node, called: member)
      guard let text = read else { continue }
      if areDistinct, found.contains(text) {
        reader.report(node.mark, "column '\(text)' is given twice in \(name.text)")
      }
      found.append(text)
    }
    return found
  }

  func described(_ vocabulary: SpecVocabulary) -> String { noun }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    mayBeOne
      ? .oneOrSeveral(SpecText.schema, areDistinct: areDistinct)
      : .list(of: SpecText.schema, areDistinct: areDistinct)
  }
}

/// A list whose elements are all different; nil where something was wrong.
struct SpecDistinct<Element: SpecType>: SpecType where Element.Value: Hashable {
  /// What one is in messages: "an id".
  let element: String
  let noun: String
  let type: Element

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Element.Value]? {
    let before = reader.problems.count
    var values: [Element.Value] = []
    for member in reader.list(node, called: name.text) ?? [] {
      guard let value = type.read(member, SpecName(key: element, owner: name.owner), &reader) else { continue }
      if values.contains(value) {
        reader.report(
          member.mark, "'\(value)' is given twice in \(name.text)", ["it would be counted twice: remove one"])
      } else {
        values.append(value)
      }
    }
    return reader.problems.count == before ? values : nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String { noun }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .list(of: type.schema(vocabulary), areDistinct: true) }
}

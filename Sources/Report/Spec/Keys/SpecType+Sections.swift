import Engine
import Figures
import Traces
import Words
import Yams

// Keys whose values are mappings with their own keys. SpecReader reads their content; this file describes their form.

/// A mapping.
struct SpecMapping: SpecType {
  let section: SpecSection

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> SpecFields? {
    reader.fields(node, of: section, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a mapping" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .reference(to: section) }
}

/// A list of mappings, at least one.
struct SpecMappings: SpecType {
  let section: SpecSection

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Node]? {
    reader.list(node, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a list of \(section.name)" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .list(of: .reference(to: section)) }
}

/// Prompts: a list of mappings, or one that names a table of prompts.
struct SpecPrompts: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Node]? {
    guard case .mapping(let pairs) = node else { return reader.list(node, called: name.text) }
    guard isPrompts(pairs) else { return [node] }
    let keys = pairs.prefix(3).compactMap { $0.key.scalar.map { Node.shortened($0.string) } }
    reader.report(
      node.mark, "\(name.text) must be a list of prompts, found a mapping with \(Wording.enumeration(keys))",
      ["begin every prompt with \"- \": - {id: keys, text: \"The keys\"}"])
    return nil
  }

  /// Whether a mapping is a prompt itself, or has prompts by their ids: a list was meant, and no table.
  private func isPrompts(_ pairs: Node.Mapping) -> Bool {
    guard !pairs.contains(where: { $0.key.scalar?.string == SpecSection.PromptTable.from.name }) else { return false }
    let names = SpecSection.prompt.names
    return pairs.contains { key, value in
      value.mapping != nil || key.scalar.map { names.contains($0.string) } == true
    }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a list of prompts, or a mapping with `from`" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let table = SchemaValue.reference(to: .promptTable)
    return ["anyOf": [.list(of: ["anyOf": [.reference(to: .prompt), table]]), table]]
  }
}

/// Models under names of the author's choice.
struct SpecModels: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [SpecEntry]? {
    guard case .mapping = node else {
      reader.report(
        node.mark, "\(name.text) must be a mapping of names to models, found \(node.described)",
        ["for example: models: {SmolLM2: \(reader.vocabulary.catalog.first ?? "./model.gguf")}"])
      return nil
    }
    let entries = reader.entries(node, called: name.text)
    if entries.isEmpty { reader.report(node.mark, "\(name.text) must have at least one entry") }
    return entries
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a mapping of names to models" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    [
      "type": "object", "minProperties": 1, "propertyNames": ["minLength": 1],
      "additionalProperties": ["anyOf": [SpecText.schema, .reference(to: .model)]],
    ]
  }
}

/// Two words whose logits are compared: `auto`, or a mapping.
struct SpecAttribute: SpecType {
  /// Stands for the two most probable tokens.
  static let word = "auto"

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> AttributionRequest? {
    typealias Key = SpecSection.Attribute
    guard case .mapping = node else {
      return reader.word(node, called: name.text, among: [Self.word], plural: "values").map { _ in AttributionRequest()
      }
    }
    let fields = reader.fields(node, of: .attribute, called: name.text)
    return AttributionRequest(
      target: reader.read(Key.target, in: fields), foil: reader.read(Key.foil, in: fields),
      position: reader.read(Key.position, in: fields))
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "\(Self.word), or a mapping" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["anyOf": [["enum": [.text(Self.word)]], .reference(to: .attribute)]]
  }
}

/// Another text whose states are put into the run of a prompt.
struct SpecPatch: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> PatchRequest? {
    typealias Key = SpecSection.Patch
    let fields = reader.fields(node, of: .patch, called: name.text)
    guard let source = reader.read(Key.source, in: fields) else { return nil }
    let places = reader.read(Key.of, in: fields)?.compactMap { Trace.Patching.Place(rawValue: $0) }
    return PatchRequest(
      source: source, target: reader.read(Key.target, in: fields), foil: reader.read(Key.foil, in: fields),
      of: places ?? Trace.Patching.Place.allCases)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a mapping" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { .reference(to: .patch) }
}

/// Watched words and sets of tokens, one or a list.
struct SpecWatch: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Watched]? {
    guard let owner = name.owner else { return nil }
    return reader.watched(node, of: owner)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a word, `auto(n)`, a watch set, or a list of them" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    .oneOrSeveral(["anyOf": [SpecText.schema, .reference(to: .watchSet)]], areDistinct: true)
  }
}

/// A list of figures: names of kinds, or mappings with a kind.
struct SpecFigures: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [Node]? {
    reader.list(node, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a list of figures" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let kinds = SchemaValue.array(vocabulary.kinds.map { .text($0.name) })
    return .list(of: ["anyOf": .array([["enum": kinds]] + vocabulary.kinds.map { .reference(to: $0) })])
  }
}

/// The name of a kind of figure.
struct SpecKind: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> FigureSchema? {
    guard let kind = reader.text(node, called: name.text) else { return nil }
    let kinds = reader.vocabulary.kinds
    if let schema = kinds.first(where: { $0.name == kind }) { return schema }
    reader.report(
      node.mark, "unknown figure kind '\(Node.shortened(kind))'",
      [Suggestion.hint(for: kind, among: kinds.map(\.name), called: "kinds")])
    return nil
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "the name of a kind" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["enum": .array(vocabulary.kinds.map { .text($0.name) })]
  }
}

extension FigureSchema.Values: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> OptionValue? {
    switch self {
    case .flag: SpecFlag().read(node, name, &reader).map { .flag($0) }
    case .integer(let range): SpecInteger(range).read(node, name, &reader).map { .integer($0) }
    case .number(let range): SpecNumber(range).read(node, name, &reader).map { .number($0) }
    case .choice(let words): Self.word(words).read(node, name, &reader).map { .text($0) }
    case .choiceOrInteger(let words, let range):
      node.kind == .int
        ? SpecInteger(range).read(node, name, &reader).map { .integer($0) }
        : Self.word(words).read(node, name, &reader).map { .text($0) }
    case .markedSets: SpecMarkedSets().read(node, name, &reader).map { .sets($0) }
    }
  }

  func described(_ vocabulary: SpecVocabulary) -> String { described }

  /// Within a table: "0.1 to 1000".
  var described: String {
    switch self {
    case .flag: SpecFlag.described
    case .integer(let range): SpecInteger(range).described
    case .number(let range): SpecNumber(range).described
    case .choice(let words): words.joined(separator: ", ")
    case .choiceOrInteger(let words, let range):
      "\(words.joined(separator: ", ")), or a number from \(range.lowerBound)"
    case .markedSets: SpecMarkedSets.described
    }
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    switch self {
    case .flag: SpecFlag().schema(vocabulary)
    case .integer(let range): SpecInteger(range).schema(vocabulary)
    case .number(let range): SpecNumber(range).schema(vocabulary)
    case .choice(let words): Self.word(words).schema(vocabulary)
    case .choiceOrInteger(let words, let range):
      ["anyOf": [Self.word(words).schema(vocabulary), SpecInteger(range).schema(vocabulary)]]
    case .markedSets: SpecMarkedSets().schema(vocabulary)
    }
  }

  private static func word(_ words: [String]) -> SpecWord { SpecWord(.these(words), plural: "values") }
}

import Engine
import Figures

/// The JSON Schema of specs, made from the table of keys and from the options of kinds.
///
/// It accepts whatever the reader accepts, and refuses a wrong key, type or word. Only the reader checks rules between places of a spec:
/// unique ids, prompts that have what a kind shows. Draft 2020-12 (json-schema.org).
public enum SpecSchema {
  /// The name of the file that `strata init` writes beside a spec.
  public static let fileName = "strata.schema.json"

  /// Whether a file is a schema that some version of the program wrote.
  public static func isOurs(_ text: String) -> Bool { text.contains("\"title\": \(SchemaValue.text(title).json())") }

  private static let title = "strata.spec"

  /// The whole schema as a file, the same as docs/spec.schema.json.
  public static func text(_ vocabulary: SpecVocabulary) -> String { value(vocabulary).json() + "\n" }

  static func value(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let described: SchemaValue = [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "title": .text(title),
      "description": "The keys and values of a spec of Strata; see spec.md. `strata keys --schema` writes this file.",
    ]
    guard case .object(let head) = described, case .object(let root) = schema(of: .root, vocabulary) else {
      return described
    }
    let sections = SpecSection.all.filter { $0.name != SpecSection.root.name }
    let definitions =
      sections.map { SchemaValue.Member(name: $0.name, value: schema(of: $0, vocabulary)) }
      + vocabulary.kinds.map { .init(name: SchemaValue.definition(of: $0), value: schema(of: $0, vocabulary)) }
    return .object(head + root).with("$defs", .object(definitions))
  }

  /// The schema of a mapping.
  private static func schema(of section: SpecSection, _ vocabulary: SpecVocabulary) -> SchemaValue {
    let properties = section.keys.map { SchemaValue.Member(name: $0.name, value: schema(of: $0, vocabulary)) }
    let mapping: SchemaValue = ["type": "object", "additionalProperties": false, "properties": .object(properties)]
    return mapping.with("required", names(section.keys.filter { $0.presence == .required }))
      .with("anyOf", unlessDatasets(section, vocabulary))
      .with("oneOf", section.alternatives.lazy.compactMap(oneOf).first)
      .with("not", section.alternatives.lazy.compactMap(notBoth).first)
  }

  private static func schema(of key: any SpecRow, _ vocabulary: SpecVocabulary) -> SchemaValue {
    guard case .object(let members) = key.schema(vocabulary) else { return key.schema(vocabulary) }
    return SchemaValue.object([.init(name: "description", value: .text(plain(key.doc)))] + members)
      .with("default", standard(of: key, vocabulary))
      .with("examples", SchemaValue(yaml: key.example).map { .array([$0]) })
  }

  private static func standard(of key: any SpecRow, _ vocabulary: SpecVocabulary) -> SchemaValue? {
    switch key.standard {
    case .value(let yaml): SchemaValue(yaml: yaml)
    case .usualFormats: .array(vocabulary.usualFormats.map { .text($0) })
    case .nothing, .words: nil
    }
  }

  /// The schema of a figure of a kind with its options.
  private static func schema(of kind: FigureSchema, _ vocabulary: SpecVocabulary) -> SchemaValue {
    let own = SpecSection.figure.keys.filter { kind.showsLayers || $0.name != SpecSection.Figure.layers.name }
    let keys = own.map { key -> SchemaValue.Member in
      let schema: SchemaValue =
        key.name == SpecSection.Figure.kind.name
        ? ["description": .text(sentence(kind.summary)), "const": .text(kind.name)]
        : ["$ref": .text("#/$defs/\(SpecSection.figure.name)/properties/\(key.name)")]
      return .init(name: key.name, value: schema)
    }
    let options = kind.options.map { option -> SchemaValue.Member in
      guard case .object(let members) = option.values.schema(vocabulary) else {
        return .init(name: option.name, value: [:])
      }
      let schema = SchemaValue.object([.init(name: "description", value: .text(plain(option.doc)))] + members)
      return .init(name: option.name, value: schema.with("default", option.standard.map(value)))
    }
    return [
      "type": "object", "additionalProperties": false, "properties": .object(keys + options),
      "required": [.text(SpecSection.Figure.kind.name)],
    ]
  }

  private static func value(_ option: OptionValue) -> SchemaValue {
    switch option {
    case .text(let text): .text(text)
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    case .flag(let flag): .flag(flag)
    case .sets(let sets):
      .object(sets.map { .init(name: $0.name, value: .array($0.words.map { .text($0) })) })
    case .list(let values): .array(values.map(value))
    }
  }

  /// Descriptions are plain text, not Markdown.
  private static func plain(_ doc: String) -> String { doc.replacing("`", with: "") }

  private static func sentence(_ phrase: String) -> String { phrase.prefix(1).uppercased() + phrase.dropFirst() + "." }

  private static func names(_ keys: [any SpecRow]) -> SchemaValue? {
    keys.isEmpty ? nil : .array(keys.map { .text($0.name) })
  }

  /// Either the keys that figures need, or datasets without prompts, with no figures except those of datasets.
  private static func unlessDatasets(_ section: SpecSection, _ vocabulary: SpecVocabulary) -> SchemaValue? {
    let keys = section.keys.filter { $0.presence == .requiredWithoutDatasets }
    guard let needed = names(keys) else { return nil }
    let kinds = SchemaValue.array(vocabulary.kinds.filter(\.showsDatasets).map { .text($0.name) })
    let kind = SchemaValue.object([.init(name: SpecSection.Figure.kind.name, value: ["enum": kinds])])
    let figure: SchemaValue = ["anyOf": [["enum": kinds], ["type": "object", "properties": kind]]]
    let without = keys.map { key in
      SchemaValue.Member(
        name: key.name, value: key.name == SpecSection.Root.figures.name ? ["items": figure] : false)
    }
    return [
      ["required": needed],
      ["required": [.text(SpecSection.Root.datasets.name)], "properties": .object(without)],
    ]
  }

  private static func oneOf(_ alternatives: SpecAlternatives) -> SchemaValue? {
    guard alternatives.isNeeded else { return nil }
    return .array(alternatives.keys.map { ["required": [.text($0)]] })
  }

  private static func notBoth(_ alternatives: SpecAlternatives) -> SchemaValue? {
    guard !alternatives.isNeeded else { return nil }
    return ["required": .array(alternatives.keys.map { .text($0) })]
  }
}

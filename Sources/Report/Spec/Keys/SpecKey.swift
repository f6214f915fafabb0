import Engine
import Yams

/// A key of a mapping in a spec: its name, its values, and its description for people.
///
/// The reader, its advice, the tables of docs/spec.md, the JSON Schema, the starter spec and `strata keys` all take keys from here. To add
/// one: a line in a list of `SpecSection`, and the code in the reader that uses its value.
struct SpecKey<Type: SpecType>: SpecRow {
  let name: String
  let type: Type
  let presence: SpecPresence
  let standard: SpecStandard
  let example: String
  let doc: String

  init(
    _ name: String, _ type: Type, _ presence: SpecPresence = .optional, standard: SpecStandard = .nothing,
    example: String, _ doc: String
  ) {
    self.name = name
    self.type = type
    self.presence = presence
    self.standard = standard
    self.example = example
    self.doc = doc
  }

  func described(_ vocabulary: SpecVocabulary) -> String { type.described(vocabulary) }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { type.schema(vocabulary) }
}

/// A key without the Swift type of its value: a row of the table.
protocol SpecRow: Sendable {
  /// As written in a spec: "generate".
  var name: String { get }
  /// Whether a spec may leave it out.
  var presence: SpecPresence { get }
  /// What applies when a spec leaves it out.
  var standard: SpecStandard { get }
  /// A value as written in a spec, in YAML on one line.
  var example: String { get }
  /// One or two sentences for people, in Markdown.
  var doc: String { get }
  /// The values it takes, within a table: "0 to 4096".
  func described(_ vocabulary: SpecVocabulary) -> String
  /// The values it takes, as a JSON Schema.
  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue
}

/// Whether a spec may leave a key out.
enum SpecPresence: Sendable {
  case optional
  case required
  /// Required, but not in a spec that has datasets and nothing else to draw.
  case requiredWithoutDatasets
}

/// What applies when a spec leaves a key out.
enum SpecStandard: Sendable {
  /// Nothing is set.
  case nothing
  /// The same value as this YAML.
  case value(String)
  /// A value that depends on other things, in words.
  case words(String)
  /// Every format of figures except those that are written only when a spec names them.
  case usualFormats
}

/// The keys of one mapping in a spec.
struct SpecSection: Sendable {
  /// As in `strata keys NAME`, and between the marks of docs/spec.md: "prompts".
  let name: String
  /// What the mapping is, as a sentence.
  let doc: String
  /// In the order in which they are listed to people.
  let keys: [any SpecRow]
  /// Lists of keys of which a mapping may have at most one: at most one list that must be met, and one that need not.
  var alternatives: [SpecAlternatives] = []
  /// Whether messages name the owner of a key: "text of prompt 'one'", but only "venue".
  var namesOwner = false
  /// Keys that other programs have here, with advice.
  var foreign: [String: String] = [:]

  /// Names of the keys, in the order of the list.
  var names: [String] { keys.map(\.name) }
}

/// Keys that replace each other.
struct SpecAlternatives: Sendable {
  /// Names of keys of one section.
  let keys: [String]
  /// Whether the mapping must have one of them.
  let isNeeded: Bool
}

/// How messages call the value of a key: "text of prompt 'one'".
struct SpecName {
  let key: String
  /// The owner of the key, where messages name it.
  let owner: String?

  /// The value itself.
  var text: String { member(key) }

  /// A part of the value: "a tag of prompt 'one'".
  func member(_ noun: String) -> String { owner.map { "\(noun) of \($0)" } ?? noun }
}

/// A mapping of a spec whose keys are all known.
struct SpecFields {
  let section: SpecSection
  let node: Node
  /// How messages call the mapping: "prompt 'one'".
  var called: String
  let entries: [String: SpecEntry]
  /// Keys that unknown keys of the mapping are probably meant to be.
  var misspelt: Set<String> = []

  subscript<Type>(key: SpecKey<Type>) -> SpecEntry? { entries[key.name] }

  /// How messages call the value of a key.
  func name<Type>(of key: SpecKey<Type>) -> SpecName {
    SpecName(key: key.name, owner: section.namesOwner ? called : nil)
  }
}

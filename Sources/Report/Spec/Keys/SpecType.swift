import Engine
import Models
import Traces
import Words
import Yams

/// The values that a key takes: how one is read, how they are described to people, and the same as a JSON Schema.
protocol SpecType: Sendable {
  /// What the reader turns a value into.
  associatedtype Value
  /// Reads a value and reports its problems under its name.
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Value?
  /// Within a table: "0 to 4096".
  func described(_ vocabulary: SpecVocabulary) -> String
  /// As a JSON Schema, draft 2020-12. It never refuses a value that the reader accepts.
  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue
}

/// Text that is not empty.
struct SpecText: SpecType {
  /// What the text is: "the path of a folder".
  var noun = "text"

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    reader.text(node, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { noun }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { Self.schema }

  static let schema: SchemaValue = ["type": "string", "minLength": 1]
}

/// Lower-case letters, digits and single dashes: names files and links.
struct SpecSlug: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    guard let id = reader.text(node, called: name.text) else { return nil }
    guard id.utf8.count <= Slug.longest else {
      reader.report(
        node.mark,
        "\(name.key) '\(Node.shortened(id))' must have at most \(Slug.longest) characters, found \(Wording.grouped(id.count))"
      )
      return nil
    }
    guard Slug.isSlug(id) else {
      reader.report(
        node.mark, "\(name.key) '\(Node.shortened(id))' must be lower-case letters, digits and single dashes",
        ["for example '\(Slug.make(id))'"])
      return nil
    }
    return id
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "lower-case letters, digits, single dashes" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { Self.schema }

  static let schema: SchemaValue = ["type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60]
}

/// The name of a new folder inside the output.
struct SpecFolder: SpecType {
  /// Folders of the output that are in use.
  private static let taken = ["figures", "traces", "datasets", "assets", "prompts"]

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> String? {
    guard let folder = reader.text(node, called: name.text) else { return nil }
    guard folder.utf8.count <= Slug.longest else {
      reader.report(
        node.mark,
        "\(name.text) '\(Node.shortened(folder))' must have at most \(Slug.longest) characters, found \(Wording.grouped(folder.count))"
      )
      return nil
    }
    guard Slug.isSlug(folder), !Self.taken.contains(folder) else {
      reader.report(
        node.mark,
        "\(name.text) must name a folder inside the output that nothing else uses, found '\(Node.shortened(folder))'",
        ["lower-case letters, digits and single dashes, for example latex: paper"])
      return nil
    }
    return folder
  }

  func described(_ vocabulary: SpecVocabulary) -> String {
    "the name of a folder other than \(Self.taken.joined(separator: ", "))"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    SpecSlug.schema.with("not", ["enum": .array(Self.taken.map { .text($0) })])
  }
}

/// True or false.
struct SpecFlag: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Bool? {
    reader.flag(node, called: name.text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { Self.described }

  static let described = "true, false"

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { ["type": "boolean"] }
}

/// An integer in a range.
struct SpecInteger: SpecType {
  let range: ClosedRange<Int>

  init(_ range: ClosedRange<Int>) { self.range = range }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Int? {
    reader.integer(node, called: name.text, in: range)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { described }

  var described: String {
    range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let schema: SchemaValue = ["type": "integer", "minimum": .integer(range.lowerBound)]
    // Most validators would round a bound that a double cannot hold.
    return range.upperBound == .max ? schema : schema.with("maximum", .integer(range.upperBound))
  }
}

/// A real number in a range.
struct SpecNumber: SpecType {
  let range: ClosedRange<Double>

  init(_ range: ClosedRange<Double>) { self.range = range }

  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> Double? {
    reader.number(node, called: name.text, in: range)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { described }

  var described: String {
    "\(PlainNumber.text(range.lowerBound)) to \(PlainNumber.text(range.upperBound))"
  }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["type": "number", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)]
  }
}

/// Whether texts begin with BOS.
///
/// To YAML 1.1, yes and no without quotes are truth values; to YAML 1.2 they are words.
struct SpecBOS: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> BOSChoice? {
    guard let choice = node.scalar.flatMap({ BOSChoice(rawValue: $0.string) }) else {
      reader.report(node.mark, "\(name.text) must be yes, no or model, found \(node.described)")
      return nil
    }
    return choice
  }

  func described(_ vocabulary: SpecVocabulary) -> String { BOSChoice.allCases.map(\.rawValue).joined(separator: ", ") }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    ["enum": .array(BOSChoice.allCases.map { .text($0.rawValue) } + [.flag(true), .flag(false)])]
  }
}

/// A model by its reference alone.
struct SpecModelReference: SpecType {
  /// Messages give the value the name of the mapping that it stands for: "model 'a'".
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> ModelReference? {
    guard let written = reader.text(node, called: name.owner ?? name.text) else { return nil }
    return reader.take(ModelReference.parse(written, catalog: reader.vocabulary.catalog), at: node)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a name, or a path that begins with `./`" }

  /// The names of the catalog are not listed, because a user's own catalog adds more.
  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

/// An adapter by its reference.
struct SpecAdapterReference: SpecType {
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> ModelReference? {
    guard let written = reader.text(node, called: name.text) else { return nil }
    return reader.take(AdapterReference.parse(written), at: node)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a path, or `org/name` on the hub" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue { SpecText.schema }
}

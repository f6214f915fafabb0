import Engine
import Figures
import Words
import Yams

/// A value of a JSON Schema, whose members keep their order.
enum SchemaValue: Equatable, Sendable {
  case object([Member])
  case array([SchemaValue])
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)

  /// A member of an object.
  struct Member: Equatable, Sendable {
    var name: String
    var value: SchemaValue
  }

  /// The object with one more member.
  func with(_ name: String, _ value: SchemaValue?) -> SchemaValue {
    guard case .object(let members) = self, let value else { return self }
    return .object(members + [Member(name: name, value: value)])
  }

  /// A list of at least one.
  static func list(of schema: SchemaValue, areDistinct: Bool = false) -> SchemaValue {
    let list: SchemaValue = ["type": "array", "minItems": 1, "items": schema]
    return areDistinct ? list.with("uniqueItems", true) : list
  }

  /// One, or a list of at least one.
  static func oneOrSeveral(_ schema: SchemaValue, areDistinct: Bool) -> SchemaValue {
    ["anyOf": [schema, .list(of: schema, areDistinct: areDistinct)]]
  }

  /// A reference to the schema of a mapping, which the file holds once.
  static func reference(to section: SpecSection) -> SchemaValue { ["$ref": .text("#/$defs/\(section.name)")] }

  /// A reference to the schema of a kind of figure, which the file holds once.
  static func reference(to kind: FigureSchema) -> SchemaValue { ["$ref": .text("#/$defs/\(definition(of: kind))")] }

  /// The name of a kind among the definitions.
  static func definition(of kind: FigureSchema) -> String { "figure-\(kind.name)" }

  /// A value written in YAML, as in JSON; nil for an alias or invalid YAML.
  init?(yaml: String) {
    guard let root = try? Yams.compose(yaml: yaml) else { return nil }
    self.init(root)
  }

  /// A node of a YAML document, as in JSON; nil for an alias.
  init?(_ node: Node) {
    switch node {
    case .mapping(let pairs):
      var members: [Member] = []
      for (key, value) in pairs {
        guard let name = key.scalar?.string, let value = SchemaValue(value) else { return nil }
        members.append(Member(name: name, value: value))
      }
      self = .object(members)
    case .sequence(let nodes):
      let values = nodes.compactMap { SchemaValue($0) }
      guard values.count == nodes.count else { return nil }
      self = .array(values)
    case .scalar(let scalar):
      switch node.kind {
      case .bool: self = .flag(node.bool ?? false)
      case .int: self = .integer(node.int ?? 0)
      case .float: self = .number(node.float ?? 0)
      default: self = .text(scalar.string)
      }
    case .alias: return nil
    }
  }
}

extension SchemaValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(arrayLiteral elements: SchemaValue...) { self = .array(elements) }
  init(dictionaryLiteral elements: (String, SchemaValue)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
}

extension SchemaValue {
  /// The value as JSON, with each object or array on one line if it fits.
  func json(indent: Int = 0) -> String {
    let flat = self.flat
    if indent + flat.unicodeScalars.count <= 118 { return flat }
    let inner = String(repeating: " ", count: indent + 2)
    let end = "\n" + String(repeating: " ", count: indent)
    switch self {
    case .object(let members):
      let lines = members.map { "\(inner)\(Self.quoted($0.name)): \($0.value.json(indent: indent + 2))" }
      return "{\n" + lines.joined(separator: ",\n") + end + "}"
    case .array(let values):
      return "[\n" + values.map { inner + $0.json(indent: indent + 2) }.joined(separator: ",\n") + end + "]"
    case .text, .integer, .number, .flag: return flat
    }
  }

  private var flat: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.name)): \($0.value.flat)" }.joined(separator: ", ") + "}"
    case .array(let values): "[" + values.map(\.flat).joined(separator: ", ") + "]"
    case .text(let text): Self.quoted(text)
    case .integer(let number): "\(number)"
    case .number(let number): PlainNumber.text(number)
    case .flag(let flag): flag ? "true" : "false"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\n": quoted += "\\n"
      case "\0"..."\u{1F}": quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

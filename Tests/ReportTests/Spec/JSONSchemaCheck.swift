@testable import Build
@testable import Figures
@testable import Models
@testable import Spec
@testable import Words

/// Validates values by the keywords of JSON Schema that our schemas use; a keyword that it does not know is a fault, never passed over.
struct JSONSchemaCheck {
  let root: SchemaValue

  /// Keywords that describe and do not decide.
  private static let annotations: Set<String> = ["$schema", "$defs", "title", "description", "default", "examples"]

  /// Why a value is refused, the first reason with its place; nil where it is accepted.
  func fault(of value: SchemaValue) throws -> String? { try fault(of: value, by: root, at: "") }

  struct Unknown: Error { let what: String }

  private func fault(of value: SchemaValue, by schema: SchemaValue, at place: String) throws -> String? {
    if case .flag(let isAccepted) = schema { return isAccepted ? nil : "\(place): not allowed" }
    guard case .object(let members) = schema else { throw Unknown(what: "schema \(schema.json())") }
    for member in members where !Self.annotations.contains(member.name) {
      if let fault = try fault(of: value, by: member, in: schema, at: place) { return fault }
    }
    return nil
  }

  private func fault(
    of value: SchemaValue, by member: SchemaValue.Member, in schema: SchemaValue, at place: String
  ) throws -> String? {
    let refused = "\(place): \(value.json()) against \(member.name) \(member.value.json())"
    switch (member.name, member.value, value) {
    case ("$ref", .text(let path), _): return try fault(of: value, by: resolve(path), at: place)
    case ("type", .text(let type), _): return value.isOf(type) ? nil : refused
    case ("enum", .array(let allowed), _): return allowed.contains(value) ? nil : refused
    case ("const", _, _): return member.value == value ? nil : refused
    case ("anyOf", .array(let schemas), _):
      return try schemas.contains { try fault(of: value, by: $0, at: place) == nil } ? nil : refused
    case ("oneOf", .array(let schemas), _):
      return try schemas.filter { try fault(of: value, by: $0, at: place) == nil }.count == 1 ? nil : refused
    case ("not", let inner, _): return try fault(of: value, by: inner, at: place) == nil ? refused : nil
    case ("pattern", .text(let pattern), .text(let text)):
      return try text.contains(Regex(pattern)) ? nil : refused
    case ("minLength", .integer(let least), .text(let text)):
      return text.unicodeScalars.count >= least ? nil : refused
    case ("maxLength", .integer(let most), .text(let text)): return text.unicodeScalars.count <= most ? nil : refused
    case ("minimum", let least, _): return less(value, least) ? refused : nil
    case ("maximum", let most, _): return less(most, value) ? refused : nil
    case ("minItems", .integer(let least), .array(let items)): return items.count >= least ? nil : refused
    case ("uniqueItems", .flag(true), .array(let items)):
      return items.indices.allSatisfy { !items[..<$0].contains(items[$0]) } ? nil : refused
    case ("items", let inner, .array(let items)):
      return try items.enumerated().compactMap { try fault(of: $1, by: inner, at: "\(place)/\($0)") }.first
    case ("required", .array(let names), .object(let fields)):
      return names.allSatisfy { name in fields.contains { .text($0.name) == name } } ? nil : refused
    case ("minProperties", .integer(let least), .object(let fields)): return fields.count >= least ? nil : refused
    case ("maxProperties", .integer(let most), .object(let fields)): return fields.count <= most ? nil : refused
    case ("propertyNames", let inner, .object(let fields)):
      return try fields.compactMap { try fault(of: .text($0.name), by: inner, at: place) }.first
    case ("properties", .object(let known), .object(let fields)):
      return try fields.compactMap { field in
        try known.first { $0.name == field.name }
          .flatMap { try fault(of: field.value, by: $0.value, at: "\(place)/\(field.name)") }
      }.first
    case ("additionalProperties", let inner, .object(let fields)):
      let known = schema["properties"]?.names ?? []
      return try fields.filter { !known.contains($0.name) }
        .compactMap { try fault(of: $0.value, by: inner, at: "\(place)/\($0.name)") }.first
    case ("pattern", _, _), ("minLength", _, _), ("maxLength", _, _), ("minItems", _, _), ("uniqueItems", _, _),
      ("items", _, _), ("required", _, _), ("minProperties", _, _), ("maxProperties", _, _), ("propertyNames", _, _),
      ("properties", _, _), ("additionalProperties", _, _):
      return nil
    default: throw Unknown(what: "keyword \(member.name) \(member.value.json())")
    }
  }

  private func resolve(_ path: String) throws -> SchemaValue {
    var schema = root
    for part in path.split(separator: "/").dropFirst() {
      guard let next = schema[String(part)] else { throw Unknown(what: "reference \(path)") }
      schema = next
    }
    return schema
  }

  /// Whether both are numbers and the first is less.
  private func less(_ first: SchemaValue, _ second: SchemaValue) -> Bool {
    guard let first = first.asNumber, let second = second.asNumber else { return false }
    return first < second
  }
}

extension SchemaValue {
  /// A member of an object.
  subscript(name: String) -> SchemaValue? {
    if case .object(let members) = self { members.first { $0.name == name }?.value } else { nil }
  }

  /// The names of an object's members, in their order.
  var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }

  /// The text of a value that is one.
  var asText: String? { if case .text(let text) = self { text } else { nil } }

  fileprivate var asNumber: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }

  fileprivate func isOf(_ type: String) -> Bool {
    switch (type, self) {
    case ("object", .object), ("array", .array), ("string", .text), ("boolean", .flag), ("integer", .integer),
      ("number", .integer), ("number", .number):
      true
    default: false
    }
  }
}

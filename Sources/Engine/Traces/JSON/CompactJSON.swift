import Foundation

/// Values as JSON on one line, keys sorted: the bytes of `JSONEncoder` with `sortedKeys` and `withoutEscapingSlashes`.
///
/// Traces are matrices. `JSONEncoder` makes an object of every number; here a list of numbers is written in one go, which
/// takes about a quarter of the time.
package enum CompactJSON {
  /// The bytes of a value, without a final newline.
  ///
  /// - Throws: `EncodingError` for a number that is not finite, and for a value that writes nothing.
  package static func data(_ value: some Encodable) throws -> Data {
    let tree = JSONTree()
    try tree.write(value, at: [])
    if case .nothing = tree.content {
      throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "the value writes nothing"))
    }
    var bytes: [UInt8] = []
    tree.append(to: &bytes)
    return Data(bytes)
  }

  /// The bytes of a value, with a final newline.
  ///
  /// - Throws: As `data(_:)`.
  package static func line(_ value: some Encodable) throws -> Data {
    var data = try data(value)
    data.append(0x0A)
    return data
  }
}

/// A value on its way to JSON: the bytes of one that is complete, or a list or object that is still filled.
final class JSONTree {
  enum Content {
    case nothing
    case bytes([UInt8])
    case list([JSONTree])
    case object([(key: String, value: JSONTree)])
  }

  private(set) var content = Content.nothing

  /// Takes a value's JSON, whatever the value is.
  func write(_ value: some Encodable, at path: @autoclosure () -> [any CodingKey]) throws {
    switch value {
    case let value as any JSONDirect:
      var bytes: [UInt8] = []
      guard value.append(to: &bytes) else {
        throw EncodingError.invalidValue(value, .init(codingPath: path(), debugDescription: "a number is not finite"))
      }
      content = .bytes(bytes)
    case let value as URL: try write(value.absoluteString, at: path())
    case let value as Data: try write(value.base64EncodedString(), at: path())
    default:
      let path = path()
      try value.encode(to: JSONTreeEncoder(tree: self, codingPath: path))
      // As in `JSONEncoder`: inside others, a value without anything is an empty object.
      if case .nothing = content, !path.isEmpty { content = .object([]) }
    }
  }

  func writeNull() { content = .bytes(Array("null".utf8)) }

  func becomeObject() {
    if case .object = content { return }
    content = .object([])
  }

  func becomeList() {
    if case .list = content { return }
    content = .list([])
  }

  var count: Int {
    if case .list(let elements) = content { elements.count } else { 0 }
  }

  /// A new value under a key; of several under one key the last counts.
  func member(_ key: String) -> JSONTree {
    let tree = JSONTree()
    guard case .object(var members) = content else { return tree }
    content = .nothing
    members.append((key, tree))
    content = .object(members)
    return tree
  }

  /// A new value at the end of the list.
  func element() -> JSONTree {
    let tree = JSONTree()
    guard case .list(var elements) = content else { return tree }
    content = .nothing
    elements.append(tree)
    content = .list(elements)
    return tree
  }

  func append(to bytes: inout [UInt8]) {
    switch content {
    case .nothing: bytes += Array("{}".utf8)
    case .bytes(let own): bytes += own
    case .list(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      // The sort keeps the order of equal keys.
      let sorted = members.sorted { $0.key < $1.key }
      for (index, member) in sorted.enumerated() where index + 1 == sorted.count || sorted[index + 1].key != member.key
      {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        _ = member.key.append(to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.append(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }
}

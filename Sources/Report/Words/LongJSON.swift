import Foundation

/// JSON with keys sorted and lines indented, as `JSONEncoder` writes it, of values with long lists.
///
/// An encoder takes many times the bytes that it writes. Here it sees one element of a long list at a time.
package enum LongJSON {
  /// What stands under a key of a value instead of the empty list or object that the value has there.
  package enum Part {
    /// Elements of a list, by their indices.
    case list(count: Int, element: (Int) throws -> any Encodable)
    /// Values of an object, by their keys.
    case object(keys: [String], value: (String) throws -> any Encodable)

    fileprivate var isEmpty: Bool {
      switch self {
      case .list(let count, _): count == 0
      case .object(let keys, _): keys.isEmpty
      }
    }
  }

  /// The bytes of a value, with a final newline.
  ///
  /// - Parameter parts: Of those of its keys whose lists and objects are long and are left empty in it.
  /// - Throws: What encoding throws.
  package static func data(_ value: some Encodable, _ parts: [String: Part]) throws -> Data {
    var data = Data()
    try write(value, parts) { data += $0 }
    return data
  }

  /// Gives the same bytes away in pieces, so that they are never together in memory.
  ///
  /// - Throws: What encoding throws, and what `take` throws.
  package static func write(
    _ value: some Encodable, _ parts: [String: Part], to take: (Data) throws -> Void
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let lines = try encoder.encode(value).split(separator: 0x0A, omittingEmptySubsequences: false)
    var index = 0
    while index < lines.count {
      try take(lines[index])
      if let part = parts.first(where: { lines[index].elementsEqual($0.value.opening($0.key).utf8) })?.value,
        !part.isEmpty
      {
        try take(Data([0x0A]))
        try part.write(encoder, to: take)
        // The line that an empty list has between its brackets.
        index += 1
      }
      try take(Data([0x0A]))
      index += 1
    }
  }
}

extension LongJSON.Part {
  /// The line under which the elements follow; no text of a value has a line of its own.
  fileprivate func opening(_ key: String) -> String {
    switch self {
    case .list: "  \"\(key)\" : ["
    case .object: "  \"\(key)\" : {"
    }
  }

  /// All elements, without the brackets around them, one after another.
  fileprivate func write(_ encoder: JSONEncoder, to take: (Data) throws -> Void) throws {
    func append(_ encoded: Data, isLast: Bool) throws {
      var data = Data()
      // The line of each bracket is left out.
      for line in encoded.split(separator: 0x0A, omittingEmptySubsequences: false).dropFirst().dropLast() {
        if !line.isEmpty { data += [0x20, 0x20] }
        data += line
        data.append(0x0A)
      }
      data.removeLast()
      if !isLast { data += [0x2C, 0x0A] }
      try take(data)
    }
    switch self {
    case .list(let count, let element):
      for index in 0..<count {
        try append(try encoder.encode([AnyValue(value: try element(index))]), isLast: index == count - 1)
      }
    case .object(let keys, let value):
      let sorted = keys.sorted()
      for key in sorted {
        try append(try encoder.encode([key: AnyValue(value: try value(key))]), isLast: key == sorted.last)
      }
    }
  }

  private struct AnyValue: Encodable {
    var value: any Encodable
    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
  }
}

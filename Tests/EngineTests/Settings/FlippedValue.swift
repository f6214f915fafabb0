import Foundation

/// Other values that a setting could plausibly have.
enum FlippedValue {
  /// Of a value of a JSON file.
  static func others(than value: Any) -> [Any] {
    if value is NSNull { return [2, true] }
    if let number = value as? NSNumber {
      if String(cString: number.objCType) == "c" { return [!number.boolValue] }
      return others(than: number.doubleValue).map { $0 as Any }
    }
    if value is String { return ["zorblax"] }
    if let list = value as? [Any] { return list.isEmpty ? [[1]] : [Array(list.dropLast())] }
    return []
  }

  private static func others(than value: Double) -> [NSNumber] {
    if value == 0 { return [1, 2] }
    if value == value.rounded() {
      return [Int(value) + 1, max(1, Int(value) / 2), Int(value) * 2, 1].map { NSNumber(value: $0) }
    }
    return [NSNumber(value: value * 2), NSNumber(value: value / 2)]
  }

  /// Of a value of a GGUF file, type included.
  static func others(than key: EditableGGUF.Key) -> [[UInt8]] {
    if key.isArray { return [] }
    let payload = Array(key.value.dropFirst(4))
    func integer() -> UInt64 { payload.enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) } }
    switch key.type {
    case 7: return [RawGGUF.number(UInt32(7)) + [payload[0] == 0 ? 1 : 0]]
    case 8: return [RawGGUF.string("zorblax")]
    case 6:
      let value = Float(bitPattern: UInt32(truncatingIfNeeded: integer()))
      return (value == 0 ? [1, 2] : [value * 2, value / 2]).map { RawGGUF.scalar(6, $0.bitPattern) }
    case 4, 5, 10, 11:
      let value = integer()
      let others: [UInt64] = value == 0 ? [1, 2] : [value + 1, max(1, value / 2), value * 2, 1]
      return others.map { RawGGUF.number(key.type) + Array(RawGGUF.number($0).prefix(payload.count)) }
    default: return []
    }
  }
}

/// A JSON file whose settings can be replaced one by one.
struct EditableJSON {
  var root: Any

  init(_ url: URL) throws { root = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) }

  var data: Data { get throws { try JSONSerialization.data(withJSONObject: root, options: [.sortedKeys]) } }

  /// The places of all values that are no objects, and no lists of objects, below those that `opens` allows.
  func places(opens: ([String]) -> Bool = { _ in true }) -> [(path: [String], value: Any)] {
    var found: [(path: [String], value: Any)] = []
    func visit(_ value: Any, _ path: [String]) {
      if let object = value as? [String: Any], path.isEmpty || opens(path), !object.isEmpty {
        for key in object.keys.sorted() { object[key].map { visit($0, path + [key]) } }
      } else if let list = value as? [Any], list.first is [String: Any], opens(path) {
        for (index, element) in list.enumerated() { visit(element, path + ["\(index)"]) }
      } else if !path.isEmpty {
        found.append((path, value))
      }
    }
    visit(root, [])
    return found
  }

  /// The same file with another value at a place.
  func replacing(_ path: [String], with value: Any) -> EditableJSON {
    func replaced(_ at: Any, _ path: ArraySlice<String>) -> Any {
      guard let first = path.first else { return value }
      if var object = at as? [String: Any] {
        object[first] = replaced(object[first] ?? NSNull(), path.dropFirst())
        return object
      }
      if var list = at as? [Any], let index = Int(first), list.indices.contains(index) {
        list[index] = replaced(list[index], path.dropFirst())
        return list
      }
      return at
    }
    var copy = self
    copy.root = replaced(root, path[...])
    return copy
  }
}

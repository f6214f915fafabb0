extension GGUFMetadata: ModelConfiguration {
  /// Whether the key is present.
  public func contains(_ key: String) -> Bool { value(key) != nil }

  /// Whether the key is present and an array.
  public func isArray(_ key: String) -> Bool { value(key)?.isArray ?? false }

  /// A whole number of any width, nil when absent.
  public func integer(_ key: String) throws -> Int? {
    guard let value = value(key) else { return nil }
    guard !value.isArray, let integer = try integers(value, key)?.first else {
      throw wrongType(key, value, expected: "a whole number")
    }
    return integer
  }

  /// A number, nil when absent.
  public func real(_ key: String) throws -> Double? {
    guard let value = value(key) else { return nil }
    guard !value.isArray else { throw wrongType(key, value, expected: "a number") }
    switch value.type {
    case .float32: return Double(Float(bitPattern: element(value, 0, as: UInt32.self)))
    case .float64: return Double(bitPattern: element(value, 0, as: UInt64.self))
    default:
      guard let integer = try integers(value, key)?.first else { throw wrongType(key, value, expected: "a number") }
      return Double(integer)
    }
  }

  /// A string, nil when absent.
  public func string(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard !value.isArray, value.type == .string else { throw wrongType(key, value, expected: "a string") }
    return try texts(value, key).first
  }

  /// A truth value, nil when absent.
  public func flag(_ key: String) throws -> Bool? {
    guard let value = value(key) else { return nil }
    guard !value.isArray, value.type == .bool else { throw wrongType(key, value, expected: "a truth value") }
    return element(value, 0, as: UInt8.self) != 0
  }

  /// The whole numbers (or truth values, as 0 and 1) of an array, nil when absent.
  public func integers(_ key: String) throws -> [Int]? {
    guard let value = value(key) else { return nil }
    if value.isArray, value.count == 0 { return [] }
    guard value.isArray, let integers = try value.type == .bool ? truths(value) : integers(value, key) else {
      throw wrongType(key, value, expected: "an array of whole numbers")
    }
    return integers
  }

  /// The numbers of an array, nil when absent.
  public func reals(_ key: String) throws -> [Float]? {
    guard let value = value(key) else { return nil }
    guard value.isArray else { throw wrongType(key, value, expected: "an array of numbers") }
    switch value.type {
    case _ where value.count == 0: return []
    case .float32: return each(value, as: UInt32.self) { Float(bitPattern: $0) }
    case .float64: return each(value, as: UInt64.self) { Float(Double(bitPattern: $0)) }
    default:
      guard let integers = try integers(value, key) else {
        throw wrongType(key, value, expected: "an array of numbers")
      }
      return integers.map(Float.init)
    }
  }

  /// The strings of an array, nil when absent; `stringArray` gives their bytes without copies.
  public func strings(_ key: String) throws -> [String]? {
    guard let value = value(key) else { return nil }
    if value.isArray, value.count == 0 { return [] }
    guard value.isArray, value.type == .string else { throw wrongType(key, value, expected: "an array of strings") }
    return try texts(value, key)
  }

  private func texts(_ value: GGUFValue, _ key: String) throws(ConfigurationError) -> [String] {
    var texts: [String] = []
    texts.reserveCapacity(value.count)
    for bytes in MappedStringArray(map: map, boundaries: value.boundaries) {
      guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(path: map.path, key: key) }
      texts.append(text)
    }
    return texts
  }

  private func truths(_ value: GGUFValue) -> [Int] { each(value, as: UInt8.self) { Int($0) } }

  /// Whole numbers of any width; nil when the value is of another type.
  private func integers(_ value: GGUFValue, _ key: String) throws(ConfigurationError) -> [Int]? {
    switch value.type {
    case .uint8: return each(value, as: UInt8.self) { Int($0) }
    case .int8: return each(value, as: Int8.self) { Int($0) }
    case .uint16: return each(value, as: UInt16.self) { Int($0) }
    case .int16: return each(value, as: Int16.self) { Int($0) }
    case .uint32: return each(value, as: UInt32.self) { Int($0) }
    case .int32: return each(value, as: Int32.self) { Int($0) }
    case .int64: return each(value, as: Int64.self) { Int($0) }
    case .uint64:
      let numbers = each(value, as: UInt64.self) { $0 }
      if let large = numbers.first(where: { $0 > UInt64(Int.max) }) {
        throw .tooLarge(path: map.path, key: key, found: "\(large)")
      }
      return numbers.map { Int($0) }
    case .float32, .float64, .bool, .string, .array: return nil
    }
  }

  func element<T: FixedWidthInteger>(_ value: GGUFValue, _ index: Int, as type: T.Type) -> T {
    T(littleEndian: map.bytes.loadUnaligned(fromByteOffset: value.start + index * MemoryLayout<T>.size, as: T.self))
  }

  private func each<T: FixedWidthInteger, Result>(
    _ value: GGUFValue, as type: T.Type, _ transform: (T) -> Result
  ) -> [Result] {
    (0..<value.count).map { transform(element(value, $0, as: T.self)) }
  }
}

import Traces

/// The key-value part of a GGUF file; values stay in the map until they are looked up.
public struct GGUFMetadata: Sendable {
  let map: MemoryMap
  /// Every key, in the order of the file.
  public let keys: [String]
  private let values: [String: GGUFValue]
  private let lookups = KeySet()
  private let hidden = KeySet()

  /// The value of a key; it counts as read.
  func value(_ key: String) -> GGUFValue? {
    guard !hidden.contains(key) else { return nil }
    lookups.insert(key)
    return values[key]
  }

  /// Makes look-ups of a key find nothing from now on.
  public func hide(_ key: String) { hidden.insert(key) }

  /// The settings of the file, and which were looked up.
  public var settingsSource: any SettingsSource { GGUFSettings(metadata: self) }

  /// Whether a reader asked for a key.
  func wasLookedUp(_ key: String) -> Bool { lookups.contains(key) }

  /// A value that does not count as read, for descriptions.
  func unmarkedValue(_ key: String) -> GGUFValue? { values[key] }

  /// Reads `count` keys; the cursor starts after the file's counts and ends after the last value.
  init(_ cursor: inout GGUFCursor, count: Int, map: MemoryMap) throws(GGUFError) {
    var keys: [String] = []
    var values: [String: GGUFValue] = [:]
    for index in 0..<count {
      let start = cursor.offset
      let key = try cursor.text("key \(index)")
      let value = try GGUFMetadata.value(&cursor, key: key)
      guard values.updateValue(value, forKey: key) == nil else {
        throw .duplicateKey(path: map.path, offset: start, key: key)
      }
      keys.append(key)
    }
    self.map = map
    self.keys = keys
    self.values = values
  }

  /// The bytes of the strings of an array, without a copy; nil when the key is absent.
  ///
  /// Throws `ConfigurationError.wrongType` when it is not an array of strings.
  public func stringArray(_ key: String) throws(ConfigurationError) -> MappedStringArray? {
    guard let value = value(key) else { return nil }
    // An empty array may have any type, because writers have no other way to write "none".
    guard value.isArray, value.type == .string || value.count == 0 else {
      throw wrongType(key, value, expected: "an array of strings")
    }
    return MappedStringArray(map: map, boundaries: value.type == .string ? value.boundaries : [value.start])
  }

  func wrongType(_ key: String, _ value: GGUFValue, expected: String) -> ConfigurationError {
    .wrongType(path: map.path, key: key, expected: expected, found: value.phrase)
  }

  private static func value(_ cursor: inout GGUFCursor, key: String) throws(GGUFError) -> GGUFValue {
    var type = try valueType(&cursor, key: key)
    var count = 1
    let isArray = type == .array
    if isArray { (type, count) = try arrayHead(&cursor, key: key) }
    let start = cursor.offset
    var boundaries: [Int] = []
    if type == .array {
      for _ in 0..<count { try skipArray(&cursor, key: key, depth: 2) }
    } else {
      boundaries = try skip(type, count, &cursor, key: key)
    }
    return GGUFValue(type: type, isArray: isArray, count: count, start: start, boundaries: boundaries)
  }

  /// The type and number of an array's elements.
  private static func arrayHead(_ cursor: inout GGUFCursor, key: String) throws(GGUFError) -> (GGUFValueType, Int) {
    let type = try valueType(&cursor, key: key)
    // An array in an array begins with its type and its length.
    let smallest = type.bytes ?? (type == .array ? 12 : 8)
    return (type, try cursor.count(of: "the length of array '\(key)'", smallest: smallest))
  }

  /// The deepest nesting; deeper arrays mean damage.
  private static let deepest = 8

  /// Skips an array in an array, which no reader needs.
  private static func skipArray(_ cursor: inout GGUFCursor, key: String, depth: Int) throws(GGUFError) {
    guard depth <= deepest else { throw .nestedArray(path: cursor.path, offset: cursor.offset, key: key) }
    let (type, count) = try arrayHead(&cursor, key: key)
    if type == .array {
      for _ in 0..<count { try skipArray(&cursor, key: key, depth: depth + 1) }
    } else {
      _ = try skip(type, count, &cursor, key: key)
    }
  }

  /// Skips plain values; returns the boundaries of strings.
  private static func skip(
    _ type: GGUFValueType, _ count: Int, _ cursor: inout GGUFCursor, key: String
  ) throws(GGUFError) -> [Int] {
    let start = cursor.offset
    guard let bytes = type.bytes else { return try cursor.strings(count, key: key) }
    try cursor.skip(count * bytes, "the value of key '\(key)'")
    if type == .bool {
      for offset in start..<cursor.offset where cursor.bytes[offset] > 1 {
        throw .badTruthValue(path: cursor.path, offset: offset, key: key, found: cursor.bytes[offset])
      }
    }
    return []
  }

  private static func valueType(_ cursor: inout GGUFCursor, key: String) throws(GGUFError) -> GGUFValueType {
    let start = cursor.offset
    let number = try cursor.number(UInt32.self, "the type of key '\(key)'")
    guard let type = GGUFValueType(rawValue: number) else {
      throw .unknownValueType(path: cursor.path, offset: start, key: key, type: number)
    }
    return type
  }
}

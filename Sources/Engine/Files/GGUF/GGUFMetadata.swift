/// The key-value part of a GGUF file; values stay in the map until they are asked for.
public struct GGUFMetadata: Sendable {
  let map: MemoryMap
  /// Every key, in the order of the file.
  public let keys: [String]
  private let values: [String: GGUFValue]
  private let lookups = KeySet()
  private let hidden = KeySet()

  /// The value of a key, which counts as read.
  func value(_ key: String) -> GGUFValue? {
    guard !hidden.contains(key) else { return nil }
    lookups.insert(key)
    return values[key]
  }

  /// Has look-ups find nothing under a key from now on.
  public func hide(_ key: String) { hidden.insert(key) }

  /// The settings of the file, and which were looked up.
  public var settingsSource: any SettingsSource { GGUFSettings(metadata: self) }

  /// Whether a reader asked for a key.
  func wasLookedUp(_ key: String) -> Bool { lookups.contains(key) }

  /// A value without a mark, for those who tell what is there.
  func unmarkedValue(_ key: String) -> GGUFValue? { values[key] }

  /// Reads `count` keys; the cursor is behind the file's counts, and behind the last value afterwards.
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
  /// Throws `ConfigurationError.wrongType` when it is no array of strings.
  public func stringArray(_ key: String) throws(ConfigurationError) -> MappedStringArray? {
    guard let value = value(key) else { return nil }
    // An empty array may be of any type: there is no other way to write "none".
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
    if isArray {
      let start = cursor.offset
      type = try valueType(&cursor, key: key)
      guard type != .array else { throw .nestedArray(path: cursor.path, offset: start, key: key) }
      count = try cursor.count(of: "the length of array '\(key)'", smallest: type.bytes ?? 8)
    }
    let start = cursor.offset
    var boundaries: [Int] = []
    if let bytes = type.bytes {
      try cursor.skip(count * bytes, "the value of key '\(key)'")
    } else {
      boundaries = try cursor.strings(count, key: key)
    }
    if type == .bool {
      for offset in start..<cursor.offset where cursor.bytes[offset] > 1 {
        throw .badTruthValue(path: cursor.path, offset: offset, key: key, found: cursor.bytes[offset])
      }
    }
    return GGUFValue(type: type, isArray: isArray, count: count, start: start, boundaries: boundaries)
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

/// The keys of a GGUF file as settings.
struct GGUFSettings: SettingsSource {
  let metadata: GGUFMetadata

  var settingsFile: SettingsFile { .gguf }
  var settingsPath: String { metadata.map.path }

  var storedSettings: [StoredSetting] {
    metadata.keys.map { key in
      StoredSetting(
        key: key, value: metadata.summary(key), asksForNothing: metadata.asksForNothing(key),
        wasRead: metadata.wasLookedUp(key))
    }
  }
}

extension GGUFMetadata {
  /// Whether a value has no effect: false, an empty text or an empty array.
  fileprivate func asksForNothing(_ key: String) -> Bool {
    guard let value = unmarkedValue(key) else { return true }
    if value.isArray { return value.count == 0 }
    switch value.type {
    case .bool: return element(value, 0, as: UInt8.self) == 0
    case .string: return text(value).isEmpty
    default: return false
    }
  }

  /// The value for a message.
  fileprivate func summary(_ key: String) -> String {
    guard let value = unmarkedValue(key) else { return "nothing" }
    if value.isArray { return value.phrase }
    switch value.type {
    case .uint8: return "\(element(value, 0, as: UInt8.self))"
    case .int8: return "\(element(value, 0, as: Int8.self))"
    case .uint16: return "\(element(value, 0, as: UInt16.self))"
    case .int16: return "\(element(value, 0, as: Int16.self))"
    case .uint32: return "\(element(value, 0, as: UInt32.self))"
    case .int32: return "\(element(value, 0, as: Int32.self))"
    case .uint64: return "\(element(value, 0, as: UInt64.self))"
    case .int64: return "\(element(value, 0, as: Int64.self))"
    case .float32: return "\(Float(bitPattern: element(value, 0, as: UInt32.self)))"
    case .float64: return "\(Double(bitPattern: element(value, 0, as: UInt64.self)))"
    case .bool: return element(value, 0, as: UInt8.self) != 0 ? "true" : "false"
    case .string:
      let text = text(value)
      return text.count > 40 ? "'\(text.prefix(40))...'" : "'\(text)'"
    case .array: return value.phrase
    }
  }

  private func text(_ value: GGUFValue) -> String {
    let bytes = MappedStringArray(map: map, boundaries: value.boundaries).first { _ in true }
    return bytes.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

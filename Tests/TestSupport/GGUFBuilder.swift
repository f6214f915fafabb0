import Foundation

/// Writes small GGUF files (version 3, little-endian, F32 tensors) for tests.
public struct GGUFBuilder {
  private var keys = Data()
  private var keyCount: UInt64 = 0
  private var infos = Data()
  private var infoCount: UInt64 = 0
  private var tensors = Data()

  /// A file without keys and tensors.
  public init() {}

  /// An unsigned number.
  public mutating func set(_ key: String, _ value: UInt32) { begin(key, type: 4); append(value, to: &keys) }
  /// A real number.
  public mutating func set(_ key: String, _ value: Float) { begin(key, type: 6); append(value.bitPattern, to: &keys) }
  /// A truth value.
  public mutating func set(_ key: String, _ value: Bool) { begin(key, type: 7); keys.append(value ? 1 : 0) }
  /// A string.
  public mutating func set(_ key: String, _ value: String) { begin(key, type: 8); append(value, to: &keys) }

  /// Strings.
  public mutating func set(_ key: String, _ values: [String]) {
    begin(key, type: 9)
    append(UInt32(8), to: &keys)
    append(UInt64(values.count), to: &keys)
    for value in values { append(value, to: &keys) }
  }

  /// Bytes.
  public mutating func set(_ key: String, _ values: [UInt8]) {
    begin(key, type: 9)
    append(UInt32(0), to: &keys)
    append(UInt64(values.count), to: &keys)
    keys += values
  }
  /// Signed numbers.
  public mutating func set(_ key: String, _ values: [Int32]) {
    begin(key, type: 9)
    append(UInt32(5), to: &keys)
    append(UInt64(values.count), to: &keys)
    for value in values { append(value, to: &keys) }
  }

  /// Real numbers.
  public mutating func set(_ key: String, _ values: [Float]) {
    begin(key, type: 9)
    append(UInt32(6), to: &keys)
    append(UInt64(values.count), to: &keys)
    for value in values { append(value.bitPattern, to: &keys) }
  }

  /// A tensor; `shape` row-major, outermost dimension first.
  public mutating func add(_ name: String, shape: [Int], values: [Float]) {
    append(name, to: &infos)
    append(UInt32(shape.count), to: &infos)
    for dimension in shape.reversed() { append(UInt64(dimension), to: &infos) }
    append(UInt32(0), to: &infos)  // F32
    append(UInt64(tensors.count), to: &infos)
    infoCount += 1
    values.withUnsafeBytes { tensors.append(contentsOf: $0) }
    pad(&tensors)
  }

  /// The whole file.
  public func data() -> Data {
    var file = Data("GGUF".utf8)
    append(UInt32(3), to: &file)
    append(infoCount, to: &file)
    append(keyCount, to: &file)
    file.append(keys)
    file.append(infos)
    pad(&file)
    file.append(tensors)
    return file
  }

  private mutating func begin(_ key: String, type: UInt32) {
    append(key, to: &keys)
    append(type, to: &keys)
    keyCount += 1
  }

  private func append(_ text: String, to data: inout Data) {
    append(UInt64(text.utf8.count), to: &data)
    data.append(contentsOf: text.utf8)
  }

  private func append(_ value: some FixedWidthInteger, to data: inout Data) {
    withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
  }

  /// Fills up to the alignment of tensors.
  private func pad(_ data: inout Data) {
    data.append(contentsOf: repeatElement(0, count: (32 - data.count % 32) % 32))
  }
}

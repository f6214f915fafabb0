/// A tensor of another type than a number format: whole numbers, truth values, packed values.
struct RawTensor: @unchecked Sendable {
  let dtype: String
  let shape: [Int]
  /// In the map, as for `StoredTensor`.
  let bytes: UnsafeRawBufferPointer
  let path: String
}

/// Memory of tensors that are not in a file.
final class OwnedBytes: @unchecked Sendable {
  let buffer: UnsafeMutableRawBufferPointer

  /// Uninitialised bytes on a boundary of 64.
  init(count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }

  deinit { buffer.deallocate() }
}

/// The tensors of a quantised folder while values and scales are joined.
struct QuantizedTensors {
  /// Tensors of number formats.
  private(set) var plain: [String: StoredTensor]
  /// The others.
  private(set) var raw: [String: RawTensor]
  /// The memory of new tensors.
  private(set) var owned: [OwnedBytes] = []
  let folder: String

  /// The tensors as they are stored.
  init(plain: [String: StoredTensor], raw: [String: RawTensor], folder: String) {
    self.plain = plain
    self.raw = raw
    self.folder = folder
  }

  /// Removes tensors that were joined into another one.
  mutating func remove(_ names: String...) {
    for name in names {
      plain[name] = nil
      raw[name] = nil
    }
  }

  /// Removes tensors of the same layer as `X.weight`.
  mutating func removeSibling(of weight: String, called name: String) {
    if weight.hasSuffix(".weight") { remove(weight.dropLast("weight".count) + name) }
  }

  /// Adds a tensor of this shape, whose bytes `fill` writes.
  mutating func put(
    _ name: String, shape: [Int], format: NumberFormat, path: String,
    fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) throws {
    guard let count = format.bytes(forElements: shape.reduce(1, *)) else {
      throw QuantizationError.badPart(tensor: name, path: path, found: "of shape \(shape)", expected: "whole blocks")
    }
    let memory = OwnedBytes(count: count)
    try fill(memory.buffer)
    owned.append(memory)
    plain[name] = StoredTensor(
      name: name, shape: shape, format: format, bytes: UnsafeRawBufferPointer(memory.buffer), path: path)
  }
}

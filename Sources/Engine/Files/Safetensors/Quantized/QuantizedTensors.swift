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

  /// Adds a tensor of this shape, whose bytes `fill` writes, in place of packed values of the same name.
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
    raw[name] = nil
  }

  /// Makes tables of whole numbers, which are weights of a kind (the experts of each token), tensors that a family can take.
  ///
  /// Numbers of experts are exact in float32; whatever is not is no number of an expert either.
  mutating func readTables(endingIn ending: String) throws {
    for (name, tensor) in raw where name.hasSuffix(ending) {
      let read: (Int) -> Float
      switch tensor.dtype {
      case "I64":
        read = { Float(Int64(littleEndian: tensor.bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self))) }
      case "I32":
        read = { Float(Int32(littleEndian: tensor.bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))) }
      default: continue
      }
      try put(name, shape: tensor.shape, format: .f32, path: tensor.path) { memory in
        for index in 0..<memory.count / 4 {
          memory.storeBytes(of: read(index), toByteOffset: 4 * index, as: Float.self)
        }
      }
      raw[name] = nil
    }
  }
}

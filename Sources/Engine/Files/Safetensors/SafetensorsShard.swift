import Traces

// The safetensors format, with the checks of its reference implementation (the Rust crate `safetensors`): a 64-bit length,
// a JSON header of that length, then the data of all tensors without gaps.

/// One mapped safetensors file.
struct SafetensorsShard {
  /// The largest header, as in the reference implementation.
  private static let longestHeader = 100_000_000

  /// Tensors of floating-point numbers.
  let tensors: [String: StoredTensor]
  /// The others.
  let otherTensors: [String: RawTensor]
  /// The texts of `__metadata__`, by key.
  let metadata: [String: String]
  let map: MemoryMap

  /// Maps a file and checks its header.
  ///
  /// Throws `FileError`, `SafetensorsError`, or `JSONError` for a header of the wrong structure.
  init(path: String) throws { try self.init(try MemoryMap(ModelFile(path, as: .weights))) }

  /// The same for a file in memory.
  init(_ map: MemoryMap) throws {
    let path = map.path
    let (header, data) = try SafetensorsShard.header(map)
    var entries: [SafetensorsEntry] = []
    var names: Set<String> = []
    var metadata: [String: String] = [:]
    for member in try header.root.requireMembers() {
      if member.key == "__metadata__" {
        for text in try member.value.requireMembers() { metadata[text.key] = text.value.string }
        continue
      }
      guard names.insert(member.key).inserted else {
        throw SafetensorsError.duplicateTensor(path: path, tensor: member.key)
      }
      entries.append(try SafetensorsEntry(member.key, member.value, data: data))
    }
    try SafetensorsEntry.requireNoGaps(&entries, from: data, to: map.bytes.count, path: path)

    var tensors: [String: StoredTensor] = [:]
    var others: [String: RawTensor] = [:]
    for entry in entries {
      if let format = entry.format {
        tensors[entry.name] = StoredTensor(
          name: entry.name, shape: entry.shape, format: format,
          bytes: UnsafeRawBufferPointer(rebasing: map.bytes[entry.range]), path: path)
      } else {
        others[entry.name] = RawTensor(
          dtype: entry.dtype, shape: entry.shape, bytes: UnsafeRawBufferPointer(rebasing: map.bytes[entry.range]),
          path: path)
      }
    }
    self.tensors = tensors
    self.otherTensors = others
    self.metadata = metadata
    self.map = map
  }

  /// The parsed header, and where the data begins.
  private static func header(_ map: MemoryMap) throws -> (header: JSONDocument, data: Int) {
    let (bytes, path) = (map.bytes, map.path)
    guard bytes.count >= 8 else { throw SafetensorsError.tooShort(path: path, size: bytes.count) }
    let length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    let most = min(bytes.count - 8, longestHeader)
    guard length <= UInt64(most) else {
      throw SafetensorsError.absurdHeader(path: path, most: most)
    }
    let data = 8 + Int(length)
    let text = UnsafeRawBufferPointer(rebasing: bytes[8..<data])
    do throws(JSONError) {
      return (try JSONDocument(bytes: text, path: path), data)
    } catch {
      guard case .malformed(_, let reason, let offset) = error else { throw error }
      throw SafetensorsError.badHeader(path: path, reason: reason, offset: 8 + (offset ?? 0))
    }
  }
}

/// A tensor's entry in the header.
struct SafetensorsEntry {
  let name: String
  let dtype: String
  /// Nil for types without a decoder.
  let format: NumberFormat?
  let shape: [Int]
  /// In the file.
  let range: Range<Int>

  /// Bytes of the types that are no weights by themselves: masks, positions, counters, packed values, exponents.
  ///
  /// Such tensors are kept apart, so that a scheme can join them and an architecture can ignore them by name.
  private static let otherTypes = [
    "BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "U32": 4, "I32": 4, "U64": 8, "I64": 8, "F8_E8M0": 1,
  ]

  /// Reads a member of the header; `data` is the offset of the file's data.
  init(_ name: String, _ value: JSONValue, data: Int) throws {
    let path = value.path
    dtype = try value.member("dtype").requireString()
    format = NumberFormat.all.first { [dtype] in $0.safetensorsName == dtype }
    guard let width = format?.blockBytes ?? SafetensorsEntry.otherTypes[dtype] else {
      throw SafetensorsError.unsupportedType(path: path, tensor: name, dtype: dtype)
    }
    shape = try value.member("shape").requireElements().map { try $0.requireInteger() }
    guard let expected = SafetensorsEntry.bytes(shape, width: width) else {
      throw SafetensorsError.badShape(path: path, tensor: name, shape: shape)
    }
    let offsets = try value.member("data_offsets").requireElements().map { try $0.requireInteger() }
    // Below 2^62, so that adding the start of the data does not overflow.
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] < 1 << 62 else {
      throw SafetensorsError.badOffsets(path: path, tensor: name, found: offsets)
    }
    guard offsets[1] - offsets[0] == expected else {
      throw SafetensorsError.wrongSize(
        path: path, tensor: name, found: offsets[1] - offsets[0], expected: expected)
    }
    self.name = name
    range = data + offsets[0]..<data + offsets[1]
  }

  /// Checks that the tensors follow one another from the start of the data to the end of the file; sorts them so.
  static func requireNoGaps(
    _ entries: inout [SafetensorsEntry], from data: Int, to size: Int, path: String
  ) throws(SafetensorsError) {
    entries.sort {
      ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
    }
    // The last tensor is checked first, so that a truncated file is reported as such.
    if let last = entries.max(by: { $0.range.upperBound < $1.range.upperBound }), last.range.upperBound > size {
      throw .truncated(path: path, tensor: last.name, end: last.range.upperBound, size: size)
    }
    var end = data
    var previous = ""
    for entry in entries {
      guard entry.range.lowerBound >= end else { throw .overlap(path: path, tensor: entry.name, other: previous) }
      guard entry.range.lowerBound == end else { throw .hole(path: path, start: end, end: entry.range.lowerBound) }
      end = entry.range.upperBound
      previous = entry.name
    }
    guard end == size else { throw .hole(path: path, start: end, end: size) }
  }

  private static func bytes(_ shape: [Int], width: Int) -> Int? {
    var bytes = width
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      bytes = product
    }
    return bytes
  }
}

import Traces

/// A tensor's entry in the header of a GGUF file.
struct GGUFTensorInfo {
  /// Bytes of the shortest entry: length of the name, number of dimensions, type, offset.
  static let smallest = 8 + 4 + 4 + 8

  let name: String
  let shape: [Int]
  let format: NumberFormat
  let bytes: Int
  /// Relative to the start of the data; less than 2^63.
  let offset: Int
  /// Offset of the entry in the file.
  let entry: Int

  /// Reads an entry.
  ///
  /// Throws `GGUFError` when it is damaged or its number format unknown.
  init(_ cursor: inout GGUFCursor, index: Int, alignment: Int) throws(GGUFError) {
    let path = cursor.path
    entry = cursor.offset
    name = try cursor.text("the name of tensor \(index)")
    let reading = "the description of tensor '\(name)'"
    let rank = try cursor.number(UInt32.self, reading)
    guard rank <= 4 else { throw .tooManyDimensions(path: path, offset: entry, tensor: name, found: rank) }
    var dimensions: [UInt64] = []
    for _ in 0..<rank { dimensions.append(try cursor.number(UInt64.self, reading)) }
    let type = try cursor.number(UInt32.self, reading)
    let offset = try cursor.number(UInt64.self, reading)

    guard let elements = GGUFTensorInfo.elements(dimensions) else {
      throw .tooManyElements(path: path, offset: entry, tensor: name, dimensions: dimensions)
    }
    guard let format = NumberFormat.all.first(where: { $0.ggufType == type }) else {
      throw .unsupportedFormat(path: path, offset: entry, tensor: name, type: type)
    }
    // The innermost dimension comes first in GGUF; blocks lie along it.
    shape = dimensions.reversed().map { Int($0) }
    let row = shape.last ?? 1
    guard row % format.blockElements == 0 else {
      throw .brokenBlocks(
        path: path, offset: entry, tensor: name, row: row, format: format.name, blockElements: format.blockElements)
    }
    guard let bytes = format.bytes(forElements: elements) else {
      throw .tooManyElements(path: path, offset: entry, tensor: name, dimensions: dimensions)
    }
    guard offset % UInt64(alignment) == 0, let offset = Int(exactly: offset) else {
      throw .misaligned(path: path, offset: entry, tensor: name, dataOffset: offset, alignment: alignment)
    }
    self.format = format
    self.bytes = bytes
    self.offset = offset
  }

  /// The tensors in the map, by name; `data` is the offset of the file's tensor data.
  ///
  /// Throws `GGUFError.duplicateTensor`, `.truncated`, `.overlap`.
  static func place(
    _ infos: [GGUFTensorInfo], from data: Int, in map: MemoryMap
  ) throws(GGUFError) -> [String: StoredTensor] {
    let size = map.bytes.count
    let ends = infos.map { $0.end(from: data) }
    if let first = ends.firstIndex(where: { $0 > size }) {
      throw .truncated(
        path: map.path, tensor: infos[first].name, start: data + min(infos[first].offset, Int.max - data),
        end: ends[first], size: size, missing: (ends.max() ?? size) - size)
    }
    var tensors: [String: StoredTensor] = [:]
    tensors.reserveCapacity(infos.count)
    for (info, end) in zip(infos, ends) {
      let bytes = UnsafeRawBufferPointer(rebasing: map.bytes[end - info.bytes..<end])
      let tensor = StoredTensor(
        name: info.name, shape: info.shape, format: info.format, bytes: bytes, path: map.path)
      guard tensors.updateValue(tensor, forKey: info.name) == nil else {
        throw .duplicateTensor(path: map.path, offset: info.entry, tensor: info.name)
      }
    }
    try requireApart(infos, path: map.path)
    return tensors
  }

  /// Checks that no two tensors share bytes.
  private static func requireApart(_ infos: [GGUFTensorInfo], path: String) throws(GGUFError) {
    let stored = infos.filter { $0.bytes > 0 }.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }
    for (earlier, later) in zip(stored, stored.dropFirst()) where later.offset < earlier.offset + earlier.bytes {
      throw .overlap(path: path, tensor: later.name, other: earlier.name)
    }
  }

  /// Offset of the end in the file; the largest number where that would overflow, which no file reaches.
  private func end(from data: Int) -> Int {
    let (start, overflow) = data.addingReportingOverflow(offset)
    let (end, overflowAgain) = start.addingReportingOverflow(bytes)
    return overflow || overflowAgain ? Int.max : end
  }

  private static func elements(_ dimensions: [UInt64]) -> Int? {
    // Each dimension is checked separately too, because a zero would hide an absurd one.
    guard dimensions.allSatisfy({ $0 <= UInt64(Int.max) }) else { return nil }
    var elements = 1
    for dimension in dimensions {
      let (product, overflow) = elements.multipliedReportingOverflow(by: Int(dimension))
      guard !overflow else { return nil }
      elements = product
    }
    return elements
  }
}

import Traces

/// One mapped GGUF file: a model, or a part of one.
struct GGUFFile {
  let map: MemoryMap
  /// 2 or 3.
  let version: Int
  let metadata: GGUFMetadata
  /// By name.
  let tensors: [String: StoredTensor]

  /// Maps a file and checks its header.
  ///
  /// Throws `FileError` when it cannot be read, `GGUFError` when its header is damaged or not supported.
  init(path: String) throws {
    let map = try MemoryMap(ModelFile(path, as: .weights))
    var cursor = GGUFCursor(map)
    let (version, tensorCount, metadata) = try GGUFFile.begin(&cursor, map)
    let alignment = try metadata.integer("general.alignment") ?? 32
    guard alignment > 0, alignment <= GGUFFiles.largestAlignment, alignment & (alignment - 1) == 0 else {
      throw GGUFError.badAlignment(path: path, found: alignment)
    }
    var infos: [GGUFTensorInfo] = []
    for index in 0..<tensorCount { infos.append(try GGUFTensorInfo(&cursor, index: index, alignment: alignment)) }
    let data = (cursor.offset + alignment - 1) / alignment * alignment
    tensors = try GGUFTensorInfo.place(infos, from: data, in: map)
    self.map = map
    self.version = version
    self.metadata = metadata
  }

  /// The keys of a file alone, to find out what it holds.
  static func metadata(path: String) throws -> GGUFMetadata {
    let map = try MemoryMap(ModelFile(path, as: .weights))
    var cursor = GGUFCursor(map)
    return try begin(&cursor, map).metadata
  }

  private static func begin(
    _ cursor: inout GGUFCursor, _ map: MemoryMap
  ) throws(GGUFError) -> (version: Int, tensorCount: Int, metadata: GGUFMetadata) {
    let version = try version(&cursor)
    let tensorCount = try cursor.count(of: "the number of tensors", smallest: GGUFTensorInfo.smallest)
    // Key length, value type, one byte of value.
    let keyCount = try cursor.count(of: "the number of keys", smallest: 8 + 4 + 1)
    return (version, tensorCount, try GGUFMetadata(&cursor, count: keyCount, map: map))
  }

  private static func version(_ cursor: inout GGUFCursor) throws(GGUFError) -> Int {
    let path = cursor.path
    guard cursor.bytes.starts(with: Array("GGUF".utf8)) else {
      throw .wrongMagic(path: path, found: Array(cursor.bytes.prefix(4)))
    }
    try cursor.skip(4, "the magic number")
    let version = try cursor.number(UInt32.self, "the version")
    // A small number in the wrong byte order.
    if version & 0xFFFF == 0, version != 0 { throw .bigEndian(path: path) }
    guard version == 2 || version == 3 else { throw .unsupportedVersion(path: path, version: version) }
    return Int(version)
  }
}

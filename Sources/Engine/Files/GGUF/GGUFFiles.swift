// GGUF as specified in ggml's docs/gguf.md, versions 2 and 3, little-endian.

/// A model in one GGUF file.
///
/// Opening reads the header, which is checked in full, and no tensor data.
public final class GGUFFiles: ModelFiles {
  /// Larger ones are surely a mistake, and sums stay far from overflow.
  static let largestAlignment = 1 << 30

  /// The `.gguf` file.
  public let path: String
  /// `general.architecture`.
  public let architecture: String
  /// Every tensor, by name.
  public let tensors: [String: StoredTensor]
  /// None: GGUF keeps no such tensors.
  public var otherTensors: [String: String] { [:] }
  /// Configuration and vocabulary.
  public let metadata: GGUFMetadata
  /// 2 or 3.
  public let version: Int
  /// What becomes of each setting.
  public let ledger = SettingsLedger()
  /// What a person should know of how the model was opened.
  public let notes = ModelNotes()
  private let map: MemoryMap

  /// `.gguf`.
  public var kind: ModelFileKind { .gguf }
  /// The metadata.
  public var configuration: any ModelConfiguration { metadata }
  /// The one file.
  public var contentPaths: [String] { [path] }

  /// Opens a file.
  ///
  /// Throws `FileError` when it cannot be read, `GGUFError` when its header is damaged or not supported.
  public init(path: String) throws {
    let map = try MemoryMap(path: path)
    var cursor = GGUFCursor(map)
    version = try GGUFFiles.version(&cursor)
    let tensorCount = try cursor.count(of: "the number of tensors", smallest: GGUFTensorInfo.smallest)
    // Key length, value type, one byte of value.
    let keyCount = try cursor.count(of: "the number of keys", smallest: 8 + 4 + 1)
    metadata = try GGUFMetadata(&cursor, count: keyCount, map: map)
    if let parts = try metadata.integer("split.count"), parts > 1 { throw GGUFError.split(path: path, parts: parts) }
    guard let architecture = try metadata.string("general.architecture") else {
      throw ConfigurationError.missing(path: path, key: "general.architecture")
    }
    let alignment = try metadata.integer("general.alignment") ?? 32
    guard alignment > 0, alignment <= GGUFFiles.largestAlignment, alignment & (alignment - 1) == 0 else {
      throw GGUFError.badAlignment(path: path, found: alignment)
    }
    var infos: [GGUFTensorInfo] = []
    for index in 0..<tensorCount { infos.append(try GGUFTensorInfo(&cursor, index: index, alignment: alignment)) }
    let data = (cursor.offset + alignment - 1) / alignment * alignment
    tensors = try GGUFTensorInfo.place(infos, from: data, in: map)
    ledger.add(metadata.settingsSource)
    self.architecture = architecture
    self.path = path
    self.map = map
  }

  private static func version(_ cursor: inout GGUFCursor) throws(GGUFError) -> Int {
    let path = cursor.path
    guard cursor.bytes.starts(with: Array("GGUF".utf8)) else {
      throw .wrongMagic(path: path, found: Array(cursor.bytes.prefix(4)))
    }
    try cursor.skip(4, "the magic number")
    let version = try cursor.number(UInt32.self, "the version")
    // A small number read from the wrong end.
    if version & 0xFFFF == 0, version != 0 { throw .bigEndian(path: path) }
    guard version == 2 || version == 3 else { throw .unsupportedVersion(path: path, version: version) }
    return Int(version)
  }
}

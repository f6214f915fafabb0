import Traces

// GGUF as specified in ggml's docs/gguf.md, versions 2 and 3, little-endian; parts as llama.cpp's gguf-split writes them.

/// A model in one GGUF file, or in several that are parts of it.
///
/// Opening reads the headers, which are checked in full, and no tensor data.
public final class GGUFFiles: ModelFiles {
  /// A larger value is a mistake; sums of smaller ones stay far from overflow.
  static let largestAlignment = 1 << 30

  /// The `.gguf` file, the first of several.
  public let path: String
  /// `general.architecture`.
  public let architecture: String
  /// Every tensor, by name.
  public let tensors: [String: StoredTensor]
  /// Empty: GGUF has no such tensors.
  public var otherTensors: [String: String] { [:] }
  /// Configuration and vocabulary.
  public let metadata: GGUFMetadata
  /// 2 or 3.
  public let version: Int
  /// How each setting is used.
  public let ledger = SettingsLedger()
  /// What the user should know about how the model was opened.
  public let notes = ModelNotes()
  /// Empty: there is no index.
  public var unfoundTensors: [String: String] { [:] }
  /// Empty: the metadata are those of the language model.
  public var settingsPrefix: String { "" }
  /// Nil: other parts of a multimodal model have files of their own.
  public var wrapper: Wrapper? { nil }
  private let maps: [MemoryMap]

  /// `.gguf`.
  public var kind: ModelFileKind { .gguf }
  /// The metadata.
  public var configuration: any ModelConfiguration { metadata }
  /// The file, or all parts.
  public var contentPaths: [String] { maps.map(\.path) }

  /// Opens a file, and all other parts if it is any part of a model.
  ///
  /// Throws `FileError` when a file cannot be read, `GGUFError` when its header is damaged or not supported, or a part is missing.
  public init(path: String) throws {
    let files = try GGUFFiles.files(path)
    let first = files[0]
    guard let architecture = try first.metadata.string("general.architecture") else {
      throw ConfigurationError.missing(path: first.map.path, key: "general.architecture")
    }
    var tensors = first.tensors
    for file in files.dropFirst() {
      for name in file.tensors.keys.sorted() where tensors[name] != nil {
        throw GGUFError.duplicateTensor(path: file.map.path, offset: 0, tensor: name)
      }
      tensors.merge(file.tensors) { first, _ in first }
    }
    if files.count > 1, let expected = try first.metadata.integer("split.tensors.count"), expected != tensors.count {
      throw GGUFError.wrongPart(
        path: first.map.path, key: "split.tensors.count", expected: tensors.count, found: expected)
    }
    self.path = first.map.path
    self.architecture = architecture
    self.tensors = tensors
    metadata = first.metadata
    version = first.version
    maps = files.map(\.map)
    ledger.add(metadata.settingsSource)
  }

  /// The file at a path, or all parts of the model that it belongs to.
  private static func files(_ path: String) throws -> [GGUFFile] {
    let file = try GGUFFile(path: path)
    let count = try file.metadata.integer("split.count") ?? 1
    let number = (try file.metadata.integer("split.no") ?? 0)
    guard let parts = GGUFParts(path) else {
      guard count <= 1 else { throw GGUFError.partName(path: path, number: number + 1, count: count) }
      return [file]
    }
    return try parts.all.enumerated().map { index, name in
      if index + 1 == parts.number { return try checked(file, index, of: parts) }
      do {
        return try checked(GGUFFile(path: name), index, of: parts)
      } catch FileError.notFound {
        throw GGUFError.missingPart(
          path: path, name: name.split(separator: "/").last.map(String.init) ?? name, count: parts.count)
      }
    }
  }

  /// Opens a part and checks that it matches its name.
  private static func checked(_ file: GGUFFile, _ index: Int, of parts: GGUFParts) throws -> GGUFFile {
    let path = file.map.path
    for (key, expected) in [("split.count", parts.count), ("split.no", index)] {
      guard let found = try file.metadata.integer(key) else { throw GGUFError.partWithoutNumber(path: path, key: key) }
      guard found == expected else {
        throw GGUFError.wrongPart(path: path, key: key, expected: expected, found: found)
      }
    }
    // Settings are read from the first part; a setting elsewhere would be ignored.
    let stray = file.metadata.keys.first { !$0.hasPrefix("split.") && !$0.hasPrefix("general.") }
    if index > 0, let stray { throw GGUFError.strayKey(path: path, key: stray) }
    return file
  }
}

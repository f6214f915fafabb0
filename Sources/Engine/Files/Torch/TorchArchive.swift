import Traces

/// A file of `torch.save`: a pickle, and the storages it mentions.
///
/// The layouts of torch.serialization: a ZIP archive since PyTorch 1.6; before that, pickles followed by the storages.
struct TorchArchive {
  /// The value of the pickle.
  var root: PickleValue { pickle.root }
  private let pickle: Pickle
  private let storages: [String: UnsafeRawBufferPointer]

  /// Reads the pickle of a mapped file without executing it, and finds the storages.
  ///
  /// - Throws: `TorchError`.
  init(_ map: MemoryMap) throws(TorchError) {
    if ZipArchive.isArchive(map) {
      (pickle, storages) = try TorchArchive.zipped(map)
    } else {
      (pickle, storages) = try TorchArchive.legacy(map)
    }
  }

  /// The bytes of a storage; nil when the file has none with this key.
  func storage(_ key: String) -> UnsafeRawBufferPointer? { storages[key] }

  private typealias Content = (Pickle, [String: UnsafeRawBufferPointer])

  private static func zipped(_ map: MemoryMap) throws(TorchError) -> Content {
    let archive = try ZipArchive(map)
    guard let pickle = archive.entries.keys.filter({ $0.hasSuffix("/data.pkl") }).min(),
      let program = archive.bytes(pickle)
    else { throw .noPickle(path: map.path) }
    let root = String(pickle.dropLast("data.pkl".count))
    if let order = archive.bytes(root + "byteorder"), String(decoding: order, as: UTF8.self) != "little" {
      throw .byteOrder(path: map.path)
    }
    var storages: [String: UnsafeRawBufferPointer] = [:]
    for name in archive.entries.keys where name.hasPrefix(root + "data/") {
      storages[String(name.dropFirst(root.utf8.count + "data/".utf8.count))] = archive.bytes(name)
    }
    return (try PickleReader.value(program, path: map.path), storages)
  }

  /// The magic number of these files (`MAGIC_NUMBER`), little-endian.
  private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

  /// A sequence of pickles: the magic number, the protocol's number, a description of the machine, the value, the keys of the
  /// storages; then for each storage the number of its values in eight bytes, and the values.
  private static func legacy(_ map: MemoryMap) throws(TorchError) -> Content {
    let path = map.path
    var offset = 0
    func next() throws(TorchError) -> PickleReader { try PickleReader(running: map.bytes, from: &offset, path: path) }
    let first: Pickle?
    do { first = try next().result } catch { first = nil }
    guard case .large(let found)? = first?.root, found == magic else { throw .notAnArchive(path: path) }
    guard try next().result.root.integer == 1001 else {
      throw .damaged(path: path, offset: offset, reason: "its protocol is not number 1001")
    }
    let description = try next().result
    if case .dictionary(let machine) = description.root,
      machine.content.contains(where: {
        if case .flag(false) = $0.value { $0.key.text == "little_endian" } else { false }
      })
    {
      throw .byteOrder(path: path)
    }
    let program = try next()
    let listed = try next().result
    guard case .list(let keys) = listed.root else {
      throw .damaged(path: path, offset: offset, reason: "the list of its storages is not there")
    }
    var storages: [String: UnsafeRawBufferPointer] = [:]
    for key in keys.content {
      guard let key = key.text, let type = program.storageTypes[key], let width = TorchFile.width(of: type) else {
        throw .damaged(path: path, offset: offset, reason: "a storage of an unknown type is said to be there")
      }
      guard map.bytes.count - offset >= 8 else {
        throw .damaged(path: path, offset: offset, reason: "it ends before storage '\(key)'")
      }
      let count = UInt64(littleEndian: map.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
      let room = map.bytes.count - offset
      guard count <= UInt64(room / width) else {
        throw .damaged(
          path: path, offset: offset,
          reason: "storage '\(key)' has \(count) values, and there is room for \(room / width)")
      }
      let bytes = Int(count) * width
      storages[key] = UnsafeRawBufferPointer(rebasing: map.bytes[offset..<offset + bytes])
      offset += bytes
    }
    return (program.result, storages)
  }
}

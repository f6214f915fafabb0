import Traces

// The ZIP format of PKWARE's APPNOTE 6.3, as far as PyTorch's writer uses it: uncompressed entries, and ZIP64 for large
// ones.

/// The entries of a ZIP archive in a memory map; only entries that are not compressed are read.
struct ZipArchive {
  let map: MemoryMap
  /// The range of each entry's data, by name.
  let entries: [String: Range<Int>]

  /// Whether a file begins like a ZIP archive.
  static func isArchive(_ map: MemoryMap) -> Bool { map.bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  /// Reads the directory at the end of the file.
  ///
  /// - Throws: `TorchError` when there is none, or an entry is compressed or lies outside the file.
  init(_ map: MemoryMap) throws(TorchError) {
    let reader = ZipReader(path: map.path, bytes: map.bytes)
    let directory = try reader.directory()
    var entries: [String: Range<Int>] = [:]
    var offset = directory.offset
    for _ in 0..<directory.count {
      let entry = try reader.entry(at: &offset)
      entries[entry.name] = entry.data
    }
    self.map = map
    self.entries = entries
  }

  /// The bytes of an entry.
  func bytes(_ name: String) -> UnsafeRawBufferPointer? {
    entries[name].map { UnsafeRawBufferPointer(rebasing: map.bytes[$0]) }
  }
}

/// Reads the records of an archive with every access checked against its size.
private struct ZipReader {
  let path: String
  let bytes: UnsafeRawBufferPointer

  private enum Signature {
    static let entry = 0x0201_4B50
    static let local = 0x0403_4B50
    static let end = 0x0605_4B50
    static let end64 = 0x0606_4B50
    static let locator64 = 0x0706_4B50
  }

  /// Where the directory begins and how many entries it has.
  func directory() throws(TorchError) -> (offset: Int, count: Int) {
    // The record at the end is followed by a comment of at most 65,535 bytes.
    var end = bytes.count - 22
    let first = max(0, end - 65_535)
    while end >= first, try number(end, 4) != Signature.end { end -= 1 }
    guard end >= first else { throw .damaged(path: path, offset: bytes.count, reason: "it has no ZIP directory") }
    let count = try number(end + 10, 2)
    let offset = try number(end + 16, 4)
    guard count == 0xFFFF || offset == 0xFFFF_FFFF, end >= 20, try number(end - 20, 4) == Signature.locator64 else {
      return (offset, count)
    }
    let large = try number(end - 20 + 8, 8)
    guard try number(large, 4) == Signature.end64 else {
      throw .damaged(path: path, offset: large, reason: "its ZIP64 record is not there")
    }
    return (try number(large + 48, 8), try number(large + 32, 8))
  }

  /// The entry at `offset` of the directory; moves on to the next.
  func entry(at offset: inout Int) throws(TorchError) -> (name: String, data: Range<Int>) {
    guard try number(offset, 4) == Signature.entry else {
      throw .damaged(path: path, offset: offset, reason: "its ZIP directory is cut off")
    }
    let nameLength = try number(offset + 28, 2)
    let extraLength = try number(offset + 30, 2)
    let name = String(decoding: try slice(offset + 46, nameLength), as: UTF8.self)
    var sizes = (
      stored: try number(offset + 20, 4), whole: try number(offset + 24, 4), local: try number(offset + 42, 4)
    )
    try readLarge(&sizes, extra: offset + 46 + nameLength, length: extraLength)
    guard try number(offset + 10, 2) == 0, sizes.stored == sizes.whole else {
      throw .compressed(path: path, entry: name)
    }
    guard try number(sizes.local, 4) == Signature.local else {
      throw .damaged(path: path, offset: sizes.local, reason: "entry '\(name)' does not begin there")
    }
    let start = sizes.local + 30 + (try number(sizes.local + 26, 2)) + (try number(sizes.local + 28, 2))
    _ = try slice(start, sizes.whole)
    offset += 46 + nameLength + extraLength + (try number(offset + 32, 2))
    return (name, start..<start + sizes.whole)
  }

  /// Replaces sizes that do not fit 32 bits by those of the ZIP64 field.
  private func readLarge(
    _ sizes: inout (stored: Int, whole: Int, local: Int), extra: Int, length: Int
  ) throws(TorchError) {
    var field = extra
    while field + 4 <= extra + length {
      let size = try number(field + 2, 2)
      if try number(field, 2) == 1 {
        var place = field + 4
        for part in [\(stored: Int, whole: Int, local: Int).whole, \.stored, \.local]
        where sizes[keyPath: part] == 0xFFFF_FFFF {
          sizes[keyPath: part] = try number(place, 8)
          place += 8
        }
      }
      field += 4 + size
    }
  }

  /// A little-endian number of so many bytes.
  private func number(_ offset: Int, _ count: Int) throws(TorchError) -> Int {
    let value = try slice(offset, count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value), number < 1 << 62 else {
      throw .damaged(path: path, offset: offset, reason: "it holds an absurd size")
    }
    return number
  }

  private func slice(_ offset: Int, _ count: Int) throws(TorchError) -> UnsafeRawBufferPointer {
    guard offset >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw .damaged(path: path, offset: offset, reason: "\(count) bytes were expected there, the file ends earlier")
    }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }
}

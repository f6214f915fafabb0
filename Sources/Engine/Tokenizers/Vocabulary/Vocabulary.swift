import Foundation

/// Token ids by bytes and bytes by id: one block of bytes and an open-addressing table over it.
///
/// A quarter of a million entries take about 20 ms to build, a tenth of the time of a dictionary of strings. `append` is for
/// the reader that builds it; afterwards the vocabulary is read-only, so sharing it is safe.
final class Vocabulary: @unchecked Sendable {
  /// Ids run from 0 to one less than this; some may be absent.
  private(set) var count = 0
  /// Ids that have an entry; fewer than `count` where there are gaps.
  private(set) var entries = 0

  private let capacity: Int
  private let mask: Int
  /// Tag (32 bits of hash) and id + 1; 0 for a free entry.
  private let slots: UnsafeMutablePointer<UInt64>
  /// Start of each id's bytes.
  private let starts: UnsafeMutablePointer<UInt32>
  /// Number of bytes of each id; -1 for an unused id.
  private let lengths: UnsafeMutablePointer<Int32>
  private var block: UnsafeMutableRawPointer
  private var blockCapacity: Int
  private var blockCount = 0
  /// Entries that are found by their spelling but never result from text.
  private var apart: Set<Int> = []
  private var hasApart = false

  /// Allocates space for `capacity` ids; `byteCapacity` is an estimate that saves copying.
  init(capacity: Int, byteCapacity: Int) {
    self.capacity = capacity
    var size = 16
    while size < capacity * 2 { size *= 2 }
    mask = size - 1
    slots = .allocate(capacity: size)
    slots.initialize(repeating: 0, count: size)
    starts = .allocate(capacity: max(capacity, 1))
    lengths = .allocate(capacity: max(capacity, 1))
    blockCapacity = max(byteCapacity, 64)
    block = .allocate(byteCount: blockCapacity, alignment: 8)
  }

  deinit {
    slots.deallocate()
    starts.deallocate()
    lengths.deallocate()
    block.deallocate()
  }

  /// The treatment of repeated bytes in the look-up.
  enum Repeated {
    /// The new id replaces the earlier one, as in a Python dictionary.
    case replaces
    /// The earlier id stays. If there is none, this id never results from text, because its spelling has characters that do not
    /// stand for bytes.
    case isApart
  }

  /// Adds the next id.
  ///
  /// It must not be called after the vocabulary has been shared, nor more often than the capacity.
  func append(_ bytes: UnsafeRawBufferPointer, repeated: Repeated = .replaces) {
    precondition(count < capacity, "the vocabulary is full")
    if blockCount + bytes.count > blockCapacity {
      blockCapacity = max(blockCapacity * 2, blockCount + bytes.count)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: blockCapacity, alignment: 8)
      larger.copyMemory(from: block, byteCount: blockCount)
      block.deallocate()
      block = larger
    }
    if let base = bytes.baseAddress { (block + blockCount).copyMemory(from: base, byteCount: bytes.count) }
    starts[count] = UInt32(blockCount)
    lengths[count] = Int32(bytes.count)
    blockCount += bytes.count
    if repeated == .isApart {
      apart.insert(count)
      hasApart = true
    }
    entries += 1
    let hash = Vocabulary.hash(bytes)
    let tag = UInt64(UInt32(truncatingIfNeeded: hash))
    let entry = tag << 32 | UInt64(count + 1)
    var slot = Vocabulary.spread(hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == tag, holds(Vocabulary.id(slots[slot]), bytes) {
        if repeated == .replaces { slots[slot] = entry }
        count += 1
        return
      }
      slot = (slot + 1) & mask
    }
    slots[slot] = entry
    count += 1
  }

  /// Adds an unused id.
  func appendAbsent() {
    precondition(count < capacity, "the vocabulary is full")
    starts[count] = UInt32(blockCount)
    lengths[count] = -1
    count += 1
  }

  /// The bytes of an id, nil if it is absent or out of range.
  ///
  /// Valid as long as the vocabulary.
  func bytes(of id: Int) -> UnsafeRawBufferPointer? {
    guard id >= 0, id < count, lengths[id] >= 0 else { return nil }
    return UnsafeRawBufferPointer(start: block + Int(starts[id]), count: Int(lengths[id]))
  }

  /// The id of these bytes.
  func id(of bytes: UnsafeRawBufferPointer) -> Int? {
    let hash = Vocabulary.hash(bytes)
    let tag = UInt64(UInt32(truncatingIfNeeded: hash))
    var slot = Vocabulary.spread(hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == tag, holds(Vocabulary.id(slots[slot]), bytes) { return Vocabulary.id(slots[slot]) }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The id of a piece of text; never that of an entry that does not result from text.
  func id(ofText bytes: UnsafeRawBufferPointer) -> Int? {
    let id = id(of: bytes)
    if hasApart, let id, apart.contains(id) { return nil }
    return id
  }

  /// Whether this entry never results from text.
  func isApart(_ id: Int) -> Bool { apart.contains(id) }

  /// The id of the bytes of a string.
  func id(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { id(of: UnsafeRawBufferPointer($0)) }
  }

  /// The id whose bytes are those of `left` followed by those of `right`.
  func id(joining left: Int, _ right: Int) -> Int? {
    guard let first = bytes(of: left), let second = bytes(of: right) else { return nil }
    let hash = Vocabulary.hash(second, from: Vocabulary.hash(first))
    let tag = UInt64(UInt32(truncatingIfNeeded: hash))
    var slot = Vocabulary.spread(hash) & mask
    while slots[slot] != 0 {
      if slots[slot] >> 32 == tag {
        let id = Vocabulary.id(slots[slot])
        let start = block + Int(starts[id])
        if Int(lengths[id]) == first.count + second.count, Vocabulary.same(start, first),
          Vocabulary.same(start + first.count, second)
        {
          return id
        }
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  /// The bytes of the longest entry.
  var longest: Int { (0..<count).reduce(0) { max($0, Int(lengths[$1])) } }

  /// The number of Unicode scalars of an id's bytes, read as UTF-8.
  func scalars(of id: Int) -> Int {
    guard let bytes = bytes(of: id) else { return 0 }
    var scalars = 0
    for byte in bytes where byte & 0xC0 != 0x80 { scalars += 1 }
    return scalars
  }

  private static func id(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) - 1 }

  private func holds(_ id: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
    Int(lengths[id]) == bytes.count && Vocabulary.same(block + Int(starts[id]), bytes)
  }

  private static func same(_ start: UnsafeRawPointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let base = bytes.baseAddress else { return true }
    return memcmp(start, base, bytes.count) == 0
  }

  /// FNV-1a; the hash of a concatenation continues that of its first part.
  private static func hash(_ bytes: UnsafeRawBufferPointer, from seed: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    var hash = seed
    guard let base = bytes.baseAddress else { return hash }
    var at = 0
    while at < bytes.count {
      hash = (hash ^ UInt64(base.load(fromByteOffset: at, as: UInt8.self))) &* 0x100_0000_01B3
      at += 1
    }
    return hash
  }

  private static func spread(_ hash: UInt64) -> Int { Int((hash &* 0x9E37_79B9_7F4A_7C15) >> 33) }
}

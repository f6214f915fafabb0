/// Merges listed in a file: two tokens, the merged token, and its rank.
///
/// An open-addressing table over pairs of ids.
///
/// `insert` is for the reader that builds it; afterwards the table is read-only, so sharing it is safe.
final class MergeTable: @unchecked Sendable {
  private let mask: Int
  private var left: Int
  /// Pairs of words: left id and right id; rank and merged id.
  ///
  /// The first word of a free entry is all ones.
  private let slots: UnsafeMutablePointer<UInt64>
  private static let free = UInt64.max

  /// Allocates space for `capacity` merges.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    mask = size - 1
    left = capacity
    slots = .allocate(capacity: size * 2)
    slots.initialize(repeating: MergeTable.free, count: size * 2)
  }

  deinit { slots.deallocate() }

  /// Adds a merge; a pair that is listed twice has its later rank, as in `tokenizers`.
  ///
  /// It must not be called more often than the capacity: a look-up ends at a free entry.
  func insert(left: Int, right: Int, rank: Int, merged: Int) {
    precondition(self.left > 0, "the table of merges is full")
    self.left -= 1
    let pair = UInt64(UInt32(left)) << 32 | UInt64(UInt32(right))
    var slot = spread(pair)
    while slots[2 * slot] != MergeTable.free, slots[2 * slot] != pair { slot = (slot + 1) & mask }
    slots[2 * slot] = pair
    slots[2 * slot + 1] = UInt64(UInt32(rank)) << 32 | UInt64(UInt32(merged))
  }

  /// Rank and id of what two tokens become, nil when they do not merge.
  func merge(_ left: Int, _ right: Int) -> (rank: Int, merged: Int)? {
    let pair = UInt64(UInt32(left)) << 32 | UInt64(UInt32(right))
    var slot = spread(pair)
    while slots[2 * slot] != MergeTable.free {
      if slots[2 * slot] == pair {
        let value = slots[2 * slot + 1]
        return (Int(value >> 32), Int(value & 0xFFFF_FFFF))
      }
      slot = (slot + 1) & mask
    }
    return nil
  }

  private func spread(_ pair: UInt64) -> Int { Int(((pair ^ pair >> 29) &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask }
}

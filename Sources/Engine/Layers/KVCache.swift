import Foundation

/// Keys and values of one sequence, all blocks: [position, keyWidth] and [position, valueWidth].
///
/// A row of latent attention is a key that contains its value; then nothing is stored as a value.
final class KVCache {
  /// The number of positions: the text's length including generated tokens.
  let capacity: Int
  private let keys: [FloatMatrix]
  private let values: [FloatMatrix]

  /// Space for `capacity` positions.
  init(_ network: Network, capacity: Int) {
    self.capacity = capacity
    keys = network.blocks.map { FloatMatrix(rows: capacity, columns: $0.attention?.keyWidth ?? 0) }
    values = network.blocks.map { FloatMatrix(rows: capacity, columns: $0.attention?.valueWidth ?? 0) }
  }

  /// Bytes one position takes.
  static func bytesPerPosition(_ network: Network) -> Int {
    network.blocks.reduce(0) {
      $0 + (($1.attention?.keyWidth ?? 0) + ($1.attention?.valueWidth ?? 0)) * MemoryLayout<Float>.size
    }
  }

  /// Bytes of this machine's memory.
  static let memory: Int = {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? .max : bytes
  }()

  /// Keys of a block, from position 0.
  func keys(block: Int) -> FloatMatrix { keys[block] }

  /// Values of a block, from position 0.
  func values(block: Int) -> FloatMatrix { values[block] }

  /// Copies the first `count` positions of another text with the same beginning.
  func copy(_ count: Int, from other: KVCache) {
    for (own, others) in zip(keys + values, other.keys + other.values) {
      own.start.update(from: others.start, count: count * own.columns)
    }
  }
}

import Foundation

/// Keys and values of one sequence, all blocks: [position, keyWidth] and [position, valueWidth].
///
/// A row of latent attention is a key that contains its value; then nothing is stored as a value. Blocks that use keys and values of
/// an earlier block store nothing.
final class KVCache {
  /// The number of positions: the text's length including generated tokens.
  let capacity: Int
  private let keys: [FloatMatrix]
  private let values: [FloatMatrix]
  /// The block whose keys and values a block uses.
  private let sources: [Int]

  /// Space for `capacity` positions.
  init(_ network: Network, capacity: Int) {
    self.capacity = capacity
    let all = network.blocks.map(\.attention)
    sources = all.enumerated().map { $1?.source ?? $0 }
    let own = all.map { $0?.source == nil ? $0 : nil }
    keys = own.map { FloatMatrix(rows: capacity, columns: $0?.keyWidth ?? 0) }
    values = own.map { FloatMatrix(rows: capacity, columns: $0?.valueWidth ?? 0) }
  }

  /// Bytes one position takes.
  static func bytesPerPosition(_ network: Network) -> Int {
    network.blocks.compactMap(\.attention).filter { $0.source == nil }.reduce(0) {
      $0 + ($1.keyWidth + $1.valueWidth) * MemoryLayout<Float>.size
    }
  }

  /// Bytes of this machine's memory.
  static let memory: Int = {
    let (bytes, overflow) = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE)))
    return overflow || bytes <= 0 ? .max : bytes
  }()

  /// Keys that a block uses, from position 0.
  func keys(block: Int) -> FloatMatrix { keys[sources[block]] }

  /// Values that a block uses, from position 0.
  func values(block: Int) -> FloatMatrix { values[sources[block]] }

  /// Copies the first `count` positions of another text with the same beginning.
  func copy(_ count: Int, from other: KVCache) {
    for (own, others) in zip(keys + values, other.keys + other.values) {
      own.start.update(from: others.start, count: count * own.columns)
    }
  }
}

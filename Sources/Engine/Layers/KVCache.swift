/// Keys and values of one sequence, all blocks: [position, kvHeads * headWidth] each.
final class KVCache {
  private let keys: [FloatMatrix]
  private let values: [FloatMatrix]

  /// Room for `capacity` positions.
  init(_ network: Network, capacity: Int) {
    keys = network.blocks.map { FloatMatrix(rows: capacity, columns: $0.attention.key.outputs) }
    values = network.blocks.map { FloatMatrix(rows: capacity, columns: $0.attention.value.outputs) }
  }

  /// Bytes one position takes.
  static func bytesPerPosition(_ network: Network) -> Int {
    network.blocks.reduce(0) { $0 + ($1.attention.key.outputs + $1.attention.value.outputs) * MemoryLayout<Float>.size }
  }

  /// Keys of a block, from position 0.
  func keys(block: Int) -> FloatMatrix { keys[block] }

  /// Values of a block, from position 0.
  func values(block: Int) -> FloatMatrix { values[block] }
}

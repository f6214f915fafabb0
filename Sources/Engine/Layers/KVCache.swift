import Foundation

/// Keys and values of one sequence, all blocks: [position, keyWidth] and [position, valueWidth]; the states of its recurrent layers; and
/// what an encoder read for it.
///
/// A row of latent attention is a key that contains its value; then nothing is stored as a value. Blocks that use keys and values of
/// an earlier block store nothing.
final class KVCache {
  /// The number of positions: the text's length including generated tokens.
  let capacity: Int
  private let keys: [FloatMatrix]
  private let values: [FloatMatrix]
  /// What later tokens read of each token besides its keys and values [position, keptWidth].
  private let kept: [FloatMatrix]
  /// What compressors of each block's attention keep, in their order.
  private let compressed: [[CompressedRows]]
  private let states: [RecurrentState?]
  /// The last input of each block's mixer and of its MLP [1, D], where these read it with the next token.
  private let shifted: [TokenShift.Place: [FloatMatrix?]]
  /// What the blocks' cross attention sees; nil in a network without an encoder.
  let encoded: EncodedText?
  /// Texts that continue from a position of this one, and take its states there.
  private var followers: [(position: Int, cache: KVCache)] = []
  /// The block whose keys and values a block uses.
  private let sources: [Int]

  /// Space for `capacity` positions.
  convenience init(_ network: Network, capacity: Int, encoded: EncodedText? = nil) {
    self.init(network.stack, capacity: capacity, encoded: encoded)
  }

  /// The same for a stack of blocks, such as an encoder's.
  init(_ network: Stack, capacity: Int, encoded: EncodedText? = nil) {
    self.capacity = capacity
    self.encoded = encoded
    let all = network.blocks.map(\.cachedAttention)
    sources = all.enumerated().map { $1?.source ?? $0 }
    let own = all.map { $0?.source == nil ? $0 : nil }
    keys = own.map { FloatMatrix(rows: capacity, columns: $0?.storedKeyWidth ?? 0) }
    values = own.map { FloatMatrix(rows: capacity, columns: $0?.valueWidth ?? 0) }
    kept = zip(own, network.blocks).map {
      FloatMatrix(rows: capacity, columns: ($0?.keptWidth ?? 0) + $1.keptOutputs)
    }
    compressed = all.map { ($0?.compression?.compressors ?? []).map { CompressedRows($0, capacity: capacity) } }
    states = network.blocks.map { $0.recurrent.map(RecurrentState.init) }
    func inputs(_ reads: (Block) -> TokenShift?) -> [FloatMatrix?] {
      network.blocks.map { reads($0) == nil ? nil : FloatMatrix(rows: 1, columns: network.width) }
    }
    shifted = [.mixer: inputs { $0.recurrent?.shift }, .mlp: inputs { $0.shiftedMLP?.shift }]
  }

  /// Bytes one position takes, of the text or of what the encoder reads, whichever takes more.
  static func bytesPerPosition(_ network: Network) -> Int {
    let own = network.blocks.compactMap(\.cachedAttention).filter { $0.source == nil }.reduce(0) {
      let further = $1.compression?.compressors.map(CompressedRows.perPosition).reduce(0, +) ?? 0
      return $0 + ($1.storedKeyWidth + $1.valueWidth + $1.keptWidth + further) * MemoryLayout<Float>.size
    }
    let outputs = network.blocks.reduce(0) { $0 + $1.keptOutputs } * MemoryLayout<Float>.size
    let read = network.blocks.compactMap(\.cross).reduce(0) { $0 + 2 * $1.width * MemoryLayout<Float>.size }
    return max(own + outputs, read)
  }

  /// Bytes a text takes whatever its length: the states of recurrent layers.
  static func bytesPerText(_ network: Network) -> Int {
    network.blocks.reduce(0) { bytes, block in
      let shifts = [block.recurrent?.shift, block.shiftedMLP?.shift].compactMap { $0 }.count
      return bytes + (block.recurrent.map(RecurrentState.bytes) ?? 0)
        + shifts * network.width * MemoryLayout<Float>.size
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

  /// What later tokens read of each token of a block besides its keys and values, from position 0.
  func kept(block: Int) -> FloatMatrix { kept[block] }

  /// What each compressor of a block's attention keeps.
  func compressed(block: Int) -> [CompressedRows] { compressed[block] }

  /// The state of a block's recurrent layer; nil if it has none.
  func state(block: Int) -> RecurrentState? { states[block] }

  /// Copies the keys and values of the first `count` positions of another text with the same beginning.
  ///
  /// Its states come by `follow`.
  func copy(_ count: Int, from other: KVCache) {
    for (own, others) in zip(keys + values + kept, other.keys + other.values + other.kept) {
      own.start.update(from: others.start, count: count * own.columns)
    }
    for (own, others) in zip(compressed.joined(), other.compressed.joined()) { own.copy(count, from: others) }
  }

  /// Copies the states of recurrent layers of another text at the position from which this one continues.
  func take(statesOf other: KVCache) {
    for (own, others) in zip(states, other.states) {
      if let own, let others { own.copy(others) }
    }
    for (place, own) in shifted {
      for (own, others) in zip(own, other.shifted[place] ?? []) {
        if let own, let others { own.start.update(from: others.start, count: own.columns) }
      }
    }
  }

  /// The last input of a block's mixer or MLP [1, D], zeros before the first token; nil where nothing reads it.
  func lastInput(of place: TokenShift.Place, block: Int) -> FloatMatrix? { shifted[place]?[block] }

  /// Keeps the last of a text's inputs, the first of which belongs to `position`, for the next token, and for the texts that continue
  /// from within them.
  func keep(_ inputs: FloatMatrix, rows: Range<Int>, from position: Int, of place: TokenShift.Place, block: Int) {
    for follower in followers where (position + 1...position + rows.count).contains(follower.position) {
      let row = rows.lowerBound + follower.position - position - 1
      follower.cache.lastInput(of: place, block: block)?.start.update(from: inputs.row(row), count: inputs.columns)
    }
    lastInput(of: place, block: block)?.start.update(from: inputs.row(rows.upperBound - 1), count: inputs.columns)
  }

  /// Takes the states of another text with the same first `count` positions, when they have been run there.
  func follow(_ other: KVCache, from count: Int) {
    if states.contains(where: { $0 != nil }) { other.followers.append((count, self)) }
  }

  /// The first position in a range after which other texts take the states.
  func nextFollowed(after position: Int, upTo end: Int) -> Int? {
    followers.map(\.position).filter { $0 > position && $0 <= end }.min()
  }

  /// Gives a block's state to the texts that continue from its position.
  func share(block: Int) {
    guard let own = states[block] else { return }
    for follower in followers where follower.position == own.position { follower.cache.states[block]?.copy(own) }
  }
}

/// What the blocks of a decoder see of a text that the encoder read: keys and values of their cross attention, [position, H * headWidth].
final class EncodedText {
  /// T, the tokens of the text.
  let length: Int
  /// [L], by block of the decoder; empty for a block without cross attention.
  let keys: [FloatMatrix]
  let values: [FloatMatrix]

  /// Space for the keys and values of `length` positions.
  init(_ network: Network, length: Int) {
    self.length = length
    func space() -> [FloatMatrix] {
      network.blocks.map { FloatMatrix(rows: $0.cross == nil ? 0 : length, columns: $0.cross?.width ?? 0) }
    }
    (keys, values) = (space(), space())
  }
}

/// Runs the encoder of a network over whole texts, each once, before its decoder begins.
struct EncoderPass {
  /// The most tokens of several texts that run together; a longer text runs alone.
  private static let together = 256

  let network: Network
  let pool: ThreadPool

  /// What the decoder sees of each text, by its tokens; nothing in a network without an encoder.
  ///
  /// A text's numbers do not depend on the others. No text may be empty.
  func read(_ texts: [[Int]]) -> [[Int]: EncodedText] {
    guard let encoder = network.encoder else { return [:] }
    var read: [[Int]: EncodedText] = [:]
    var batch: [[Int]] = []
    var used = 0
    for text in texts where read[text] == nil {
      if used > 0, used + text.count > Self.together {
        run(batch, encoder, into: read)
        (batch, used) = ([], 0)
      }
      read[text] = EncodedText(network, length: text.count)
      batch.append(text)
      used += text.count
    }
    run(batch, encoder, into: read)
    return read
  }

  private func run(_ texts: [[Int]], _ encoder: TextEncoder, into read: [[Int]: EncodedText]) {
    let tokens = texts.flatMap { ids in
      let cache = KVCache(encoder.stack, capacity: ids.count)
      return ids.enumerated().map { ForwardPass.BatchToken(id: $1, cache: cache, position: $0) }
    }
    guard !tokens.isEmpty else { return }
    let width = encoder.stack.width
    let states = FloatMatrix(rows: tokens.count, columns: width)
    let pass = ForwardPass(encoder.stack, pool: pool, capacity: tokens.count)
    pass.run(tokens) { point, stream in
      guard point == 2 * encoder.stack.blocks.count else { return }
      states.start.update(from: stream.start, count: tokens.count * width)
    }
    encoder.norm?.apply(states, width: width, rows: 0..<tokens.count, into: states, pool: pool)
    for (block, cross) in network.blocks.enumerated().compactMap({ index, block in block.cross.map { (index, $0) } }) {
      var first = 0
      for text in texts {
        if let encoded = read[text] {
          let own = states.part(from: 0, row: first)
          cross.key.apply(own, count: text.count, into: encoded.keys[block].all, pool: pool)
          cross.value.apply(own, count: text.count, into: encoded.values[block].all, pool: pool)
        }
        first += text.count
      }
    }
  }
}

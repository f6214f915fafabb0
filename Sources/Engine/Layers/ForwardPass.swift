import Kernels

/// The one forward pass: runs any `Network` over tokens of several sequences at once, each weight read once per call.
///
/// A token's numbers depend only on its own sequence: every product is summed in a fixed order (see Kernels), and
/// attention looks at the sequence's own cache. The residual stream is shown after the embedding and after every block.
final class ForwardPass {
  /// A token to run: its id, whose sequence it belongs to, and where it stands there.
  struct BatchToken {
    var id: Int
    var cache: KVCache
    var position: Int
  }

  private let network: Network
  private let pool: ThreadPool
  private let capacity: Int
  private let stream: FloatMatrix  // [T, D] the residual stream
  private let normed: FloatMatrix  // [T, D]
  private let change: FloatMatrix  // [T, D] what a block adds
  private let query: FloatMatrix  // [T, H * headWidth]
  private let key: FloatMatrix  // [T, kvHeads * headWidth]
  private let value: FloatMatrix  // [T, kvHeads * headWidth]
  private let attended: FloatMatrix  // [T, H * headWidth]
  private let inner: FloatMatrix  // [T, inner width]
  private let gate: FloatMatrix  // [T, inner width]
  private var rotations: [Rotation: (cosines: [Float], sines: [Float])] = [:]

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Network, pool: ThreadPool, capacity: Int) {
    self.network = network
    self.pool = pool
    self.capacity = capacity
    func widest(_ width: (Block) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: network.blocks.map(width).max() ?? 0)
    }
    stream = FloatMatrix(rows: capacity, columns: network.width)
    normed = FloatMatrix(rows: capacity, columns: network.width)
    change = FloatMatrix(rows: capacity, columns: network.width)
    query = widest(\.attention.query.outputs)
    key = widest(\.attention.key.outputs)
    value = widest(\.attention.value.outputs)
    attended = widest(\.attention.query.outputs)
    inner = widest(\.mlp.up.outputs)
    gate = widest { $0.mlp.gate?.outputs ?? 0 }
  }

  /// Runs the tokens; positions of a sequence come in order, and its earlier ones are in its cache.
  ///
  /// `observe(row, states)` is called with the residual stream [T, D] after the embedding (row 0) and after block i
  /// (row i + 1).
  func run(_ tokens: [BatchToken], observe: (_ row: Int, _ states: FloatMatrix) -> Void) {
    precondition(tokens.count <= capacity)
    embed(tokens)
    observe(0, stream)
    prepareRotations(tokens)
    for (index, block) in network.blocks.enumerated() {
      attend(tokens, index, block)
      feedForward(tokens.count, block)
      observe(index + 1, stream)
    }
  }

  private func embed(_ tokens: [BatchToken]) {
    let embedding = network.embedding
    for (t, token) in tokens.enumerated() {
      let row = stream.row(t)
      embedding.tokens.decodeRow(token.id, into: row)
      if embedding.scale != 1 {
        for i in 0..<network.width { row[i] *= embedding.scale }
      }
      if let positions = embedding.positions {
        positions.decodeRow(token.position, into: change.row(t))
        strata_add(row, change.row(t), network.width)
      }
    }
  }

  private func prepareRotations(_ tokens: [BatchToken]) {
    rotations.removeAll(keepingCapacity: true)
    for rotation in network.blocks.compactMap(\.attention.rotation) where rotations[rotation] == nil {
      var cosines: [Float] = []
      var sines: [Float] = []
      for token in tokens { rotation.append(position: token.position, cosines: &cosines, sines: &sines) }
      rotations[rotation] = (cosines, sines)
    }
  }

  private func attend(_ tokens: [BatchToken], _ index: Int, _ block: Block) {
    let attention = block.attention
    let count = tokens.count
    block.attentionNorm.apply(stream, count: count, into: normed)
    attention.query.apply(normed, count: count, into: query, pool: pool)
    attention.key.apply(normed, count: count, into: key, pool: pool)
    attention.value.apply(normed, count: count, into: value, pool: pool)
    for t in 0..<count {
      turn(query.row(t), heads: attention.heads, attention, attention.queryNorm, t)
      turn(key.row(t), heads: attention.kvHeads, attention, attention.keyNorm, t)
      let cache = tokens[t].cache
      let position = tokens[t].position
      cache.keys(block: index).row(position).update(from: key.row(t), count: attention.key.outputs)
      cache.values(block: index).row(position).update(from: value.row(t), count: attention.value.outputs)
    }
    let rows = (0..<count).map { t in
      let cache = tokens[t].cache
      let position = tokens[t].position
      return strata_attention_row(
        query: query.row(t), keys: cache.keys(block: index).start, values: cache.values(block: index).start,
        output: attended.row(t), first: attention.window.map { max(0, position - $0 + 1) } ?? 0, last: position)
    }
    strata_attend(
      pool.handle, rows, count, attention.heads, attention.kvHeads, attention.headWidth, attention.scale)
    attention.output.apply(attended, count: count, into: change, pool: pool)
    block.attentionPostNorm?.apply(change, count: count, into: change)
    strata_add(stream.start, change.start, count * network.width)
  }

  /// Norms and turns the heads of one token's queries or keys.
  private func turn(_ x: UnsafeMutablePointer<Float>, heads: Int, _ attention: Attention, _ norm: Norm?, _ t: Int) {
    let width = attention.headWidth
    // Rows are put into the published order first, so that sums over a head are the same for both kinds of file.
    if attention.interleavedRows { strata_unpermute(x, heads, width) }
    norm?.apply(x, stride: width, count: heads, into: x, stride: width)
    guard let rotation = attention.rotation, let table = rotations[rotation] else { return }
    let half = rotation.frequencies.count
    table.cosines.withUnsafeBufferPointer { cosines in
      table.sines.withUnsafeBufferPointer { sines in
        guard let c = cosines.baseAddress, let s = sines.baseAddress else { return }
        strata_rotate(x, heads, width, half, c + t * half, s + t * half)
      }
    }
  }

  private func feedForward(_ count: Int, _ block: Block) {
    let mlp = block.mlp
    block.mlpNorm.apply(stream, count: count, into: normed)
    mlp.up.apply(normed, count: count, into: inner, pool: pool)
    if let projection = mlp.gate {
      projection.apply(normed, count: count, into: gate, pool: pool)
      for t in 0..<count { mlp.activation.apply(gate.row(t), times: inner.row(t), count: projection.outputs) }
      mlp.down.apply(gate, count: count, into: change, pool: pool)
    } else {
      for t in 0..<count { mlp.activation.apply(inner.row(t), times: nil, count: mlp.up.outputs) }
      mlp.down.apply(inner, count: count, into: change, pool: pool)
    }
    block.mlpPostNorm?.apply(change, count: count, into: change)
    strata_add(stream.start, change.start, count * network.width)
  }
}

import Kernels

/// The one forward pass: runs any `Stack` over tokens of several sequences at once, each weight read once per call.
///
/// A token's numbers depend only on its own sequence: every product is summed in a fixed order (see Kernels), and
/// attention and recurrent layers look at the sequence's own cache. The residual stream is shown after the embedding, after the mixer and
/// after every block.
final class ForwardPass {
  /// A token to run: its id, its sequence, and its position there.
  struct BatchToken {
    var id: Int
    var cache: KVCache
    var position: Int
  }

  /// Receives the rows [T, columns] at a place within a block; what it writes into the first `columns` values of a row takes effect.
  typealias Visit = (_ place: PartPlace, _ block: Int, _ rows: FloatMatrix, _ columns: Int) -> Void

  /// Changes the stream [T, D] in place, between blocks.
  typealias Alter = (_ row: Int, _ stream: FloatMatrix) -> Void

  private let network: Stack
  private let pool: ThreadPool
  private let capacity: Int
  private let stream: FloatMatrix  // [T, D] the residual stream
  private let normed: FloatMatrix  // [T, D] what attention or the MLP reads
  private let change: FloatMatrix  // [T, D] what attention or the MLP adds
  private let other: FloatMatrix  // [T, D] what attention adds beside a recurrent layer
  private let scaled: FloatMatrix  // [T, D] the mixer's input times a factor
  private let first: FloatMatrix  // [T, D] the state after the embedding, for what stands beside the stream
  private let joined: FloatMatrix  // [T, 2 D] the stream and that state
  private let lifted: FloatMatrix  // [T, D] the mixer's input with what stands beside the stream
  private let attention: AttentionPass
  private let recurrent: RecurrentPass
  private let cross: CrossPass
  private let feedForward: FeedForwardPass
  private let alternating: AlternatingPass?
  private let hyper: HyperPass?
  private let depth: DepthPass?
  private let junctions: JunctionPass
  private let later: FloatMatrix  // [T, D] what a block leaves to be added at the end of the next one

  /// A workspace for up to `capacity` tokens per call.
  convenience init(_ network: Network, pool: ThreadPool, capacity: Int) {
    self.init(network.stack, pool: pool, capacity: capacity)
  }

  /// The same for a stack of blocks, such as an encoder's.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.network = network
    self.pool = pool
    self.capacity = capacity
    stream = FloatMatrix(rows: capacity, columns: network.width)
    normed = FloatMatrix(rows: capacity, columns: network.width)
    change = FloatMatrix(rows: capacity, columns: network.width)
    let isSideBySide = network.blocks.contains { $0.attention != nil && $0.recurrent != nil }
    other = FloatMatrix(rows: isSideBySide ? capacity : 0, columns: network.width)
    let isScaled = network.blocks.contains {
      ($0.attention?.inputScale ?? 1) != 1 || ($0.recurrent?.inputScale ?? 1) != 1
    }
    scaled = FloatMatrix(rows: isScaled ? capacity : 0, columns: network.width)
    let sided = network.blocks.contains { $0.side != nil } ? capacity : 0
    first = FloatMatrix(rows: sided, columns: network.width)
    joined = FloatMatrix(rows: sided, columns: 2 * network.width)
    lifted = FloatMatrix(rows: sided, columns: network.width)
    attention = AttentionPass(network, pool: pool, capacity: capacity)
    recurrent = RecurrentPass(network, pool: pool, capacity: capacity)
    cross = CrossPass(network, pool: pool, capacity: capacity)
    feedForward = FeedForwardPass(network, pool: pool, capacity: capacity)
    alternating = AlternatingPass(network, pool: pool, capacity: capacity)
    hyper = HyperPass(network, pool: pool, capacity: capacity)
    depth = DepthPass(network, pool: pool, capacity: capacity)
    junctions = JunctionPass(network, pool: pool, capacity: capacity)
    later = FloatMatrix(rows: network.blocks.contains { $0.later != nil } ? capacity : 0, columns: network.width)
  }

  /// Runs the tokens; positions of a sequence must be in order, with earlier ones in its cache.
  ///
  /// Where attention sees the whole text, all its tokens must be among them.
  ///
  /// `observe(point, states)` is called with the residual stream [T, D] at the points of `LensView.points`, in their order:
  /// after the embedding, after the mixer and any cross attention were added in each block, and after each block. In a block without an
  /// MLP, the last two are the same state; in a block without a mixer, the first of them is the block's input. Of several streams
  /// (`AlternatingStreams`, `HyperStreams`), and of a stream beside kept states (`DepthReading`), the state is what the head would read of
  /// them; within a block, as if the block ended there.
  ///
  /// - Parameters:
  ///   - alter: Changes the stream [T, D] after the embedding, row 0, and after each block, row 1 + block; nil where nobody does. A
  ///     stack of several streams is not changed.
  ///   - visit: Shown what each block adds, and where; nil, and nothing costs more, where nobody asks.
  ///   - isWanted: Whether a point is looked at; one that is not may be left out, where its state has to be computed.
  func run(
    _ tokens: [BatchToken], alter: Alter? = nil, visit: Visit? = nil,
    isWanted: (_ point: Int) -> Bool = { _ in true },
    observe: (_ point: Int, _ states: FloatMatrix) -> Void
  ) {
    precondition(tokens.count <= capacity)
    network.embedding.write(tokens.map(\.id), at: tokens.map(\.position), into: stream, pool: pool)
    keepFirst(count: tokens.count)
    let perLayer = perLayerInputs(tokens)
    // What the first block reads is the first state.
    if let junction = network.blocks.first?.junction { junctions.pass(junction, stream, count: tokens.count) }
    alter?(0, stream)
    alternating?.enter(stream, count: tokens.count)
    hyper?.enter(stream, count: tokens.count)
    depth?.enter()
    if isWanted(0) { observe(0, shown(count: tokens.count)) }
    attention.prepare(tokens)
    for (index, block) in network.blocks.enumerated() {
      let (within, after) = (2 * index + 1, 2 * index + 2)
      run(block, index, tokens, perLayer, visit) {
        if isWanted(within) { observe(within, shown(count: tokens.count, within: block)) }
      }
      alter?(index + 1, stream)
      if isWanted(after) { observe(after, shown(count: tokens.count)) }
    }
  }

  /// Runs tokens from states within the network, each text from a block of its own on.
  ///
  /// - Parameters:
  ///   - tokens: In the order of the blocks at which they begin; keys and values of blocks and positions before them are in their caches.
  ///   - first: Writes the stream after the embedding of all tokens [T, D].
  ///   - enter: Before each block, and once behind the last, writes the stream of the tokens that begin there, and says how many of the
  ///     first tokens are run from there on.
  ///   - visit: As in `run`.
  ///   - leave: Shown the stream after the last block [T, D].
  func resume(
    _ tokens: [BatchToken], first write: (_ stream: FloatMatrix) -> Void,
    enter: (_ block: Int, _ stream: FloatMatrix) -> Int,
    visit: @escaping Visit, leave: (_ stream: FloatMatrix) -> Void
  ) {
    precondition(tokens.count <= capacity)
    write(stream)
    keepFirst(count: tokens.count)
    let perLayer = perLayerInputs(tokens)
    attention.prepare(tokens)
    for (index, block) in network.blocks.enumerated() {
      let count = enter(index, stream)
      if count > 0 { run(block, index, Array(tokens.prefix(count)), perLayer, visit) {} }
    }
    _ = enter(network.blocks.count, stream)
    leave(stream)
  }

  /// One block, with its MLP after `between`.
  private func run(
    _ block: Block, _ index: Int, _ tokens: [BatchToken], _ perLayer: (width: Int, inputs: FloatMatrix)?,
    _ visit: Visit?, between: () -> Void
  ) {
    let rows = 0..<tokens.count
    if index > 0, let junction = block.junction { junctions.pass(junction, stream, count: tokens.count) }
    if let update = block.alternating { alternating?.predict(update, count: tokens.count, into: stream) }
    if let connections = block.hyper { hyper?.collapse(connections.mixer, count: tokens.count, into: stream) }
    if let connections = block.depth { depth?.begin(connections, stream, count: tokens.count) }
    mix(block, index, tokens, rows, visit)
    look(block, index, tokens, rows)
    between()
    if let connections = block.hyper { hyper?.collapse(connections.mlp, count: tokens.count, into: stream) }
    feedForward(block, index, tokens, visit)
    let inputs = perLayer.map { $0.inputs.part(from: index * $0.width) }
    if let update = block.alternating {
      alternating?.leave(block, update, stream, inputs, count: tokens.count)
    } else if let use = block.perLayer, let inputs {
      use.run(stream, inputs, count: tokens.count, into: change, pool: pool)
      visit?(.perLayer, index, change, network.width)
      strata_add(stream.start, change.start, 1, tokens.count * network.width)
    }
    scale(stream, by: block.outputScale, count: tokens.count)
  }

  /// The residual stream, or what the head would read of several; within a block, as if the block ended there.
  private func shown(count: Int, within block: Block? = nil) -> FloatMatrix {
    guard let alternating else {
      return hyper?.readOut(count: count) ?? depth?.readOut(stream, count: count) ?? stream
    }
    return block?.alternating.map { alternating.readOut($0, stream, count: count) } ?? alternating.readOut(count: count)
  }

  /// Further inputs of every block, from the tokens and the stream after the embedding; nil where the family has none.
  private func perLayerInputs(_ tokens: [BatchToken]) -> (width: Int, inputs: FloatMatrix)? {
    network.embedding.perLayer.map { ($0.width, $0.inputs(tokens.map(\.id), stream, pool: pool)) }
  }

  /// Adds attention, the recurrent layer or both to the stream, as the block has them.
  private func mix(_ block: Block, _ index: Int, _ tokens: [BatchToken], _ rows: Range<Int>, _ visit: Visit?) {
    guard block.attention != nil || block.recurrent != nil else { return }
    var others: (keys: FloatMatrix, values: FloatMatrix)?
    if let side = block.side {
      lift(side, index, tokens, rows)
      norm(block.attentionNorm, lifted, rows)
    } else if let depth, let connections = block.depth {
      let inputs = depth.mixerInputs(connections, stream, count: rows.count)
      norm(block.attentionNorm, inputs[0], rows)
      if let norms = connections.otherNorms {
        for (norm, input) in zip([norms.keys, norms.values], inputs.dropFirst()) {
          norm.apply(input, width: network.width, rows: rows, into: input, pool: pool)
        }
        others = (inputs[1], inputs[2])
      }
    } else {
      norm(block.attentionNorm, stream, rows)
    }
    block.attentionNormGate?.apply(normed, count: rows.count, pool: pool)
    if let layer = block.recurrent {
      recurrent.run(layer, block: index, tokens, input(layer.inputScale, rows), into: change)
      visit?(.recurrent, index, change, network.width)
    }
    if let layer = block.attention {
      let isAlone = block.recurrent == nil
      let target = isAlone ? change : other
      attention.run(
        layer, block: index, tokens, input(layer.inputScale, rows), others: others, into: target, visit: visit)
      visit?(.attention, index, target, network.width)
      if !isAlone {
        for t in rows { strata_add(change.row(t), other.row(t), 1, network.width) }
      }
    }
    block.mixerConvolution?.apply(
      change, of: nil, tokens, block: index, column: block.attention?.keptWidth ?? 0, pool: pool)
    block.attentionPostNorm?.apply(change, width: network.width, rows: rows, into: change, pool: pool)
    block.mixerScaling?.output.apply(change, count: rows.count, pool: pool)
    visit?(.mixerChange, index, change, network.width)
    // The input of a parallel block's MLP is computed before attention's change is added to the stream.
    if block.order == .parallel, block.mlpNorm != nil { norm(block.mlpNorm, stream, rows) }
    block.mixerScaling?.stream.apply(stream, count: rows.count, pool: pool)
    if let connections = block.depth { depth?.split(connections, stream, count: rows.count) }
    add(block, rows, keep: block.keeps?.mixer, toNormedTimes: block.normedScales.mixer)
    block.augmented?.add(normed, count: rows.count, to: stream, pool: pool)
    visit?(.mixed, index, stream, network.width)
    block.attentionStreamNorm?.apply(stream, width: network.width, rows: rows, into: stream, pool: pool)
  }

  /// Adds cross attention to the stream, where the block has it.
  private func look(_ block: Block, _ index: Int, _ tokens: [BatchToken], _ rows: Range<Int>) {
    guard let layer = block.cross else { return }
    norm(layer.norm, stream, rows)
    cross.run(layer, block: index, tokens, normed, into: change)
    add(block, rows)
    layer.streamNorm?.apply(stream, width: network.width, rows: rows, into: stream, pool: pool)
  }

  /// The mixer's input times a factor.
  private func input(_ factor: Float, _ rows: Range<Int>) -> FloatMatrix {
    guard factor != 1 else { return normed }
    scaled.start.update(from: normed.start, count: rows.count * network.width)
    for t in rows { scaled.scale(row: t, by: factor, count: network.width) }
    return scaled
  }

  /// Adds the MLP to the stream, where the block has one.
  private func feedForward(_ block: Block, _ index: Int, _ tokens: [BatchToken], _ visit: Visit?) {
    guard let mlp = block.mlp else { return }
    let rows = 0..<tokens.count
    if let depth, let connections = block.depth {
      norm(block.mlpNorm, depth.mlpInput(connections, stream, count: rows.count), rows)
    } else if block.order == .sequential {
      norm(block.mlpNorm, stream, rows)
    }
    block.mlpNormGate?.apply(normed, count: rows.count, pool: pool)
    if let part = block.later { feedForward.run(part, count: rows.count, normed, ids: tokens.map(\.id), into: later) }
    if let shifted = block.shiftedMLP {
      let mixtures = shifted.shift.mix(tokens, normed, of: .mlp, block: index, pool: pool)
      feedForward.run(mlp, count: rows.count, mixtures[0], ids: tokens.map(\.id), into: change)
      shifted.gate(change, mixtures[1], count: rows.count, pool: pool)
    } else {
      feedForward.run(mlp, count: rows.count, normed, ids: tokens.map(\.id), into: change)
    }
    block.mlpConvolution?.apply(
      change, of: nil, tokens, block: index,
      column: (block.attention?.keptWidth ?? 0) + (block.mixerConvolution?.channels ?? 0), pool: pool)
    block.mlpPostNorm?.apply(change, width: network.width, rows: rows, into: change, pool: pool)
    block.mlpScaling?.output.apply(change, count: rows.count, pool: pool)
    visit?(.mlpChange, index, change, network.width)
    block.mlpScaling?.stream.apply(stream, count: rows.count, pool: pool)
    add(block, rows, keep: block.keeps?.mlp, toNormedTimes: block.normedScales.mlp)
    if index > 0, network.blocks[index - 1].later != nil {
      strata_add(stream.start, later.start, 1, rows.count * network.width)
    }
    if let follower = block.follower { follow(follower, rows) }
    visit?(.fed, index, stream, network.width)
    block.mlpStreamNorm?.apply(stream, width: network.width, rows: rows, into: stream, pool: pool)
  }

  /// Adds the MLP that follows the first one to the stream, or to its normed input.
  private func follow(_ follower: Follower, _ rows: Range<Int>) {
    let count = rows.count * network.width
    norm(follower.norm, stream, rows)
    feedForward.run(.dense(follower.mlp), count: rows.count, normed, ids: [], into: change)
    if follower.addsToNormed { stream.start.update(from: normed.start, count: count) }
    strata_add(stream.start, change.start, 1, count)
  }

  private func scale(_ stream: FloatMatrix, by factor: Float, count: Int) {
    guard factor != 1 else { return }
    for i in 0..<count * network.width { stream.start[i] *= factor }
  }

  /// normed = norm(x), or x itself, which is the stream or the mixer's input.
  private func norm(_ norm: Norm?, _ x: FloatMatrix, _ rows: Range<Int>) {
    if let norm {
      norm.apply(x, width: network.width, rows: rows, into: normed, pool: pool)
    } else {
      normed.start.update(from: x.start, count: rows.count * network.width)
    }
  }

  /// Keeps the state after the embedding, where something beside the stream reads it.
  private func keepFirst(count: Int) {
    guard first.rows > 0 else { return }
    first.start.update(from: stream.start, count: count * network.width)
  }

  /// lifted = the stream plus what the block's side branch makes of it and of the first state.
  private func lift(_ side: SideBranch, _ index: Int, _ tokens: [BatchToken], _ rows: Range<Int>) {
    let width = network.width
    for t in rows {
      joined.row(t).update(from: stream.row(t), count: width)
      (joined.row(t) + width).update(from: first.row(t), count: width)
    }
    side.norm.apply(joined, width: 2 * width, rows: rows, into: joined, pool: pool)
    attention.run(side.attention, block: index, tokens, joined, into: change)
    side.mlpNorm.apply(change, width: width, rows: rows, into: normed, pool: pool)
    feedForward.run(side.mlp, count: rows.count, normed, ids: tokens.map(\.id), into: change)
    side.output.apply(change, count: rows.count, into: lifted, pool: pool)
    for t in rows { strata_add(lifted.row(t), stream.row(t), 1, width) }
  }

  /// Adds the output of attention or the MLP to the stream, or to its normed input, which is first multiplied by `keep`.
  private func add(_ block: Block, _ rows: Range<Int>, keep: [Float]? = nil, toNormedTimes factor: Float = 1) {
    let width = network.width
    if block.hyper != nil, let hyper {
      hyper.spread(change, count: rows.count)
      return
    }
    if block.addsToNormed {
      stream.start.update(from: normed.start, count: rows.count * width)
      scale(stream, by: factor, count: rows.count)
    }
    if let keep {
      for t in rows {
        let row = stream.row(t)
        for (i, factor) in keep.enumerated() { row[i] *= factor }
      }
    }
    pool.forRanges(rows.count, work: width) { part in
      strata_add(stream.row(part.lowerBound), change.row(part.lowerBound), block.residualScale, part.count * width)
    }
  }
}

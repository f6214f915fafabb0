import Kernels

/// Attention of a batch of tokens, each over its own sequence's cache.
final class AttentionPass {
  private let pool: ThreadPool
  private let rotationsUsed: Set<Rotation>
  private let query: FloatMatrix  // [T, H * headWidth]
  private let key: FloatMatrix  // [T, keyWidth]
  private let value: FloatMatrix  // [T, valueWidth]
  private let own: FloatMatrix  // [T, key heads] what keys add to their scores
  private let attended: FloatMatrix  // [T, attendedWidth]
  private let fused: FloatMatrix  // [T, widest grouped projection]
  private let latent: LatentPass
  private let convolved: ConvolvedPass
  private let chosen: ChosenHeadsPass
  private let low: FloatMatrix  // [T, rank of queries]
  private let joined: FloatMatrix  // [T, outputs of groups]
  private let compression: CompressionPass
  private let gate: FloatMatrix  // [T, H * headWidth]
  private typealias Table = (cosines: [Float], sines: [Float])  // [T, half a head]
  private var tables: [Rotation: Table] = [:]
  private let biasesUsed: Set<PositionBias>
  private var biases: [PositionBias: (length: Int, table: FloatMatrix)] = [:]
  private let relative: RelativeBiasPass
  private let sinks: FloatMatrix  // [T, H] one more score of each query's heads

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let all = network.blocks.compactMap(\.cachedAttention)
    func widest(_ width: (Attention) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: all.map(width).max() ?? 0)
    }
    rotationsUsed = Set(all.compactMap(\.rotation))
    biasesUsed = Set(all.compactMap(\.positionBias))
    query = widest { $0.heads * $0.storedHeadWidth }
    key = widest(\.storedKeyWidth)
    own = widest { $0.keyScores == nil ? 0 : $0.kvHeads }
    value = widest(\.valueWidth)
    attended = widest(\.attendedWidth)
    latent = LatentPass(
      all.compactMap { if case .latent(let inputs) = $0.inputs { inputs } else { nil } }, pool: pool,
      capacity: capacity)
    convolved = ConvolvedPass(
      all.compactMap { if case .convolved(let inputs) = $0.inputs { inputs } else { nil } }, pool: pool,
      capacity: capacity)
    chosen = ChosenHeadsPass(all, width: network.width, pool: pool, capacity: capacity)
    low = widest { if case .oneKey(let inputs) = $0.inputs { inputs.query.outputs } else { 0 } }
    joined = widest { $0.groups?.outputs ?? 0 }
    relative = RelativeBiasPass(all.compactMap(\.relativeBias), pool: pool, capacity: capacity)
    sinks = widest { $0.ownSinks?.outputs ?? 0 }
    compression = CompressionPass(all.compactMap(\.compression), pool: pool, capacity: capacity)
    fused = widest {
      switch $0.inputs {
      case .separate, .keysAsValues, .shared, .latent, .oneKey, .convolved, .chosen: 0
      case .grouped(let projection), .gated(let projection, _, _), .sharded(let projection, _): projection.outputs
      }
    }
    gate = widest { if case .gated = $0.inputs { $0.queryWidth } else { $0.gate?.outputs ?? 0 } }
  }

  /// Computes cosines and sines for the tokens' positions, and biases for the lengths of their texts.
  func prepare(_ tokens: [ForwardPass.BatchToken]) {
    tables.removeAll(keepingCapacity: true)
    for rotation in rotationsUsed {
      var cosines: [Float] = []
      var sines: [Float] = []
      for token in tokens {
        rotation.append(
          position: token.position, textLength: token.cache.capacity, cosines: &cosines, sines: &sines)
      }
      tables[rotation] = (cosines, sines)
    }
    let length = tokens.map(\.cache.capacity).max() ?? 0
    for bias in biasesUsed where (biases[bias]?.length ?? 0) < length {
      biases[bias] = (length, bias.table(length: length))
    }
  }

  /// `change` = attention over `x` [T, D]; keys and values are kept in the tokens' caches.
  ///
  /// - Parameter others: What keys and values are projected from, where it is not `x`.
  func run(
    _ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix,
    others: (keys: FloatMatrix, values: FloatMatrix)? = nil, into change: FloatMatrix, visit: ForwardPass.Visit? = nil
  ) {
    let (keyInput, valueInput) = (others?.keys ?? x, others?.values ?? x)
    project(attention, block: block, tokens, x, keys: keyInput, values: valueInput)
    attention.keyConvolution?.apply(key, of: keyInput, tokens, block: block, column: 0, pool: pool)
    attention.valueConvolution?.apply(
      value, of: valueInput, tokens, block: block, column: attention.keyConvolution?.channels ?? 0, pool: pool)
    attention.ownSinks?.apply(x, count: tokens.count, into: sinks, pool: pool)
    attention.keyScores?.apply(value, count: tokens.count, into: own, pool: pool)
    // One look-up for all tokens, because the width of a rotation is fixed.
    let table = attention.rotation.flatMap { tables[$0] }
    pool.forRanges(tokens.count, work: 4 * attention.queryWidth) { part in
      for t in part {
        let token = tokens[t]
        if let clip = attention.clip {
          if !attention.clipFollowsNorms {
            strata_clip(query.row(t), -clip, clip, attention.queryWidth)
            strata_clip(key.row(t), -clip, clip, attention.keyWidth)
          }
          strata_clip(value.row(t), -clip, clip, attention.valueWidth)
        }
        attention.queryBound?.apply(query.row(t), heads: attention.heads)
        turn(query, heads: attention.heads, attention, attention.queryNorm, table, t)
        if let factor = attention.temperature?.factor(position: token.position) {
          let row = query.row(t)
          for i in 0..<attention.queryWidth { row[i] *= factor }
        }
        if attention.keyScores != nil {
          // A product with this is the score itself, which is multiplied by the scale.
          widen(query.row(t), heads: attention.heads, width: attention.headWidth) { _ in 1 / attention.scale }
        }
        guard attention.source == nil else { continue }
        attention.keyBound?.apply(key.row(t), heads: attention.kvHeads)
        turn(key, heads: attention.kvHeads, attention, attention.keyNorm, table, t)
        if attention.keyScores != nil {
          let scores = own.row(t)
          widen(key.row(t), heads: attention.kvHeads, width: attention.headWidth) { scores[$0] }
        }
        if attention.difference != nil { pair(attention, t) }
        attention.valueNorm?.apply(value, width: attention.valueWidth, rows: t..<(t + 1), into: value)
        token.cache.keys(block: block).row(token.position).update(from: key.row(t), count: attention.storedKeyWidth)
        token.cache.values(block: block).row(token.position).update(from: value.row(t), count: attention.valueWidth)
      }
    }
    if let further = attention.compression {
      compression.keep(further, attention, block: block, tokens, x)
      attend(attention, further, block: block, tokens, x)
    } else {
      attend(attention, block: block, tokens, x)
    }
    if let experts = attention.experts {
      chosen.finish(
        experts, attention, attended, block: block, count: tokens.count, into: change, visit: visit)
      return
    }
    if attention.turnsBack { turnBack(attention, count: tokens.count) }
    var values = attended
    if let difference = attention.difference { subtract(difference, attention, count: tokens.count) }
    switch attention.inputs {
    case .separate, .grouped, .sharded, .keysAsValues, .shared, .oneKey, .convolved, .chosen: break
    case .latent(let inputs): values = latent.expand(inputs, attended, count: tokens.count)
    case .gated: values = gated(count: tokens.count, width: attention.queryWidth)
    }
    if let projection = attention.gate {
      projection.apply(x, count: tokens.count, into: gate, pool: pool)
      values = gated(values, attention, projection, count: tokens.count)
    }
    attention.outputNorm?.apply(
      values, width: attention.output.weights.columns, rows: 0..<tokens.count, into: values, pool: pool)
    if let groups = attention.groups {
      groups.apply(values, rows: 0..<tokens.count, into: joined, pool: pool)
      values = joined
    }
    visit?(.heads, block, values, attention.output.weights.columns)
    attention.output.apply(values, count: tokens.count, into: change, pool: pool)
  }

  /// Puts one more number behind each head of a row.
  private func widen(
    _ row: UnsafeMutablePointer<Float>, heads: Int, width: Int, _ last: (_ head: Int) -> Float
  ) {
    for head in (0..<heads).reversed() {
      for i in (0..<width).reversed() { row[head * (width + 1) + i] = row[head * width + i] }
      row[head * (width + 1) + width] = last(head)
    }
  }

  /// Gives every key head of a token the values of two projected heads: of its place in the first and in the second half.
  private func pair(_ attention: Attention, _ t: Int) {
    let (width, half) = (attention.headWidth, attention.kvHeads / 2)
    let row = value.row(t)
    let projected = Array(UnsafeBufferPointer(start: row, count: attention.kvHeads * width))
    for head in 0..<attention.kvHeads {
      for i in 0..<width {
        row[2 * head * width + i] = projected[head % half * width + i]
        row[(2 * head + 1) * width + i] = projected[(half + head % half) * width + i]
      }
    }
  }

  /// Takes the second half of heads away from the first.
  private func subtract(_ difference: HeadDifference, _ attention: Attention, count: Int) {
    let width = attention.attendedWidth / 2
    for t in 0..<count {
      let row = attended.row(t)
      strata_add(row, row + width, -difference.factor, width)
    }
    difference.norm.apply(attended, width: width, rows: 0..<count, into: attended, pool: pool)
  }

  /// What the heads attended to, times the sigmoid of the gate.
  private func gated(count: Int, width: Int) -> FloatMatrix {
    Activation.sigmoid.apply(gate, times: attended, count: count, width: width, pool: pool)
    return gate
  }

  /// What the heads attended to, times the gate: one number for each value, or for each head.
  private func gated(_ values: FloatMatrix, _ attention: Attention, _ projection: Projection, count: Int) -> FloatMatrix
  {
    let width = projection.outputs
    guard width != attention.output.weights.columns else {
      attention.gateActivation.apply(gate, times: values, count: count, width: width, pool: pool)
      return gate
    }
    attention.gateActivation.apply(gate, times: nil, count: count, width: width, pool: pool)
    let each = attention.output.weights.columns / width
    for t in 0..<count {
      let (row, factors) = (values.row(t), gate.row(t))
      for head in 0..<width { for i in 0..<each { row[head * each + i] *= factors[head] } }
    }
    return values
  }

  /// Queries, keys and values of `x`; separate projections of keys and values read inputs of their own.
  private func project(
    _ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix,
    keys keyInput: FloatMatrix, values valueInput: FloatMatrix
  ) {
    let count = tokens.count
    switch attention.inputs {
    case .separate(let queries, let keys, let values):
      queries.apply(x, count: count, into: query, pool: pool)
      keys.apply(keyInput, count: count, into: key, pool: pool)
      values.apply(valueInput, count: count, into: value, pool: pool)
    case .grouped(let projection):
      projection.apply(x, count: count, into: fused, pool: pool)
      let width = attention.headWidth
      let queries = attention.heads / attention.kvHeads * width
      for t in 0..<count {
        for head in 0..<attention.kvHeads {
          let group = fused.row(t) + head * (queries + 2 * width)
          (query.row(t) + head * queries).update(from: group, count: queries)
          (key.row(t) + head * width).update(from: group + queries, count: width)
          (value.row(t) + head * width).update(from: group + queries + width, count: width)
        }
      }
    case .sharded(let projection, let shards):
      projection.apply(x, count: count, into: fused, pool: pool)
      let width = attention.queryWidth / shards
      for t in 0..<count {
        for shard in 0..<shards {
          let from = fused.row(t) + 3 * shard * width
          for (place, part) in [query, value, key].enumerated() {
            (part.row(t) + shard * width).update(from: from + place * width, count: width)
          }
        }
      }
    case .keysAsValues(let queries, let keys):
      queries.apply(x, count: count, into: query, pool: pool)
      keys.apply(x, count: count, into: key, pool: pool)
      for t in 0..<count { value.row(t).update(from: key.row(t), count: attention.keyWidth) }
    case .shared(let queries, _): queries.apply(x, count: count, into: query, pool: pool)
    case .latent(let inputs): latent.project(inputs, x, count: count, query: query, key: key)
    case .oneKey(let inputs):
      inputs.query.apply(x, count: count, into: low, pool: pool)
      inputs.norm.apply(low, width: inputs.query.outputs, rows: 0..<count, into: low, pool: pool)
      inputs.rise.apply(low, count: count, into: query, pool: pool)
      inputs.key.apply(x, count: count, into: key, pool: pool)
    case .convolved(let inputs):
      convolved.project(inputs, attention, block: block, tokens, x, query: query, key: key, value: value)
    case .chosen(let experts, let keys, let values):
      chosen.project(experts, attention, x, count: count, into: query)
      keys.apply(x, count: count, into: key, pool: pool)
      values.apply(x, count: count, into: value, pool: pool)
    case .gated(let queriesAndGates, let keys, let values):
      queriesAndGates.apply(x, count: count, into: fused, pool: pool)
      keys.apply(x, count: count, into: key, pool: pool)
      values.apply(x, count: count, into: value, pool: pool)
      let width = attention.headWidth
      for t in 0..<count {
        for head in 0..<attention.heads {
          let pair = fused.row(t) + 2 * head * width
          (query.row(t) + head * width).update(from: pair, count: width)
          (gate.row(t) + head * width).update(from: pair + width, count: width)
        }
      }
    }
  }

  /// Normalises and rotates the heads of one token's queries or keys.
  private func turn(_ x: FloatMatrix, heads: Int, _ attention: Attention, _ norm: Norm?, _ table: Table?, _ t: Int) {
    let width = attention.headWidth
    let row = x.row(t)
    // Rows are first reordered as published, so that sums over a head are the same for both kinds of file.
    if attention.interleavedRows { strata_unpermute(row, heads, width) }
    if !attention.normsFollowRotation { norm?.apply(x, width: heads * width, rows: t..<(t + 1), into: x) }
    if let clip = attention.clip, attention.clipFollowsNorms { strata_clip(row, -clip, clip, heads * width) }
    rotate(row, heads: heads, attention, table, t)
    if attention.normsFollowRotation { norm?.apply(x, width: heads * width, rows: t..<(t + 1), into: x) }
  }

  private func rotate(
    _ row: UnsafeMutablePointer<Float>, heads: Int, _ attention: Attention, _ table: Table?, _ t: Int
  ) {
    rotate(row, heads: heads, width: attention.headWidth, attention, table, t)
  }

  /// The same for heads of another width.
  private func rotate(
    _ row: UnsafeMutablePointer<Float>, heads: Int, width: Int, _ attention: Attention, _ table: Table?, _ t: Int
  ) {
    guard let rotation = attention.rotation, let table else { return }
    let half = rotation.frequencies.count
    table.cosines.withUnsafeBufferPointer { cosines in
      table.sines.withUnsafeBufferPointer { sines in
        guard let c = cosines.baseAddress, let s = sines.baseAddress else { return }
        rotation.turn(
          row, heads: heads, width: width, isLast: attention.turnsLast, cosines: c + t * half, sines: s + t * half)
      }
    }
  }

  /// Turns what heads attended to back by the query's position.
  private func turnBack(_ attention: Attention, count: Int) {
    guard let table = attention.rotation.flatMap({ tables[$0] }) else { return }
    let back: Table = (table.cosines, table.sines.map { -$0 })
    pool.forRanges(count, work: 4 * attention.attendedWidth) { part in
      for t in part { rotate(attended.row(t), heads: attention.heads, attention, back, t) }
    }
  }

  private func attend(_ attention: Attention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix) {
    let biases = attention.positionBias.flatMap { bias in self.biases[bias].map { (bias, $0) } }
    let inside = attention.valuesInKeys
    let rows = tokens.enumerated().map { t, token in
      let keys = token.cache.keys(block: block).start
      return strata_attention_row(
        query: query.row(t), keys: keys,
        values: inside.map { keys + $0 } ?? token.cache.values(block: block).start,
        biases: biases.map { $1.table.start + $0.start(query: token.position, length: $1.length) },
        sinks: attention.ownSinks.map { _ in UnsafePointer(sinks.row(t)) }, output: attended.row(t),
        first: attention.first(position: token.position),
        last: attention.last(position: token.position, textLength: token.cache.capacity))
    }
    guard let bias = attention.relativeBias else {
      attend(attention, rows, biasStride: biases?.1.table.columns ?? 0)
      return
    }
    relative.run(bias, attention, tokens, x, rows: rows) { attend(attention, $0, biasStride: $1) }
  }

  /// Attention of which some keys stand for several tokens.
  private func attend(
    _ attention: Attention, _ further: Compression, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix
  ) {
    let table = attention.rotation.flatMap { tables[$0] }
    let chosen = compression.choose(further, block: block, tokens, x, low: low) { row, heads, width, t in
      rotate(row, heads: heads, width: width, attention, table, t)
    }
    compression.gather(attention, block: block, tokens, chosen) { part, keys in
      let rows = zip(part, keys).map { t, keys in
        strata_attention_row(
          query: query.row(t), keys: keys.start, values: keys.start, biases: nil, sinks: nil, output: attended.row(t),
          first: 0, last: keys.count - 1)
      }
      attend(attention, rows, biasStride: 0)
    }
  }

  /// Attention of some rows to their keys.
  private func attend(_ attention: Attention, _ rows: [strata_attention_row], biasStride: Int) {
    var heads = strata_heads(
      heads: attention.heads, kv_heads: attention.kvHeads, key_width: attention.storedHeadWidth,
      value_width: attention.valueHeadWidth, key_stride: attention.storedKeyWidth,
      value_stride: attention.valuesInKeys == nil ? attention.valueWidth : attention.storedKeyWidth)
    func attend(_ sinks: UnsafePointer<Float>?) {
      var scores = strata_scores(
        scale: attention.scale, softcap: attention.softcap ?? 0, bias_stride: biasStride, sinks: sinks)
      strata_attend(pool.handle, rows, rows.count, &heads, &scores)
    }
    if let sinks = attention.sinks {
      sinks.withUnsafeBufferPointer { attend($0.baseAddress) }
    } else {
      attend(nil)
    }
  }
}

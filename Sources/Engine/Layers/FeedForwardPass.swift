import Kernels

/// The feed-forward part of a block for a batch of tokens.
final class FeedForwardPass {
  private let pool: ThreadPool
  private let inner: FloatMatrix  // [T, inner width]
  private let gate: FloatMatrix  // [T, inner width]
  private let routed: FloatMatrix?  // [T, D] the tokens of one expert
  private let answer: FloatMatrix?  // [T, D] what the expert says
  private let scores: FloatMatrix?  // [T, experts]
  private let routerStates: FloatMatrix  // [T, width of a router] the state of the router before

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let width = network.blocks.flatMap(\.mlps).map(\.innerWidth).max() ?? 0
    inner = FloatMatrix(rows: capacity, columns: width)
    gate = FloatMatrix(rows: capacity, columns: width)
    let most = network.blocks.flatMap(\.mlps).flatMap(\.mixtures).map(\.count).max()
    routed = most.map { _ in FloatMatrix(rows: capacity, columns: network.width) }
    answer = most.map { _ in FloatMatrix(rows: capacity, columns: network.width) }
    scores = most.map { FloatMatrix(rows: capacity, columns: $0) }
    let routers = network.blocks.flatMap(\.mlps).flatMap(\.mixtures).compactMap(\.router.mlp)
    routerStates = FloatMatrix(rows: capacity, columns: routers.map(\.down.outputs).max() ?? 0)
  }

  /// `change` = f(x) for the first `count` rows of `x` [T, D], which belong to tokens of these ids.
  func run(_ part: FeedForward, count: Int, _ x: FloatMatrix, ids: [Int], into change: FloatMatrix) {
    switch part {
    case .dense(let mlp): run(mlp, count: count, x, into: change)
    case .experts(let experts): run(experts, count: count, x, ids: ids, into: change)
    case .sum(let summands): run(summands, count: count, x, ids: ids, into: change)
    }
  }

  private func run(_ mlp: MLP, count: Int, _ x: FloatMatrix, into change: FloatMatrix) {
    mlp.up.apply(x, count: count, into: inner, pool: pool)
    guard mlp.gate != nil || mlp.hasInterleavedGate else {
      mlp.activation.apply(inner, times: nil, count: count, width: mlp.up.outputs, pool: pool)
      mlp.hiddenNorm?.apply(inner, width: mlp.up.outputs, rows: 0..<count, into: inner, pool: pool)
      mlp.down.apply(inner, count: count, into: change, pool: pool)
      return
    }
    let width = mlp.hasInterleavedGate ? mlp.up.outputs / 2 : mlp.up.outputs
    mlp.gate?.apply(x, count: count, into: gate, pool: pool)
    if mlp.hasInterleavedGate { separate(count: count, width: width) }
    if mlp.limit != nil || mlp.upOffset != 0 { bound(mlp, count: count, width: width) }
    if let threshold = mlp.threshold {
      pool.forRanges(count, work: 4 * width) { rows in
        for t in rows { threshold.apply(gate.row(t), count: width) }
      }
    }
    if let caps = mlp.caps {
      pool.forRanges(count, work: 8 * width) { rows in
        for t in rows { caps.apply(gate.row(t), inner.row(t), count: width) }
      }
    } else {
      mlp.activation.apply(gate, times: inner, count: count, width: width, pool: pool)
    }
    mlp.hiddenNorm?.apply(gate, width: width, rows: 0..<count, into: gate, pool: pool)
    mlp.down.apply(gate, count: count, into: change, pool: pool)
  }

  /// Separates gates and ups, which follow each other in `inner`.
  private func separate(count: Int, width: Int) {
    pool.forRanges(count, work: 2 * width) { rows in
      for t in rows { strata_separate(inner.row(t), gate.row(t), width) }
    }
  }

  /// Bounds gates and ups, and adds to the latter.
  private func bound(_ mlp: MLP, count: Int, width: Int) {
    pool.forRanges(count, work: 2 * width) { rows in
      for t in rows {
        if let limit = mlp.limit {
          strata_clip(gate.row(t), -.infinity, limit, width)
          strata_clip(inner.row(t), -limit, limit, width)
        }
        if mlp.upOffset != 0 { strata_offset(inner.row(t), mlp.upOffset, width) }
      }
    }
  }

  /// Adds the outputs of the summands in their order.
  private func run(_ summands: [Summand], count: Int, _ x: FloatMatrix, ids: [Int], into change: FloatMatrix) {
    let width = change.columns
    let (normed, output) = (
      FloatMatrix(rows: count, columns: width), FloatMatrix(rows: count, columns: width)
    )
    change.start.update(repeating: 0, count: count * width)
    for summand in summands {
      summand.norm?.apply(x, width: width, rows: 0..<count, into: normed, pool: pool)
      let input = summand.norm == nil ? x : normed
      run(summand.part, count: count, input, ids: ids, into: output)
      summand.postNorm?.apply(output, width: width, rows: 0..<count, into: output, pool: pool)
      let shares = summand.gate.map { gate in
        let shares = FloatMatrix(rows: count, columns: 1)
        gate.apply(input, count: count, into: shares, pool: pool)
        Activation.sigmoid.apply(shares, times: nil, count: count, width: 1, pool: pool)
        return shares
      }
      pool.forRanges(count, work: width) { rows in
        for t in rows { strata_add(change.row(t), output.row(t), shares?.row(t).pointee ?? 1, width) }
      }
    }
  }

  /// Runs the experts in order, each for all tokens that chose it; a token's sum does not depend on other tokens.
  private func run(_ experts: Experts, count: Int, _ x: FloatMatrix, ids: [Int], into change: FloatMatrix) {
    guard let routed, let answer else { return }
    let users = users(experts, count: count, x, ids: ids)
    var input = x
    if let norm = experts.norm {
      input = FloatMatrix(rows: count, columns: x.columns)
      norm.apply(x, width: x.columns, rows: 0..<count, into: input, pool: pool)
    }
    change.start.update(repeating: 0, count: count * change.columns)
    let used = zip(experts.all + experts.shared, users.prefix(experts.all.count) + users.suffix(experts.shared.count))
    for (expert, users) in used where !users.isEmpty {
      for (place, user) in users.enumerated() {
        let row = routed.row(place)
        if experts.weighsInput {
          row.update(repeating: 0, count: x.columns)
          strata_add(row, input.row(user.token), user.weight, x.columns)
        } else {
          row.update(from: input.row(user.token), count: x.columns)
        }
      }
      run(expert, count: users.count, routed, into: answer)
      for (place, user) in users.enumerated() {
        strata_add(change.row(user.token), answer.row(place), experts.weighsInput ? 1 : user.weight, change.columns)
      }
    }
    for user in users.dropFirst(experts.all.count).prefix(experts.passing).joined() {
      strata_add(change.row(user.token), input.row(user.token), user.weight, change.columns)
    }
    if let bias = experts.bias { for t in 0..<count { change.add(bias, times: 1, toRow: t) } }
  }

  /// For each expert, the tokens that use it and its weights.
  private func users(_ experts: Experts, count: Int, _ x: FloatMatrix, ids: [Int]) -> [[(token: Int, weight: Float)]] {
    var users = [[(token: Int, weight: Float)]](repeating: [], count: experts.count)
    guard let scores else { return users }
    let router = experts.router
    var input = x
    if let norm = router.norm {
      input = FloatMatrix(rows: count, columns: x.columns)
      norm.apply(x, width: x.columns, rows: 0..<count, into: input, pool: pool)
    }
    if let mlp = router.mlp { input = mlp.apply(input, count: count, states: routerStates, pool: pool) }
    router.projection.apply(input, count: count, into: scores, pool: pool)
    for t in 0..<count {
      let logits = Array(UnsafeBufferPointer(start: scores.row(t), count: experts.count))
      for share in router.shares(logits, id: router.table == nil ? 0 : ids[t]) {
        users[share.expert].append((t, share.weight))
      }
    }
    return users
  }
}

import Kernels

/// The recurrent layers of a batch of tokens, each text from its own state; a token alone gives the bytes of a token among others.
final class RecurrentPass {
  private let pool: ThreadPool
  private let channels: FloatMatrix  // [T, channels]
  private let inputGate: FloatMatrix  // [T, channels]
  private let convolved: FloatMatrix  // [T, channels]
  private let gate: FloatMatrix  // [T, inner width]
  private let inner: FloatMatrix  // [T, inner width]
  private let steps: FloatMatrix  // [T, channels or heads]
  private let strengths: FloatMatrix  // [T, channels or heads]
  private let kept: FloatMatrix  // [T, heads]
  private let low: FloatMatrix  // [T, rank of steps + 2 states]
  private let joined: FloatMatrix  // [T, queries, keys and values of exponential scans]
  private let sums: FloatMatrix  // [T, their values before they are divided]

  /// Neighbouring tokens of one text in the batch.
  private struct Run {
    var rows: Range<Int>
    var cache: KVCache
    var state: RecurrentState
  }

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let all = network.blocks.compactMap(\.recurrent)
    func widest(_ width: (Recurrent) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: all.map(width).max() ?? 0)
    }
    channels = widest { max($0.convolution.channels, $0.channels.outputs) }
    inputGate = widest { $0.inputGate?.outputs ?? 0 }
    convolved = widest(\.convolution.channels)
    gate = widest { $0.gate == nil ? 0 : $0.innerWidth }
    inner = widest(\.innerWidth)
    func exponential(_ layer: Recurrent) -> ExponentialScan? {
      if case .exponential(let scan) = layer.scan { scan } else { nil }
    }
    joined = widest { exponential($0)?.width ?? 0 }
    sums = widest { exponential($0)?.sums ?? 0 }
    steps = widest { if case .heads(let scan) = $0.scan { scan.heads * scan.ownSteps } else { $0.innerWidth } }
    strengths = widest {
      switch $0.scan {
      case .heads(let scan): scan.heads
      case .exponential(let scan): scan.heads
      case .gated: $0.innerWidth
      case .channels, .weighted, nil: 0
      }
    }
    kept = widest {
      if case .heads(let scan) = $0.scan { scan.heads * scan.ownSteps } else { exponential($0)?.heads ?? 0 }
    }
    low = widest { if case .channels(let scan) = $0.scan { scan.inputs.outputs } else { 0 } }
  }

  /// `change` = the layer's output for `x` [T, D]; the states of the tokens' texts move on.
  func run(
    _ layer: Recurrent, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix, into change: FloatMatrix
  ) {
    let count = tokens.count
    let mixtures = layer.shift?.mix(tokens, x, of: .mixer, block: block, pool: pool)
    if let mixtures {
      layer.channels.apply(each: mixtures, count: count, into: channels, pool: pool)
    } else {
      layer.channels.apply(x, count: count, into: channels, pool: pool)
    }
    if layer.interleavesGate { separate(count: count, width: layer.innerWidth) }
    if let projection = layer.inputGate {
      projection.apply(x, count: count, into: inputGate, pool: pool)
      Activation.linear.apply(
        channels, times: inputGate, count: count, width: layer.convolution.channels, pool: pool)
    }
    if case .heads(let scan) = layer.scan { factors(scan, x, count: count) }
    if case .exponential(let scan) = layer.scan { scan.gates(x, count: count, into: exponentials, pool: pool) }
    // Pieces of one text are run in order, those of different texts together.
    var runs = runs(tokens, block: block)
    while !runs.isEmpty {
      let pieces = runs.map(piece)
      mix(layer, pieces)
      for piece in pieces {
        piece.state.advance(piece.rows.count)
        piece.cache.share(block: block)
      }
      runs = zip(runs, pieces).compactMap { run, piece in
        let rest = piece.rows.upperBound..<run.rows.upperBound
        return rest.isEmpty ? nil : Run(rows: rest, cache: run.cache, state: run.state)
      }
    }
    let result = layer.scan == nil ? convolved : inner
    if let own = layer.gate {
      own.projection.apply(mixtures?.last ?? x, count: count, into: gate, pool: pool)
      own.apply(gate, to: result, count: count, width: layer.innerWidth, pool: pool)
    }
    layer.output.apply(layer.gate == nil ? result : gate, count: count, into: change, pool: pool)
  }

  /// What exponential scans work in.
  private var exponentials: ExponentialScan.Workspace {
    .init(floors: steps, written: strengths, kept: kept, joined: joined, sums: sums)
  }

  /// Separates channels and gate, which alternate.
  private func separate(count: Int, width: Int) {
    pool.forRanges(count, work: 4 * width) { part in
      for t in part {
        let (even, odd) = (gate.row(t), channels.row(t))
        strata_separate(odd, even, width)
        for i in 0..<width { swap(&even[i], &odd[i]) }
      }
    }
  }

  /// The tokens by text, in the order of the batch.
  private func runs(_ tokens: [ForwardPass.BatchToken], block: Int) -> [Run] {
    var runs: [Run] = []
    for (t, token) in tokens.enumerated() {
      if let last = runs.last, last.cache === token.cache {
        precondition(token.position == last.state.position + last.rows.count, "a text's tokens are run in order")
        runs[runs.count - 1].rows = last.rows.lowerBound..<(t + 1)
      } else if let state = token.cache.state(block: block) {
        precondition(token.position == state.position, "a recurrent layer continues where its state stands")
        precondition(!runs.contains { $0.cache === token.cache }, "the tokens of a text are neighbours")
        runs.append(Run(rows: t..<(t + 1), cache: token.cache, state: state))
      }
    }
    return runs
  }

  /// The first part of a run, up to a position from which another text continues.
  private func piece(_ run: Run) -> Run {
    let position = run.state.position
    let end = position + run.rows.count
    let next = run.cache.nextFollowed(after: position, upTo: end) ?? end
    return Run(
      rows: run.rows.lowerBound..<(run.rows.lowerBound + next - position), cache: run.cache, state: run.state)
  }

  /// Convolution and scan of some tokens.
  private func mix(_ layer: Recurrent, _ pieces: [Run]) {
    let convolution = layer.convolution
    let rows = pieces.map { piece in
      strata_convolution_row(
        input: channels.row(piece.rows.lowerBound), input_stride: channels.columns, past: piece.state.past.start,
        output: convolved.row(piece.rows.lowerBound), output_stride: convolved.columns, tokens: piece.rows.count)
    }
    convolution.withKernel { strata_convolve(pool.handle, rows, rows.count, &$0) }
    if convolution.activation != .linear {
      for piece in pieces { activate(convolution, piece.rows) }
    }
    switch layer.scan {
    case .channels(let scan): run(scan, pieces)
    case .heads(let scan): run(scan, pieces)
    case .gated(let scan): run(scan, pieces, channels: layer.innerWidth)
    case .weighted(let scan):
      for piece in pieces {
        scan.run(convolved, piece.rows, state: piece.state, into: inner, width: layer.innerWidth, pool: pool)
      }
    case .exponential(let scan):
      for piece in pieces {
        scan.run(convolved, piece.rows, state: piece.state, exponentials, into: inner, pool: pool)
      }
    case nil: break
    }
  }

  private func activate(_ convolution: Convolution, _ rows: Range<Int>) {
    convolution.activation.apply(convolved, times: nil, rows: rows, width: convolution.channels, pool: pool)
  }

  // MARK: Scans

  /// The factors of a scan of heads: what is kept of the state, and the strength of what is written.
  private func factors(_ scan: HeadScan, _ x: FloatMatrix, count: Int) {
    scan.steps?.apply(x, count: count, into: steps, pool: pool)
    let all = scan.heads * scan.ownSteps
    for t in 0..<count {
      if scan.steps == nil {
        steps.row(t).update(repeating: 1, count: all)
      } else if let rates = scan.stepRates {
        let row = steps.row(t)
        for i in 0..<all { row[i] = rates[i] * (row[i] + scan.stepBias[i]) }
        Activation.sigmoid.apply(row, times: nil, count: all)
      } else {
        strata_steps(steps.row(t), scan.stepBias, scan.stepLimits.lowerBound, scan.stepLimits.upperBound, all)
      }
      strata_decays(steps.row(t), scan.decays, kept.row(t), all)
    }
    guard let projection = scan.strengths else { return }
    projection.apply(x, count: count, into: strengths, pool: pool)
    Activation.sigmoid.apply(strengths, times: nil, count: count, width: scan.heads, pool: pool)
    guard scan.strengthScale != 1 else { return }
    for t in 0..<count { strengths.scale(row: t, by: scan.strengthScale, count: scan.heads) }
  }

  private func run(_ scan: GatedScan, _ pieces: [Run], channels: Int) {
    for piece in pieces {
      scan.keep.apply(convolved, rows: piece.rows, into: steps, pool: pool)
      scan.gate.apply(convolved, rows: piece.rows, into: strengths, pool: pool)
      Activation.sigmoid.apply(steps, times: nil, rows: piece.rows, width: channels, pool: pool)
      Activation.sigmoid.apply(strengths, times: convolved, rows: piece.rows, width: channels, pool: pool)
      let (first, isFirst) = (piece.rows.lowerBound, piece.state.position == 0)
      pool.forRanges(piece.rows.count, work: 16 * channels) { part in
        for t in part {
          strata_keep(
            steps.row(first + t), scan.decays, strengths.row(first + t), isFirst && t == 0 ? 1 : 0, channels)
        }
      }
    }
    let rows = pieces.map { piece in
      let first = piece.rows.lowerBound
      return strata_kept_row(
        kept: steps.row(first), kept_stride: steps.columns, written: strengths.row(first),
        written_stride: strengths.columns, state: piece.state.scan?.start, output: inner.row(first),
        output_stride: inner.columns, tokens: piece.rows.count)
    }
    strata_scan_kept(pool.handle, rows, rows.count, channels)
  }

  private func run(_ scan: HeadScan, _ pieces: [Run]) {
    if let epsilon = scan.unitNorm {
      for piece in pieces {
        pool.forRanges(piece.rows.count, work: 4 * scan.keyHeads * scan.keyWidth) { part in
          for t in part {
            let row = convolved.row(piece.rows.lowerBound + t)
            strata_unit_norm(row + scan.queryStart, scan.keyHeads, scan.keyWidth, epsilon, scan.queryScale)
            strata_unit_norm(row + scan.keyStart, scan.keyHeads, scan.keyWidth, epsilon, 1)
          }
        }
      }
    }
    let written = scan.strengths == nil ? steps : strengths
    let rows = pieces.flatMap { piece -> [strata_head_row] in
      guard let state = piece.state.scan else { return [] }
      let first = piece.rows.lowerBound
      let from = convolved.row(first)
      return (0..<scan.heads).map { head in
        let key = scan.keyHead(head) * scan.keyWidth
        return strata_head_row(
          query: from + scan.queryStart + key, key: from + scan.keyStart + key,
          value: from + scan.valueStart + head * scan.valueWidth, stride: convolved.columns,
          kept: kept.row(first) + head * scan.ownSteps, kept_stride: kept.columns, written: written.row(first) + head,
          written_stride: written.columns,
          skip: scan.skips?[head] ?? 0, state: state.row(head * scan.keyWidth),
          output: inner.row(first) + head * scan.valueWidth, output_stride: inner.columns, tokens: piece.rows.count)
      }
    }
    var how = strata_head_scan(
      key_width: scan.keyWidth, value_width: scan.valueWidth, corrects: scan.corrects ? 1 : 0,
      kept_by_key: scan.decaysByKey ? 1 : 0)
    strata_scan_heads(pool.handle, rows, rows.count, &how)
  }

  private func run(_ scan: ChannelScan, _ pieces: [Run]) {
    let (rank, width) = (scan.rank, scan.rank + 2 * scan.states)
    let channels = scan.steps.outputs / scan.heads
    // The tokens of all pieces, which may lie apart in the batch.
    for piece in pieces {
      let (first, count) = (piece.rows.lowerBound, piece.rows.count)
      scan.inputs.apply(convolved, rows: piece.rows, into: low, pool: pool)
      for head in 0..<scan.heads {
        for t in piece.rows {
          let row = low.row(t) + head * width
          scan.stepNorm?.apply(row: row, count: rank, into: row)
          scan.keyNorm?.apply(row: row + rank, count: scan.states, into: row + rank)
          let queries = row + rank + scan.states
          scan.queryNorm?.apply(row: queries, count: scan.states, into: queries)
        }
        scan.steps.parts[head].apply(
          low.part(from: head * width, row: first), count: count,
          into: steps.part(from: head * channels, row: first), pool: pool)
      }
      pool.forRanges(count, work: 16 * scan.steps.outputs) { part in
        for t in part { strata_steps(steps.row(first + t), nil, 0, .infinity, scan.steps.outputs) }
      }
    }
    for head in 0..<scan.heads {
      let rows = pieces.map { piece in
        let (first, column) = (piece.rows.lowerBound, head * channels)
        let keys = low.row(first) + head * width + rank
        return strata_channel_row(
          values: convolved.row(first) + column, value_stride: convolved.columns, steps: steps.row(first) + column,
          step_stride: steps.columns, keys: keys, queries: keys + scan.states, key_stride: low.columns,
          state: piece.state.scan.map { $0.start + head * scan.states * channels },
          output: inner.row(first) + column, output_stride: inner.columns, tokens: piece.rows.count)
      }
      scan.withKernel(head: head) { strata_scan_channels(pool.handle, rows, rows.count, &$0) }
    }
  }
}

extension Gate {
  /// gate = activation(gate) * x, with the norm before or after, for the first `count` rows; x may change.
  fileprivate func apply(_ gate: FloatMatrix, to x: FloatMatrix, count: Int, width: Int, pool: ThreadPool) {
    if normsFirst { norm?.apply(x, width: width, rows: 0..<count, into: x, pool: pool) }
    activation.apply(gate, times: x, count: count, width: width, pool: pool)
    if !normsFirst { norm?.apply(gate, width: width, rows: 0..<count, into: gate, pool: pool) }
  }
}

extension Convolution {
  /// Calls `body` with the convolution in the kernels' form.
  fileprivate func withKernel(_ body: (inout strata_convolution) -> Void) {
    weights.withUnsafeBufferPointer { weights in
      var convolution = strata_convolution(
        weights: weights.baseAddress, bias: nil, channels: channels, kernel: kernel)
      guard let bias else { return body(&convolution) }
      bias.withUnsafeBufferPointer {
        convolution.bias = $0.baseAddress
        body(&convolution)
      }
    }
  }
}

extension ChannelScan {
  /// The number of heads.
  fileprivate var heads: Int { steps.parts.count }
  /// Rank of a head's steps.
  fileprivate var rank: Int { steps.parts[0].weights.columns }

  /// Calls `body` with a head's scan in the kernels' form.
  fileprivate func withKernel(head: Int, _ body: (inout strata_channel_scan) -> Void) {
    let channels = decays.count / (states * heads)
    decays.withUnsafeBufferPointer { decays in
      var scan = strata_channel_scan(
        decays: decays.baseAddress.map { $0 + head * states * channels }, skips: nil, channels: channels,
        states: states)
      guard let skips else { return body(&scan) }
      skips.withUnsafeBufferPointer {
        scan.skips = $0.baseAddress.map { $0 + head * channels }
        body(&scan)
      }
    }
  }
}

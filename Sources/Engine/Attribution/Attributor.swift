import Traces

/// Attributes the difference of two logits at one position to the parts of the network.
///
/// The direction in which the difference grows is taken back from the head through the norms and factors that lie between a part and the
/// head; what a part adds is its product with the direction. Everything is summed in double precision.
struct Attributor {
  private let network: Network
  private let states: PartStates
  private let token: Int
  /// Along the final state, before the final norm.
  private let direction: [Double]
  /// Along the final norm's output.
  private let read: [Double]
  private let finalBias: Double?
  private let headBias: Double?

  /// The parts of a token of a step, for the logit of `target` less that of `foil`.
  init(_ network: Network, _ states: PartStates, token: Int, target: Int, foil: Int) {
    (self.network, self.states, self.token) = (network, states, token)
    let head = network.output.head.direction(target, less: foil)
    var (read, bias) = (head.direction, head.bias)
    if let projection = network.output.projection {
      let before = projection.before(read)
      if projection.bias != nil || projection.update?.bias != nil { bias = (bias ?? 0) + before.bias }
      read = before.direction
    }
    self.read = read
    headBias = bias
    if let norm = network.output.norm {
      let frozen = FrozenNorm(norm, at: states.stream(2 * network.blocks.count, token: token))
      finalBias = frozen.bias(along: read)
      direction = frozen.before(read)
    } else {
      finalBias = nil
      direction = read
    }
  }

  /// A part in double precision.
  struct Part {
    var kind: Trace.Attribution.Kind
    var layer: Int?
    var value: Double
    var lens: Double?
    var heads: [Double]?
  }

  /// All parts in the order in which the model adds them.
  func parts() -> [Part] {
    var along = direction
    // From the last part to the first.
    var parts: [Part] = []
    for (index, block) in network.blocks.enumerated().reversed() {
      along = along.times(Double(block.outputScale))
      var own: [Part] = []
      if block.perLayer != nil {
        own.append(Part(kind: .perLayer, layer: index, value: along.dot(values(.perLayer, index))))
      }
      let mlp = self.mlp(block, index, &along)
      let mixer = self.mixer(block, index, &along)
      own = mixer + mlp + own
      // The state after a share is a point of the network only where nothing of the block is still to be added to it.
      if let last = own.indices.last { own[last].lens = lens(2 * index + 2) }
      if !mlp.isEmpty || block.perLayer != nil, let last = mixer.indices.last {
        own[last].lens = lens(2 * index + 1)
      }
      parts = own + parts
    }
    parts.insert(
      Part(kind: .embedding, value: along.dot(states.stream(0, token: token)), lens: lens(0)), at: 0)
    if let finalBias { parts.append(Part(kind: .finalNormBias, value: finalBias)) }
    if let headBias { parts.append(Part(kind: .headBias, value: headBias)) }
    return parts
  }

  /// What the MLP adds, and biases of norms of the stream after it; `along` becomes the direction before it.
  private func mlp(_ block: Block, _ index: Int, _ along: inout [Double]) -> [Part] {
    guard block.mlp != nil else { return [] }
    let bias = passNorm(block.mlpStreamNorm, at: .fed, index, &along)
    let value = along.dot(values(.mlpChange, index)) * Double(block.residualScale)
    var parts = [Part(kind: .mlp, layer: index, value: value)]
    if let keep = block.keeps?.mlp { along = zip(along, keep).map { $0 * Double($1) } }
    // The stream itself is replaced by the norm's output.
    if block.addsToNormed, let norm = block.mlpNorm {
      let frozen = FrozenNorm(norm, at: states.stream(2 * index + 1, token: token))
      along = along.times(Double(block.normedScales.mlp))
      if let value = frozen.bias(along: along) {
        parts.insert(Part(kind: .normBias, layer: index, value: value), at: 0)
      }
      along = frozen.before(along)
    }
    return parts + bias
  }

  /// The same for the mixer.
  private func mixer(_ block: Block, _ index: Int, _ along: inout [Double]) -> [Part] {
    guard block.attention != nil || block.recurrent != nil else { return [] }
    let bias = passNorm(block.attentionStreamNorm, at: .mixed, index, &along)
    var parts: [Part] = []
    let attention = values(.attention, index)
    let recurrent = values(.recurrent, index)
    var before = along.times(Double(block.residualScale))
    var postBias = 0.0
    if let norm = block.attentionPostNorm {
      var sum = attention.isEmpty ? recurrent : attention
      if !attention.isEmpty, !recurrent.isEmpty { sum = zip(attention, recurrent).map { $0 + $1 } }
      let frozen = FrozenNorm(norm, at: sum)
      postBias = frozen.bias(along: before) ?? 0
      before = frozen.before(before)
    }
    if block.recurrent != nil {
      let own = before.dot(recurrent) + (block.attention == nil ? postBias : 0)
      parts.append(Part(kind: .recurrent, layer: index, value: own))
    }
    if let layer = block.attention {
      let heads = layer.headsBefore(before, choice: values(.choice, index))
      let attended = values(.heads, index)
      let width = heads.count / layer.outputHeads
      parts.append(
        Part(
          kind: .attention, layer: index, value: before.dot(attention) + postBias,
          heads: (0..<layer.outputHeads).map { head in
            (head * width..<(head + 1) * width).reduce(0) { $0 + heads[$1] * attended[$1] }
          }))
    }
    if let keep = block.keeps?.mixer { along = zip(along, keep).map { $0 * Double($1) } }
    if block.addsToNormed, let norm = block.attentionNorm {
      let frozen = FrozenNorm(norm, at: states.stream(2 * index, token: token))
      along = along.times(Double(block.normedScales.mixer))
      if let value = frozen.bias(along: along) {
        parts.insert(Part(kind: .normBias, layer: index, value: value), at: 0)
      }
      along = frozen.before(along)
    }
    return parts + bias
  }

  /// Takes the direction back through a norm of the stream, which gives a part where the norm has a bias.
  private func passNorm(_ norm: Norm?, at place: PartPlace, _ index: Int, _ along: inout [Double]) -> [Part] {
    guard let norm else { return [] }
    let frozen = FrozenNorm(norm, at: values(place, index))
    let bias = frozen.bias(along: along)
    along = frozen.before(along)
    return bias.map { [Part(kind: .normBias, layer: index, value: $0)] } ?? []
  }

  private func values(_ place: PartPlace, _ block: Int) -> [Double] { states.values(place, block: block, token: token) }

  /// The logit lens's difference at a point, with the norm of the state there.
  private func lens(_ point: Int) -> Double {
    let state = states.stream(point, token: token)
    let normed = network.output.norm.map { FrozenNorm($0, at: state).value(state) } ?? state
    return read.dot(normed) + (headBias ?? 0)
  }
}

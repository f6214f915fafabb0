/// A projection of a network to which an adapter may add a change.
struct AdapterSite {
  /// The order of the file's rows, compared with the published model.
  enum Rows {
    case published
    /// Halves of each head interleaved (llama.cpp's Llama).
    case interleaved(heads: Int, width: Int)
    /// Queries, keys and values one after the other instead of in groups for each key head.
    case ungrouped(heads: Int, kvHeads: Int, width: Int)

    /// The published row of a stored row; nil when the order is the same.
    func published(_ count: Int) -> [Int]? {
      switch self {
      case .published: return nil
      case .interleaved(let heads, let width):
        let half = width / 2
        guard heads * width == count else { return nil }
        return (0..<count).map { row in
          let within = row % width
          return row - within + within % 2 * half + within / 2
        }
      case .ungrouped(let heads, let kvHeads, let width):
        let queries = heads / kvHeads
        let group = (queries + 2) * width
        guard kvHeads * group == count else { return nil }
        return (0..<count).map { row in
          let (head, within) = (row / width, row % width)
          if head < heads { return head / queries * group + head % queries * width + within }
          let other = head - heads
          return other % kvHeads * group + (queries + other / kvHeads) * width + within
        }
      }
    }
  }

  /// Names without prefixes of outer models; an adapter may use any of them.
  var keys: [String]
  /// Its name in a folder.
  var folderName: String
  var rows = Rows.published
  /// Whether the tensor belongs to this projection alone, even if the file stores it with others (experts).
  var isWhole = false
  /// Its expert, and the part of the expert.
  var expert: (block: Int, index: Int, part: String)?
  /// Whether one tensor of the file holds this part of all experts.
  var isStacked = false
  /// Whether it chooses experts.
  var isRouter = false
}

extension Network {
  /// Visits all projections except the head, which may be changed there; `isGGUF` gives the kind of their file.
  mutating func eachProjection(
    _ names: ModuleNames, isGGUF: Bool, _ body: (inout Projection, AdapterSite) throws -> Void
  ) throws {
    func site(_ projection: Projection, _ rows: AdapterSite.Rows) -> AdapterSite {
      let name = ModuleNames.module(of: projection.weights.name)
      let all = names.all(of: name)
      return AdapterSite(
        keys: all.map { ModuleNames.canonical($0) }, folderName: (isGGUF ? all.last : all.first) ?? name, rows: rows)
    }
    func put(_ projection: inout Projection, _ rows: AdapterSite.Rows) throws {
      try body(&projection, site(projection, rows))
    }
    if var projection = embedding.projection {
      try put(&projection, .published)
      embedding.projection = projection
    }
    if var encoder {
      // An encoder's projections are those of a network of the same blocks.
      var own = Network(embedding: encoder.stack.embedding, blocks: encoder.stack.blocks, output: output)
      own.output.projection = nil
      try own.eachProjection(names, isGGUF: isGGUF, body)
      encoder.stack = own.stack
      self.encoder = encoder
    }
    for index in blocks.indices {
      if var attention = blocks[index].attention {
        try visit(attention: &attention, names, isGGUF: isGGUF, put)
        blocks[index].attention = attention
      }
      if var cross = blocks[index].cross {
        try put(&cross.query, .published)
        try put(&cross.key, .published)
        try put(&cross.value, .published)
        try put(&cross.output, .published)
        blocks[index].cross = cross
      }
      if var recurrent = blocks[index].recurrent {
        try recurrent.eachProjection { try put(&$0, .published) }
        blocks[index].recurrent = recurrent
      }
      for place in [\Block.attentionNormGate, \Block.mlpNormGate] {
        guard var gate = blocks[index][keyPath: place] else { continue }
        try put(&gate.down, .published)
        try put(&gate.up, .published)
        blocks[index][keyPath: place] = gate
      }
      for place in [\Block.mlp, \Block.later] {
        guard var mlp = blocks[index][keyPath: place] else { continue }
        try visit(mlp: &mlp, block: mlp.storedBlock ?? index, site, body)
        blocks[index][keyPath: place] = mlp
      }
      if var messages = blocks[index].depth?.messages {
        for gate in messages.gates.indices {
          try put(&messages.gates[gate].down, .published)
          try put(&messages.gates[gate].forget, .published)
          try put(&messages.gates[gate].gain, .published)
        }
        blocks[index].depth?.messages = messages
      }
      if var shifted = blocks[index].shiftedMLP {
        try put(&shifted.gate, .published)
        blocks[index].shiftedMLP = shifted
      }
      if var follower = blocks[index].follower {
        try put(&follower.mlp.up, .published)
        try put(&follower.mlp.down, .published)
        blocks[index].follower = follower
      }
      if var way = blocks[index].augmented {
        try put(&way.down, .published)
        try put(&way.up, .published)
        blocks[index].augmented = way
      }
      if var update = blocks[index].alternating {
        try put(&update.router, .published)
        try put(&update.prediction, .published)
        try put(&update.correction, .published)
        blocks[index].alternating = update
      }
      if var use = blocks[index].perLayer {
        try put(&use.gate, .published)
        try put(&use.projection, .published)
        blocks[index].perLayer = use
      }
    }
    if var inputs = embedding.perLayer {
      try put(&inputs.projection, .published)
      embedding.perLayer = inputs
    }
    if var streams = embedding.streams {
      // A GGUF file stores all of a kind as one tensor.
      func stream(_ kind: String, _ index: Int) -> AdapterSite {
        AdapterSite(keys: ["\(kind).\(index)"], folderName: "\(kind).\(index)", isWhole: true)
      }
      for index in streams.entries.indices {
        try body(&streams.entries[index], stream("altup_projections", index))
        try body(&streams.exits[index], stream("altup_unembed_projections", index))
      }
      embedding.streams = streams
    }
    if var projection = output.projection {
      try put(&projection, .published)
      output.projection = projection
    }
  }

  private typealias Visit = (inout Projection, AdapterSite.Rows) throws -> Void

  private func visit(
    attention: inout Attention, _ names: ModuleNames, isGGUF: Bool, _ visit: Visit
  ) throws {
    let (heads, kvHeads, width) = (attention.heads, attention.kvHeads, attention.headWidth)
    switch attention.inputs {
    case .separate(var query, var key, var value):
      var rows = [AdapterSite.Rows](repeating: .published, count: 3)
      if attention.interleavedRows {
        rows[0] = .interleaved(heads: heads, width: width)
        rows[1] = .interleaved(heads: kvHeads, width: width)
      } else if isGGUF, names.grouped.contains(ModuleNames.module(of: query.weights.name)) {
        rows = rows.map { _ in .ungrouped(heads: heads, kvHeads: kvHeads, width: width) }
      }
      try visit(&query, rows[0])
      try visit(&key, rows[1])
      try visit(&value, rows[2])
      attention.inputs = .separate(query: query, key: key, value: value)
    case .grouped(var projection):
      try visit(&projection, .published)
      attention.inputs = .grouped(projection)
    case .sharded(var projection, let count):
      try visit(&projection, .published)
      attention.inputs = .sharded(projection, count: count)
    case .keysAsValues(var query, var key):
      try visit(&query, .published)
      try visit(&key, .published)
      attention.inputs = .keysAsValues(query: query, key: key)
    case .shared(var query, let block):
      try visit(&query, .published)
      attention.inputs = .shared(query: query, block: block)
    case .latent(var latent):
      try visit(&latent.query, .published)
      if var rise = latent.queryRise {
        try visit(&rise.projection, .published)
        latent.queryRise = rise
      }
      try visit(&latent.compression, .published)
      for head in latent.keys.indices {
        // A change is one of the stored rows, which are the other way round.
        var stored = latent.keys[head].flipped
        try visit(&stored, .published)
        latent.keys[head].update = stored.flipped.update
        try visit(&latent.values[head], .published)
      }
      attention.inputs = .latent(latent)
    case .oneKey(var inputs):
      try visit(&inputs.query, .published)
      try visit(&inputs.rise, .published)
      try visit(&inputs.key, .published)
      attention.inputs = .oneKey(inputs)
    case .convolved(var inputs):
      try visit(&inputs.query, .published)
      try visit(&inputs.key, .published)
      try visit(&inputs.value, .published)
      try visit(&inputs.nextValue, .published)
      attention.inputs = .convolved(inputs)
    case .chosen(var experts, var key, var value):
      // The queries and outputs of experts are tensors of all experts, which no adapter changes.
      try visit(&experts.router.projection, .published)
      try visit(&key, .published)
      try visit(&value, .published)
      attention.inputs = .chosen(experts, key: key, value: value)
      return
    case .gated(var queriesAndGates, var key, var value):
      try visit(&queriesAndGates, .published)
      try visit(&key, .published)
      try visit(&value, .published)
      attention.inputs = .gated(queriesAndGates: queriesAndGates, key: key, value: value)
    }
    if var compression = attention.compression {
      try visit(&compression.keys.contents, .published)
      try visit(&compression.keys.gates, .published)
      if var indexer = compression.indexer {
        try visit(&indexer.keys.contents, .published)
        try visit(&indexer.keys.gates, .published)
        try visit(&indexer.query, .published)
        try visit(&indexer.shares, .published)
        compression.indexer = indexer
      }
      attention.compression = compression
    }
    if var scores = attention.keyScores {
      try visit(&scores.projection, .published)
      attention.keyScores = scores
    }
    for place in [\Attention.keyConvolution, \Attention.valueConvolution] {
      guard var taps = attention[keyPath: place]?.taps else { continue }
      try visit(&taps, .published)
      attention[keyPath: place]?.taps = taps
    }
    if var shares = attention.relativeBias?.shares {
      try visit(&shares, .published)
      attention.relativeBias?.shares = shares
    }
    for place in [\Attention.gate, \Attention.ownSinks] {
      guard var projection = attention[keyPath: place] else { continue }
      try visit(&projection, .published)
      attention[keyPath: place] = projection
    }
    try visit(&attention.output, .published)
  }

  private func visit(
    mlp part: inout FeedForward, block: Int, _ site: (Projection, AdapterSite.Rows) -> AdapterSite,
    _ body: (inout Projection, AdapterSite) throws -> Void
  ) throws {
    switch part {
    case .dense(var mlp):
      if var gate = mlp.gate {
        try body(&gate, site(gate, .published))
        mlp.gate = gate
      }
      try body(&mlp.up, site(mlp.up, .published))
      try body(&mlp.down, site(mlp.down, .published))
      part = .dense(mlp)
    case .experts(var experts):
      var router = site(experts.router.projection, .published)
      if var mlp = experts.router.mlp {
        try body(&mlp.down, site(mlp.down, .published))
        for index in mlp.layers.indices {
          let own = site(mlp.layers[index], .published)
          try body(&mlp.layers[index], own)
        }
        experts.router.mlp = mlp
      } else {
        router.isRouter = true
      }
      try body(&experts.router.projection, router)
      for index in experts.all.indices {
        // A matrix of a stack has its number at the end of its name.
        let isStacked = experts.all[index].up.weights.name.hasSuffix("]")
        func expert(_ part: String) -> AdapterSite {
          let name = "layers.\(block).mlp.experts.\(index).\(part)"
          return AdapterSite(
            keys: [name], folderName: name, isWhole: true, expert: (block, index, part), isStacked: isStacked)
        }
        if var gate = experts.all[index].gate {
          try body(&gate, expert("gate_proj"))
          experts.all[index].gate = gate
        }
        try body(&experts.all[index].up, expert(experts.all[index].hasInterleavedGate ? "gate_up_proj" : "up_proj"))
        try body(&experts.all[index].down, expert("down_proj"))
      }
      part = .experts(experts)
    case .sum(var summands):
      for index in summands.indices {
        try visit(mlp: &summands[index].part, block: block, site, body)
        if var gate = summands[index].gate {
          try body(&gate, site(gate, .published))
          summands[index].gate = gate
        }
      }
      part = .sum(summands)
    }
  }
}

extension Network {
  /// The number of experts by the number of their block in the files.
  var expertCounts: [Int: Int] {
    var counts: [Int: Int] = [:]
    for (index, block) in blocks.enumerated() {
      for part in [block.mlp, block.later].compactMap({ $0 }) {
        if let mixture = part.mixtures.first { counts[part.storedBlock ?? index] = mixture.all.count }
      }
    }
    return counts
  }
}

extension FeedForward {
  /// The number of its block in the names of a folder's tensors; nil for one without experts, and in GGUF.
  fileprivate var storedBlock: Int? {
    let parts = mixtures.first?.router.projection.weights.name.split(separator: ".") ?? []
    return parts.firstIndex(of: "layers").flatMap { $0 + 1 < parts.count ? Int(parts[$0 + 1]) : nil }
  }
}

extension ModuleNames {
  /// The module of a weight.
  static func module(of weight: String) -> String {
    weight.hasSuffix(".weight") ? String(weight.dropLast(".weight".count)) : weight
  }
}

extension Recurrent {
  /// Visits its projections, which may be changed there.
  fileprivate mutating func eachProjection(_ body: (inout Projection) throws -> Void) rethrows {
    func visit(_ joined: inout JoinedProjection) throws {
      for index in joined.parts.indices { try body(&joined.parts[index]) }
    }
    try visit(&channels)
    if var projection = inputGate {
      try body(&projection)
      inputGate = projection
    }
    switch scan {
    case .channels(var scan):
      for index in scan.inputs.parts.indices { try body(&scan.inputs.parts[index]) }
      for index in scan.steps.parts.indices { try body(&scan.steps.parts[index]) }
      self.scan = .channels(scan)
    case .heads(var scan):
      if var steps = scan.steps {
        try visit(&steps)
        scan.steps = steps
      }
      if var strengths = scan.strengths {
        try visit(&strengths)
        scan.strengths = strengths
      }
      self.scan = .heads(scan)
    case .exponential(var scan):
      try body(&scan.inputs)
      try body(&scan.forgets)
      self.scan = .exponential(scan)
    // Its gates are stored as one tensor for all heads, which no adapter changes.
    case .gated, .weighted, nil: break
    }
    if var gate {
      try visit(&gate.projection)
      self.gate = gate
    }
    try body(&output)
  }
}

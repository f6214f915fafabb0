// Zamba (Glorioso et al. 2024) and Zamba2 (Glorioso et al. 2024, The Zamba2 Suite). Follows transformers' modeling_zamba.py and
// modeling_zamba2.py; llama.cpp does not run them.

extension DecoderLayers.Names {
  fileprivate static let zamba = DecoderLayers.Names(finalNorm: "final_layernorm", headWidth: nil)
}

extension Architecture {
  /// Zamba: Mamba mixers of several heads, some with one shared block of attention and MLP beside the stream.
  public static let zamba = Architecture(name: "Zamba", ggufName: nil, modelTypes: ["zamba"]) { settings, weights in
    if let joined = try settings.count(gguf: nil, config: "attention_hidden_size"), joined != 2 * settings.width {
      throw settings.refuse(
        gguf: nil, config: "attention_hidden_size", found: "\(joined)",
        expected: "\(2 * settings.width), the stream and the first state")
    }
    let headWidth = try settings.count(gguf: nil, config: "attention_head_dim")
    var decoder = try zambaDecoder(settings, weights, headWidth)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    let hybrids = try settings.hybridBlocks {
      let period = try settings.count(gguf: nil, config: "attn_layer_period") ?? 6
      let offset = try settings.whole(gguf: nil, config: "attn_layer_offset") ?? 4
      // The third block, and from the fourth on those at an offset.
      return (0..<settings.layers).filter { $0 == 2 || $0 > 2 && ($0 - 3) % period == offset }
    }
    let mixer = try ZambaMixer(decoder)
    let shared = ZambaSharedBlocks(
      decoder: decoder, folder: "shared_transf", hybrids: hybrids, inner: try decoder.innerWidth())
    return try zambaNetwork(decoder, hybrids, shared) { try mixer.recurrent($0, "\($1)mamba") }
  }

  /// Zamba2: Mamba 2 mixers, some with one of a few shared blocks, to each use of which changes of low rank belong.
  public static let zamba2 = Architecture(name: "Zamba2", ggufName: nil, modelTypes: ["zamba2"]) { settings, weights in
    var decoder = try zambaDecoder(settings, weights, nil)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    let hybrids = try settings.hybridBlocks {
      throw LoadError.missingSetting(key: "layers_block_type", path: settings.files.path)
    }
    try settings.require(false, config: "use_long_context")
    settings.changesNothing(
      config: [
        "attention_head_dim", "attention_hidden_size", "mamba_headdim", "kv_channels", "num_query_groups",
        "hybrid_layer_ids",
        "ffn_hidden_size",
      ],
      because: "transformers derives it from other settings")
    settings.changesNothing(
      config: ["use_conv_bias"], because: "convolutions of this family always have a bias")
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "add_bias_linear") ?? false, in: settings.files.kind)
    var mixer = try Mamba2Mixer(
      decoder, folder: "mamba", heads: "n_mamba_heads", headWidth: nil, groups: "mamba_ngroups",
      states: "mamba_d_state", kernel: "mamba_d_conv", activation: nil,
      inner: (try settings.count(gguf: nil, config: "mamba_expand") ?? 2) * settings.width)
    (mixer.inputBias, mixer.outputBias, mixer.epsilon) = (bias, bias, 1e-5)
    mixer.stepLimits = Float(try settings.real(gguf: nil, config: "time_step_min") ?? 0.001)...Float.infinity
    var shared = ZambaSharedBlocks(
      decoder: decoder, folder: "shared_transformer", hybrids: hybrids,
      inner: try settings.count(gguf: nil, config: "intermediate_size") ?? 4 * settings.width)
    shared.count = try settings.count(gguf: nil, config: "num_mem_blocks") ?? 1
    shared.bias = bias
    shared.rank = try settings.count(gguf: nil, config: "adapter_rank") ?? 128
    shared.changesAttention = try settings.flag(gguf: nil, config: "use_shared_attention_adapter") ?? false
    if try settings.flag(gguf: nil, config: "use_mem_rope") ?? false {
      shared.rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
        .rotation()
    } else {
      settings.changesNothing(
        config: ["rope_theta", "rope_parameters"],
        because: "use_mem_rope is not true")
    }
    return try zambaNetwork(decoder, hybrids, shared) { [mixer] layer, place in
      var own = mixer
      own.folder = "\(place)mamba"
      return try own.recurrent(layer)
    }
  }

  /// Heads share twice the width of the stream, unless they have a width of their own.
  private static func zambaDecoder(
    _ settings: ModelSettings, _ weights: WeightLoader, _ headWidth: Int?
  ) throws -> DecoderLayers {
    guard headWidth != nil || 2 * settings.width % settings.heads == 0 else {
      throw settings.refuse(
        gguf: nil, config: "num_attention_heads", found: "\(settings.heads)",
        expected: "a divisor of \(2 * settings.width), twice the width")
    }
    return try DecoderLayers(
      settings, weights, ownHeadWidth: headWidth ?? 2 * settings.width / settings.heads, names: .zamba)
  }

  private static func zambaNetwork(
    _ decoder: DecoderLayers, _ hybrids: [Int], _ shared: ZambaSharedBlocks,
    mixer: (_ layer: Int, _ place: String) throws -> Recurrent
  ) throws -> Network {
    try decoder.network(tiedByDefault: true) { layer in
      let place = hybrids.contains(layer) ? "mamba_decoder." : ""
      return Block(
        attentionNorm: try decoder.norm(layer, "", "\(place)input_layernorm"), recurrent: try mixer(layer, place),
        side: try hybrids.firstIndex(of: layer).map { try shared.branch(use: $0) })
    }
  }
}

extension ModelSettings {
  /// The blocks beside which a shared one stands: those called 'hybrid' in `layers_block_type`, or without it the given ones.
  fileprivate func hybridBlocks(or usual: () throws -> [Int]) throws -> [Int] {
    guard let types = try strings(gguf: nil, config: "layers_block_type") else { return try usual() }
    guard types.count == layers, types.allSatisfy({ ["mamba", "linear_attention", "hybrid"].contains($0) }) else {
      throw refuse(
        gguf: nil, config: "layers_block_type", found: "\(types)", expected: "\(layers) of 'mamba' and 'hybrid'")
    }
    changesNothing(config: ["attn_layer_period", "attn_layer_offset"], because: "layers_block_type is given")
    return types.indices.filter { types[$0] == "hybrid" }
  }
}

/// The blocks that several others share.
private struct ZambaSharedBlocks {
  let decoder: DecoderLayers
  let folder: String
  /// The blocks beside which they stand.
  let hybrids: [Int]
  /// Width of the MLP's hidden layer.
  let inner: Int
  /// How many there are, used in turn.
  var count = 1
  var rotation: Rotation?
  var bias = WeightLoader.Bias.absent
  /// Rank of the changes that belong to a use; nil if there are none.
  var rank: Int?
  var changesAttention = false

  /// What stands beside the block of a use; its weights are stored with it, or with the first use of the shared block.
  func branch(use: Int) throws -> SideBranch {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    let layer = hybrids[use]
    let stored = decoder.name(layer, "", "\(folder).")
    let isStored = weights.files.tensors.keys.contains { $0.hasPrefix(stored) }
    let owner = isStored ? layer : hybrids[use % count]
    func name(_ part: String) -> String { decoder.name(owner, "", "\(folder).\(part)") }
    ignoreOtherUses(in: layer)
    func part(_ letter: String, _ out: Int) throws -> Projection {
      var projection = try weights.projection(name("self_attn.\(letter)_proj"), out, 2 * width)
      if changesAttention {
        projection.ownUpdate = try change(name("self_attn.linear_\(letter)_adapter_list.\(use)"), out, 2 * width)
      }
      return projection
    }
    let headWidth = decoder.headWidth
    let attention = Attention(
      inputs: .separate(
        query: try part("q", decoder.queryWidth), key: try part("k", decoder.keyWidth),
        value: try part("v", decoder.keyWidth)),
      output: try weights.projection(name("self_attn.o_proj"), width, decoder.queryWidth),
      heads: decoder.settings.heads, kvHeads: decoder.kvHeads, headWidth: headWidth, rotation: rotation,
      scale: 1 / (Float(headWidth) / 2).squareRoot())
    return SideBranch(
      norm: try decoder.norm(name("input_layernorm"), width: 2 * width), attention: attention,
      mlpNorm: try decoder.norm(name("pre_ff_layernorm"), width: width), mlp: .dense(try mlp(use, name)),
      output: try weights.projection(decoder.name(layer, "", "linear"), width, width))
  }

  /// Passes over changes that belong to other uses, which a block that is stored on its own has, too.
  private func ignoreOtherUses(in layer: Int) {
    let lists =
      ["q", "k", "v"].map { "self_attn.linear_\($0)_adapter_list" } + ["feed_forward.gate_up_proj_adapter_list"]
    for (list, use) in lists.flatMap({ list in hybrids.indices.map { (list, $0) } }) {
      for part in 0...1 { decoder.weights.ignore(decoder.name(layer, "", "\(folder).\(list).\(use).\(part).weight")) }
    }
  }

  private func mlp(_ use: Int, _ name: (String) -> String) throws -> MLP {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    let down = try weights.projection(name("feed_forward.down_proj"), width, inner, bias: bias)
    guard rank != nil else {
      return MLP(
        gate: try weights.projection(name("feed_forward.gate_proj"), inner, width),
        up: try weights.projection(name("feed_forward.up_proj"), inner, width), down: down,
        activation: decoder.activation)
    }
    var both = try weights.projection(name("feed_forward.gate_up_proj"), 2 * inner, width, bias: bias)
    both.ownUpdate = try change(name("feed_forward.gate_up_proj_adapter_list.\(use)"), 2 * inner, width)
    return MLP(
      gate: both.slice(0..<inner), up: both.slice(inner..<(2 * inner)), down: down, activation: decoder.activation)
  }

  /// The change of low rank that belongs to a use.
  private func change(_ name: String, _ out: Int, _ input: Int) throws -> LowRankUpdate? {
    try rank.map { rank in
      LowRankUpdate(
        down: try decoder.weights.matrix("\(name).0.weight", rank, input),
        up: try decoder.weights.matrix("\(name).1.weight", out, rank), scale: 1)
    }
  }
}

/// Zamba's Mamba mixer: heads with inputs and steps of their own, and rows of the gate among those of the channels.
private struct ZambaMixer {
  let decoder: DecoderLayers
  let inner: Int
  let heads: Int
  let states: Int
  let kernel: Int
  let rank: Int
  let activation: Activation
  let bias: WeightLoader.Bias
  let convolutionBias: WeightLoader.Bias

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.decoder = decoder
    inner = (try settings.count(gguf: nil, config: "mamba_expand") ?? 2) * settings.width
    heads = try settings.count(gguf: nil, config: "n_mamba_heads") ?? 2
    states = try settings.requiredCount(gguf: "", config: "mamba_d_state")
    kernel = try settings.requiredCount(gguf: "", config: "mamba_d_conv")
    rank =
      try (settings.isAutomatic("mamba_dt_rank") ? nil : settings.count(gguf: nil, config: "mamba_dt_rank"))
      ?? (settings.width + 15) / 16
    activation = try settings.activation(config: "hidden_mamba_act", usual: .silu)
    bias = .said(try settings.flag(gguf: nil, config: "mamba_proj_bias") ?? false, in: settings.files.kind)
    convolutionBias = .said(
      try settings.flag(gguf: nil, config: "mamba_conv_bias") ?? true, in: settings.files.kind)
    guard inner % heads == 0 else {
      throw settings.refuse(
        gguf: nil, config: "n_mamba_heads", found: "\(heads)", expected: "a divisor of the \(inner) channels")
    }
  }

  func recurrent(_ layer: Int, _ folder: String) throws -> Recurrent {
    let (weights, width, own) = (decoder.weights, decoder.settings.width, inner / heads)
    func name(_ part: String) -> String { decoder.name(layer, "", "\(folder).\(part)") }
    let rows = try decoder.decays(name("A_log"), shape: [heads, own, states])
    var decays = rows
    for head in 0..<heads {
      for channel in 0..<own {
        for state in 0..<states {
          decays[(head * states + state) * own + channel] = rows[(head * own + channel) * states + state]
        }
      }
    }
    let bias = try weights.table(name("dt_proj_bias"), heads, own)
    let steps = try weights.stack(name("dt_proj_weight"), heads, own, rank).enumerated().map { head, matrix in
      Projection(weights: matrix, bias: Array(bias[(head * own)..<((head + 1) * own)]))
    }
    let inputs = try weights.stack(name("x_proj_weight"), heads, rank + 2 * states, own)
    return Recurrent(
      channels: JoinedProjection(parts: [try weights.projection(name("in_proj"), 2 * inner, width, bias: self.bias)]),
      interleavesGate: true,
      convolution: try decoder.convolution(
        layer, "", "\(folder).conv1d", channels: inner, kernel: kernel, bias: convolutionBias,
        activation: activation),
      scan: .channels(
        ChannelScan(
          inputs: SplitProjection(parts: inputs.map { Projection(weights: $0) }), steps: SplitProjection(parts: steps),
          decays: decays, skips: try weights.values(name("D"), shape: [heads, own]), states: states)),
      gate: Gate(projection: JoinedProjection(parts: []), activation: .silu),
      output: try weights.projection(name("out_proj"), width, inner, bias: self.bias))
  }
}

// Qwen3-Next (Qwen Team 2025) and Qwen3.5 (Qwen Team 2026), also as the language part of Qwen3.5's multimodal models. Follows transformers'
// modeling_qwen3_next.py, modeling_qwen3_5.py and modeling_qwen3_5_moe.py; GGUF names, the order of value heads in Qwen3.5, and decays stored as
// -exp(A_log) as in llama.cpp's conversion/qwen.py.

extension Architecture {
  /// Qwen3.5: gated delta rule in three of four blocks, gated attention in the fourth.
  public static let qwen35 = Architecture(name: "Qwen3.5", ggufName: "qwen35", modelTypes: ["qwen3_5_text"]) {
    settings, weights in
    let family = try QwenDelta(settings, weights)
    return try family.network { try family.decoder.gatedMLP($0) }
  }

  /// Qwen3.5 with experts and a gated shared expert in every block.
  public static let qwen35MoE = Architecture(
    name: "Qwen3.5-MoE", ggufName: "qwen35moe", modelTypes: ["qwen3_5_moe_text"]
  ) { settings, weights in
    let family = try QwenDelta(settings, weights)
    // The weights of its experts always sum to one.
    try settings.require(true, config: "norm_topk_prob")
    let mixture = try family.mixture()
    settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
    return try family.network { try mixture($0) }
  }

  /// Qwen3-Next: Qwen3.5's blocks with experts, the rows of its delta rule in a group for each key head.
  public static let qwen3Next = Architecture(name: "Qwen3-Next", ggufName: "qwen3next", modelTypes: ["qwen3_next"]) {
    settings, weights in
    var family = try QwenDelta(settings, weights)
    family.isGrouped = true
    let step = try settings.count(gguf: nil, config: "decoder_sparse_step") ?? 1
    let dense = try settings.integers(gguf: nil, config: "mlp_only_layers") ?? []
    let isDense = (0..<settings.layers).map { !settings.isGGUF && (dense.contains($0) || ($0 + 1) % step != 0) }
    let isNormalised = try settings.flag(gguf: nil, config: "norm_topk_prob") ?? true
    let mixture = try family.mixture(isNormalised: isNormalised)
    if !isDense.contains(true) {
      settings.changesNothing(config: ["intermediate_size"], because: "no block is without experts")
    }
    return try family.network { [family] in try isDense[$0] ? family.decoder.gatedMLP($0) : mixture($0) }
  }
}

/// What Qwen3-Next, Qwen3.5 and Lara share.
struct QwenDelta {
  let settings: ModelSettings
  let weights: WeightLoader
  let decoder: DecoderLayers
  /// [L] whether a block has attention.
  let attends: [Bool]
  /// Key heads, value heads, and their widths.
  let keyHeads: Int
  let heads: Int
  let keyWidth: Int
  let valueWidth: Int
  let kernel: Int
  /// Whether rows of the delta rule's projections come in a group for each key head (Qwen3-Next).
  var isGrouped = false
  /// The projection that holds all of the delta rule, one after the other: channels, gates, strengths, steps (Lara).
  var joined: String?
  /// The name of the delta rule's norm in a folder.
  var normName = "norm"

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    var decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareFromOne, headWidth: settings.isGGUF ? nil : 256)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    try self.init(decoder, attends: QwenDelta.attends(settings))
    try settings.require(true, config: "attn_output_gate")
  }

  /// The same with blocks that the family describes.
  init(_ decoder: DecoderLayers, attends: [Bool]) throws {
    settings = decoder.settings
    weights = decoder.weights
    self.decoder = decoder
    self.attends = attends
    kernel = try settings.requiredCount(gguf: "ssm.conv_kernel", config: "linear_conv_kernel_dim")
    keyWidth = try settings.requiredCount(gguf: "ssm.state_size", config: "linear_key_head_dim")
    keyHeads = try settings.requiredCount(gguf: "ssm.group_count", config: "linear_num_key_heads")
    heads = try settings.requiredCount(gguf: "ssm.time_step_rank", config: "linear_num_value_heads")
    if settings.isGGUF {
      let inner = try settings.requiredCount(gguf: "ssm.inner_size", config: "")
      guard inner % heads == 0 else {
        throw settings.refuse(
          gguf: "ssm.inner_size", config: nil, found: "\(inner)", expected: "a multiple of the \(heads) value heads")
      }
      valueWidth = inner / heads
    } else {
      valueWidth = try settings.requiredCount(gguf: "ssm.inner_size", config: "linear_value_head_dim")
    }
    // Products of these stay far below what numbers hold.
    let most = 1 << 24
    for value in [keyHeads, keyWidth, heads, valueWidth] where value > most {
      throw settings.refuse(
        gguf: "ssm.state_size", config: "linear_key_head_dim", found: "\(value)",
        expected: "at most \(most) heads, of at most that width")
    }
    try settings.requireSharedHeads(heads, keyHeads, gguf: "ssm.group_count", config: "linear_num_key_heads")
  }

  /// The blocks of `layer_types`, or without it every one that ends an interval.
  private static func attends(_ settings: ModelSettings) throws -> [Bool] {
    let listed = try settings.layerKinds(["linear_attention": false, "full_attention": true])
    let recurrent = try settings.integers(gguf: "attention.recurrent_layers", config: nil)?.map { $0 == 0 }
    let interval = try settings.count(gguf: "full_attention_interval", config: "full_attention_interval") ?? 4
    if listed != nil {
      settings.changesNothing(
        config: ["full_attention_interval"], because: "layer_types says which blocks have attention")
    }
    return listed ?? recurrent ?? (0..<settings.layers).map { ($0 + 1) % interval == 0 }
  }

  func network(mlp: (Int) throws -> FeedForward) throws -> Network {
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.turnsPart = true
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    return try decoder.network { layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: attends[layer] ? try attention(layer, rotation, bias) : nil,
        recurrent: attends[layer] ? nil : try delta(layer),
        mlpNorm: try decoder.norm(layer, "post_attention_norm", "post_attention_layernorm"), mlp: try mlp(layer))
    }
  }

  private func attention(_ layer: Int, _ rotation: Rotation, _ bias: WeightLoader.Bias) throws -> Attention {
    func part(_ letter: String, _ out: Int) throws -> Projection {
      try weights.projection(
        decoder.name(layer, "attn_\(letter)", "self_attn.\(letter)_proj"), out, settings.width, bias: bias)
    }
    var attention = try decoder.attention(
      layer,
      .gated(
        queriesAndGates: part("q", 2 * decoder.queryWidth), key: part("k", decoder.keyWidth),
        value: part("v", decoder.keyWidth)), rotation: rotation, outputBias: bias)
    attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
    attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
    return attention
  }

  /// Experts and the expert that every token uses, whose output is gated.
  func mixture(isNormalised: Bool = true) throws -> (Int) throws -> FeedForward {
    var experts = try ExpertSettings.required(
      settings, names: ["num_experts", "num_local_experts"], inner: "moe_intermediate_size")
    if !isNormalised { experts.normalisation = nil }
    let shared = try settings.requiredCount(
      gguf: "expert_shared_feed_forward_length", config: "shared_expert_intermediate_size")
    return { [decoder, experts] layer in
      .sum([
        Summand(part: try decoder.experts(layer, experts, names: ExpertNames())),
        try decoder.sharedExpert(layer, "mlp.shared_expert", inner: shared, gate: "mlp.shared_expert_gate"),
      ])
    }
  }

  /// Width of all keys, and of all values.
  private var keys: Int { keyHeads * keyWidth }
  private var values: Int { heads * valueWidth }

  /// The recurrent layer of a block.
  func delta(_ layer: Int) throws -> Recurrent {
    func name(_ inGGUF: String, _ part: String) -> String { decoder.name(layer, inGGUF, "linear_attn.\(part)") }
    func projection(_ inGGUF: String, _ part: String, _ out: Int) throws -> JoinedProjection {
      JoinedProjection(parts: [try weights.projection(name(inGGUF, part), out, settings.width)])
    }
    let norm = name("ssm_norm", normName)
    let whole = try joined.map {
      try weights.projection(name("", $0), 2 * keys + 2 * values + 2 * heads, settings.width)
    }
    func rows(_ first: Int, _ count: Int) -> JoinedProjection? {
      whole.map { JoinedProjection(parts: [$0.slice(first..<(first + count))]) }
    }
    let (channels, gate) =
      try isGrouped && !settings.isGGUF
      ? groupedChannels(name("", "in_proj_qkvz"))
      : (
        rows(0, 2 * keys + values) ?? projection("attn_qkv", isGrouped ? "" : "in_proj_qkv", 2 * keys + values),
        rows(2 * keys + values, values) ?? projection("attn_gate", isGrouped ? "" : "in_proj_z", values)
      )
    let (steps, strengths) =
      try isGrouped
      ? groupedFactors(name("ssm_ba", "in_proj_ba"))
      : (
        rows(2 * (keys + values) + heads, heads) ?? projection("ssm_alpha", "in_proj_a", heads),
        rows(2 * (keys + values), heads) ?? projection("ssm_beta", "in_proj_b", heads)
      )
    return Recurrent(
      channels: channels,
      convolution: try decoder.convolution(
        layer, "ssm_conv1d", "linear_attn.conv1d", channels: 2 * keys + values, kernel: kernel,
        activation: decoder.activation),
      scan: .heads(
        try scan(
          layer, steps: steps, strengths: strengths, sharing: settings.isGGUF && !isGrouped ? .tiled : .neighbours)),
      gate: Gate(
        projection: gate, activation: .silu,
        // Unlike the family's other norms, its weight is stored whole.
        norm: Norm(
          kind: .rootMeanSquare, weight: try weights.vector(norm + ".weight", valueWidth), epsilon: decoder.epsilon),
        normsFirst: true),
      output: try weights.projection(name("ssm_out", "out_proj"), settings.width, values))
  }

  /// Channels and gate of a projection with a group for each key head: its query, its key, its values, their gates.
  private func groupedChannels(_ name: String) throws -> (JoinedProjection, JoinedProjection) {
    let own = values / keyHeads
    let whole = try weights.projection(name, 2 * (keys + values), settings.width)
    var parts: [[Projection]] = [[], [], [], []]
    var first = 0
    for _ in 0..<keyHeads {
      for (part, count) in [keyWidth, keyWidth, own, own].enumerated() {
        parts[part].append(whole.slice(first..<(first + count)))
        first += count
      }
    }
    return (JoinedProjection(parts: parts[0] + parts[1] + parts[2]), JoinedProjection(parts: parts[3]))
  }

  /// Steps and strengths of a projection with a group for each key head: strengths of its value heads, then their steps.
  private func groupedFactors(_ name: String) throws -> (JoinedProjection, JoinedProjection) {
    let own = heads / keyHeads
    let whole = try weights.projection(name, 2 * heads, settings.width)
    func part(_ offset: Int) -> JoinedProjection {
      JoinedProjection(
        parts: (0..<keyHeads).map { whole.slice((2 * $0 * own + offset)..<(2 * $0 * own + offset + own)) })
    }
    return (part(own), part(0))
  }

  private func scan(
    _ layer: Int, steps: JoinedProjection, strengths: JoinedProjection, sharing: HeadScan.Sharing
  ) throws -> HeadScan {
    HeadScan(
      heads: heads, keyHeads: keyHeads, keyWidth: keyWidth, valueWidth: valueWidth, sharing: sharing, queryStart: 0,
      keyStart: keys, valueStart: 2 * keys, unitNorm: 1e-6, queryScale: 1 / Float(keyWidth).squareRoot(), steps: steps,
      stepBias: try weights.vector(decoder.name(layer, "ssm_dt.bias", "linear_attn.dt_bias"), heads),
      decays: try decoder.decays(decoder.name(layer, "ssm_a", "linear_attn.A_log"), shape: [heads]),
      strengths: strengths, corrects: true)
  }
}

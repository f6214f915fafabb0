// Gemma 3 (Gemma Team 2025), the text model. Follows transformers' modeling_gemma3.py; GGUF names as in llama.cpp, whose
// converter has already added 1 to the norms and whose loader knows the local layers' rotary base by heart.

extension Architecture {
  /// Gemma 3: norms on both sides, norms of queries and keys, local and global layers, scaled embedding, tanh GELU.
  public static let gemma3 = Architecture(
    name: "Gemma 3", ggufName: "gemma3", modelTypes: ["gemma3_text"], settings: SettingNames(),
    network: gemma3Network)

  @Sendable private static func gemma3Network(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    let width = settings.width
    let gguf = weights.files.kind == .gguf
    let headWidth = try settings.headWidth(usual: 256)
    let inner = try settings.requiredCount(gguf: "feed_forward_length", config: "intermediate_size")
    let epsilon = Float(
      try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps"))
    let layers = try Gemma3Layers(settings, headWidth: headWidth)
    try settings.require(activation: "gelu_pytorch_tanh", config: "hidden_activation")

    func norm(_ name: String, _ count: Int) throws -> Norm {
      let stored = try weights.vector(name + ".weight", count)
      return Norm(kind: .rootMeanSquare, weight: gguf ? stored : stored.map { 1 + $0 }, epsilon: epsilon)
    }

    let blocks = try (0..<settings.layers).map { layer in
      func name(_ inGGUF: String, _ inFolder: String) -> String {
        gguf ? "blk.\(layer).\(inGGUF)" : "model.layers.\(layer).\(inFolder)"
      }
      let query = settings.heads * headWidth
      let shared = settings.kvHeads * headWidth
      let local = layers.isLocal[layer]
      return Block(
        attentionNorm: try norm(name("attn_norm", "input_layernorm"), width),
        attention: Attention(
          inputs: .separate(
            query: try weights.projection(name("attn_q", "self_attn.q_proj"), query, width),
            key: try weights.projection(name("attn_k", "self_attn.k_proj"), shared, width),
            value: try weights.projection(name("attn_v", "self_attn.v_proj"), shared, width)),
          output: try weights.projection(name("attn_output", "self_attn.o_proj"), width, query),
          heads: settings.heads, kvHeads: settings.kvHeads, headWidth: headWidth,
          queryNorm: try norm(name("attn_q_norm", "self_attn.q_norm"), headWidth),
          keyNorm: try norm(name("attn_k_norm", "self_attn.k_norm"), headWidth),
          rotation: local ? layers.localRotation : layers.globalRotation, window: local ? layers.window : nil,
          scale: layers.scale),
        attentionPostNorm: try norm(name("post_attention_norm", "post_attention_layernorm"), width),
        mlpNorm: try norm(name("ffn_norm", "pre_feedforward_layernorm"), width),
        mlp: .dense(
          MLP(
            gate: try weights.projection(name("ffn_gate", "mlp.gate_proj"), inner, width),
            up: try weights.projection(name("ffn_up", "mlp.up_proj"), inner, width),
            down: try weights.projection(name("ffn_down", "mlp.down_proj"), width, inner), activation: .geluTanh)),
        mlpPostNorm: try norm(name("post_ffw_norm", "post_feedforward_layernorm"), width))
    }
    let tokens = try weights.matrix(gguf ? "token_embd.weight" : "model.embed_tokens.weight", columns: width)
    return Network(
      embedding: Embedding(tokens: tokens, scale: Float(width).squareRoot()), blocks: blocks,
      output: Output(
        norm: try norm(gguf ? "output_norm" : "model.norm", width),
        // Gemma's config.json leaves `tie_word_embeddings` out when it is true.
        head: try weights.head(tiedTo: tokens, settings, tiedByDefault: true)))
  }
}

/// Which layers of a Gemma 3 look at a window only, and how each kind turns its heads.
private struct Gemma3Layers {
  let window: Int
  let isLocal: [Bool]
  let localRotation: Rotation
  let globalRotation: Rotation
  let scale: Float

  init(_ settings: ModelSettings, headWidth: Int) throws {
    window = try settings.requiredCount(gguf: "attention.sliding_window", config: "sliding_window")
    isLocal = try Self.locality(settings)
    let globalBase =
      try settings.real(gguf: "rope.freq_base", config: "rope_theta")
      ?? settings.real(gguf: nil, config: "rope_parameters.full_attention.rope_theta") ?? 1_000_000
    let localBase =
      try settings.real(gguf: "rope.freq_base_swa", config: "rope_local_base_freq")
      ?? settings.real(gguf: nil, config: "rope_parameters.sliding_attention.rope_theta") ?? 10_000
    globalRotation = Rotation(width: headWidth, base: Float(globalBase), factor: Float(try Self.stretch(settings)))
    localRotation = Rotation(width: headWidth, base: Float(localBase))
    // llama.cpp: only the 27B model, known by its 62 layers, scales by the width per head instead of the head's width.
    let scalar =
      try settings.real(gguf: nil, config: "query_pre_attn_scalar")
      ?? Double(settings.files.kind == .gguf && settings.layers == 62 ? settings.width / settings.heads : headWidth)
    scale = Float(1 / scalar.squareRoot())
    // Gemma 2's softcaps, which config.json can still ask for and no Gemma 3 does.
    for key in ["attn_logit_softcapping", "final_logit_softcapping"] {
      guard let cap = try settings.real(gguf: nil, config: key) else { continue }
      throw settings.refuse(gguf: nil, config: key, found: "\(cap)", expected: "none")
    }
  }

  /// `layer_types` where the config lists them, else every sixth (or `sliding_window_pattern`-th) layer is global.
  private static func locality(_ settings: ModelSettings) throws -> [Bool] {
    if let types = try settings.strings(gguf: nil, config: "layer_types") {
      guard types.count == settings.layers, types.allSatisfy({ $0 == "sliding_attention" || $0 == "full_attention" })
      else {
        throw settings.refuse(
          gguf: nil, config: "layer_types", found: "\(types)",
          expected: "\(settings.layers) of 'sliding_attention' and 'full_attention'")
      }
      return types.map { $0 == "sliding_attention" }
    }
    let period =
      try settings.count(gguf: "attention.sliding_window_pattern", config: "sliding_window_pattern")
      ?? settings.count(gguf: nil, config: "_sliding_window_pattern") ?? 6
    return (0..<settings.layers).map { ($0 + 1) % period != 0 }
  }

  /// The factor by which the global layers' positions are stretched (models from 4B on).
  private static func stretch(_ settings: ModelSettings) throws -> Double {
    let kind =
      try settings.string(gguf: "rope.scaling.type", config: "rope_scaling.rope_type")
      ?? settings.string(gguf: nil, config: "rope_parameters.full_attention.rope_type") ?? "none"
    switch kind {
    case "none", "default": return 1
    case "linear":
      return try settings.real(gguf: "rope.scaling.factor", config: "rope_scaling.factor")
        ?? settings.real(gguf: nil, config: "rope_parameters.full_attention.factor") ?? 1
    default:
      throw settings.refuse(
        gguf: "rope.scaling.type", config: "rope_scaling.rope_type", found: "'\(kind)'",
        expected: "'linear' or 'default'")
    }
  }
}

// Llama (Touvron et al. 2023) as SmolLM2 and others use it. Follows transformers' modeling_llama.py; GGUF names, and the
// interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py.

extension Architecture {
  /// Llama: rotary positions, root-mean-square norm, shared key and value heads, gated SiLU.
  public static let llama = Architecture(
    name: "Llama", ggufName: "llama", modelTypes: ["llama"], settings: SettingNames(), network: llamaNetwork)

  @Sendable private static func llamaNetwork(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    let width = settings.width
    let gguf = weights.files.kind == .gguf
    let headWidth = try settings.headWidth(usual: width / settings.heads)
    let inner = try settings.requiredCount(gguf: "feed_forward_length", config: "intermediate_size")
    let epsilon = Float(
      try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps"))
    let rotation = try llamaRotation(settings, headWidth: headWidth)
    try settings.require(activation: "silu", config: "hidden_act")

    func norm(_ name: String) throws -> Norm {
      Norm(kind: .rootMeanSquare, weight: try weights.vector(name + ".weight", width), epsilon: epsilon)
    }

    let blocks = try (0..<settings.layers).map { layer in
      func name(_ inGGUF: String, _ inFolder: String) -> String {
        gguf ? "blk.\(layer).\(inGGUF)" : "model.layers.\(layer).\(inFolder)"
      }
      // Old checkpoints store the frequencies, which follow from the settings.
      weights.ignore(name("", "self_attn.rotary_emb.inv_freq"))
      let query = settings.heads * headWidth
      let shared = settings.kvHeads * headWidth
      return Block(
        attentionNorm: try norm(name("attn_norm", "input_layernorm")),
        attention: Attention(
          inputs: .separate(
            query: try weights.projection(name("attn_q", "self_attn.q_proj"), query, width),
            key: try weights.projection(name("attn_k", "self_attn.k_proj"), shared, width),
            value: try weights.projection(name("attn_v", "self_attn.v_proj"), shared, width)),
          output: try weights.projection(name("attn_output", "self_attn.o_proj"), width, query),
          heads: settings.heads, kvHeads: settings.kvHeads, headWidth: headWidth, rotation: rotation,
          interleavedRows: gguf, scale: 1 / Float(headWidth).squareRoot()),
        mlpNorm: try norm(name("ffn_norm", "post_attention_layernorm")),
        mlp: .dense(
          MLP(
            gate: try weights.projection(name("ffn_gate", "mlp.gate_proj"), inner, width),
            up: try weights.projection(name("ffn_up", "mlp.up_proj"), inner, width),
            down: try weights.projection(name("ffn_down", "mlp.down_proj"), width, inner), activation: .silu)))
    }
    let tokens = try weights.matrix(gguf ? "token_embd.weight" : "model.embed_tokens.weight", columns: width)
    return Network(
      embedding: Embedding(tokens: tokens), blocks: blocks,
      output: Output(
        norm: try norm(gguf ? "output_norm" : "model.norm"),
        head: try weights.head(tiedTo: tokens, settings, tiedByDefault: false)))
  }

  /// Unscaled rotary positions over the whole head; stretched ones are refused by name.
  private static func llamaRotation(_ settings: ModelSettings, headWidth: Int) throws -> Rotation {
    let kind =
      try settings.string(gguf: "rope.scaling.type", config: "rope_scaling.rope_type")
      ?? settings.string(gguf: nil, config: "rope_scaling.type")
      ?? settings.string(gguf: nil, config: "rope_parameters.rope_type") ?? "none"
    guard kind == "none" || kind == "default" else {
      throw settings.refuse(
        gguf: "rope.scaling.type", config: "rope_scaling.rope_type", found: "'\(kind)'",
        expected: "unscaled rotary positions ('default')")
    }
    if let rotated = try settings.count(gguf: "rope.dimension_count", config: nil), rotated != headWidth {
      throw settings.refuse(
        gguf: "rope.dimension_count", config: nil, found: "\(rotated)", expected: "the width \(headWidth) of a head")
    }
    let base =
      try settings.real(gguf: "rope.freq_base", config: "rope_theta")
      ?? settings.real(gguf: nil, config: "rope_parameters.rope_theta") ?? 10_000
    return Rotation(width: headWidth, base: Float(base))
  }
}

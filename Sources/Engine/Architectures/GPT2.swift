// GPT-2 (Radford et al. 2019), DistilGPT2 to XL, and GPT-SW3 (AI Sweden 2022).
// Follows transformers' modeling_gpt2.py; GGUF names as in llama.cpp.
// The published safetensors hold Conv1D weights as [in, out] and fused queries, keys and values.

extension Architecture {
  /// GPT-2: learned positions, layer norm, fused projections with biases, tanh GELU, tied head.
  public static let gpt2 = Architecture(
    name: "GPT-2", ggufName: "gpt2", modelTypes: ["gpt2", "gpt-sw3"],
    settings: SettingNames(
      layers: ["n_layer", "num_hidden_layers"], width: ["n_embd", "hidden_size"],
      heads: ["n_head", "num_attention_heads"], kvHeads: [], context: ["n_positions", "max_position_embeddings"]),
    network: gpt2Network)

  @Sendable private static func gpt2Network(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    try settings.requireEqualHeads(config: "n_head")
    try settings.require(false, config: "add_cross_attention")
    let scales = try gpt2Scales(settings)
    let activation = try settings.activation(config: "activation_function", usual: .geluTanh)
    _ = try AttentionWindows.nowhere(settings)
    let width = settings.width
    let headWidth = try settings.headWidth(usual: width / settings.heads, config: nil)
    let gguf = settings.isGGUF
    let prefix = gguf || weights.contains("wpe.weight") ? "" : "transformer."
    let inner = try settings.count(gguf: "feed_forward_length", config: "n_inner") ?? 4 * width
    let epsilon = Float(
      try settings.requiredReal(gguf: "attention.layer_norm_epsilon", config: "layer_norm_epsilon"))

    func norm(_ name: String) throws -> Norm {
      Norm(
        kind: .layer, weight: try weights.vector(name + ".weight", width),
        bias: try weights.vector(name + ".bias", width), epsilon: epsilon)
    }
    func projection(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      Projection(
        weights: try weights.matrix(name + ".weight", out, input, transposed: !gguf),
        bias: try weights.vector(name + ".bias", out))
    }

    let tables = try weights.tokenTables(
      gguf ? "token_embd" : prefix + "wte", columns: width, settings, tiedByDefault: true)
    let blocks = try (0..<settings.layers).map { layer in
      func name(_ inGGUF: String, _ inFolder: String) -> String {
        weights.name(
          inGGUF: inGGUF.isEmpty ? "" : "blk.\(layer).\(inGGUF)", inFolder: "\(prefix)h.\(layer).\(inFolder)")
      }
      let fused = try projection(name("attn_qkv", "attn.c_attn"), 3 * width, width)
      return Block(
        attentionNorm: try norm(name("attn_norm", "ln_1")),
        attention: Attention(
          inputs: .separate(
            query: fused.slice(0..<width), key: fused.slice(width..<(2 * width)),
            value: fused.slice((2 * width)..<(3 * width))),
          output: try projection(name("attn_output", "attn.c_proj"), width, width),
          heads: settings.heads, kvHeads: settings.heads, headWidth: headWidth, scale: scales[layer]),
        mlpNorm: try norm(name("ffn_norm", "ln_2")),
        mlp: .dense(
          MLP(
            up: try projection(name("ffn_up", "mlp.c_fc"), inner, width),
            down: try projection(name("ffn_down", "mlp.c_proj"), width, inner), activation: activation)))
    }
    let positions = gguf ? "position_embd.weight" : prefix + "wpe.weight"
    return Network(
      embedding: Embedding(
        tokens: tables.embedding,
        positions: LearnedPositions(table: try weights.matrix(positions, settings.context, width))),
      blocks: blocks,
      output: Output(norm: try norm(gguf ? "output_norm" : prefix + "ln_f"), head: tables.head))
  }

  /// [L] factors of scores: Mistral's GPT-2 models also divide by the number of the layer.
  private static func gpt2Scales(_ settings: ModelSettings) throws -> [Float] {
    let isScaled = try settings.flag(gguf: nil, config: "scale_attn_weights") ?? true
    let isDivided = try settings.flag(gguf: nil, config: "scale_attn_by_inverse_layer_idx") ?? false
    settings.changesNothing(
      config: ["reorder_and_upcast_attn"],
      because: "it is about the order of sums in half precision; these are in float32")
    let scale = isScaled ? 1 / Float(settings.width / settings.heads).squareRoot() : 1
    return (0..<settings.layers).map { isDivided ? scale / Float($0 + 1) : scale }
  }
}

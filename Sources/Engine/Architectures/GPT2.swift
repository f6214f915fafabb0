// GPT-2 (Radford et al. 2019), DistilGPT2 to XL. Follows transformers' modeling_gpt2.py; GGUF names as in llama.cpp.
// The published safetensors hold Conv1D weights as [in, out] and fused queries, keys and values.

extension Architecture {
  /// GPT-2: learned positions, layer norm, fused projections with biases, tanh GELU, tied head.
  public static let gpt2 = Architecture(
    name: "GPT-2", ggufName: "gpt2", modelTypes: ["gpt2"],
    settings: SettingNames(
      layers: ["n_layer"], width: ["n_embd"], heads: ["n_head"], kvHeads: ["n_head"], context: ["n_positions"]),
    network: gpt2Network)

  @Sendable private static func gpt2Network(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    try refuseUnusualGPT2(settings)
    let width = settings.width
    let gguf = weights.files.kind == .gguf
    let prefix = gguf || weights.contains("wte.weight") ? "" : "transformer."
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

    let blocks = try (0..<settings.layers).map { layer in
      func name(_ inGGUF: String, _ inFolder: String) -> String {
        gguf ? "blk.\(layer).\(inGGUF)" : "\(prefix)h.\(layer).\(inFolder)"
      }
      let fused = try projection(name("attn_qkv", "attn.c_attn"), 3 * width, width)
      return Block(
        attentionNorm: try norm(name("attn_norm", "ln_1")),
        attention: Attention(
          inputs: .separate(
            query: fused.slice(0..<width), key: fused.slice(width..<(2 * width)),
            value: fused.slice((2 * width)..<(3 * width))),
          output: try projection(name("attn_output", "attn.c_proj"), width, width),
          heads: settings.heads, kvHeads: settings.heads, headWidth: width / settings.heads,
          scale: 1 / Float(width / settings.heads).squareRoot()),
        mlpNorm: try norm(name("ffn_norm", "ln_2")),
        mlp: .dense(
          MLP(
            up: try projection(name("ffn_up", "mlp.c_fc"), inner, width),
            down: try projection(name("ffn_down", "mlp.c_proj"), width, inner), activation: .geluTanh)))
    }
    let tokens = try weights.matrix(gguf ? "token_embd.weight" : prefix + "wte.weight", columns: width)
    let positions = gguf ? "position_embd.weight" : prefix + "wpe.weight"
    return Network(
      embedding: Embedding(
        tokens: tokens, positions: LearnedPositions(table: try weights.matrix(positions, settings.context, width))),
      blocks: blocks,
      output: Output(
        norm: try norm(gguf ? "output_norm" : prefix + "ln_f"),
        head: try weights.head(tiedTo: tokens, settings, tiedByDefault: true)))
  }

  /// Settings of transformers' GPT-2 that change the numbers and that no published checkpoint uses.
  private static func refuseUnusualGPT2(_ settings: ModelSettings) throws {
    guard settings.width % settings.heads == 0 else {
      throw settings.refuse(
        gguf: "attention.head_count", config: "n_head", found: "\(settings.heads)",
        expected: "a divisor of the width \(settings.width)")
    }
    try settings.require(activation: "gelu_new", config: "activation_function")
    try settings.require(true, config: "scale_attn_weights")
    try settings.require(false, config: "scale_attn_by_inverse_layer_idx")
  }
}

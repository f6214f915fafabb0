// GPT (Radford et al. 2018). Follows transformers' modeling_openai.py; llama.cpp does not run it. The published files hold Conv1D weights as
// [in, out] and fused queries, keys and values, as those of GPT-2.

extension Architecture {
  /// GPT: learned positions, norms after attention and MLP were added, none at the end, tied head.
  public static let openAIGPT = Architecture(
    name: "GPT", ggufName: nil, modelTypes: ["openai-gpt"],
    settings: SettingNames(
      layers: ["n_layer", "num_hidden_layers"], width: ["n_embd", "hidden_size"],
      heads: ["n_head", "num_attention_heads"], kvHeads: [], context: ["n_positions", "max_position_embeddings"])
  ) { settings, weights in
    try settings.requireEqualHeads(config: "n_head")
    _ = try AttentionWindows.nowhere(settings)
    let width = settings.width
    let headWidth = try settings.headWidth(usual: width / settings.heads, config: nil)
    let prefix = weights.contains("positions_embed.weight") ? "" : "transformer."
    let epsilon = Float(try settings.requiredReal(gguf: "", config: "layer_norm_epsilon"))
    let activation = try openAIActivation(settings)

    func norm(_ name: String) throws -> Norm {
      Norm(
        kind: .layer, weight: try weights.vector(name + ".weight", width),
        bias: try weights.vector(name + ".bias", width), epsilon: epsilon)
    }
    func projection(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      let name = weights.name(inGGUF: "", inFolder: name)
      return Projection(
        weights: try weights.matrix(name + ".weight", out, input, transposed: true),
        bias: try weights.vector(name + ".bias", out))
    }

    let tables = try weights.tokenTables(prefix + "tokens_embed", columns: width, settings, tiedByDefault: true)
    let blocks = try (0..<settings.layers).map { layer in
      let base = "\(prefix)h.\(layer)."
      let fused = try projection(base + "attn.c_attn", 3 * width, width)
      return Block(
        attention: Attention(
          inputs: .separate(
            query: fused.slice(0..<width), key: fused.slice(width..<(2 * width)),
            value: fused.slice((2 * width)..<(3 * width))),
          output: try projection(base + "attn.c_proj", width, width), heads: settings.heads, kvHeads: settings.heads,
          headWidth: headWidth, scale: 1 / Float(headWidth).squareRoot()),
        attentionStreamNorm: try norm(base + "ln_1"),
        mlp: .dense(
          MLP(
            up: try projection(base + "mlp.c_fc", 4 * width, width),
            down: try projection(base + "mlp.c_proj", width, 4 * width), activation: activation)),
        mlpStreamNorm: try norm(base + "ln_2"))
    }
    return Network(
      embedding: Embedding(
        tokens: tables.embedding,
        positions: LearnedPositions(
          table: try weights.matrix(prefix + "positions_embed.weight", settings.context, width))),
      blocks: blocks, output: Output(norm: nil, head: tables.head))
  }

  /// The activation; in this family "gelu" is its tanh approximation.
  private static func openAIActivation(_ settings: ModelSettings) throws -> Activation {
    let name = try settings.string(gguf: nil, config: "afn") ?? "gelu"
    switch name {
    case "gelu": return .geluTanh
    case "relu": return .relu
    case "silu", "swish": return .silu
    default:
      throw settings.refuse(
        gguf: nil, config: "afn", found: "'\(name)'", expected: "'gelu', 'relu', 'silu' or 'swish'")
    }
  }
}

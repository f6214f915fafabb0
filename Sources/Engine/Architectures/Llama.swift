// Llama 1 to 3 (Touvron et al. 2023, Grattafiori et al. 2024), and what shares its files: Mistral (Jiang et al. 2023) and Mixtral
// (Jiang et al. 2024). Follows transformers' modeling_llama.py, modeling_mistral.py and modeling_mixtral.py; GGUF names, and the
// interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py, which calls all three `llama`.

extension Architecture {
  /// Llama: rotary positions, root-mean-square norm, shared key and value heads, gated SiLU.
  public static let llama = Architecture(name: "Llama", ggufName: "llama", modelTypes: ["llama"]) {
    settings, weights in
    try llamaNetwork(settings, weights)
  }

  /// Mistral: Llama with a window in every layer.
  public static let mistral = Architecture(name: "Mistral", ggufName: nil, modelTypes: ["mistral"]) {
    settings, weights in
    try llamaNetwork(settings, weights)
  }

  /// Mixtral: Mistral with experts in place of the MLP.
  public static let mixtral = Architecture(name: "Mixtral", ggufName: nil, modelTypes: ["mixtral"]) {
    settings, weights in
    try llamaNetwork(settings, weights)
  }

  private static func llamaNetwork(_ settings: ModelSettings, _ weights: WeightLoader) throws -> Network {
    try settings.require(activation: "silu", config: "hidden_act")
    let decoder = try DecoderLayers(settings, weights)
    let kind = weights.files.kind
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let window = try settings.count(gguf: "attention.sliding_window", config: "sliding_window")
    let experts = try ExpertSettings(settings, config: "num_local_experts", inner: "intermediate_size")
    return try decoder.network { layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      attention.interleavedRows = decoder.isGGUF
      attention.window = window
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try experts.map {
          try decoder.experts(
            layer, $0, names: ExpertNames(folder: "block_sparse_moe", gate: "w1", up: "w3", down: "w2"))
        } ?? decoder.gatedMLP(layer, bias: mlpBias))
    }
  }
}

// Llama 1 to 3 (Touvron et al. 2023, Grattafiori et al. 2024), and what shares its files: InternLM 3, IQuest-Coder, the language part of Emu3, Mistral (Jiang et al.
// 2023), Ministral (2024), Mixtral (Jiang et al. 2024) and CWM (2025). Follows transformers' modeling_llama.py, modeling_mistral.py,
// modeling_ministral.py, modeling_mixtral.py and modeling_cwm.py; GGUF names, and the interleaved rows of queries and keys, as in llama.cpp's convert_hf_to_gguf.py, which calls all
// of them `llama`.

extension Architecture {
  /// Llama: rotary positions, root-mean-square norm, shared key and value heads, gated SiLU.
  public static let llama = Architecture(
    name: "Llama", ggufName: "llama", modelTypes: ["llama", "internlm3", "iquestcoder", "emu3_text_model"]
  ) { settings, weights in
    // InternLM 3 has names of its own for biases.
    let isInternLM = settings.files.architecture == "internlm3"
    // A GGUF file can belong to any of the families.
    let windows = try settings.isGGUF ? AttentionWindows.everywhere(settings) : .nowhere(settings)
    let experts = try settings.isGGUF ? ExpertSettings(settings, names: [], inner: "") : nil
    let attentionBias = WeightLoader.Bias.said(
      try settings.flag(anyOf: ["attention_bias"] + (isInternLM ? ["qkv_bias"] : [])) ?? false,
      in: settings.files.kind)
    let mlpBias = WeightLoader.Bias.said(
      try settings.flag(anyOf: ["mlp_bias"] + (isInternLM ? ["bias"] : [])) ?? false, in: settings.files.kind)
    return try llamaNetwork(settings, weights, windows, experts, attentionBias: attentionBias, mlpBias: mlpBias)
  }

  /// Mistral: Llama with a window in every layer, or (Ministral) in those of `layer_types`.
  public static let mistral = Architecture(name: "Mistral", ggufName: nil, modelTypes: ["mistral", "ministral"]) {
    settings, weights in
    try llamaNetwork(settings, weights, .listedOrEverywhere(settings), nil)
  }

  /// Mixtral: Mistral with experts in place of the MLP.
  public static let mixtral = Architecture(name: "Mixtral", ggufName: nil, modelTypes: ["mixtral"]) {
    settings, weights in
    let experts = try ExpertSettings(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    return try llamaNetwork(settings, weights, .everywhere(settings), experts)
  }

  /// CWM, Code World Model: Llama with a window in most layers.
  public static let cwm = Architecture(name: "CWM", ggufName: nil, modelTypes: ["cwm"]) { settings, weights in
    let mlpBias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: settings.files.kind)
    // transformers' configuration class has this section if config.json has none.
    let section: [String: any Sendable] = [
      "rope_type": "llama3", "rope_theta": 1_000_000.0, "factor": 16.0, "original_max_position_embeddings": 8192.0,
      "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    ]
    return try llamaNetwork(
      settings, weights, .alternating(settings, period: 4, firstIsFull: true), nil, mlpBias: mlpBias,
      usualSection: section)
  }

  private static func llamaNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader, _ windows: AttentionWindows, _ experts: ExpertSettings?,
    attentionBias: WeightLoader.Bias = .absent, mlpBias: WeightLoader.Bias = .absent,
    usualSection: [String: any Sendable] = [:]
  ) throws -> Network {
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.usualSection = usualSection
    let rotation = try rotary.rotation()
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      attention.interleavedRows = decoder.isGGUF
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try experts.map {
          try decoder.experts(
            layer, $0, names: ExpertNames(folder: "block_sparse_moe", gate: "w1", up: "w3", down: "w2"))
        } ?? decoder.gatedMLP(layer, bias: mlpBias))
    }
  }
}

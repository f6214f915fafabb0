// Apertus (Swiss AI 2025) and Apertus 1.5, whose head has no rows for images and sounds. Follows transformers' modeling_apertus.py and
// modeling_apertus1p5.py; GGUF names as in llama.cpp, which keeps the parameters of xIELU in
// the metadata.

extension Architecture {
  /// Apertus: Llama with norms of single heads and an MLP without a gate, whose activation xIELU has parameters in each block.
  public static let apertus = Architecture(
    name: "Apertus", ggufName: "apertus", modelTypes: ["apertus", "apertus1p5_text"]
  ) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    _ = try AttentionWindows.nowhere(settings)
    // Released files state these; transformers' model has norms of heads and none after its parts, whatever they say.
    try settings.require(true, config: "qk_norm")
    try settings.require(false, config: "post_norm")
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    // transformers' configuration class has this section if config.json has none.
    rotary.usualSection = [
      "rope_type": "llama3", "rope_theta": 12_000_000.0, "factor": 8.0, "original_max_position_embeddings": 8192.0,
      "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    ]
    let rotation = try rotary.rotation()
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let hasXIELU = try settings.isGGUF || settings.string(gguf: nil, config: "hidden_act") == "xielu"
    let plain = hasXIELU ? Activation.linear : try settings.activation(config: "hidden_act", usual: .linear)
    let inner = try decoder.innerWidth()
    let outputs = try settings.count(gguf: nil, config: "output_vocab_size")
    let inputs = try settings.count(gguf: nil, config: "vocab_size")
    let rows = inputs.flatMap { inputs in outputs.flatMap { $0 == inputs ? nil : (embedding: inputs, head: $0) } }
    return try decoder.network(rows: rows) { layer in
      decoder.activation = hasXIELU ? .xIELU(try decoder.xIELU(layer)) : plain
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.norm(layer, "attn_norm", "attention_layernorm"), attention: attention,
        mlpNorm: try decoder.norm(layer, "ffn_norm", "feedforward_layernorm"),
        mlp: try decoder.plainMLP(layer, up: "mlp.up_proj", down: "mlp.down_proj", inner: inner, bias: .absent))
    }
  }
}

extension DecoderLayers {
  /// The parameters of a block's xIELU: tensors of one number in a folder, lists of one number for each block in GGUF.
  fileprivate func xIELU(_ layer: Int) throws -> XIELU {
    func stored(_ key: String) throws -> Float {
      guard isGGUF else { return try weights.scalar(name(layer, "", "mlp.act_fn.\(key)")) }
      let key = "xielu.\(key)"
      guard let values = try weights.files.configuration.reals(key) else {
        throw LoadError.missingSetting(key: key, path: weights.files.path)
      }
      guard values.count == settings.layers else {
        throw LoadError.badSetting(
          key: key, path: weights.files.path, found: "\(values.count) numbers",
          expected: "\(settings.layers), one for each block")
      }
      return values[layer]
    }
    return XIELU(
      storedPositive: try stored("alpha_p"), storedNegative: try stored("alpha_n"), beta: try stored("beta"),
      epsilon: try stored("eps"))
  }
}

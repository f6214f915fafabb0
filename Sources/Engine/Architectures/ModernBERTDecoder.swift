// ModernBERT as a decoder, Ettin (Weller et al. 2025). Follows transformers' modeling_modernbert_decoder.py and its configuration.

extension Architecture {
  /// ModernBERT decoder: normed embeddings, layer norms, windows with positions of their own, a head of two layers.
  public static let modernBERTDecoder = Architecture(
    name: "ModernBERT decoder", ggufName: nil, modelTypes: ["modernbert-decoder"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    func flag(_ key: String, _ usual: Bool) throws -> Bool { try settings.flag(gguf: nil, config: key) ?? usual }
    func bias(_ key: String, _ usual: Bool = false) throws -> WeightLoader.Bias {
      .said(try flag(key, usual), in: settings.files.kind)
    }
    let names = DecoderLayers.Names(
      tokens: "embeddings.tok_embeddings", attention: "attn", attentionOutput: "attn.Wo", finalNorm: "final_norm",
      head: "decoder", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: try flag("norm_bias", false), epsilon: "norm_eps"), names: names)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .gelu)
    let windows = try modernWindows(settings)
    let (full, local) = try modernRotations(decoder)
    let (attentionBias, mlpBias, inner) = (try bias("attention_bias"), try bias("mlp_bias"), try decoder.innerWidth())
    noteModernNames(settings)
    var network = try decoder.network(tiedByDefault: true, headBias: try bias("decoder_bias", true)) {
      [decoder] layer in
      let window = windows.byLayer[layer]
      var attention = try decoder.attention(
        layer, rotation: window == nil ? full : local, inputBias: attentionBias, outputBias: attentionBias)
      attention.window = window
      let fused = try weights.projection(
        decoder.name(layer, "", "mlp.Wi"), 2 * inner, settings.width, bias: mlpBias)
      return Block(
        // The norm of embeddings is that of the first layer's input.
        attentionNorm: layer == 0 ? nil : try decoder.norm(layer, "", "attn_norm"), attention: attention,
        mlpNorm: try decoder.norm(layer, "", "mlp_norm"),
        mlp: .dense(
          MLP(
            gate: fused.slice(0..<inner), up: fused.slice(inner..<2 * inner),
            down: try weights.projection(
              decoder.name(layer, "", "mlp.Wo"), settings.width, inner, bias: mlpBias),
            activation: decoder.activation)))
    }
    network.embedding.norm = try decoder.norm(decoder.name("", "embeddings.norm"), width: settings.width)
    network.output.projection = try weights.projection(
      "lm_head.dense", settings.width, settings.width, bias: try bias("classifier_bias"))
    network.output.activation = try settings.activation(config: "classifier_activation", usual: .gelu)
    network.output.projectedNorm = try decoder.norm("lm_head.norm", width: settings.width)
    return network
  }

  private static func modernWindows(_ settings: ModelSettings) throws -> AttentionWindows {
    let period = try settings.count(gguf: nil, config: "global_attn_every_n_layers") ?? 3
    if settings.contains(gguf: nil, config: "layer_types") {
      settings.changesNothing(
        config: ["global_attn_every_n_layers"], because: "layer_types says which layers have a window")
    }
    // Half of it lies before a position in an encoder; a decoder has that half alone.
    let both = try settings.whole(gguf: nil, config: "local_attention") ?? 128
    guard both >= 2 else {
      throw settings.refuse(gguf: nil, config: "local_attention", found: "\(both)", expected: "at least 2")
    }
    // transformers writes the half beside it, and follows what it reads there.
    let width = try settings.count(gguf: nil, config: "sliding_window") ?? both / 2
    return try .listed(settings, or: (0..<settings.layers).map { $0 % period != 0 }, width: width)
  }

  private static func modernRotations(_ decoder: DecoderLayers) throws -> (full: Rotation, local: Rotation) {
    try decoder.settings.refuseOneScaling()
    func rotation(_ layers: RotarySettings.Layers, _ key: String, _ usual: Double) throws -> Rotation {
      var rotary = RotarySettings(
        settings: decoder.settings, weights: decoder.weights, headWidth: decoder.headWidth, layers: layers)
      (rotary.baseName, rotary.usualBase) = (key, usual)
      return try rotary.rotation()
    }
    return (
      try rotation(.full, "global_rope_theta", 160_000), try rotation(.sliding, "local_rope_theta", 10_000)
    )
  }

  /// Settings of the publisher's own code in released files, which transformers does not read.
  private static func noteModernNames(_ settings: ModelSettings) {
    settings.changesNothing(
      config: [
        "causal_mask", "deterministic_flash_attn", "position_embedding_type", "reference_compile",
        "repad_logits_with_grad", "sparse_pred_ignore_index", "sparse_prediction",
      ], because: "transformers does not read it")
  }
}

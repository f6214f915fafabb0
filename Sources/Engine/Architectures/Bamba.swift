// Bamba (IBM, Princeton, CMU and UIUC 2024). Follows transformers' modeling_bamba.py. llama.cpp runs it under the name of Granite 4, but permutes
// the rows of a head that turns in part as if all of it did.

extension Architecture {
  /// Bamba: a Mamba 2 mixer in most blocks, attention in the others, whose heads turn by half.
  public static let bamba = Architecture(name: "Bamba", ggufName: nil, modelTypes: ["bamba"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights, names: .init(finalNorm: "final_layernorm"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let attends = try bambaAttention(settings)
    // transformers overwrites this setting, and reads the part of `rope_parameters` alone.
    if let part = try settings.real(gguf: nil, config: "partial_rotary_factor"), part != 0.5 {
      settings.files.notes.add(
        "'partial_rotary_factor' is \(part): 0.5 is used, as in transformers, unless 'rope_parameters' states another part",
        at: settings.files.path)
    }
    settings.changesNothing(
      config: ["partial_rotary_factor"], because: "transformers takes 0.5, or the part in 'rope_parameters'")
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, partName: nil, usualPart: 0.5, turnsPart: true
    ).rotation()
    let turning = 2 * rotation.frequencies.count
    // A name of the publisher's own code, which transformers passes over.
    if let turned = try settings.count(gguf: nil, config: "attn_rotary_emb"), turned != turning {
      throw settings.refuse(
        gguf: nil, config: "attn_rotary_emb", found: "\(turned)", expected: "\(turning), half of a head")
    }
    func bias(_ key: String, usual: Bool = false) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? usual, in: settings.files.kind)
    }
    let (attentionBias, mlpBias) = (try bias("attention_bias"), try bias("mlp_bias"))
    let expand = try settings.count(gguf: nil, config: "mamba_expand") ?? 2
    var mixer: Mamba2Mixer?
    if attends.contains(false) {
      mixer = try Mamba2Mixer(
        decoder, folder: "mamba", heads: "mamba_n_heads", headWidth: "mamba_d_head", groups: "mamba_n_groups",
        states: "mamba_d_state", kernel: "mamba_d_conv", inner: expand * settings.width)
      mixer?.inputBias = try bias("mamba_proj_bias")
      mixer?.outputBias = try bias("mamba_proj_bias")
      mixer?.convolutionBias = try bias("mamba_conv_bias", usual: true)
    }
    return try decoder.network { [decoder, mixer] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: attends[layer]
          ? try decoder.attention(layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias) : nil,
        recurrent: attends[layer] ? nil : try mixer?.recurrent(layer),
        mlpNorm: try decoder.norm(layer, "", "pre_ff_layernorm"),
        mlp: try decoder.gatedMLP(
          layer, bias: mlpBias,
          names: ("feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj")))
    }
  }

  /// [L] which blocks have attention: those of `attn_layer_indices`.
  private static func bambaAttention(_ settings: ModelSettings) throws -> [Bool] {
    let indices = try settings.integers(gguf: nil, config: "attn_layer_indices") ?? []
    guard indices.allSatisfy({ (0..<settings.layers).contains($0) }) else {
      throw settings.refuse(
        gguf: nil, config: "attn_layer_indices", found: "\(indices)",
        expected: "numbers of blocks, 0 to \(settings.layers - 1)")
    }
    return (0..<settings.layers).map(indices.contains)
  }
}

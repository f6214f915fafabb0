// Phi 1, 1.5 and 2 (Gunasekar et al. 2023, Li et al. 2023). Follows transformers' modeling_phi.py; GGUF names as in llama.cpp, which calls
// them `phi2`.

extension Architecture {
  /// Phi: parallel blocks with one norm, part of a head turned, a head with a bias.
  public static let phi = Architecture(name: "Phi", ggufName: "phi2", modelTypes: ["phi"]) { settings, weights in
    let names = DecoderLayers.Names(attentionOutput: "self_attn.dense", finalNorm: "final_layernorm")
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"), names: names)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    _ = try AttentionWindows.nowhere(settings)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .geluTanh)
    let inner = try decoder.innerWidth()
    let hasHeadNorms = try settings.flag(gguf: nil, config: "qk_layernorm") ?? false
    return try decoder.network(headBias: .required) { [decoder] layer in
      // Files converted from the first releases keep their fused projection.
      let fusedName = "blk.\(layer).attn_qkv"
      var attention =
        decoder.isGGUF && weights.contains(fusedName + ".weight")
        ? try decoder.attention(
          layer,
          try decoder.split(
            try weights.projection(
              fusedName, decoder.queryWidth + 2 * decoder.keyWidth, settings.width, bias: .required)),
          rotation: rotation, outputBias: .required)
        : try decoder.attention(layer, rotation: rotation, inputBias: .required, outputBias: .required)
      if hasHeadNorms {
        attention.queryNorm = try decoder.norm(layer, "", "self_attn.q_layernorm", width: decoder.headWidth)
        attention.keyNorm = try decoder.norm(layer, "", "self_attn.k_layernorm", width: decoder.headWidth)
      }
      return Block(
        order: .parallel, attentionNorm: try decoder.attentionNorm(layer), attention: attention,
        mlp: try decoder.plainMLP(
          layer, up: "mlp.fc1", down: "mlp.fc2", inner: inner, bias: .required))
    }
  }
}

// StableLM (Bellagente et al. 2024). Follows transformers' modeling_stablelm.py; GGUF names as in llama.cpp, whose converter stacks the
// heads' norms.

extension Architecture {
  /// StableLM: layer norm, part of a head turned, a parallel block and norms of single heads in the 12B model.
  public static let stableLM = Architecture(name: "StableLM", ggufName: "stablelm", modelTypes: ["stablelm"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth, turnsPart: true
    ).rotation()
    let bias = try settings.flag(gguf: nil, config: "use_qkv_bias") ?? false
    let isParallel = try settings.flag(gguf: "use_parallel_residual", config: "use_parallel_residual") ?? false
    let hasHeadNorms =
      decoder.isGGUF
      ? weights.contains("blk.0.attn_q_norm.weight") : try settings.flag(gguf: nil, config: "qk_layernorm") ?? false
    return try decoder.network { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: .said(bias, in: weights.files.kind))
      if hasHeadNorms {
        attention.queryNorm = try headNorms(decoder, layer, "q", settings.heads)
        attention.keyNorm = try headNorms(decoder, layer, "k", settings.kvHeads)
      }
      return Block(
        order: isParallel ? .parallel : .sequential, attentionNorm: try decoder.attentionNorm(layer),
        attention: attention, mlpNorm: isParallel ? nil : try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer))
    }
  }

  /// A norm whose weights differ from head to head.
  private static func headNorms(_ decoder: DecoderLayers, _ layer: Int, _ letter: String, _ heads: Int) throws -> Norm {
    let width = decoder.headWidth
    if decoder.isGGUF { return try decoder.headNorms(layer, "attn_\(letter)_norm", "", heads: heads) }
    let weight = try (0..<heads).flatMap {
      try decoder.weights.vector(
        decoder.name(layer, "", "self_attn.\(letter)_layernorm.norms.\($0).weight"), width)
    }
    let epsilon = try decoder.settings.requiredReal(gguf: "attention.layer_norm_epsilon", config: "layer_norm_eps")
    return Norm(kind: .layer, weight: weight, epsilon: Float(epsilon), span: width)
  }
}

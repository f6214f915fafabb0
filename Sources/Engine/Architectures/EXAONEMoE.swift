// K-EXAONE (LG AI Research 2025). Follows transformers' modeling_exaone_moe.py; GGUF names as in llama.cpp's conversion/exaone.py.

extension Architecture {
  /// K-EXAONE: EXAONE 4's attention behind norms of its input, experts with DeepSeek V3's router behind dense blocks.
  public static let exaoneMoE = Architecture(name: "EXAONE MoE", ggufName: "exaone-moe", modelTypes: ["exaone_moe"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try exaoneWindows(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let hasExperts = try exaoneExperts(settings)
    try requireExaoneNames(settings, hasExperts)
    var mixture = try DeepSeekMixture(settings, hasExperts: hasExperts)
    let isBeside = weights.files.tensors.keys.contains { $0.hasSuffix("mlp.e_score_correction_bias") }
    if isBeside { mixture.names.correction = "e_score_correction_bias" }
    try decoder.passOverPredictors(configs: ["num_nextn_predict_layers"])
    weights.passOver(prefix: "mtp.", what: "a block that predicts further tokens")
    return try decoder.network { [decoder, mixture] layer in
      let window = windows?.byLayer[layer]
      var attention = try decoder.attention(layer, rotation: windows == nil || window != nil ? rotation : nil)
      attention.window = window
      attention.queryNorm = try decoder.norm(layer, "attn_q_norm", "self_attn.q_norm", width: decoder.headWidth)
      attention.keyNorm = try decoder.norm(layer, "attn_k_norm", "self_attn.k_norm", width: decoder.headWidth)
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try mixture.mlp(layer, decoder))
    }
  }

  /// [L] which blocks have experts: by `mlp_layer_types`, or without it those behind the first dense ones.
  private static func exaoneExperts(_ settings: ModelSettings) throws -> [Bool] {
    guard !settings.isGGUF, settings.contains(gguf: nil, config: "mlp_layer_types") else {
      return try settings.blocksBehindDenseOnes()
    }
    settings.changesNothing(config: ["first_k_dense_replace"], because: "mlp_layer_types says it")
    return try sparseBlocks(settings)
  }

  /// Refuses names of the publisher's first files, which transformers passes over, where they contradict what it reads.
  private static func requireExaoneNames(_ settings: ModelSettings, _ hasExperts: [Bool]) throws {
    let dense = hasExperts.firstIndex(of: true) ?? hasExperts.count
    if let said = try settings.integer(config: "first_last_k_dense_replace"), said != dense {
      throw settings.refuse(
        gguf: nil, config: "first_last_k_dense_replace", found: "\(said)",
        expected: "\(dense), as 'first_k_dense_replace'")
    }
    if let said = try settings.integers(gguf: nil, config: "is_moe_layer"), said != hasExperts.map({ $0 ? 1 : 0 }) {
      throw settings.refuse(
        gguf: nil, config: "is_moe_layer", found: "\(said)", expected: "\(hasExperts), as the other settings say it")
    }
  }
}

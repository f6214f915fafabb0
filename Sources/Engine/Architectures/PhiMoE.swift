// Phi-3.5-MoE (Abdin et al. 2024). Follows transformers' modeling_phimoe.py, apart from the frequencies of long texts; GGUF names as in
// llama.cpp, which divides the softmax's shares of the two best experts by their sum where the model has its own mixer.

extension Architecture {
  /// Phi-MoE: Mixtral with layer norms, experts mixed by SparseMixer, positions stretched by LongRoPE.
  public static let phiMoE = Architecture(name: "Phi-MoE", ggufName: "phimoe", modelTypes: ["phimoe"]) {
    settings, weights in
    let epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps"))
    var decoder = try DecoderLayers(settings, weights, norm: .layerOf(epsilon: epsilon, bias: true))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let windows = try AttentionWindows.everywhere(settings)
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.hasScales = true
    let rotation = try rotary.rotation()
    let kind = settings.files.kind
    let bias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let headBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "lm_head_bias") ?? false, in: kind)
    var experts = try ExpertSettings.required(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    guard experts.chosen == 2 else {
      throw settings.refuse(
        gguf: "expert_used_count", config: "num_experts_per_tok", found: "\(experts.chosen)",
        expected: "2, the number that SparseMixer chooses")
    }
    // A GGUF file does not state it.
    let jitter = try settings.real(gguf: nil, config: "router_jitter_noise") ?? 0.01
    experts.scores = .sparseMixer(jitter: Float(jitter))
    experts.normalisation = nil
    let names = ExpertNames(
      folder: "block_sparse_moe", otherRouter: "router", gate: "w1", up: "w3", down: "w2")
    return try decoder.network(headBias: headBias) { [decoder, experts] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.window = windows.byLayer[layer]
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.experts(layer, experts, names: names))
    }
  }
}

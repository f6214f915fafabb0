// Aria (Rhymes AI 2024), the language part of a multimodal model. Follows transformers' modeling_aria.py and conversion_mapping.py.

extension Architecture {
  /// Aria: Llama with experts in the place of the MLP, beside shared ones.
  public static let aria = Architecture(name: "Aria", ggufName: nil, modelTypes: ["aria_text"]) { settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    _ = try AttentionWindows.nowhere(settings)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    let (attentionBias, mlpBias) = (try bias("attention_bias"), try bias("mlp_bias"))
    var experts = try ExpertSettings.required(
      settings, names: ["moe_num_experts"], chosen: ["moe_topk"], inner: "intermediate_size")
    experts.scores = .softmaxOfChosen
    experts.normalisation = nil
    let shared = experts.inner * (try settings.requiredCount(gguf: "", config: "moe_num_shared_experts"))
    let names = ExpertNames(
      router: "router", gatesAndUps: "experts.fc1.weight", downs: "experts.fc2.weight", layout: .inOut)
    // Experts have the SiLU whatever `hidden_act` says.
    let sharedActivation = try settings.activation(config: "hidden_act", usual: .silu)
    return try decoder.network { [experts] layer in
      decoder.activation = .silu
      let mixture = try decoder.experts(layer, experts, names: names)
      decoder.activation = sharedActivation
      return Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try decoder.attention(
          layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias),
        mlpNorm: try decoder.mlpNorm(layer),
        mlp: .sum([
          Summand(part: mixture),
          try decoder.sharedExpert(layer, "mlp.shared_experts", inner: shared, bias: mlpBias),
        ]))
    }
  }
}

// NanoChat (Karpathy 2025). Follows transformers' modeling_nanochat.py; llama.cpp does not run it.

extension Architecture {
  /// NanoChat: norms without weights, also of the embedding and, after the rotation, of heads, a softcap of logits, an MLP without a gate.
  public static let nanoChat = Architecture(name: "NanoChat", ggufName: nil, modelTypes: ["nanochat"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, norm: .plainRootMeanSquare)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .squaredReLU)
    _ = try AttentionWindows.nowhere(settings)
    var rotation = try RotarySettings(
      settings: settings, weights: weights, headWidth: decoder.headWidth
    ).rotation()
    // Heads turn the other way.
    rotation.frequencies = rotation.frequencies.map { -$0 }
    guard rotation.long == nil else {
      throw settings.refuse(
        gguf: nil, config: "rope_parameters.rope_type", found: "a rotation that depends on the length of the text",
        expected: "one that does not")
    }
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: weights.files.kind)
    let inner = try decoder.innerWidth()
    var network = try decoder.network(headSoftcap: try settings.softcap("final_logit_softcapping", usual: nil)) {
      [decoder] layer in
      var attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: bias)
      attention.queryNorm = try decoder.norm("", width: decoder.headWidth)
      attention.keyNorm = attention.queryNorm
      attention.normsFollowRotation = true
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.plainMLP(layer, up: "mlp.fc1", down: "mlp.fc2", inner: inner, bias: .absent))
    }
    network.embedding.norm = try decoder.norm("", width: settings.width)
    return network
  }
}

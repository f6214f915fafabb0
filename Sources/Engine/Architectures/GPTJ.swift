// GPT-J (Wang and Komatsuzaki 2021). Follows transformers' modeling_gptj.py; llama.cpp names its tensors and does not run it.

extension SettingNames {
  static let gptJ = SettingNames(
    layers: ["n_layer", "num_hidden_layers"], width: ["n_embd", "hidden_size"],
    heads: ["n_head", "num_attention_heads"],
    kvHeads: [], context: ["n_positions", "max_position_embeddings"])
}

extension Architecture {
  /// GPT-J: parallel blocks with one norm, neighbouring values turned in pairs, a head with a bias.
  public static let gptJ = Architecture(name: "GPT-J", ggufName: nil, modelTypes: ["gptj"], settings: .gptJ) {
    settings, weights in
    try gptJNetwork(settings, weights) { decoder, layer, rotation in
      try decoder.attention(layer, rotation: rotation)
    }
  }

  /// GPT-J's network around the given attention.
  static func gptJNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader,
    attention: (DecoderLayers, Int, Rotation) throws -> Attention
  ) throws -> Network {
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "h", attention: "attn", attentionOutput: "attn.out_proj",
      finalNorm: "ln_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    let turned = try settings.count(gguf: nil, config: "rotary_dim") ?? 64
    guard turned <= decoder.headWidth, turned % 2 == 0 else {
      throw settings.refuse(
        gguf: nil, config: "rotary_dim", found: "\(turned)", expected: "an even number up to \(decoder.headWidth)")
    }
    let rotation = Rotation(width: turned, base: 10_000, pairs: .adjacent)
    decoder.activation = try settings.activation(config: "activation_function", usual: .geluTanh)
    _ = try AttentionWindows.nowhere(settings)
    let inner = try settings.count(gguf: nil, config: "n_inner") ?? 4 * settings.width
    return try decoder.network(headBias: .required) { [decoder] layer in
      Block(
        order: .parallel, attentionNorm: try decoder.norm(layer, "", "ln_1"),
        attention: try attention(decoder, layer, rotation),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.fc_in", down: "mlp.fc_out", inner: inner, bias: .required))
    }
  }
}

// GPT-Neo (Black et al. 2021). Follows transformers' modeling_gpt_neo.py; llama.cpp does not run it.

extension Architecture {
  /// GPT-Neo: GPT-2 with every other layer local and scores that are not scaled.
  public static let gptNeo = Architecture(
    name: "GPT-Neo", ggufName: nil, modelTypes: ["gpt_neo"],
    settings: SettingNames(
      layers: ["num_layers", "num_hidden_layers"], heads: ["num_heads", "num_attention_heads"], kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "transformer", tokens: "wte", blocks: "h", attention: "attn.attention",
      attentionOutput: "attn.attention.out_proj", finalNorm: "ln_f", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_epsilon"), names: names)
    decoder.activation = try settings.activation(config: "activation_function", usual: .geluTanh)
    let inner = try settings.count(gguf: nil, config: "intermediate_size") ?? 4 * settings.width
    let window = try settings.count(gguf: nil, config: "window_size") ?? 256
    let isLocal = try localLayers(settings)
    _ = try AttentionWindows.nowhere(settings)
    var network = try decoder.network(tiedByDefault: true) { [decoder] layer in
      var attention = try decoder.attention(layer, rotation: nil, outputBias: .required)
      attention.scale = 1
      attention.window = isLocal[layer] ? window : nil
      return Block(
        attentionNorm: try decoder.norm(layer, "", "ln_1"), attention: attention,
        mlpNorm: try decoder.norm(layer, "", "ln_2"),
        mlp: try decoder.plainMLP(
          layer, up: "mlp.c_fc", down: "mlp.c_proj", inner: inner, bias: .required))
    }
    let positions = try weights.matrix(decoder.name("", "wpe.weight"), settings.context, settings.width)
    network.embedding.positions = LearnedPositions(table: positions)
    return network
  }

  /// [L] which layers attend only to a window; every second one by default.
  private static func localLayers(_ settings: ModelSettings) throws -> [Bool] {
    var key = "attention_layers"
    var kinds = try settings.strings(gguf: nil, config: key)
    let repeated =
      settings.files.configuration.contains("attention_types") ? try repeatedKinds(settings, "attention_types") : nil
    if kinds == nil, repeated != nil { (key, kinds) = ("attention_types", repeated) }
    guard let kinds else { return (0..<settings.layers).map { $0 % 2 == 1 } }
    guard kinds.count == settings.layers, kinds.allSatisfy({ $0 == "global" || $0 == "local" }) else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(kinds)", expected: "\(settings.layers) of 'global' and 'local'")
    }
    // Published files have both.
    guard repeated == nil || repeated == kinds else {
      throw settings.refuse(
        gguf: nil, config: "attention_types", found: "\(repeated ?? [])", expected: "the same as attention_layers")
    }
    return kinds.map { $0 == "local" }
  }

  /// The expansion of [[["global", "local"], 12], ...]: each list repeated the given number of times.
  private static func repeatedKinds(_ settings: ModelSettings, _ key: String) throws -> [String] {
    var kinds: [String] = []
    var group = 0
    while let part = try settings.strings(gguf: nil, config: "\(key).\(group).0") {
      let times = try settings.requiredCount(gguf: "", config: "\(key).\(group).1")
      guard !part.isEmpty, times <= settings.layers else {
        throw settings.refuse(
          gguf: nil, config: "\(key).\(group)", found: "\(part), \(times) times", expected: "\(settings.layers) layers")
      }
      for _ in 0..<times { kinds += part }
      group += 1
    }
    return kinds
  }
}

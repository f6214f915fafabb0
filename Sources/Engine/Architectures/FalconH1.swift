// Falcon-H1 (Zuo et al. 2025). Follows transformers' modeling_falcon_h1.py; GGUF names as in llama.cpp's conversion/falcon_h1.py, which multiplies the
// weights by the factors of config.json.

extension Architecture {
  /// Falcon-H1: attention and a Mamba 2 mixer side by side in every block, and factors almost everywhere.
  public static let falconH1 = Architecture(name: "Falcon-H1", ggufName: "falcon-h1", modelTypes: ["falcon_h1"]) {
    settings, weights in
    var decoder = try DecoderLayers(
      settings, weights, names: .init(finalNorm: "final_layernorm"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    func factor(_ key: String) throws -> Float { Float(try settings.real(gguf: nil, config: key) ?? 1) }
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? false, in: settings.files.kind)
    }
    let mixer = try falconMixer(decoder, inputBias: bias("mamba_proj_bias"), outputBias: bias("projectors_bias"))
    let inner = try decoder.innerWidth()
    let mlpFactors = try settings.factors("mlp_multipliers", count: 2)
    let (attentionBias, mlpBias) = (try bias("attention_bias"), try bias("mlp_bias"))
    let (attentionIn, attentionOut) = (try factor("attention_in_multiplier"), try factor("attention_out_multiplier"))
    let (mixerIn, keyFactor) = (try factor("ssm_in_multiplier"), try factor("key_multiplier"))
    return try decoder.network(
      embeddingScale: try factor("embedding_multiplier"), headScale: try factor("lm_head_multiplier")
    ) { [decoder] layer in
      var attention = try decoder.attention(
        layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias)
      if case .separate(let query, let key, let value) = attention.inputs {
        attention.inputs = .separate(query: query, key: key.scaled(keyFactor), value: value)
      }
      attention.inputScale = attentionIn
      attention.output = attention.output.scaled(attentionOut)
      var recurrent = try mixer.recurrent(layer)
      recurrent.inputScale = mixerIn
      func part(_ inGGUF: String, _ name: String, _ out: Int, _ input: Int) throws -> Projection {
        try weights.projection(decoder.name(layer, inGGUF, "feed_forward.\(name)"), out, input, bias: mlpBias)
      }
      let gate = try part("ffn_gate", "gate_proj", inner, settings.width).scaled(mlpFactors[0])
      let down = try part("ffn_down", "down_proj", settings.width, inner).scaled(mlpFactors[1])
      if decoder.isGGUF, case .separate(let query, let key, let value) = attention.inputs {
        weights.noteFactors(
          [query, key, value, attention.output, recurrent.output] + recurrent.channels.parts + [gate, down])
      }
      return Block(
        attentionNorm: try decoder.attentionNorm(layer), attention: attention, recurrent: recurrent,
        mlpNorm: try falconNorm(decoder, layer),
        mlp: .dense(
          MLP(
            gate: gate, up: try part("ffn_up", "up_proj", inner, settings.width), down: down,
            activation: decoder.activation)))
    }
  }

  /// The norm of the MLP's input, whose name in GGUF ends without "weight".
  private static func falconNorm(_ decoder: DecoderLayers, _ layer: Int) throws -> Norm {
    let name = decoder.name(layer, "ffn_norm", "pre_ff_layernorm.weight")
    return Norm(
      kind: .rootMeanSquare, weight: try decoder.weights.vector(name, decoder.settings.width),
      epsilon: decoder.epsilon)
  }

  private static func falconMixer(
    _ decoder: DecoderLayers, inputBias: WeightLoader.Bias, outputBias: WeightLoader.Bias
  ) throws -> Mamba2Mixer {
    let settings = decoder.settings
    let stated = try settings.count(gguf: nil, config: "mamba_d_ssm")
    let expand = try settings.count(gguf: nil, config: "mamba_expand") ?? 2
    if stated != nil { settings.changesNothing(config: ["mamba_expand"], because: "mamba_d_ssm is given") }
    var mixer = try Mamba2Mixer(
      decoder, folder: "mamba", heads: "mamba_n_heads", headWidth: "mamba_d_head", groups: "mamba_n_groups",
      states: "mamba_d_state", kernel: "mamba_d_conv", inner: stated ?? expand * settings.width)
    mixer.inputBias = inputBias
    mixer.outputBias = outputBias
    mixer.convolutionBias = .said(
      try settings.flag(gguf: nil, config: "mamba_conv_bias") ?? true, in: settings.files.kind)
    mixer.factors = try settings.factors("ssm_multipliers", count: 5)
    mixer.outputFactor = Float(try settings.real(gguf: nil, config: "ssm_out_multiplier") ?? 1)
    if settings.isGGUF {
      // llama.cpp norms the gated output where the file has the norm.
      mixer.norm = decoder.weights.contains("blk.0.ssm_norm.weight") ? .afterGate : .none
      return mixer
    }
    let isFirst = try settings.flag(gguf: nil, config: "mamba_norm_before_gate") ?? true
    if try settings.flag(gguf: nil, config: "mamba_rms_norm") ?? false {
      mixer.norm = isFirst ? .beforeGate : .afterGate
    } else {
      mixer.norm = .none
      settings.changesNothing(config: ["mamba_norm_before_gate"], because: "mamba_rms_norm is false")
    }
    return mixer
  }
}

extension ModelSettings {
  /// Factors of config.json; ones without them, and in GGUF, whose weights have been multiplied.
  fileprivate func factors(_ config: String, count: Int) throws -> [Float] {
    guard let found = try reals(gguf: nil, config: config) else { return [Float](repeating: 1, count: count) }
    guard found.count == count else {
      throw refuse(gguf: nil, config: config, found: "\(found)", expected: "\(count) numbers")
    }
    return found
  }
}

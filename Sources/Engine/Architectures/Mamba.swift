// Mamba (Gu and Dao 2023), Falcon-Mamba (Zuo et al. 2024) and Mamba 2 (Dao and Gu 2024). Follows transformers' modeling_mamba.py,
// modeling_falcon_mamba.py and modeling_mamba2.py, whose scan over a sequence, not whose step of one token, applies `time_step_limit`; GGUF names
// and shapes as in llama.cpp's conversion/mamba.py.

extension SettingNames {
  /// A family without attention, whose texts are as long as llama.cpp's converter says.
  fileprivate static let mamba = SettingNames(heads: [], kvHeads: [], context: [], usualContext: 1 << 20)
}

extension DecoderLayers.Names {
  fileprivate static let mamba = DecoderLayers.Names(
    base: "backbone", tokens: "embeddings", finalNorm: "norm_f", headWidth: nil)
}

extension Architecture {
  /// Mamba: a selective scan of channels in every block, no attention, no MLP.
  public static let mamba = Architecture(name: "Mamba", ggufName: "mamba", modelTypes: ["mamba"], settings: .mamba) {
    settings, weights in
    // In GGUF, Falcon-Mamba has the name of Mamba.
    let isNormed = try settings.flag(gguf: "ssm.dt_b_c_rms", config: nil) ?? false
    // llama.cpp has one epsilon for all norms of a file.
    return try mambaNetwork(settings, weights) { isNormed ? .plain(epsilon: $0) : .none }
  }

  /// Falcon-Mamba: Mamba with norms of steps, keys and queries.
  public static let falconMamba = Architecture(
    name: "Falcon-Mamba", ggufName: nil, modelTypes: ["falcon_mamba"], settings: .mamba
  ) { settings, weights in
    let epsilon = Float(try settings.real(gguf: nil, config: "mixer_rms_eps") ?? 1e-6)
    return try mambaNetwork(settings, weights) { _ in .plain(epsilon: epsilon) }
  }

  /// Mamba 2: a scan of heads in every block, no attention, no MLP.
  public static let mamba2 = Architecture(name: "Mamba 2", ggufName: "mamba2", modelTypes: ["mamba2"], settings: .mamba)
  {
    settings, weights in
    try settings.noteRescaledOutputs()
    let decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareNamed(epsilon: "layer_norm_epsilon"), names: .mamba)
    let expand = try settings.real(gguf: nil, config: "expand") ?? 2
    var mixer = try Mamba2Mixer(
      decoder, folder: "mixer", heads: "num_heads", headWidth: "head_dim", groups: "n_groups", states: "state_size",
      kernel: "conv_kernel", inner: settings.share(expand, of: settings.width, config: "expand"))
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "use_bias") ?? false, in: settings.files.kind)
    mixer.inputBias = bias
    mixer.outputBias = bias
    mixer.convolutionBias = .said(
      try settings.flag(gguf: nil, config: "use_conv_bias") ?? true, in: settings.files.kind)
    return try decoder.network { [mixer] layer in
      Block(attentionNorm: try decoder.norm(layer, "attn_norm", "norm"), recurrent: try mixer.recurrent(layer))
    }
  }

  private static func mambaNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader, norms: (_ usual: Float) -> MambaMixer.InnerNorms
  ) throws -> Network {
    try settings.noteRescaledOutputs()
    let decoder = try DecoderLayers(
      settings, weights, norm: .rootMeanSquareNamed(epsilon: "layer_norm_epsilon"), names: .mamba)
    let mixer = try MambaMixer(decoder, folder: "mixer", norms: norms(decoder.epsilon))
    return try decoder.network(tiedByDefault: true) { layer in
      Block(attentionNorm: try decoder.norm(layer, "attn_norm", "norm"), recurrent: try mixer.recurrent(layer))
    }
  }
}

extension ModelSettings {
  /// Notes that transformers would run other weights than those that are stored.
  fileprivate func noteRescaledOutputs() throws {
    let key = "rescale_prenorm_residual"
    guard try flag(gguf: nil, config: key) == true else { return }
    changesNothing(config: [key], because: "the weights are those of the file")
    files.notes.add(
      "'\(key)' is true: the stored 'out_proj' are used; transformers divides them by the root of the number of blocks "
        + "whenever it loads the model", at: files.path)
  }
}

/// The mixer of Mamba: one projection gives channels and gate, [x | z].
struct MambaMixer {
  /// The norms of steps, keys and queries.
  enum InnerNorms {
    case none
    /// Without weights (Falcon-Mamba).
    case plain(epsilon: Float)
    /// With weights, called `dt_layernorm`, `b_layernorm` and `c_layernorm` (Jamba).
    case stored
  }

  /// The names of its settings in config.json.
  struct Keys {
    var states = "state_size"
    var kernel = "conv_kernel"
    var rank = "time_step_rank"
    var bias = "use_bias"
    var convolutionBias = "use_conv_bias"
    var expand = "expand"
    /// The width of the channels; nil where it always follows from `expand`.
    var inner: String? = "intermediate_size"
  }

  let decoder: DecoderLayers
  let folder: String
  let inner: Int
  let states: Int
  let kernel: Int
  let rank: Int
  let activation: Activation
  let bias: WeightLoader.Bias
  let convolutionBias: WeightLoader.Bias
  let norms: InnerNorms

  init(_ decoder: DecoderLayers, folder: String, norms: InnerNorms, keys: Keys = Keys()) throws {
    let settings = decoder.settings
    self.decoder = decoder
    self.folder = folder
    self.norms = norms
    let expand = try settings.real(gguf: nil, config: keys.expand) ?? 2
    // transformers lets a stated width replace the one that follows from `expand`.
    let stated = try settings.count(gguf: "ssm.inner_size", config: keys.inner)
    if stated != nil { settings.changesNothing(config: [keys.expand], because: "intermediate_size is given") }
    inner = try stated ?? settings.share(expand, of: settings.width, config: keys.expand)
    states = try settings.requiredCount(gguf: "ssm.state_size", config: keys.states)
    kernel = try settings.requiredCount(gguf: "ssm.conv_kernel", config: keys.kernel)
    let own =
      settings.isAutomatic(keys.rank) ? nil : try settings.count(gguf: "ssm.time_step_rank", config: keys.rank)
    rank = own ?? (settings.width + 15) / 16
    activation = try settings.activation(config: "hidden_act", usual: .silu)
    bias = .said(try settings.flag(gguf: nil, config: keys.bias) ?? false, in: settings.files.kind)
    convolutionBias = .said(
      try settings.flag(gguf: nil, config: keys.convolutionBias) ?? true, in: settings.files.kind)
  }

  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    func name(_ inGGUF: String, _ part: String) -> String { decoder.name(layer, inGGUF, "\(folder).\(part)") }
    func norm(_ inGGUF: String, _ part: String, _ width: Int) throws -> Norm? {
      switch norms {
      case .none: nil
      case .plain(let epsilon):
        Norm(kind: .rootMeanSquare, weight: [Float](repeating: 1, count: width), epsilon: epsilon)
      case .stored: try decoder.norm(name(inGGUF, part), width: width)
      }
    }
    let whole = try weights.projection(name("ssm_in", "in_proj"), 2 * inner, width, bias: bias)
    let rows = try decoder.decays(name("ssm_a", "A_log"), shape: [inner, states])
    var decays = rows
    for channel in 0..<inner {
      for state in 0..<states { decays[state * inner + channel] = rows[channel * states + state] }
    }
    return Recurrent(
      channels: JoinedProjection(parts: [whole.slice(0..<inner)]),
      convolution: try decoder.convolution(
        layer, "ssm_conv1d", "\(folder).conv1d", channels: inner, kernel: kernel, bias: convolutionBias,
        activation: activation),
      scan: .channels(
        ChannelScan(
          inputs: SplitProjection(parts: [try weights.projection(name("ssm_x", "x_proj"), rank + 2 * states, inner)]),
          stepNorm: try norm("ssm_dt_norm", "dt_layernorm", rank),
          keyNorm: try norm("ssm_b_norm", "b_layernorm", states),
          queryNorm: try norm("ssm_c_norm", "c_layernorm", states),
          steps: SplitProjection(
            parts: [try weights.projection(name("ssm_dt", "dt_proj"), inner, rank, bias: .required)]), decays: decays,
          skips: try weights.values(name("ssm_d", "D"), shape: [inner]), states: states)),
      gate: Gate(
        projection: JoinedProjection(parts: [whole.slice(inner..<(2 * inner))]), activation: .silu),
      output: try weights.projection(name("ssm_out", "out_proj"), width, inner, bias: bias))
  }
}

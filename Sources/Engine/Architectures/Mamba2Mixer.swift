/// The mixer of Mamba 2 (Dao and Gu 2024), which several families have.
///
/// One projection gives gate, channels and steps: [z | x, B, C | dt]. x, B and C pass the convolution; B are the keys of the scan, x its
/// values, C its queries.
struct Mamba2Mixer {
  /// The place of the norm of the scan's output.
  enum NormPlace { case beforeGate, afterGate, none }

  let decoder: DecoderLayers
  /// Before the names of its tensors in a folder.
  var folder: String
  var heads: Int
  var headWidth: Int
  /// Key heads.
  var groups: Int
  /// Width of a key.
  var states: Int
  var kernel: Int
  var activation: Activation
  var norm = NormPlace.afterGate
  var inputBias = WeightLoader.Bias.absent
  var outputBias = WeightLoader.Bias.absent
  var convolutionBias = WeightLoader.Bias.required
  var stepLimits: ClosedRange<Float> = 0...Float.infinity
  /// Factors of z, x, B, C and dt (Falcon-H1).
  var factors: [Float] = [1, 1, 1, 1, 1]
  /// Epsilon of the norm; nil for that of the family's other norms (Zamba 2).
  var epsilon: Float?
  /// Factor of the output (Falcon-H1).
  var outputFactor: Float = 1

  /// Width of the values of all heads.
  var inner: Int { heads * headWidth }

  /// The mixer of a block.
  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, width, keys) = (decoder.weights, decoder.settings.width, groups * states)
    func name(_ inGGUF: String, _ part: String) -> String { decoder.name(layer, inGGUF, "\(folder).\(part)") }
    let whole = try weights.projection(name("ssm_in", "in_proj"), 2 * inner + 2 * keys + heads, width, bias: inputBias)
    var first = 0
    let parts = zip([inner, inner, keys, keys, heads], factors).map { count, factor in
      defer { first += count }
      return whole.slice(first..<(first + count)).scaled(factor)
    }
    // GGUF has A and D as columns.
    let column = decoder.isGGUF ? [heads, 1] : [heads]
    return Recurrent(
      channels: JoinedProjection(parts: Array(parts[1...3])),
      convolution: try decoder.convolution(
        layer, "ssm_conv1d", "\(folder).conv1d", channels: inner + 2 * keys, kernel: kernel, bias: convolutionBias,
        activation: activation),
      scan: .heads(
        HeadScan(
          heads: heads, keyHeads: groups, keyWidth: states, valueWidth: headWidth, queryStart: inner + keys,
          keyStart: inner, valueStart: 0, steps: JoinedProjection(parts: [parts[4]]),
          stepBias: try weights.vector(name("ssm_dt.bias", "dt_bias"), heads), stepLimits: stepLimits,
          decays: try decoder.decays(name("ssm_a", "A_log"), shape: column), corrects: false,
          skips: try weights.values(name("ssm_d", "D"), shape: column))),
      gate: Gate(
        projection: JoinedProjection(parts: [parts[0]]), activation: .silu,
        norm: norm == .none ? nil : try gatedNorm(name("ssm_norm", "norm")), normsFirst: norm == .beforeGate),
      output: try weights.projection(name("ssm_out", "out_proj"), width, inner, bias: outputBias).scaled(outputFactor))
  }

  /// The norm over each group's values.
  private func gatedNorm(_ name: String) throws -> Norm {
    let shape = decoder.isGGUF ? [groups, inner / groups] : [inner]
    return Norm(
      kind: .rootMeanSquare, weight: try decoder.weights.values(name + ".weight", shape: shape),
      epsilon: epsilon ?? decoder.epsilon, span: inner / groups)
  }
}

extension Mamba2Mixer {
  /// Reads the sizes under the names of a family in config.json; GGUF has one name for each.
  ///
  /// `inner` is the width of all values where config.json states it in another way. Without a key, the activation is SiLU, and heads share
  /// the values.
  init(
    _ decoder: DecoderLayers, folder: String, heads headKey: String, headWidth widthKey: String?,
    groups groupKey: String,
    states stateKey: String, kernel kernelKey: String, activation activationKey: String? = "hidden_act", inner: Int?
  ) throws {
    let settings = decoder.settings
    self.decoder = decoder
    self.folder = folder
    activation = try activationKey.map { try settings.activation(config: $0, usual: .silu) } ?? .silu
    kernel = try settings.requiredCount(gguf: "ssm.conv_kernel", config: kernelKey)
    states = try settings.requiredCount(gguf: "ssm.state_size", config: stateKey)
    groups = try settings.requiredCount(gguf: "ssm.group_count", config: groupKey)
    let heads = try settings.requiredCount(gguf: "ssm.time_step_rank", config: headKey)
    let all = try settings.isGGUF ? settings.requiredCount(gguf: "ssm.inner_size", config: "") : inner
    // 'auto' shares the width of all values among the heads.
    let own = try widthKey.flatMap { settings.isAutomatic($0) ? nil : try settings.count(gguf: nil, config: $0) }
    guard let width = own ?? all.map({ $0 / heads }), width > 0, all == nil || width * heads == all else {
      throw settings.refuse(
        gguf: "ssm.time_step_rank", config: headKey, found: "\(heads)",
        expected: "heads that share the \(all ?? 0) values equally")
    }
    self.heads = heads
    headWidth = width
    try settings.requireSharedHeads(heads, groups, gguf: "ssm.group_count", config: groupKey)
    stepLimits = try settings.stepLimits()
  }
}

extension ModelSettings {
  /// Whether a setting of config.json is the word "auto".
  func isAutomatic(_ config: String) -> Bool {
    guard !isGGUF, let word = try? string(gguf: nil, config: config) else { return false }
    return word == "auto"
  }

  /// `time_step_limit` of config.json, whose upper end may be infinite; no limit without it.
  func stepLimits() throws -> ClosedRange<Float> {
    let key = "time_step_limit"
    guard !isGGUF, contains(gguf: nil, config: key) else { return 0...Float.infinity }
    let ends = try (0...1).map { try end("\(key).\($0)") }
    guard let least = ends[0], let most = ends[1], least <= most else {
      throw refuse(gguf: nil, config: key, found: "\(ends.map { $0 ?? .nan })", expected: "two rising numbers")
    }
    return least...most
  }

  /// A number, or infinity as Python or transformers writes it.
  private func end(_ config: String) throws -> Float? {
    guard let key = look.key(gguf: nil, config: config) else { return nil }
    if let word = try? files.configuration.string(key + ".__float__"), word == "Infinity" { return .infinity }
    return try files.configuration.limit(key).map { Float($0) }
  }
}

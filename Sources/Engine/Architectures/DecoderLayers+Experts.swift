/// The names of a mixture's parts in a folder: `model.layers.N.FOLDER.experts.E.GATE.weight`, or with one tensor for all experts
/// `model.layers.N.FOLDER.experts.gate_up_proj`.
struct ExpertNames {
  /// How tensors of all experts are stored.
  enum Layout {
    /// [experts, out, in].
    case outIn
    /// [experts, in, out], unless their format has blocks, which run along the input (gpt-oss in MXFP4).
    case inOut
    /// Either, which their shape shows (Qwen3-VL-MoE).
    case byShape
  }

  var folder = "mlp"
  var router = "gate"
  /// The router's name in the memory of transformers 5, if it differs.
  var otherRouter: String?
  var correction = "gate.e_score_correction_bias"
  /// The folder of the correction, if it differs.
  var correctionFolder: String?
  var gate = "gate_proj"
  var up = "up_proj"
  var down = "down_proj"
  /// Whether experts have gates; without them, the tensors of all experts are `up` and `down` behind `experts`.
  var hasGates = true
  /// Tensors of all experts.
  var gatesAndUps = "experts.gate_up_proj"
  var downs = "experts.down_proj"
  var layout = Layout.outIn
  /// Whether gates and ups of all experts alternate in a folder; otherwise gates come first.
  var hasInterleavedGates = false
  /// Whether experts have biases, `gatesAndUps` and `downs` with `_bias` in a folder.
  var hasBiases = false
}

extension DecoderLayers {
  /// A mixture of gated MLPs: one tensor per expert in folders and old GGUF files; one tensor for all experts in newer GGUF
  /// files and in folders that transformers 5 saved in its memory layout.
  func experts(_ layer: Int, _ settings: ExpertSettings, names: ExpertNames) throws -> FeedForward {
    .experts(try mixture(layer, settings, names: names))
  }

  /// The same, for families that add to it.
  ///
  /// `own` is the router of a family that reads it by itself, `skipping` the number of its classes behind the experts that give nothing.
  func mixture(
    _ layer: Int, _ settings: ExpertSettings, names: ExpertNames, router own: Router? = nil, skipping: Int = 0
  ) throws -> Experts {
    try settings.requireRouter(self.settings)
    if names.hasInterleavedGates { weights.noteInterleavedGates() }
    let names = isGGUF ? names : inMemory(layer, names)
    let parts = try fused(layer, settings, names) ?? separate(layer, settings, names)
    return Experts(
      router: try own ?? router(layer, settings, names),
      all: (0..<settings.count).map { expert in
        MLP(
          gate: parts.gates?[expert], up: parts.ups[expert], down: parts.downs[expert],
          activation: settings.activation ?? activation,
          hasInterleavedGate: parts.gates == nil && names.hasGates, limit: settings.limit, upOffset: settings.upOffset)
      },
      skipping: skipping, weighsInput: settings.weighsInput)
  }

  /// The router of a mixture.
  private func router(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> Router {
    Router(
      projection: try weights.projection(
        name(layer, "ffn_gate_inp", "\(names.folder).\(names.router)"), settings.count, self.settings.width,
        bias: settings.routerBias),
      softcap: settings.routerSoftcap, scores: settings.scores, correction: try correction(layer, settings, names),
      correctsLogits: settings.correctsLogits, groups: settings.groups, chosen: settings.chosen,
      normalisation: settings.normalisation, scale: settings.scale)
  }

  /// The names in this file, which can be those that transformers 5 has in memory.
  private func inMemory(_ layer: Int, _ names: ExpertNames) -> ExpertNames {
    func has(_ part: String) -> Bool { weights.contains(name(layer, "", part)) }
    var names = names
    // Most mixtures are called `mlp` there.
    if ["gate.weight", "router.weight", "experts.gate_up_proj"].contains(where: { has("mlp.\($0)") }) {
      names.folder = "mlp"
    }
    let usual = ExpertNames()
    let isInMemory = [usual.gatesAndUps, usual.downs].contains { has("\(names.folder).\($0)") }
    if isInMemory { (names.gatesAndUps, names.downs) = (usual.gatesAndUps, usual.downs) }
    if let other = names.otherRouter,
      has("\(names.folder).\(other).weight") || isInMemory && !has("\(names.folder).\(names.router).weight")
    {
      names.router = other
    }
    return names
  }

  /// The numbers of experts that count for their choice only, [experts] or [1, experts]; nil if the router has none.
  private func correction(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> [Float]? {
    let name = name(layer, "exp_probs_b.bias", "\(names.correctionFolder ?? names.folder).\(names.correction)")
    if settings.correction != .absent, weights.files.tensors[name]?.shape.count == 2 {
      return try weights.table(name, 1, settings.count)
    }
    return try weights.bias(name, settings.count, settings.correction)
  }

  /// Passes over blocks behind the last one, which predict further tokens and which transformers does not run.
  ///
  /// `configs` are the names of their number in config.json, of which the first one that is there counts; there are `least` of them
  /// whatever it says.
  func passOverPredictors(configs: [String], least: Int = 0) throws {
    let said = try settings.isGGUF ? settings.look.predictors() : configs.compactMap(settings.integer).first ?? 0
    settings.changesNothing(config: configs, because: "blocks that predict further tokens are not run")
    // No more blocks than tensors, whatever the file says.
    for block in 0..<max(least, min(said, weights.files.tensors.count)) {
      let number = settings.layers + block
      weights.passOver(
        prefix: isGGUF ? "blk.\(number)." : name(number, "", ""), what: "a block that predicts further tokens")
    }
  }

  /// The gated MLP that every token uses beside its experts.
  ///
  /// `gate` is the name of the projection whose sigmoid multiplies the output; nil for none. `ownGate` is that of the MLP's own gate.
  func sharedExpert(
    _ layer: Int, _ folder: String, inner: Int, gate: String? = nil, bias: WeightLoader.Bias = .absent,
    ownGate: String = "gate_proj"
  ) throws -> Summand {
    let width = settings.width
    func part(_ inGGUF: String, _ inFolder: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection(name(layer, "ffn_\(inGGUF)_shexp", "\(folder).\(inFolder)"), out, input, bias: bias)
    }
    let mlp = MLP(
      gate: try part("gate", ownGate, inner, width), up: try part("up", "up_proj", inner, width),
      down: try part("down", "down_proj", width, inner), activation: activation)
    return Summand(
      part: .dense(mlp), gate: try gate.map { try projectionToOne(name(layer, "ffn_gate_inp_shexp", $0)) })
  }

  /// A projection to one number, which llama.cpp's converter stores as a vector.
  private func projectionToOne(_ name: String) throws -> Projection {
    guard weights.files.tensors[name + ".weight"]?.shape.count == 1 else {
      return try weights.projection(name, 1, settings.width)
    }
    let values = FloatMatrix(rows: 1, columns: settings.width)
    for (column, value) in try weights.vector(name + ".weight", settings.width).enumerated() {
      values.start[column] = value
    }
    return Projection(weights: WeightMatrix(values, name: name + ".weight"))
  }

  /// The projections of all experts; `gates` is nil if the ups hold them, and for experts without gates.
  private typealias Parts = (gates: [Projection]?, ups: [Projection], downs: [Projection])

  /// Experts whose gates and ups are in one tensor; nil for other layouts.
  private func fused(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> Parts? {
    let place = "\(names.folder)."
    guard names.hasGates else { return try stackedWithoutGates(layer, settings, names) }
    let (gatesAndUps, downs) = (
      name(layer, "ffn_gate_up_exps.weight", place + names.gatesAndUps),
      name(layer, "ffn_down_exps.weight", place + names.downs)
    )
    // In GGUF, both forms store the latter in the same way.
    guard weights.contains(gatesAndUps) || !isGGUF && weights.contains(downs) else { return nil }
    let (count, inner, width) = (settings.count, settings.inner, self.settings.width)
    func biases(_ weight: String, _ out: Int) throws -> [[Float]?] {
      let name = isGGUF ? weight.dropLast("weight".count) + "bias" : weight + "_bias"
      return try self.biases(names.hasBiases ? name : nil, count, out)
    }
    func stack(_ name: String, _ out: Int, _ input: Int) throws -> [Projection] {
      let matrices =
        try isTransposed(name, [count, out, input], names.layout)
        ? weights.transposedStack(name, count, out, input) : weights.stack(name, count, out, input)
      return zip(matrices, try biases(name, out)).map { Projection(weights: $0, bias: $1) }
    }
    let pairs = try stack(gatesAndUps, 2 * inner, width)
    let down = try stack(downs, width, inner)
    if names.hasInterleavedGates, !isGGUF { return (nil, pairs, down) }
    return (pairs.map { $0.slice(0..<inner) }, pairs.map { $0.slice(inner..<(2 * inner)) }, down)
  }

  /// Experts without gates in a folder with one tensor for all of them; nil for other layouts.
  private func stackedWithoutGates(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> Parts? {
    let (up, down) = (
      name(layer, "", "\(names.folder).experts.\(names.up)"), name(layer, "", "\(names.folder).experts.\(names.down)")
    )
    guard !isGGUF, weights.contains(up) || weights.contains(down) else { return nil }
    let (count, inner, width) = (settings.count, settings.inner, self.settings.width)
    return (
      nil, try weights.stack(up, count, inner, width).map { Projection(weights: $0) },
      try weights.stack(down, count, width, inner).map { Projection(weights: $0) }
    )
  }

  private func isTransposed(_ name: String, _ shape: [Int], _ layout: ExpertNames.Layout) -> Bool {
    guard !isGGUF, let tensor = weights.files.tensors[name] else { return false }
    switch layout {
    case .outIn: return false
    case .inOut: return tensor.format.blockElements == 1
    case .byShape: return tensor.shape != shape
    }
  }

  private func separate(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> Parts {
    let (inner, width) = (settings.inner, self.settings.width)
    func part(_ inGGUF: String, _ inFolder: String, _ out: Int, _ input: Int) throws -> [Projection] {
      let stacked = "blk.\(layer).\(inGGUF)_exps"
      let isStacked = isGGUF && weights.contains(stacked + ".weight")
      let matrices =
        try isStacked
        ? weights.stack(stacked + ".weight", settings.count, out, input)
        : (0..<settings.count).map { expert in
          try weights.matrix(
            name(layer, "\(inGGUF).\(expert).weight", "\(names.folder).experts.\(expert).\(inFolder).weight"), out,
            input)
        }
      let biases = try biases(names.hasBiases && isStacked ? stacked + ".bias" : nil, settings.count, out)
      return zip(matrices, biases).map { Projection(weights: $0, bias: $1) }
    }
    return (
      names.hasGates ? try part("ffn_gate", names.gate, inner, width) : nil,
      try part("ffn_up", names.up, inner, width), try part("ffn_down", names.down, width, inner)
    )
  }

  /// The biases of all experts, from a tensor [experts, out]; nil for each if there is none.
  private func biases(_ name: String?, _ count: Int, _ out: Int) throws -> [[Float]?] {
    guard let name else { return [[Float]?](repeating: nil, count: count) }
    let values = try weights.table(name, count, out)
    return (0..<count).map { Array(values[($0 * out)..<(($0 + 1) * out)]) }
  }
}

/// How many experts a mixture has, and how they are chosen.
struct ExpertSettings {
  let count: Int
  /// Experts a token uses.
  let chosen: Int
  /// Width of an expert's hidden layer.
  let inner: Int
  /// Whether the chosen experts' shares are scaled to sum to one; llama.cpp always does.
  var normalised = true

  /// Reads the counts; nil for a model without experts.
  init?(_ settings: ModelSettings, config: String, inner key: String) throws {
    guard let count = try settings.count(gguf: "expert_count", config: config) else { return nil }
    try settings.requireExperts(count, config: config)
    self.count = count
    chosen = try settings.requiredCount(gguf: "expert_used_count", config: "num_experts_per_tok")
    inner =
      try settings.count(gguf: "expert_feed_forward_length", config: key)
      ?? settings.requiredCount(gguf: "feed_forward_length", config: key)
    guard chosen <= count else {
      throw settings.refuse(
        gguf: "expert_used_count", config: "num_experts_per_tok", found: "\(chosen)",
        expected: "at most the \(count) experts")
    }
  }
}

/// What a folder calls the parts of a mixture: `model.layers.N.FOLDER.experts.E.GATE.weight`.
struct ExpertNames {
  var folder = "mlp"
  var gate = "gate_proj"
  var up = "up_proj"
  var down = "down_proj"
}

extension DecoderLayers {
  /// A mixture of gated MLPs: one tensor for each expert in a folder and in old GGUF files, all in one tensor in newer ones.
  func experts(_ layer: Int, _ settings: ExpertSettings, names: ExpertNames) throws -> FeedForward {
    let (count, inner, width) = (settings.count, settings.inner, self.settings.width)
    func matrices(_ inGGUF: String, _ inFolder: String, _ out: Int, _ input: Int) throws -> [WeightMatrix] {
      let stacked = "blk.\(layer).\(inGGUF)_exps.weight"
      if isGGUF, weights.contains(stacked) { return try weights.stack(stacked, count, out, input) }
      return try (0..<count).map { expert in
        let folder = "\(names.folder).experts.\(expert).\(inFolder).weight"
        return try weights.matrix(name(layer, "\(inGGUF).\(expert).weight", folder), out, input)
      }
    }
    let gates = try matrices("ffn_gate", names.gate, inner, width)
    let ups = try matrices("ffn_up", names.up, inner, width)
    let downs = try matrices("ffn_down", names.down, width, inner)
    return .experts(
      Experts(
        router: try weights.projection(name(layer, "ffn_gate_inp", "\(names.folder).gate"), count, width),
        all: (0..<count).map { expert in
          MLP(
            gate: Projection(weights: gates[expert]), up: Projection(weights: ups[expert]),
            down: Projection(weights: downs[expert]), activation: .silu)
        },
        chosen: settings.chosen, normalised: settings.normalised))
  }
}

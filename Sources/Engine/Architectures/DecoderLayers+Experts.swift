/// The number of experts of a mixture, and how they are chosen.
struct ExpertSettings {
  let count: Int
  /// Experts a token uses.
  let chosen: Int
  /// Width of an expert's hidden layer.
  let inner: Int
  /// Whether the chosen experts' shares are scaled to sum to one; llama.cpp always does.
  var normalised = true

  /// Reads the counts, under the newer or the older name; nil for a model without experts.
  init?(_ settings: ModelSettings, names: [String], inner key: String) throws {
    if settings.isGGUF {
      // Older converters write a count of zero.
      let count =
        try settings.look.key(gguf: "expert_count", config: nil).flatMap(settings.files.configuration.integer) ?? 0
      guard count != 0 else {
        settings.changesNothing(gguf: ["expert_used_count"], because: "there are no experts")
        return nil
      }
    }
    guard let count = try settings.look.count(gguf: "expert_count", configs: names) else { return nil }
    try settings.requireExperts(count, config: names.first ?? "")
    self.count = count
    chosen = try settings.requiredCount(gguf: "expert_used_count", config: "num_experts_per_tok")
    let own = try settings.count(gguf: "expert_feed_forward_length", config: key)
    if own != nil {
      settings.changesNothing(gguf: ["feed_forward_length"], because: "no block is without experts")
    }
    inner = try own ?? settings.requiredCount(gguf: "feed_forward_length", config: key)
    guard chosen <= count else {
      throw settings.refuse(
        gguf: "expert_used_count", config: "num_experts_per_tok", found: "\(chosen)",
        expected: "at most the \(count) experts")
    }
    if settings.isGGUF { try refuseOtherRouters(settings) }
  }

  /// Refuses settings of llama.cpp's mixtures that are not supported.
  private func refuseOtherRouters(_ settings: ModelSettings) throws {
    if let function = try settings.count(gguf: "expert_gating_func", config: nil), function != 1 {
      throw settings.refuse(gguf: "expert_gating_func", config: nil, found: "\(function)", expected: "1, the softmax")
    }
    if let scale = try settings.real(gguf: "expert_weights_scale", config: nil), scale != 1, scale != 0 {
      throw settings.refuse(gguf: "expert_weights_scale", config: nil, found: "\(scale)", expected: "1")
    }
    if try settings.flag(gguf: "expert_weights_norm", config: nil) == false {
      throw settings.refuse(gguf: "expert_weights_norm", config: nil, found: "false", expected: "true")
    }
  }
}

/// The names of a mixture's parts in a folder: `model.layers.N.FOLDER.experts.E.GATE.weight`.
struct ExpertNames {
  var folder = "mlp"
  var gate = "gate_proj"
  var up = "up_proj"
  var down = "down_proj"
  /// Whether tensors of all experts can be stored [experts, in, out] (Qwen3-VL-MoE), which their shape then shows.
  var canBeTransposed = false
}

extension DecoderLayers {
  /// A mixture of gated MLPs: one tensor per expert in folders and old GGUF files; one tensor for all experts in newer GGUF
  /// files and in folders that transformers 5 saved in its memory layout.
  func experts(_ layer: Int, _ settings: ExpertSettings, names: ExpertNames) throws -> FeedForward {
    var names = names
    // In memory, all mixtures have the same names.
    if !isGGUF,
      ["gate.weight", "experts.gate_up_proj"].contains(where: { weights.contains(name(layer, "", "mlp.\($0)")) })
    {
      names.folder = "mlp"
    }
    let matrices =
      try fused(layer, settings, names)
      ?? (
        separate(
          layer, settings, "ffn_gate", "\(names.folder).experts", names.gate, settings.inner, self.settings.width),
        separate(layer, settings, "ffn_up", "\(names.folder).experts", names.up, settings.inner, self.settings.width),
        separate(
          layer, settings, "ffn_down", "\(names.folder).experts", names.down, self.settings.width, settings.inner)
      )
    return .experts(
      Experts(
        router: try weights.projection(
          name(layer, "ffn_gate_inp", "\(names.folder).gate"), settings.count, self.settings.width),
        all: (0..<settings.count).map { expert in
          MLP(
            gate: Projection(weights: matrices.gates[expert]), up: Projection(weights: matrices.ups[expert]),
            down: Projection(weights: matrices.downs[expert]), activation: activation)
        },
        chosen: settings.chosen, normalised: settings.normalised))
  }

  private typealias Matrices = (gates: [WeightMatrix], ups: [WeightMatrix], downs: [WeightMatrix])

  /// Experts whose gates and ups are in one tensor [experts, 2 * inner, D], gates first; nil for other layouts.
  private func fused(_ layer: Int, _ settings: ExpertSettings, _ names: ExpertNames) throws -> Matrices? {
    let place = "\(names.folder).experts."
    let (gatesAndUps, downs) = (
      name(layer, "ffn_gate_up_exps.weight", place + "gate_up_proj"),
      name(layer, "ffn_down_exps.weight", place + "down_proj")
    )
    // In GGUF, both forms store the latter in the same way.
    guard weights.contains(gatesAndUps) || !isGGUF && weights.contains(downs) else { return nil }
    let (count, inner, width) = (settings.count, settings.inner, self.settings.width)
    let isTransposed =
      names.canBeTransposed && !isGGUF && weights.files.tensors[gatesAndUps]?.shape != [count, 2 * inner, width]
    let pairs =
      isTransposed
      ? try weights.transposedStack(gatesAndUps, count, 2 * inner, width)
      : try weights.stack(gatesAndUps, count, 2 * inner, width)
    return (
      pairs.map { $0.slice(0..<inner) }, pairs.map { $0.slice(inner..<(2 * inner)) },
      isTransposed
        ? try weights.transposedStack(downs, count, width, inner) : try weights.stack(downs, count, width, inner)
    )
  }

  private func separate(
    _ layer: Int, _ settings: ExpertSettings, _ inGGUF: String, _ folder: String, _ inFolder: String, _ out: Int,
    _ input: Int
  ) throws -> [WeightMatrix] {
    let stacked = "blk.\(layer).\(inGGUF)_exps.weight"
    if isGGUF, weights.contains(stacked) { return try weights.stack(stacked, settings.count, out, input) }
    return try (0..<settings.count).map { expert in
      try weights.matrix(
        name(layer, "\(inGGUF).\(expert).weight", "\(folder).\(expert).\(inFolder).weight"), out, input)
    }
  }
}

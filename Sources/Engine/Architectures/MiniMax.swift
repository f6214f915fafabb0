import Foundation

// MiniMax-01 (MiniMax 2025). Follows transformers' modeling_minimax.py; llama.cpp does not run it.

extension Architecture {
  /// MiniMax: attention in every second block, in the others lightning attention, whose heads decay at fixed rates; experts everywhere; outputs
  /// are added to their normed input.
  public static let miniMax = Architecture(name: "MiniMax", ggufName: nil, modelTypes: ["minimax"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let attends =
      try settings.layerKinds(["linear_attention": false, "full_attention": true])
      ?? (0..<settings.layers).map { $0 % 2 == 0 }
    let window = try settings.count(gguf: nil, config: "sliding_window")
    let rotation = try RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth).rotation()
    let experts = try ExpertSettings.required(
      settings, names: ["num_local_experts", "num_experts"], inner: "intermediate_size")
    let names = ExpertNames(folder: "block_sparse_moe", gate: "w1", up: "w3", down: "w2")
    func factors(_ alpha: String, _ beta: String) throws -> (alpha: Float, beta: Float) {
      (
        Float(try settings.real(gguf: nil, config: alpha) ?? 1), Float(try settings.real(gguf: nil, config: beta) ?? 1)
      )
    }
    let full = try factors("full_attn_alpha_factor", "full_attn_beta_factor")
    let linear = try factors("linear_attn_alpha_factor", "linear_attn_beta_factor")
    let mlp = try factors("mlp_alpha_factor", "mlp_beta_factor")
    settings.changesNothing(config: ["block_size"], because: "how a scan is computed, not what it computes")
    return try decoder.network { [decoder] layer in
      var block = Block(
        attentionNorm: try decoder.attentionNorm(layer), mlpNorm: try decoder.mlpNorm(layer),
        mlp: try decoder.experts(layer, experts, names: names).scaled(by: mlp.beta), addsToNormed: true)
      if attends[layer] {
        var attention = try decoder.attention(layer, rotation: rotation)
        attention.window = window
        attention.output.scale *= full.beta
        block.attention = attention
      } else {
        var lightning = try decoder.lightningAttention(layer)
        lightning.output.scale *= linear.beta
        block.recurrent = lightning
      }
      block.normedScales = (attends[layer] ? full.alpha : linear.alpha, mlp.alpha)
      return block
    }
  }
}

extension FeedForward {
  /// The same experts with outputs that are multiplied by a factor.
  fileprivate func scaled(by factor: Float) -> FeedForward {
    guard factor != 1, case .experts(var experts) = self else { return self }
    for index in experts.all.indices { experts.all[index].down.scale *= factor }
    return .experts(experts)
  }
}

extension DecoderLayers {
  /// Lightning attention (Qin and others 2024): S = exp(-rate) S + k v, without a softmax, under a norm and a gate.
  fileprivate func lightningAttention(_ layer: Int) throws -> Recurrent {
    let (heads, width, inner) = (settings.heads, headWidth, queryWidth)
    func name(_ part: String) -> String { self.name(layer, "", "self_attn.\(part)") }
    let whole = try weights.projection(name("qkv_proj"), 3 * inner, settings.width)
    // Rows come in a group for each head: its query, its key, its value.
    let parts = (0..<3).flatMap { part in
      (0..<heads).map { head in whole.slice(((3 * head + part) * width)..<((3 * head + part + 1) * width)) }
    }
    return Recurrent(
      channels: JoinedProjection(parts: parts),
      // No convolution: every channel passes its activation alone.
      convolution: Convolution(
        weights: [Float](repeating: 1, count: 3 * inner), channels: 3 * inner, kernel: 1, activation: activation),
      scan: .heads(
        HeadScan(
          heads: heads, keyHeads: heads, keyWidth: width, valueWidth: width, queryStart: 0, keyStart: inner,
          valueStart: 2 * inner, decays: try lightningDecays(layer, name("slope_rate")), corrects: false)),
      gate: Gate(
        projection: JoinedProjection(parts: [try weights.projection(name("output_gate"), inner, settings.width)]),
        activation: .sigmoid,
        norm: Norm(kind: .rootMeanSquare, weight: try weights.vector(name("norm.weight"), inner), epsilon: 1e-6),
        normsFirst: true),
      output: try weights.projection(name("out_proj"), settings.width, inner))
  }

  /// [heads] rates of decay, negative: those that are stored, or what transformers computes from the number of the block.
  private func lightningDecays(_ layer: Int, _ stored: String) throws -> [Float] {
    for table in ["query_decay", "key_decay", "diagonal_decay"] {
      weights.ignore(name(layer, "", "self_attn.\(table)"))
    }
    let heads = settings.heads
    guard !weights.contains(stored) else {
      return try weights.values(stored, shape: [heads, 1, 1]).map { -$0 }
    }
    let base = 1 / pow(2, 8 / Double(heads))
    let factor = 1 - Double(layer) / (Double(settings.layers - 1) + 1e-5) + 1e-5
    return (1...heads).map { -Float(pow(base, Double($0)) * factor) }
  }
}

import Foundation

// RecurrentGemma (Griffin Team 2024). Follows transformers' modeling_recurrent_gemma.py; llama.cpp does not run it.

extension Architecture {
  /// RecurrentGemma: gated recurrent units of channels in two of three blocks, attention with a window in the third.
  public static let recurrentGemma = Architecture(
    name: "RecurrentGemma", ggufName: nil, modelTypes: ["recurrent_gemma"],
    settings: SettingNames(context: [], usualContext: SettingNames.unlimited)
  ) { settings, weights in
    let names = DecoderLayers.Names(
      attention: "temporal_block", attentionOutput: "temporal_block.o_proj", finalNorm: "final_norm", headWidth: nil)
    var decoder = try DecoderLayers(settings, weights, norm: .rootMeanSquareFromOne, names: names)
    decoder.activation = try settings.activation(config: "hidden_activation", usual: .geluTanh)
    let inner = try decoder.innerWidth()
    guard inner % 2 == 0 else {
      throw settings.refuse(
        gguf: nil, config: "intermediate_size", found: "\(inner)", expected: "an even number: the MLP has half of it")
    }
    let attends = try settings.griffinBlocks()
    let window = try settings.count(gguf: nil, config: "attention_window_size") ?? 2048
    try settings.require(true, config: "embeddings_scale_by_sqrt_dim")
    settings.changesNothing(config: ["head_dim"], because: "transformers shares the width among the heads")
    settings.changesNothing(
      config: ["_block_types", "w_init_variance_scale", "final_w_init_variance_scale"],
      because: "how weights were initialised, and a copy of 'block_types'")
    var rotary = RotarySettings(settings: settings, weights: weights, headWidth: decoder.headWidth)
    rotary.turnsPart = true
    rotary.usualPart = 0.5
    let rotation = try rotary.rotation()
    guard try !rotary.isStretched() else {
      throw settings.refuse(
        gguf: nil, config: "rope_parameters.rope_type", found: "a stretching", expected: "'default', as in transformers"
      )
    }
    let bias = WeightLoader.Bias.said(
      try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: settings.files.kind)
    let unit = try GriffinUnit(decoder)
    return try decoder.network(
      embeddingScale: Float(settings.width).squareRoot().inBFloat16,
      headSoftcap: try settings.softcap("logits_soft_cap", usual: 30), tiedByDefault: true
    ) { [decoder] layer in
      var attention: Attention?
      if attends[layer] {
        attention = try decoder.attention(layer, rotation: rotation, inputBias: bias, outputBias: .required)
        attention?.window = window
      }
      return Block(
        attentionNorm: try decoder.norm(layer, "", "temporal_pre_norm"), attention: attention,
        recurrent: attends[layer] ? nil : try unit.recurrent(layer),
        mlpNorm: try decoder.norm(layer, "", "channel_pre_norm"),
        mlp: try decoder.gatedMLP(
          layer, bias: .required, inner: inner / 2,
          names: ("mlp_block.gate_proj", "mlp_block.up_proj", "mlp_block.down_proj")))
    }
  }
}

extension ModelSettings {
  /// [L] which blocks have attention: `block_types`, repeated.
  fileprivate func griffinBlocks() throws -> [Bool] {
    let types = try strings(gguf: nil, config: "block_types") ?? ["recurrent", "recurrent", "attention"]
    // transformers takes any other word for attention.
    guard !types.isEmpty, types.allSatisfy({ ["recurrent", "attention"].contains($0) }) else {
      throw refuse(gguf: nil, config: "block_types", found: "\(types)", expected: "'recurrent' and 'attention'")
    }
    let attends = (0..<layers).map { types[$0 % types.count] == "attention" }
    changesNothing(config: ["layers_block_type"], because: "'block_types' says which blocks have attention")
    return attends
  }
}

/// The gated recurrent unit of Griffin (De and others 2024) behind a short convolution, beside a gate.
private struct GriffinUnit {
  let decoder: DecoderLayers
  /// Width of the unit.
  let inner: Int
  let kernel: Int

  init(_ decoder: DecoderLayers) throws {
    let settings = decoder.settings
    self.decoder = decoder
    inner = try settings.count(gguf: nil, config: "lru_width") ?? settings.width
    kernel = try settings.count(gguf: nil, config: "conv1d_width") ?? 4
    guard inner % settings.heads == 0 else {
      throw settings.refuse(
        gguf: nil, config: "lru_width", found: "\(inner)", expected: "a multiple of the \(settings.heads) heads")
    }
  }

  func recurrent(_ layer: Int) throws -> Recurrent {
    let (weights, width) = (decoder.weights, decoder.settings.width)
    func name(_ part: String) -> String { decoder.name(layer, "", "temporal_block.\(part)") }
    func branch(_ part: String) throws -> JoinedProjection {
      JoinedProjection(parts: [try weights.projection(name(part), inner, width, bias: .required)])
    }
    let rates = try weights.vector(name("rg_lru.recurrent_param"), inner)
    return Recurrent(
      channels: try branch("linear_x"),
      convolution: try decoder.convolution(
        layer, "", "temporal_block.conv_1d", channels: inner, kernel: kernel, bias: .required, activation: .linear),
      scan: .gated(
        GatedScan(
          gate: try gate(name("rg_lru.input_gate")), keep: try gate(name("rg_lru.recurrent_gate")),
          decays: rates.map { -8 * ($0 > 20 ? $0 : log1pf(expf($0))) })),
      gate: Gate(projection: try branch("linear_y"), activation: decoder.activation),
      output: try weights.projection(name("linear_out"), width, inner, bias: .required))
  }

  /// A gate of each head's channels: weights [heads, channels, channels], stored from inputs to outputs.
  private func gate(_ name: String) throws -> SplitProjection {
    let heads = decoder.settings.heads
    let own = inner / heads
    let bias = try decoder.weights.table(name + "_bias", heads, own)
    let matrices = try decoder.weights.transposedStack(name + "_weight", heads, own, own)
    return SplitProjection(
      parts: matrices.enumerated().map { head, matrix in
        Projection(weights: matrix, bias: Array(bias[(head * own)..<((head + 1) * own)]))
      })
  }
}

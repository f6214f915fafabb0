// xLSTM (Beck et al. 2024; xLSTM 7B: Beck et al. 2025). Follows transformers' modeling_xlstm.py; llama.cpp does not run it.

extension Architecture {
  /// xLSTM: a matrix memory with exponential gates in every block, a gated MLP behind it, and no attention.
  public static let xLSTM = Architecture(
    name: "xLSTM", ggufName: nil, modelTypes: ["xlstm"],
    settings: SettingNames(
      layers: ["num_blocks", "num_hidden_layers"], width: ["hidden_size", "embedding_dim"], heads: ["num_heads"],
      kvHeads: [], context: [], usualContext: 1 << 20)
  ) { settings, weights in
    settings.changesNothing(
      config: ["max_position_embeddings"], because: "the state of a text does not grow with it")
    settings.changesNothing(
      config: [
        "chunkwise_kernel", "sequence_kernel", "step_kernel", "mode", "chunk_size", "max_inference_chunksize",
        "return_last_states", "autocast_kernel_dtype",
      ], because: "it says how transformers computes the same numbers")
    settings.changesNothing(
      config: ["norm_reduction_force_float32"], because: "all is computed in float32")
    settings.changesNothing(config: ["add_out_norm"], because: "transformers' model has the last norm in any case")
    try settings.require(false, config: "use_bias")
    return try XLSTMLayers(settings, weights).network()
  }
}

/// The tensors of xLSTM: `backbone.blocks.N.mlstm_layer.q` and the like.
private struct XLSTMLayers {
  let settings: ModelSettings
  let weights: WeightLoader
  let epsilon: Float
  /// Widths of queries and keys, and of values, of all heads.
  let keys: Int
  let values: Int
  let inner: Int
  let gateCap: Float?
  /// Added to the divisor of the memory's output.
  let memoryEpsilon: Float
  /// Whether projections of one input are stored as one tensor.
  let isFused: Bool

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    self.weights = weights
    epsilon = Float(try settings.real(gguf: nil, config: "norm_eps") ?? 1e-6)
    memoryEpsilon = Float(try settings.real(gguf: nil, config: "eps") ?? 1e-6)
    keys = try settings.headShare("qk_dim_factor", usual: 0.5)
    values = try settings.headShare("v_dim_factor", usual: 1)
    inner = try settings.roundedMLP()
    gateCap = try settings.softcap("gate_soft_cap", usual: 15)
    let state = try settings.string(gguf: nil, config: "inference_state_dtype") ?? "float32"
    guard state == "float32" else {
      throw settings.refuse(gguf: nil, config: "inference_state_dtype", found: "'\(state)'", expected: "'float32'")
    }
    let mode = try settings.string(gguf: nil, config: "weight_mode") ?? "single"
    guard ["single", "fused"].contains(mode) else {
      throw settings.refuse(
        gguf: nil, config: "weight_mode", found: "'\(mode)'", expected: "'single' or 'fused'")
    }
    isFused = mode == "fused"
  }

  func network() throws -> Network {
    settings.changesNothing(config: ["tie_word_embeddings"], because: "transformers ties no head of this family")
    let embeddings = try weights.matrix("backbone.embeddings.weight", columns: settings.width)
    try settings.requireVocabulary(rows: embeddings.rows)
    var head = Head(weights: try weights.matrix("lm_head.weight", embeddings.rows, settings.width))
    head.softcap = try settings.softcap("output_logit_soft_cap", usual: 30)
    return Network(
      embedding: Embedding(tokens: embeddings), blocks: try (0..<settings.layers).map(block),
      // Its epsilon is that of the other norms, its bias is never there.
      output: Output(norm: try norm("out_norm", .rootMeanSquare, settings.width), head: head))
  }

  private func norm(_ name: String, _ kind: Norm.Kind, _ width: Int, span: Int? = nil) throws -> Norm {
    Norm(kind: kind, weight: try weights.vector("backbone.\(name).weight", width), epsilon: epsilon, span: span)
  }

  /// Projections of the same input: tensors of their own, or rows of one.
  private func projections(
    _ stem: String, _ parts: [(name: String, outputs: Int)], fused: String, bias: WeightLoader.Bias = .absent
  ) throws -> [Projection] {
    let width = settings.width
    guard isFused else {
      return try parts.map { try weights.projection("\(stem).\($0.name)", $0.outputs, width, bias: bias) }
    }
    let whole = try weights.projection("\(stem).\(fused)", parts.reduce(0) { $0 + $1.outputs }, width, bias: bias)
    var first = 0
    return parts.map { part in
      defer { first += part.outputs }
      return whole.slice(first..<(first + part.outputs))
    }
  }

  private func block(_ layer: Int) throws -> Block {
    let (stem, width, heads) = ("blocks.\(layer)", settings.width, settings.heads)
    let mixer = "backbone.\(stem).mlstm_layer"
    let inputs = try projections(
      mixer, [("q", keys), ("k", keys), ("v", values), ("ogate_preact", values)], fused: "qkv_opreact")
    let gates = try projections(
      mixer, [("igate_preact", heads), ("fgate_preact", heads)], fused: "ifgate_preact", bias: .required)
    let channels = 2 * keys + values
    let feed = try projections(
      "backbone.\(stem).ffn", [("proj_up_gate", inner), ("proj_up", inner)], fused: "proj_up_gate_z")
    return Block(
      attentionNorm: try norm("\(stem).norm_mlstm", .rootMeanSquare, width),
      recurrent: Recurrent(
        channels: JoinedProjection(parts: Array(inputs[0..<3])),
        convolution: Convolution(weights: [Float](repeating: 1, count: channels), channels: channels, kernel: 1),
        scan: .exponential(
          ExponentialScan(
            heads: heads, keyWidth: keys / heads, valueWidth: values / heads, inputs: gates[0], forgets: gates[1],
            cap: gateCap, epsilon: memoryEpsilon)),
        gate: Gate(
          projection: JoinedProjection(parts: [inputs[3]]), activation: .sigmoid,
          norm: try norm("\(stem).mlstm_layer.multihead_norm", .layer, values, span: values / heads),
          normsFirst: true),
        output: try weights.projection("\(mixer).out_proj", width, values)),
      mlpNorm: try norm("\(stem).norm_ffn", .rootMeanSquare, width),
      mlp: .dense(
        MLP(
          gate: feed[0], up: feed[1],
          down: try weights.projection("backbone.\(stem).ffn.proj_down", width, inner), activation: .silu)))
  }
}

extension ModelSettings {
  /// The width of the queries or values of all heads, a share of D that the heads divide.
  fileprivate func headShare(_ config: String, usual: Double) throws -> Int {
    let factor = try real(gguf: nil, config: config) ?? usual
    let found = try share(factor, of: width, config: config)
    guard found > 0, found % heads == 0 else {
      throw refuse(
        gguf: nil, config: config, found: "\(factor)",
        expected: "a share of the width \(width) that \(heads) heads divide")
    }
    return found
  }

  /// The width of the MLP: a multiple of D, rounded up.
  fileprivate func roundedMLP() throws -> Int {
    let (key, multipleKey) = ("ffn_proj_factor", "ffn_round_up_to_multiple_of")
    let factor = try real(gguf: nil, config: key) ?? 2.667
    let multiple = try count(gguf: nil, config: multipleKey) ?? 64
    let exact = (factor * Double(width) + Double(multiple) - 1) / Double(multiple)
    guard exact >= 1, exact * Double(multiple) < Double(Int32.max) else {
      throw refuse(gguf: nil, config: key, found: "\(factor)", expected: "a factor of the width \(width)")
    }
    return Int(exact) * multiple
  }
}

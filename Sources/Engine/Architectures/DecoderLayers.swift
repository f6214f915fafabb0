/// The tensors of a decoder under the names of Llama and related families: `model.layers.N.self_attn.q_proj` in a folder of
/// safetensors, `blk.N.attn_q` in GGUF.
///
/// A family uses the pieces that it has, and states their particulars.
struct DecoderLayers {
  /// Kinds of norm, with the names of their epsilon.
  enum NormStyle {
    case rootMeanSquare
    /// The same with another name of its epsilon in config.json (EXAONE).
    case rootMeanSquareNamed(epsilon: String)
    /// The stored weight is the difference from one; llama.cpp's converter has added it (Gemma).
    case rootMeanSquareFromOne
    case layer(bias: Bool, epsilon: String)
    /// Layer norm with a bias, whose stored weight is the difference from one; llama.cpp's converter has added it (Nemotron).
    case layerFromOne(epsilon: String)
    /// Layer norm whose epsilon is not in the files.
    case layerOf(epsilon: Float, bias: Bool)
    /// Layer norm without weights (OLMo).
    case plainLayer
    /// The root-mean-square norm without weights (NanoChat).
    case plainRootMeanSquare
    /// Values are divided by the root of their squares' sum and an epsilon that is not in the files (Dory).
    case unitLength(epsilon: Float)
  }

  /// The names in a folder that differ most between families.
  struct Names {
    /// The prefix of all names but the head's; checkpoints of the model without its head omit it.
    var base = "model"
    var tokens = "embed_tokens"
    /// Before the number of a block.
    var blocks = "layers"
    /// Before q_proj, k_proj and v_proj.
    var attention = "self_attn"
    var attentionOutput = "self_attn.o_proj"
    var finalNorm = "norm"
    /// The final norm's name in GGUF.
    var finalNormInGGUF = "output_norm"
    var head = "lm_head"
    /// The key of config.json for a head's width; nil if heads always share the width equally.
    var headWidth: String? = "head_dim"
  }

  let settings: ModelSettings
  let weights: WeightLoader
  /// Width of a head.
  var headWidth: Int
  /// The activation of an MLP.
  var activation = Activation.silu
  private let norm: NormStyle
  /// Epsilon of the family's norms.
  let epsilon: Float
  private let names: Names
  /// `names.base` with a dot, or empty if the file omits it.
  private let prefix: String
  /// Query heads, and key and value heads, if a layer's differ from the settings.
  var heads: Int
  var kvHeads: Int

  /// Reads what every block shares; `ownHeadWidth` is the width of a head if the family reads it by itself.
  init(
    _ settings: ModelSettings, _ weights: WeightLoader, norm: NormStyle = .rootMeanSquare, headWidth usual: Int? = nil,
    ownHeadWidth: Int? = nil, names: Names = Names()
  ) throws {
    self.names = names
    let stored = weights.files.tensors.keys
    // Without blocks the names of the rest tell.
    let isBare =
      stored.contains { $0.hasPrefix(names.blocks + ".") }
      || weights.files.isOutputAlone && !stored.contains { $0.hasPrefix(names.base + ".") }
    prefix = isBare ? "" : names.base + "."
    heads = settings.heads
    kvHeads = settings.kvHeads
    self.settings = settings
    self.weights = weights
    self.norm = norm
    if let ownHeadWidth {
      headWidth = ownHeadWidth
    } else {
      headWidth = try settings.headWidth(usual: usual ?? settings.width / settings.heads, config: names.headWidth)
      if names.headWidth == nil { try settings.requireEqualHeads(config: "num_attention_heads") }
      try settings.requireHeads(width: headWidth)
    }
    switch norm {
    case .rootMeanSquareNamed(let key):
      epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: key))
    case .rootMeanSquare, .rootMeanSquareFromOne, .plainRootMeanSquare:
      epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps"))
    case .layer(_, let key), .layerFromOne(let key):
      epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_epsilon", config: key))
    case .layerOf(let value, _), .unitLength(let value): epsilon = value
    case .plainLayer: epsilon = 1e-5
    }
  }

  /// Whether names and layouts are those of GGUF.
  var isGGUF: Bool { weights.files.kind == .gguf }
  /// Width of all queries.
  var queryWidth: Int { heads * headWidth }
  /// Width of all keys, or values.
  var keyWidth: Int { kvHeads * headWidth }

  /// The name of a tensor of a block.
  func name(_ layer: Int, _ inGGUF: String, _ inFolder: String) -> String {
    weights.name(
      inGGUF: inGGUF.isEmpty ? "" : "blk.\(layer).\(inGGUF)",
      inFolder: "\(prefix)\(names.blocks).\(layer).\(inFolder)")
  }

  /// The name of a tensor outside the blocks.
  func name(_ inGGUF: String, _ inFolder: String) -> String {
    weights.name(inGGUF: inGGUF, inFolder: prefix + inFolder)
  }

  /// A norm by its name in a block; `span` if neighbours of that width share statistics.
  func norm(_ layer: Int, _ inGGUF: String, _ inFolder: String, width: Int? = nil, span: Int? = nil) throws -> Norm {
    try norm(name(layer, inGGUF, inFolder), width: width ?? settings.width, span: span)
  }

  /// A norm by its whole name.
  func norm(_ name: String, width: Int, span: Int? = nil) throws -> Norm {
    switch norm {
    case .plainLayer:
      return Norm(kind: .layer, weight: [Float](repeating: 1, count: width), epsilon: epsilon)
    case .plainRootMeanSquare:
      return Norm(
        kind: .rootMeanSquare, weight: [Float](repeating: 1, count: width), epsilon: epsilon, span: span)
    case .unitLength:
      // The mean of squares instead of their sum, so that both sides are divided by the number of values.
      let count = Float(span ?? width)
      return Norm(
        kind: .rootMeanSquare, weight: [Float](repeating: 1 / count.squareRoot(), count: width),
        epsilon: epsilon / count, span: span)
    case .rootMeanSquare, .rootMeanSquareNamed, .rootMeanSquareFromOne:
      var weight = try weights.vector(name + ".weight", width)
      if case .rootMeanSquareFromOne = norm, !isGGUF { weight = weight.map { 1 + $0 } }
      return Norm(kind: .rootMeanSquare, weight: weight, epsilon: epsilon, span: span)
    case .layerFromOne:
      let weight = try weights.vector(name + ".weight", width)
      return Norm(
        kind: .layer, weight: isGGUF ? weight : weight.map { 1 + $0 },
        bias: try weights.vector(name + ".bias", width), epsilon: epsilon, span: span)
    case .layer(let hasBias, _), .layerOf(_, let hasBias):
      return Norm(
        kind: .layer, weight: try weights.vector(name + ".weight", width),
        bias: hasBias ? try weights.vector(name + ".bias", width) : nil, epsilon: epsilon, span: span)
    }
  }

  /// A root-mean-square norm without weights.
  func plainNorm(width: Int) -> Norm {
    Norm(kind: .rootMeanSquare, weight: [Float](repeating: 1, count: width), epsilon: epsilon)
  }

  /// A layer norm over each head, whose weights [heads, width of a head] differ from head to head.
  func headNorms(_ layer: Int, _ inGGUF: String, _ inFolder: String, heads: Int) throws -> Norm {
    let weight = try weights.table(name(layer, inGGUF, inFolder) + ".weight", heads, headWidth)
    return Norm(kind: .layer, weight: weight, epsilon: epsilon, span: headWidth)
  }

  /// The norm of attention's input.
  func attentionNorm(_ layer: Int) throws -> Norm { try norm(layer, "attn_norm", "input_layernorm") }

  /// The norm of the MLP's input.
  func mlpNorm(_ layer: Int) throws -> Norm { try norm(layer, "ffn_norm", "post_attention_layernorm") }

  /// Attention with separate projections; families set their additions afterwards.
  func attention(
    _ layer: Int, rotation: Rotation?, inputBias: WeightLoader.Bias = .absent, outputBias: WeightLoader.Bias = .absent
  ) throws -> Attention {
    let width = settings.width
    func part(_ letter: String, _ out: Int) throws -> Projection {
      let name = name(layer, "attn_\(letter)", "\(names.attention).\(letter)_proj")
      return try weights.projection(name, out, width, bias: inputBias)
    }
    return try attention(
      layer, .separate(query: part("q", queryWidth), key: part("k", keyWidth), value: part("v", keyWidth)),
      rotation: rotation, outputBias: outputBias)
  }

  /// Attention with one projection for queries, keys and values: in groups of heads in a folder, one after the other in GGUF.
  func groupedAttention(
    _ layer: Int, _ fused: String, rotation: Rotation?, bias: WeightLoader.Bias
  ) throws -> Attention {
    let (queries, keys) = (queryWidth, keyWidth)
    let name = name(layer, "attn_qkv", fused)
    weights.noteGroups(name)
    let projection = try weights.projection(name, queries + 2 * keys, settings.width, bias: bias)
    return try attention(
      layer, isGGUF ? try split(projection) : .grouped(projection), rotation: rotation, outputBias: bias)
  }

  /// The queries, keys and values of a fused projection in which they follow one another.
  ///
  /// - Throws: `LoadError.badShape` when it has another number of rows.
  func split(_ fused: Projection) throws -> Attention.Inputs {
    let (queries, keys) = (queryWidth, keyWidth)
    guard fused.outputs == queries + 2 * keys else {
      throw LoadError.badShape(
        tensor: fused.weights.name, path: weights.files.path, found: [fused.outputs, fused.weights.columns],
        expected: "\([queries + 2 * keys, fused.weights.columns]): queries, keys and values of all heads")
    }
    return .separate(
      query: fused.slice(0..<queries), key: fused.slice(queries..<(queries + keys)),
      value: fused.slice((queries + keys)..<(queries + 2 * keys)))
  }

  /// Attention with given inputs.
  func attention(
    _ layer: Int, _ inputs: Attention.Inputs, rotation: Rotation?, outputBias: WeightLoader.Bias
  ) throws -> Attention {
    Attention(
      inputs: inputs,
      output: try weights.projection(
        name(layer, "attn_output", names.attentionOutput), settings.width, queryWidth, bias: outputBias),
      heads: heads, kvHeads: kvHeads, headWidth: headWidth, rotation: rotation,
      scale: 1 / Float(headWidth).squareRoot())
  }

  /// An MLP without a gate.
  func plainMLP(_ layer: Int, up: String, down: String, inner: Int, bias: WeightLoader.Bias) throws -> FeedForward {
    .dense(
      MLP(
        up: try weights.projection(name(layer, "ffn_up", up), inner, settings.width, bias: bias),
        down: try weights.projection(name(layer, "ffn_down", down), settings.width, inner, bias: bias),
        activation: activation))
  }

  /// Width of the hidden layer of dense blocks.
  func innerWidth() throws -> Int {
    try settings.requiredCount(gguf: "feed_forward_length", config: "intermediate_size")
  }

  /// The names of a gated MLP's projections in a block of a folder.
  typealias GatedNames = (gate: String, up: String, down: String)

  /// A gated MLP; `inner` is its width if it is not that of every block.
  func gatedMLP(
    _ layer: Int, bias: WeightLoader.Bias = .absent, inner own: Int? = nil,
    names: GatedNames = ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"), hiddenNorm: Norm? = nil
  ) throws -> FeedForward {
    let (inner, width) = (try own ?? innerWidth(), settings.width)
    return .dense(
      MLP(
        gate: try weights.projection(name(layer, "ffn_gate", names.gate), inner, width, bias: bias),
        up: try weights.projection(name(layer, "ffn_up", names.up), inner, width, bias: bias),
        down: try weights.projection(name(layer, "ffn_down", names.down), width, inner, bias: bias),
        activation: activation, hiddenNorm: hiddenNorm))
  }

  /// A gated MLP whose gate and up projection are stored as one, the gate first (Phi-3, GLM).
  func fusedGatedMLP(_ layer: Int) throws -> FeedForward {
    let (inner, width) = (try innerWidth(), settings.width)
    let fused = try weights.projection(name(layer, "ffn_up", "mlp.gate_up_proj"), 2 * inner, width)
    return .dense(
      MLP(
        gate: fused.slice(0..<inner), up: fused.slice(inner..<(2 * inner)),
        down: try weights.projection(name(layer, "ffn_down", "mlp.down_proj"), width, inner), activation: activation))
  }

  /// The network of a family with separate norms and MLPs without gates; `hasBiases` is the default of `attention_bias` and `mlp_bias`.
  func networkWithoutGates(_ rotation: Rotation, hasBiases: Bool) throws -> Network {
    func bias(_ key: String) throws -> WeightLoader.Bias {
      .said(try settings.flag(gguf: nil, config: key) ?? hasBiases, in: settings.files.kind)
    }
    let (attentionBias, mlpBias, inner) = (try bias("attention_bias"), try bias("mlp_bias"), try innerWidth())
    return try network { layer in
      Block(
        attentionNorm: try attentionNorm(layer),
        attention: try attention(layer, rotation: rotation, inputBias: attentionBias, outputBias: attentionBias),
        mlpNorm: try mlpNorm(layer),
        mlp: try plainMLP(layer, up: "mlp.up_proj", down: "mlp.down_proj", inner: inner, bias: mlpBias))
    }
  }

  /// The network around the blocks.
  ///
  /// As many are stored as config.json or `layers` says; `arranged` makes of them those that run.
  func network(
    layers: Int? = nil, embeddingScale: Float = 1, headScale: Float = 1, headSoftcap: Float? = nil,
    tiedByDefault: Bool = false,
    headBias: WeightLoader.Bias = .absent, rows: (embedding: Int, head: Int)? = nil,
    hasFinalNorm: Bool = true, arranged: ([Block]) throws -> [Block] = { $0 }, block: (Int) throws -> Block
  ) throws -> Network {
    var tables = try weights.tokenTables(
      name("token_embd", names.tokens), head: names.head, columns: settings.width, settings,
      tiedByDefault: tiedByDefault, rows: rows)
    let blocks = try arranged((0..<(layers ?? settings.layers)).map(block))
    tables.head.bias = try weights.bias(
      isGGUF ? "output.bias" : names.head + ".bias", tables.head.weights.rows, headBias)
    tables.head.scale = headScale
    tables.head.softcap = headSoftcap
    return Network(
      embedding: Embedding(tokens: tables.embedding, scale: embeddingScale), blocks: blocks,
      output: Output(
        norm: hasFinalNorm ? try norm(name(names.finalNormInGGUF, names.finalNorm), width: settings.width) : nil,
        head: tables.head))
  }
}

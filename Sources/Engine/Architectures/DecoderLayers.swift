/// The tensors of a decoder as Llama and its many kin name them: `model.layers.N.self_attn.q_proj` in a folder of safetensors,
/// `blk.N.attn_q` in GGUF.
///
/// A family takes the pieces it has and says what is particular about them.
struct DecoderLayers {
  /// Kinds of norm, with the names of their epsilon.
  enum NormStyle {
    case rootMeanSquare
    /// The stored weight is the difference from one; llama.cpp's converter has added it (Gemma).
    case rootMeanSquareFromOne
    case layer(bias: Bool, epsilon: String)
    /// Layer norm without weights (OLMo).
    case plainLayer
  }

  let settings: ModelSettings
  let weights: WeightLoader
  let headWidth: Int
  private let norm: NormStyle
  private let epsilon: Float

  /// Reads what every block shares.
  init(
    _ settings: ModelSettings, _ weights: WeightLoader, norm: NormStyle = .rootMeanSquare, headWidth usual: Int? = nil
  ) throws {
    self.settings = settings
    self.weights = weights
    self.norm = norm
    headWidth = try settings.headWidth(usual: usual ?? settings.width / settings.heads)
    switch norm {
    case .rootMeanSquare, .rootMeanSquareFromOne:
      epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "rms_norm_eps"))
    case .layer(_, let key):
      epsilon = Float(try settings.requiredReal(gguf: "attention.layer_norm_epsilon", config: key))
    case .plainLayer: epsilon = 1e-5
    }
  }

  /// Whether names and layouts are those of GGUF.
  var isGGUF: Bool { weights.files.kind == .gguf }
  /// Width of all queries.
  var queryWidth: Int { settings.heads * headWidth }
  /// Width of all keys, or values.
  var keyWidth: Int { settings.kvHeads * headWidth }

  /// The name of a tensor of a block.
  func name(_ layer: Int, _ inGGUF: String, _ inFolder: String) -> String {
    isGGUF ? "blk.\(layer).\(inGGUF)" : "model.layers.\(layer).\(inFolder)"
  }

  /// A norm by its name in a block; `span` where neighbours of that width share statistics.
  func norm(_ layer: Int, _ inGGUF: String, _ inFolder: String, width: Int? = nil, span: Int? = nil) throws -> Norm {
    try norm(name(layer, inGGUF, inFolder), width: width ?? settings.width, span: span)
  }

  /// A norm by its whole name.
  func norm(_ name: String, width: Int, span: Int? = nil) throws -> Norm {
    switch norm {
    case .plainLayer:
      return Norm(kind: .layer, weight: [Float](repeating: 1, count: width), epsilon: epsilon)
    case .rootMeanSquare, .rootMeanSquareFromOne:
      var weight = try weights.vector(name + ".weight", width)
      if case .rootMeanSquareFromOne = norm, !isGGUF { weight = weight.map { 1 + $0 } }
      return Norm(kind: .rootMeanSquare, weight: weight, epsilon: epsilon, span: span)
    case .layer(let hasBias, _):
      return Norm(
        kind: .layer, weight: try weights.vector(name + ".weight", width),
        bias: hasBias ? try weights.vector(name + ".bias", width) : nil, epsilon: epsilon, span: span)
    }
  }

  /// The norm of what attention reads.
  func attentionNorm(_ layer: Int) throws -> Norm { try norm(layer, "attn_norm", "input_layernorm") }

  /// The norm of what the MLP reads.
  func mlpNorm(_ layer: Int) throws -> Norm { try norm(layer, "ffn_norm", "post_attention_layernorm") }

  /// Attention with separate projections; what a family adds to it is set afterwards.
  func attention(
    _ layer: Int, rotation: Rotation?, inputBias: WeightLoader.Bias = .absent, outputBias: WeightLoader.Bias = .absent,
    output: String = "self_attn.o_proj"
  ) throws -> Attention {
    // Old checkpoints store the frequencies, which follow from the settings.
    weights.ignore(name(layer, "", "self_attn.rotary_emb.inv_freq"))
    let width = settings.width
    return Attention(
      inputs: .separate(
        query: try weights.projection(name(layer, "attn_q", "self_attn.q_proj"), queryWidth, width, bias: inputBias),
        key: try weights.projection(name(layer, "attn_k", "self_attn.k_proj"), keyWidth, width, bias: inputBias),
        value: try weights.projection(name(layer, "attn_v", "self_attn.v_proj"), keyWidth, width, bias: inputBias)),
      output: try weights.projection(name(layer, "attn_output", output), width, queryWidth, bias: outputBias),
      heads: settings.heads, kvHeads: settings.kvHeads, headWidth: headWidth, rotation: rotation,
      scale: 1 / Float(headWidth).squareRoot())
  }

  /// Width of the hidden layer of dense blocks.
  func innerWidth() throws -> Int {
    try settings.requiredCount(gguf: "feed_forward_length", config: "intermediate_size")
  }

  /// A gated MLP.
  func gatedMLP(_ layer: Int, activation: Activation = .silu, bias: WeightLoader.Bias = .absent) throws -> FeedForward {
    let (inner, width) = (try innerWidth(), settings.width)
    return .dense(
      MLP(
        gate: try weights.projection(name(layer, "ffn_gate", "mlp.gate_proj"), inner, width, bias: bias),
        up: try weights.projection(name(layer, "ffn_up", "mlp.up_proj"), inner, width, bias: bias),
        down: try weights.projection(name(layer, "ffn_down", "mlp.down_proj"), width, inner, bias: bias),
        activation: activation))
  }

  /// The network around the blocks.
  func network(
    embeddingScale: Float = 1, headScale: Float = 1, headSoftcap: Float? = nil, tiedByDefault: Bool = false,
    finalNorm: String = "model.norm", headBias: WeightLoader.Bias = .absent, block: (Int) throws -> Block
  ) throws -> Network {
    let tokens = try weights.matrix(isGGUF ? "token_embd.weight" : "model.embed_tokens.weight", columns: settings.width)
    let blocks = try (0..<settings.layers).map(block)
    var head = try weights.head(tiedTo: tokens, settings, tiedByDefault: tiedByDefault)
    head.bias = try weights.bias(isGGUF ? "output.bias" : "lm_head.bias", head.weights.rows, headBias)
    head.scale = headScale
    head.softcap = headSoftcap
    return Network(
      embedding: Embedding(tokens: tokens, scale: embeddingScale), blocks: blocks,
      output: Output(norm: try norm(isGGUF ? "output_norm" : finalNorm, width: settings.width), head: head))
  }
}

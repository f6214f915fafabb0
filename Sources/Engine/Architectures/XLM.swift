// XLM (Conneau and Lample 2019). Follows transformers' modeling_xlm.py; llama.cpp does not run it.

extension Architecture {
  /// XLM: norms behind every part, no activation before the head, and masks to fill in unless `causal` is true.
  public static let xlm = Architecture(
    name: "XLM", ggufName: nil, modelTypes: ["xlm"],
    settings: SettingNames(
      layers: ["n_layers"], width: ["emb_dim"], heads: ["n_heads"], kvHeads: [], isMasked: true)
  ) { settings, weights in
    try XLMLayers(settings, weights).network()
  }
}

/// The tensors of XLM, whose kinds of parts stand in lists of their own: `transformer.attentions.N.q_lin` and the like.
private struct XLMLayers {
  let settings: ModelSettings
  let weights: WeightLoader
  let epsilon: Float
  let activation: Activation
  /// Whether a position sees the ones before it alone, and predicts the next token.
  let isCausal: Bool

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    self.weights = weights
    epsilon = Float(try settings.requiredReal(gguf: "", config: "layer_norm_eps"))
    activation = try settings.flag(gguf: nil, config: "gelu_activation") ?? true ? .gelu : .relu
    isCausal = try settings.flag(gguf: nil, config: "causal") ?? false
    try settings.requireEqualHeads(config: "n_heads")
    try settings.require(true, config: "is_encoder")
    // The head would be a tree of softmaxes.
    try settings.require(false, config: "asm")
    settings.changesNothing(
      config: ["sinusoidal_embeddings"], because: "the table of positions is stored, however it was made")
    settings.changesNothing(
      config: ["n_langs", "use_lang_emb", "lang_id"],
      because: "a text is given without its language, and transformers adds no vector then")
  }

  func network() throws -> Network {
    guard weights.contains("pred_layer.proj.bias") || weights.contains("pred_layer.proj.weight") else {
      throw LoadError.missingPart(
        part: "a head ('pred_layer.proj.bias')", path: weights.files.path,
        advice: "this is the encoder alone, whose states predict no words; open the XLMWithLMHeadModel it was made from"
      )
    }
    weights.passOver(prefix: "transformer.lang_embeddings.", what: "a text is given without its language")
    weights.ignore("transformer.position_ids")
    let width = settings.width
    var tables = try weights.tokenTables(
      "transformer.embeddings", head: "pred_layer.proj", columns: width, settings, tiedByDefault: true)
    let rows = tables.embedding.rows
    if let said = try settings.count(gguf: nil, config: "n_words"), said != rows {
      throw settings.refuse(
        gguf: nil, config: "n_words", found: "\(said)", expected: "\(rows), the rows of the token embedding")
    }
    tables.head.bias = try weights.vector("pred_layer.proj.bias", rows)
    let positions = try weights.matrix("transformer.position_embeddings.weight", settings.context, width)
    var network = Network(
      embedding: Embedding(
        tokens: tables.embedding, positions: LearnedPositions(table: positions), norm: try norm("layer_norm_emb")),
      blocks: try (0..<settings.layers).map(block), output: Output(head: tables.head))
    if !isCausal { network.objective = .maskedToken }
    return network
  }

  private func norm(_ name: String) throws -> Norm {
    Norm(
      kind: .layer, weight: try weights.vector("transformer.\(name).weight", settings.width),
      bias: try weights.vector("transformer.\(name).bias", settings.width), epsilon: epsilon)
  }

  private func block(_ layer: Int) throws -> Block {
    let (width, inner) = (settings.width, 4 * settings.width)
    func projection(_ name: String, _ out: Int, _ input: Int) throws -> Projection {
      try weights.projection("transformer.\(name)", out, input, bias: .required)
    }
    func square(_ letter: String) throws -> Projection {
      try projection("attentions.\(layer).\(letter)_lin", width, width)
    }
    let own = width / settings.heads
    var attention = Attention(
      inputs: .separate(query: try square("q"), key: try square("k"), value: try square("v")),
      output: try square("out"), heads: settings.heads, kvHeads: settings.heads, headWidth: own,
      scale: 1 / Float(own).squareRoot())
    attention.seesWholeText = !isCausal
    return Block(
      attention: attention, attentionStreamNorm: try norm("layer_norm1.\(layer)"),
      mlp: .dense(
        MLP(
          up: try projection("ffns.\(layer).lin1", inner, width),
          down: try projection("ffns.\(layer).lin2", width, inner), activation: activation)),
      mlpStreamNorm: try norm("layer_norm2.\(layer)"))
  }
}

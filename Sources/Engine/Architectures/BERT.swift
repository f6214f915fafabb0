// BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019), XLM-R (Conneau et al. 2020), which is the same network, and DistilBERT (Sanh et
// al. 2019) with their heads for masked words. Follows transformers' modeling_bert.py, modeling_roberta.py and
// modeling_distilbert.py. llama.cpp keeps none of these heads in GGUF.

extension Architecture {
  /// BERT: attention in both directions, norms after every part, learned positions, and a head that fills in masked tokens.
  public static let bert = Architecture(
    name: "BERT", ggufName: nil, modelTypes: ["bert"], settings: SettingNames(kvHeads: [], isMasked: true)
  ) { settings, weights in
    try masked(settings, weights, EncoderNames(base: "bert", head: "BertForMaskedLM"))
  }

  /// RoBERTa: BERT whose positions begin behind that of the padding token, with the head's activation fixed.
  public static let roBERTa = Architecture(
    name: "RoBERTa", ggufName: nil, modelTypes: ["roberta", "xlm-roberta"],
    settings: SettingNames(kvHeads: [], isMasked: true)
  ) { settings, weights in
    try masked(settings, weights, .roBERTa)
  }

  /// DistilBERT: BERT without segments, under names of its own.
  public static let distilBERT = Architecture(
    name: "DistilBERT", ggufName: nil, modelTypes: ["distilbert"],
    settings: SettingNames(
      layers: ["n_layers"], width: ["dim"], heads: ["n_heads"], kvHeads: [], isMasked: true)
  ) { settings, weights in
    settings.changesNothing(
      config: ["sinusoidal_pos_embds"], because: "the table of positions is stored, however it was made")
    settings.changesNothing(
      config: ["qa_dropout", "seq_classif_dropout"], because: "dropout acts in training only")
    settings.changesNothing(config: ["tie_weights_"], because: "transformers reads 'tie_word_embeddings' instead")
    return try MaskedEncoder(settings, weights, .distilBERT, epsilon: 1e-12).network()
  }

  private static func masked(
    _ settings: ModelSettings, _ weights: WeightLoader, _ names: EncoderNames
  ) throws -> Network {
    let epsilon = try settings.requiredReal(gguf: "", config: "layer_norm_eps")
    let kind = try settings.string(gguf: nil, config: "position_embedding_type") ?? "absolute"
    guard kind == "absolute" else {
      throw settings.refuse(gguf: nil, config: "position_embedding_type", found: "'\(kind)'", expected: "'absolute'")
    }
    for key in ["is_decoder", "add_cross_attention"] { try settings.require(false, config: key) }
    settings.changesNothing(
      config: [
        "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
        "pooler_size_per_head",
        "pooler_type",
      ], because: "the pooler is for classifiers")
    return try MaskedEncoder(settings, weights, names, epsilon: Float(epsilon)).network()
  }
}

/// The names of a family's tensors; those of BERT unless they are given.
struct EncoderNames: Sendable {
  /// The prefix of all names but the head's.
  var base: String
  /// The class of transformers that has the head.
  var head: String
  var blocks = "encoder.layer"
  var query = "attention.self.query"
  var key = "attention.self.key"
  var value = "attention.self.value"
  var attentionOutput = "attention.output.dense"
  var attentionNorm = "attention.output.LayerNorm"
  var up = "intermediate.dense"
  var down = "output.dense"
  var mlpNorm = "output.LayerNorm"
  /// The projection and the norm before the head.
  var transform = "cls.predictions.transform.dense"
  var transformNorm = "cls.predictions.transform.LayerNorm"
  /// The head, and its bias where it stands beside it.
  var decoder = "cls.predictions.decoder"
  var bias = "cls.predictions.bias"
  /// Names of the settings of MLPs.
  var activation = "hidden_act"
  var inner = "intermediate_size"
  /// Whether every token gets the vector of the first segment.
  var hasSegments = true
  /// Whether positions begin behind that of the padding token.
  var startsBehindPadding = false
  /// The activation before the head; nil for that of MLPs.
  var headActivation: Activation?

  /// RoBERTa's names.
  static let roBERTa = EncoderNames(
    base: "roberta", head: "RobertaForMaskedLM", transform: "lm_head.dense", transformNorm: "lm_head.layer_norm",
    decoder: "lm_head.decoder", bias: "lm_head.bias", startsBehindPadding: true, headActivation: .gelu)

  /// DistilBERT's names.
  static let distilBERT = EncoderNames(
    base: "distilbert", head: "DistilBertForMaskedLM", blocks: "transformer.layer", query: "attention.q_lin",
    key: "attention.k_lin", value: "attention.v_lin", attentionOutput: "attention.out_lin",
    attentionNorm: "sa_layer_norm", up: "ffn.lin1", down: "ffn.lin2", mlpNorm: "output_layer_norm",
    transform: "vocab_transform", transformNorm: "vocab_layer_norm", decoder: "vocab_projector",
    bias: "vocab_projector.bias", activation: "activation", inner: "hidden_dim", hasSegments: false)
}

/// An encoder with a head for masked tokens.
private struct MaskedEncoder {
  let settings: ModelSettings
  let weights: WeightLoader
  let names: EncoderNames
  let epsilon: Float
  private let activation: Activation
  private let inner: Int

  init(_ settings: ModelSettings, _ weights: WeightLoader, _ names: EncoderNames, epsilon: Float) throws {
    self.settings = settings
    self.weights = weights
    self.names = names
    self.epsilon = epsilon
    activation = try settings.activation(config: names.activation, usual: .gelu)
    inner = try settings.requiredCount(gguf: "", config: names.inner)
    try settings.requireEqualHeads(config: "num_attention_heads")
  }

  func network() throws -> Network {
    guard weights.contains(names.transform + ".weight") else {
      throw LoadError.missingPart(
        part: "a head for masked tokens ('\(names.transform)')", path: weights.files.path,
        advice: "this is the encoder alone, whose states predict no words; open the \(names.head) that it was made from"
      )
    }
    passOver()
    let table = try weights.matrix("\(names.base).embeddings.word_embeddings.weight", columns: settings.width)
    try settings.requireVocabulary(rows: table.rows)
    var network = Network(
      embedding: Embedding(
        tokens: table, segment: try segment(), positions: try positions(),
        norm: try norm("\(names.base).embeddings.LayerNorm")),
      blocks: try (0..<settings.layers).map(block),
      output: Output(
        projection: try weights.projection(names.transform, settings.width, settings.width, bias: .required),
        activation: names.headActivation ?? activation, projectedNorm: try norm(names.transformNorm),
        head: try head(table)))
    network.objective = .maskedToken
    return network
  }

  /// Other heads on the same encoder, and buffers.
  private func passOver() {
    weights.passOver(prefix: "\(names.base).pooler.", what: "the first token's state for classifiers")
    weights.passOver(
      prefix: "cls.seq_relationship.", what: "the head that says whether two sentences follow each other")
    weights.ignore("\(names.base).embeddings.position_ids")
    weights.ignore("\(names.base).embeddings.token_type_ids")
  }

  private func segment() throws -> [Float]? {
    guard names.hasSegments else { return nil }
    let count = try settings.requiredCount(gguf: "", config: "type_vocab_size")
    let all = try weights.table("\(names.base).embeddings.token_type_embeddings.weight", count, settings.width)
    return Array(all.prefix(settings.width))
  }

  private func positions() throws -> LearnedPositions {
    let table = try weights.matrix(
      "\(names.base).embeddings.position_embeddings.weight", settings.context, settings.width)
    guard names.startsBehindPadding else { return LearnedPositions(table: table) }
    guard let padding = try settings.whole(gguf: nil, config: "pad_token_id") else {
      throw LoadError.missingSetting(key: "pad_token_id", path: weights.files.path)
    }
    guard padding + 1 < settings.context else {
      throw settings.refuse(
        gguf: nil, config: "pad_token_id", found: "\(padding)",
        expected: "less than \(settings.context - 1): positions begin behind it")
    }
    return LearnedPositions(table: table, offset: padding + 1, padding: padding)
  }

  /// A norm under its name of today, or that of the first checkpoints (gamma and beta).
  private func norm(_ name: String) throws -> Norm {
    let isOld = !weights.contains(name + ".weight") && weights.contains(name + ".gamma")
    return Norm(
      kind: .layer, weight: try weights.vector(name + (isOld ? ".gamma" : ".weight"), settings.width),
      bias: try weights.vector(name + (isOld ? ".beta" : ".bias"), settings.width), epsilon: epsilon)
  }

  private func block(_ layer: Int) throws -> Block {
    let width = settings.width
    func name(_ part: String) -> String { "\(names.base).\(names.blocks).\(layer).\(part)" }
    func square(_ part: String) throws -> Projection {
      try weights.projection(name(part), width, width, bias: .required)
    }
    let headWidth = width / settings.heads
    var attention = Attention(
      inputs: .separate(query: try square(names.query), key: try square(names.key), value: try square(names.value)),
      output: try square(names.attentionOutput), heads: settings.heads, kvHeads: settings.heads, headWidth: headWidth,
      scale: 1 / Float(headWidth).squareRoot())
    attention.seesWholeText = true
    return Block(
      attention: attention, attentionStreamNorm: try norm(name(names.attentionNorm)),
      mlp: .dense(
        MLP(
          up: try weights.projection(name(names.up), inner, width, bias: .required),
          down: try weights.projection(name(names.down), width, inner, bias: .required), activation: activation)),
      mlpStreamNorm: try norm(name(names.mlpNorm)))
  }

  /// The table of tokens unless another head is stored; its bias stands in one of two places.
  private func head(_ table: WeightMatrix) throws -> Head {
    let own = names.decoder + ".weight"
    let isTied = try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? true
    let matrix =
      try isTied
      ? weights.copy(
        own, of: table, named: table.name, what: "it is the head, although tie_word_embeddings is true")
      : weights.matrix(own, table.rows, table.columns)
    let inDecoder = names.decoder + ".bias"
    let stored = weights.contains(inDecoder) ? inDecoder : names.bias
    if stored != names.bias { weights.ignore(names.bias) }
    return Head(weights: matrix, bias: try weights.vector(stored, table.rows))
  }
}

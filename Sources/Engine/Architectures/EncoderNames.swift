/// The names of a family's tensors, and which parts it has; those of BERT unless they are given.
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
  /// The norm before the head, in a family whose other norms come before the parts of a block instead of behind them.
  var finalNorm: String?
  /// The projection and the norm before the head; nil if there is none.
  var transform: String? = "cls.predictions.transform.dense"
  var transformNorm = "cls.predictions.transform.LayerNorm"
  /// The head, and its bias where it stands beside it.
  var decoder = "cls.predictions.decoder"
  var bias = "cls.predictions.bias"
  /// Names of the settings of MLPs.
  var activation = "hidden_act"
  var inner = "intermediate_size"
  /// The setting of the embedding's width, and the projection from there to that of the blocks; nil if there is one width.
  var embeddingWidth: String?
  var embeddingProjection = "embeddings_project"
  /// Whether the projection is there where both widths are the same, too.
  var alwaysProjects = false
  /// The setting of the head's width; nil if it is that of the blocks.
  var headWidth: String?
  /// Whether the embedding has a norm.
  var hasEmbeddingNorm = true
  /// Whether every token gets the vector of the first segment, and, if the settings say so, that of the first task.
  var hasSegments = true
  var hasTasks = false
  /// Whether blocks have a part for each language behind the MLP.
  var hasLanguages = false
  /// The setting that says whether queries, keys and values have biases; nil where they always have.
  var attentionBias: String?
  /// The setting that says whether tokens are multiplied by the root of the width.
  var embeddingScale: String?
  /// Whether shapes and pronunciations of characters stand behind tokens, if the settings say so.
  var hasCharacters = false
  /// Whether positions are a table; queries and keys turn otherwise.
  var hasPositions = true
  /// Whether positions begin behind that of the padding token.
  var startsBehindPadding = false
  /// The activation before the head; nil for that of MLPs.
  var headActivation: Activation?
  /// Whether the head is the table of tokens where the settings do not say so.
  var isTiedByDefault = true

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

  /// Those of Data2Vec's text model.
  static let data2VecText = kin(of: roBERTa, base: "data2vec_text", head: "Data2VecTextForMaskedLM")

  /// Those of RoBERTa-PreLayerNorm.
  static let roBERTaPreLayerNorm: EncoderNames = {
    var names = kin(of: roBERTa, base: "roberta_prelayernorm", head: "RobertaPreLayerNormForMaskedLM")
    (names.attentionNorm, names.mlpNorm) = ("attention.LayerNorm", "intermediate.LayerNorm")
    names.finalNorm = "LayerNorm"
    return names
  }()

  /// Those of XLM-R XL.
  static let xlmRoBERTaXL: EncoderNames = {
    var names = kin(of: roBERTa, base: "roberta", head: "XLMRobertaXLForMaskedLM")
    (names.attentionNorm, names.mlpNorm) = ("attention.self_attn_layer_norm", "LayerNorm")
    names.finalNorm = "encoder.LayerNorm"
    names.hasEmbeddingNorm = false
    return names
  }()

  /// Those of Megatron-BERT.
  static let megatronBERT = EncoderNames(
    base: "bert", head: "MegatronBertForMaskedLM", attentionNorm: "attention.ln", mlpNorm: "ln",
    finalNorm: "encoder.ln", hasEmbeddingNorm: false)

  /// Those of ELECTRA's generator.
  static let electra = EncoderNames(
    base: "electra", head: "ElectraForMaskedLM", transform: "generator_predictions.dense",
    transformNorm: "generator_predictions.LayerNorm", decoder: "generator_lm_head", bias: "generator_lm_head.bias",
    embeddingWidth: "embedding_size", headWidth: "embedding_size", headActivation: .gelu)

  /// Those of RemBERT.
  static let remBERT = EncoderNames(
    base: "rembert", head: "RemBertForMaskedLM", transform: "cls.predictions.dense",
    transformNorm: "cls.predictions.LayerNorm", bias: "cls.predictions.decoder.bias",
    embeddingWidth: "input_embedding_size", embeddingProjection: "encoder.embedding_hidden_mapping_in",
    alwaysProjects: true, headWidth: "output_embedding_size", isTiedByDefault: false)

  /// Those of RoFormer.
  static let roFormer = EncoderNames(
    base: "roformer", head: "RoFormerForMaskedLM", embeddingWidth: "embedding_size", headWidth: "embedding_size",
    hasPositions: false)

  /// Those of X-MOD, with norms before every part or behind it.
  static func xMOD(normsFirst: Bool) -> EncoderNames {
    var names = kin(of: roBERTa, base: "roberta", head: "XmodForMaskedLM")
    names.hasLanguages = true
    names.finalNorm = normsFirst ? "encoder.LayerNorm" : nil
    return names
  }

  /// Those of RoCBert.
  static let roCBERT = EncoderNames(base: "roc_bert", head: "RoCBertForMaskedLM", hasCharacters: true)

  /// Those of BigBird.
  static let bigBird = EncoderNames(
    base: "bert", head: "BigBirdForMaskedLM", attentionBias: "use_bias", embeddingScale: "rescale_embeddings")

  /// Those of BERT generation.
  static let bertGeneration = EncoderNames(
    base: "bert", head: "BertGenerationDecoder", transform: nil, decoder: "lm_head.decoder", bias: "lm_head.bias",
    hasSegments: false)

  private static func kin(of other: EncoderNames, base: String, head: String) -> EncoderNames {
    var names = other
    (names.base, names.head) = (base, head)
    return names
  }
}

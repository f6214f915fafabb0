// BERT (Devlin et al. 2019), RoBERTa (Liu et al. 2019) with XLM-R (Conneau et al. 2020) and CamemBERT (Martin et al. 2020), which are the same
// network, DistilBERT (Sanh et al. 2019), and their kin with heads for masked words; with `is_decoder` most of them predict the next word
// instead. Follows transformers' modeling files of these names. llama.cpp keeps none of these heads in GGUF.

extension Architecture {
  /// BERT: attention in both directions, norms after every part, learned positions, and a head that fills in masked tokens.
  public static let bert = masked("BERT", ["bert"], EncoderNames(base: "bert", head: "BertForMaskedLM"))

  /// RoBERTa: BERT whose positions begin behind that of the padding token, with the head's activation fixed.
  public static let roBERTa = masked("RoBERTa", ["roberta", "xlm-roberta", "camembert"], .roBERTa)

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

  /// Data2Vec's text model: RoBERTa under another name.
  public static let data2VecText = masked("Data2Vec Text", ["data2vec-text"], .data2VecText)

  /// RoBERTa with norms before every part and a final one.
  public static let roBERTaPreLayerNorm = masked(
    "RoBERTa-PreLayerNorm", ["roberta-prelayernorm"], .roBERTaPreLayerNorm)

  /// XLM-R XL: RoBERTa with norms before every part, a final one, and none of the embedding.
  public static let xlmRoBERTaXL = masked("XLM-R XL", ["xlm-roberta-xl"], .xlmRoBERTaXL)

  /// ERNIE: BERT whose tokens can get the vector of the first task, too.
  public static let ernie = masked(
    "ERNIE", ["ernie"], EncoderNames(base: "ernie", head: "ErnieForMaskedLM", hasTasks: true))

  /// Megatron's BERT: norms before every part, a final one, and none of the embedding.
  public static let megatronBERT = masked("Megatron-BERT", ["megatron-bert"], .megatronBERT)

  /// ELECTRA's generator: BERT with embeddings of another width, which the head has, too.
  public static let electra = masked("ELECTRA", ["electra"], .electra) { settings in
    settings.changesNothing(
      config: ["generator_size", "summary_activation", "summary_last_dropout", "summary_type", "summary_use_proj"],
      because: "they are for classifiers, or say how wide the generator was made")
  }

  /// RemBERT: BERT with embeddings of another width, and a head of a third one.
  public static let remBERT = masked("RemBERT", ["rembert"], .remBERT) { settings in
    settings.changesNothing(config: ["classifier_dropout_prob"], because: "dropout acts in training only")
  }

  /// RoFormer: ELECTRA's widths, and positions that turn neighbouring values of queries and keys.
  public static let roFormer = masked("RoFormer", ["roformer"], .roFormer) { settings in
    try settings.require(false, config: "rotary_value")
  }

  /// BERT generation: BERT as a decoder, without segments, with the table of tokens alone as its head.
  public static let bertGeneration = Architecture(
    name: "BERT generation", ggufName: nil, modelTypes: ["bert-generation"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    try settings.require(true, config: "is_decoder")
    return try maskedNetwork(settings, weights, .bertGeneration)
  }

  /// A family of encoders, each of whose models is a decoder if `is_decoder` says so.
  static func masked(
    _ name: String, _ types: [String], _ names: EncoderNames,
    more: @escaping @Sendable (ModelSettings) throws -> Void = { _ in }
  ) -> Architecture {
    masked(name, types) { settings in
      try more(settings)
      return names
    }
  }

  /// The same with a last change of the network.
  static func masked(
    _ name: String, _ types: [String], _ names: EncoderNames,
    finish: @escaping @Sendable (ModelSettings, Network) throws -> Network
  ) -> Architecture {
    masked(name, types, finish: finish) { _ in names }
  }

  /// The same with names that depend on the settings.
  static func masked(
    _ name: String, _ types: [String],
    finish: @escaping @Sendable (ModelSettings, Network) throws -> Network = { $1 },
    names: @escaping @Sendable (ModelSettings) throws -> EncoderNames
  ) -> Architecture {
    Architecture(
      name: name, ggufName: nil, modelTypes: types, settings: SettingNames(kvHeads: [], isMasked: true)
    ) { settings, weights in
      try finish(settings, try maskedNetwork(settings, weights, try names(settings)))
    }
  }

  private static func maskedNetwork(
    _ settings: ModelSettings, _ weights: WeightLoader, _ names: EncoderNames
  ) throws -> Network {
    let epsilon = try settings.requiredReal(gguf: "", config: "layer_norm_eps")
    let kind = try settings.string(gguf: nil, config: "position_embedding_type") ?? "absolute"
    guard kind == "absolute" else {
      throw settings.refuse(gguf: nil, config: "position_embedding_type", found: "'\(kind)'", expected: "'absolute'")
    }
    try settings.require(false, config: "add_cross_attention")
    settings.changesNothing(
      config: [
        "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
        "pooler_size_per_head",
        "pooler_type",
      ], because: "the pooler is for classifiers")
    return try MaskedEncoder(settings, weights, names, epsilon: Float(epsilon)).network()
  }
}

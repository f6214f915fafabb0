// BART (Lewis et al. 2020), PLBART (Ahmad et al. 2021), MVP (Tang et al. 2023), mBART (Liu et al. 2020), Pegasus (Zhang et al. 2020), Marian
// (Junczys-Dowmunt et al. 2018), Blenderbot (Roller et al. 2021), and the decoder of TrOCR (Li et al. 2023). Follows transformers' modeling
// files of these names; llama.cpp runs none of them.

extension Architecture {
  /// BART: an encoder and a decoder with learned positions, whose norms follow every part; PLBART and MVP are the same network.
  public static let bart = bartKind("BART", ["bart", "plbart", "mvp"], BARTKind()) { settings in
    try settings.require(false, config: "use_prompt")
    settings.changesNothing(config: ["prompt_length", "prompt_mid_dim"], because: "use_prompt is not true")
  }

  /// mBART: BART with norms before every part, and one behind the last block.
  public static let mBART = bartKind("mBART", ["mbart"], BARTKind(normsFirst: true))

  /// Pegasus: positions of fixed sines and cosines, norms before every part.
  public static let pegasus = bartKind(
    "Pegasus", ["pegasus"], BARTKind(normsFirst: true, positions: .sinusoids, embeddingNorm: .none))

  /// Marian: positions of fixed sines and cosines, norms behind every part.
  public static let marian = bartKind("Marian", ["marian"], BARTKind(positions: .sinusoids, embeddingNorm: .none)) {
    settings in
    try settings.require(true, config: "share_encoder_decoder_embeddings")
    if let own = try settings.count(gguf: nil, config: "decoder_vocab_size"),
      let size = try settings.count(gguf: nil, config: "vocab_size"), own != size
    {
      throw settings.refuse(
        gguf: nil, config: "decoder_vocab_size", found: "\(own)", expected: "\(size), the tokens of the encoder")
    }
  }

  /// Blenderbot: norms before every part, positions from the first row on.
  public static let blenderbot = bartKind(
    "Blenderbot", ["blenderbot"], BARTKind(normsFirst: true, positions: .table(offset: 0), embeddingNorm: .none)
  ) { $0.changesNothing(config: ["encoder_no_repeat_ngram_size"], because: "a rule for generated texts") }

  /// Blenderbot Small: norms behind every part; the decoder's embedding has its norm before positions are added.
  public static let blenderbotSmall = bartKind(
    "Blenderbot Small", ["blenderbot-small"],
    BARTKind(positions: .table(offset: 0), embeddingNorm: .beforePositionsInDecoder))

  /// TrOCR's decoder without the pictures that it describes.
  public static let trOCR = bartKind(
    "TrOCR", ["trocr"], BARTKind(head: "output_projection", readsTexts: false)
  ) { settings in
    try settings.require(true, config: "use_learned_position_embeddings")
    try settings.require(true, config: "layernorm_embedding")
    settings.changesNothing(
      config: ["cross_attention_hidden_size"], because: "without pictures nothing is attended across")
  }

  static func bartKind(
    _ name: String, _ types: [String], _ kind: BARTKind, context: String = "max_position_embeddings",
    more: @escaping @Sendable (ModelSettings) throws -> Void = { _ in }
  ) -> Architecture {
    Architecture(
      name: name, ggufName: nil, modelTypes: types,
      settings: SettingNames(
        layers: ["decoder_layers"], width: ["d_model", "hidden_size"], heads: ["decoder_attention_heads"], kvHeads: [],
        context: [context])
    ) { settings, weights in
      try more(settings)
      return try BARTLayers(settings, weights, kind).network()
    }
  }
}

/// How the families differ.
struct BARTKind: Sendable {
  /// Where positions come from.
  enum Positions: Sendable {
    /// A stored table; position p has row p + offset.
    case table(offset: Int)
    /// Sines and cosines of fixed frequencies.
    case sinusoids
  }

  /// The norm of the embedding.
  enum EmbeddingNorm: Sendable { case none, ofSum, beforePositionsInDecoder }

  /// Whether norms come before the parts of a block, and one behind the last block, instead of behind the parts.
  var normsFirst = false
  var positions = Positions.table(offset: 2)
  var embeddingNorm = EmbeddingNorm.ofSum
  var head = "lm_head"
  /// The name of the norm behind the last block.
  var finalNorm = "layer_norm"
  /// Whether there can be an encoder of texts.
  var readsTexts = true
  /// Whether keys have a bias (not in Whisper).
  var keysHaveBias = true
  /// Whether tokens are scaled where the settings say so (not in Whisper's decoder).
  var scalesTokens = true
  /// Whether attention of the encoder has BigBird's names and form, and `use_bias` says whether attention has biases.
  var isBigBird = false
}

// T5 (Raffel et al. 2020) and T5 v1.1, Flan-T5 (Shazeer 2020; Chung et al. 2022), mT5 (Xue et al. 2021) and UMT5 (Chung et al. 2023).
// Follows transformers' modeling and configuration files of t5, mt5 and umt5. A GGUF file does not say whether the decoder's outputs are scaled, so none is opened.

extension Architecture {
  /// T5: an encoder and a decoder, relative positions in buckets, norms without a mean, unscaled attention; v1.1 and mT5 have gated MLPs
  /// and heads of their own, and every block of UMT5 has its own bias of positions.
  public static let t5 = Architecture(
    name: "T5", ggufName: nil, modelTypes: ["t5", "mt5", "umt5"],
    settings: SettingNames(
      layers: ["num_layers"], width: ["d_model"], heads: ["num_heads"], kvHeads: [], context: [],
      usualContext: SettingNames.unlimited)
  ) { settings, weights in
    try T5Layers(settings, weights).network()
  }
}

extension SettingNames {
  /// The context of a family whose positions have no end.
  static let unlimited = Int(Int32.max)
}

/// The tensors of T5: `encoder.block.N.layer.0.SelfAttention.q` and the like.
private struct T5Layers {
  /// One of the two stacks.
  enum Part: String { case encoder, decoder }

  let settings: ModelSettings
  let weights: WeightLoader
  private let epsilon: Float
  private let headWidth: Int
  private let inner: Int
  private let buckets: Int
  private let farthest: Int
  private let activation: Activation
  private let isGated: Bool

  init(_ settings: ModelSettings, _ weights: WeightLoader) throws {
    self.settings = settings
    self.weights = weights
    epsilon = Float(try settings.requiredReal(gguf: "", config: "layer_norm_epsilon"))
    headWidth = try settings.requiredCount(gguf: "", config: "d_kv")
    try settings.requireHeads(width: headWidth)
    inner = try settings.requiredCount(gguf: "", config: "d_ff")
    buckets = try settings.requiredCount(gguf: "", config: "relative_attention_num_buckets")
    farthest = try settings.requiredCount(gguf: "", config: "relative_attention_max_distance")
    guard buckets >= 4, farthest > buckets / 2 else {
      throw settings.refuse(
        gguf: nil, config: "relative_attention_num_buckets", found: "\(buckets)",
        expected: "4 or more, of which half are fewer than the \(farthest) of 'relative_attention_max_distance'")
    }
    (activation, isGated) = try T5Layers.activation(settings)
    settings.changesNothing(config: ["is_encoder_decoder"], because: "a model of this family has both")
    settings.changesNothing(
      config: ["n_positions"], because: "positions are relative, and texts of any length have them")
  }

  /// The activation of MLPs and whether they are gated, from "relu" or "gated-gelu"; `dense_act_fn` and `is_gated_act` override it.
  private static func activation(_ settings: ModelSettings) throws -> (Activation, Bool) {
    let key = "feed_forward_proj"
    let said = try settings.string(gguf: nil, config: key) ?? "relu"
    let words = said.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count == 1 || words.count == 2 && words[0] == "gated" else {
      throw settings.refuse(gguf: nil, config: key, found: "'\(said)'", expected: "an activation, or 'gated-' and one")
    }
    let isGated = try settings.flag(gguf: nil, config: "is_gated_act") ?? (words.count == 2)
    if let own = try settings.string(gguf: nil, config: "dense_act_fn") {
      guard let known = Activation.named(own) else {
        throw settings.refuse(
          gguf: nil, config: "dense_act_fn", found: "'\(own)'",
          expected: "one of " + Activation.names.map { "'\($0)'" }.joined(separator: ", "))
      }
      return (known, isGated)
    }
    if said == "gated-gelu" { return (.geluTanh, isGated) }
    guard let known = Activation.named(String(words.last ?? "")) else {
      throw settings.refuse(
        gguf: nil, config: key, found: "'\(said)'",
        expected: "one of " + Activation.names.map { "'\($0)'" }.joined(separator: ", ") + ", perhaps behind 'gated-'")
    }
    return (known, isGated)
  }

  func network() throws -> Network {
    let isWhole = weights.files.tensors.keys.contains { $0.hasPrefix("decoder.block.") }
    guard isWhole || weights.files.isOutputAlone else {
      throw LoadError.missingPart(
        part: "a decoder ('decoder.block.*')", path: weights.files.path,
        advice:
          "this is an encoder alone, which predicts no words; open the T5ForConditionalGeneration that it was made from"
      )
    }
    let tables = try tables()
    let layers = try settings.count(gguf: nil, config: "num_decoder_layers") ?? settings.layers
    try settings.requireBlocks(layers, config: "num_decoder_layers")
    guard let start = try settings.whole(gguf: nil, config: "decoder_start_token_id") else {
      throw LoadError.missingSetting(key: "decoder_start_token_id", path: weights.files.path)
    }
    guard start < tables.head.weights.rows else {
      throw settings.refuse(
        gguf: nil, config: "decoder_start_token_id", found: "\(start)",
        expected: "0 to \(tables.head.weights.rows - 1), the rows of the head")
    }
    return Network(
      embedding: Embedding(tokens: tables.decoder), blocks: try blocks(.decoder, layers),
      output: Output(norm: try norm("decoder.final_layer_norm"), head: tables.head),
      encoder: TextEncoder(
        stack: Stack(embedding: Embedding(tokens: tables.encoder), blocks: try blocks(.encoder, settings.layers)),
        norm: try norm("encoder.final_layer_norm"), decoderStart: start))
  }

  /// The embeddings of both stacks and the head; in most files one table serves as all three.
  private func tables() throws -> (encoder: WeightMatrix, decoder: WeightMatrix, head: Head) {
    // The first models have one table and scale the head's input; transformers takes this from the setting of ties, too. A head of its own
    // is the head whatever that setting says. mT5 never scales.
    let isTied = try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? true
    let isScaled =
      settings.files.architecture == "mt5"
      ? false : try settings.flag(gguf: nil, config: "scale_decoder_outputs") ?? isTied
    let names = ["shared", "encoder.embed_tokens", "decoder.embed_tokens", "lm_head"].map { $0 + ".weight" }
    let shared = names.prefix(isTied ? 4 : 3).first(where: weights.contains) ?? names[0]
    let table = try weights.matrix(shared, columns: settings.width)
    try settings.requireVocabulary(rows: table.rows)
    func own(_ name: String, _ what: String) throws -> WeightMatrix {
      name == shared ? table : try weights.copy(name, of: table, named: shared, what: what)
    }
    let head =
      try isTied
      ? own(names[3], "it is the head, although tie_word_embeddings is true")
      : weights.matrix(names[3], table.rows, table.columns)
    return (
      try own(names[1], "it is the encoder's"), try own(names[2], "it is the decoder's"),
      Head(weights: head, scale: isScaled ? 1 / Float(settings.width).squareRoot() : 1)
    )
  }

  private func blocks(_ part: Part, _ count: Int) throws -> [Block] {
    let hasOwnBiases = settings.files.architecture == "umt5"
    let first = hasOwnBiases ? nil : try bias(part, 0)
    // Published files hold the bias of a cross attention that has none.
    if part == .decoder {
      weights.ignore("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight")
    }
    return try (0..<count).map { layer in
      let name = "\(part).block.\(layer).layer"
      let last = part == .encoder ? 1 : 2
      return Block(
        attentionNorm: try norm("\(name).0.layer_norm"),
        attention: try attention("\(name).0.SelfAttention", part, try first ?? bias(part, layer)),
        cross: part == .encoder ? nil : try cross("\(name).1"),
        mlpNorm: try norm("\(name).\(last).layer_norm"), mlp: try mlp("\(name).\(last).DenseReluDense"))
    }
  }

  /// The bias of positions that a block stores, in T5 and mT5 the first one for all.
  private func bias(_ part: Part, _ layer: Int) throws -> PositionBias {
    let name = "\(part).block.\(layer).layer.0.SelfAttention.relative_attention_bias.weight"
    return .buckets(
      PositionBuckets(
        values: try weights.table(name, buckets, settings.heads), heads: settings.heads, farthest: farthest,
        isTwoSided: part == .encoder))
  }

  private func norm(_ name: String) throws -> Norm {
    Norm(kind: .rootMeanSquare, weight: try weights.vector(name + ".weight", settings.width), epsilon: epsilon)
  }

  private var headsWidth: Int { settings.heads * headWidth }

  private func input(_ name: String, _ letter: String) throws -> Projection {
    try weights.projection("\(name).\(letter)", headsWidth, settings.width)
  }

  private func attention(_ name: String, _ part: Part, _ bias: PositionBias) throws -> Attention {
    var attention = Attention(
      inputs: .separate(query: try input(name, "q"), key: try input(name, "k"), value: try input(name, "v")),
      output: try weights.projection("\(name).o", settings.width, headsWidth),
      heads: settings.heads, kvHeads: settings.heads, headWidth: headWidth, scale: 1)
    attention.seesWholeText = part == .encoder
    attention.positionBias = bias
    return attention
  }

  private func cross(_ name: String) throws -> CrossAttention {
    let own = "\(name).EncDecAttention"
    return CrossAttention(
      norm: try norm("\(name).layer_norm"), query: try input(own, "q"), key: try input(own, "k"),
      value: try input(own, "v"), output: try weights.projection("\(own).o", settings.width, headsWidth),
      heads: settings.heads, headWidth: headWidth, scale: 1)
  }

  private func mlp(_ name: String) throws -> FeedForward {
    func up(_ letters: String) throws -> Projection {
      try weights.projection("\(name).\(letters)", inner, settings.width)
    }
    return .dense(
      MLP(
        gate: isGated ? try up("wi_0") : nil, up: try up(isGated ? "wi_1" : "wi"),
        down: try weights.projection("\(name).wo", settings.width, inner), activation: activation))
  }
}

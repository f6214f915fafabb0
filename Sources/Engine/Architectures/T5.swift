// T5 (Raffel et al. 2020) and T5 v1.1, Flan-T5 (Shazeer 2020; Chung et al. 2022), mT5 (Xue et al. 2021) and UMT5 (Chung et al. 2023).
// Follows transformers' modeling and configuration files of t5, mt5 and umt5; GGUF names as in llama.cpp. A GGUF file does not say whether
// the decoder's outputs are scaled, but one with a head of its own is of a model that does not scale them.

extension Architecture {
  /// T5: an encoder and a decoder, relative positions in buckets, norms without a mean, unscaled attention; v1.1 and mT5 have gated MLPs
  /// and heads of their own, and every block of UMT5 has its own bias of positions.
  public static let t5 = Architecture(
    name: "T5", ggufName: "t5", modelTypes: ["t5", "mt5", "umt5"],
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
  enum Part: String {
    case encoder, decoder
    var inGGUF: String { self == .encoder ? "enc" : "dec" }
  }

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
    epsilon = Float(
      try settings.requiredReal(gguf: "attention.layer_norm_rms_epsilon", config: "layer_norm_epsilon"))
    headWidth = try settings.requiredCount(gguf: "attention.key_length", config: "d_kv")
    try settings.requireHeads(width: headWidth)
    inner = try settings.requiredCount(gguf: "feed_forward_length", config: "d_ff")
    buckets = try settings.requiredCount(
      gguf: "attention.relative_buckets_count", config: "relative_attention_num_buckets")
    // llama.cpp has no other value.
    farthest =
      settings.isGGUF ? 128 : try settings.requiredCount(gguf: "", config: "relative_attention_max_distance")
    guard buckets >= 4, farthest > buckets / 2 else {
      throw settings.refuse(
        gguf: "attention.relative_buckets_count", config: "relative_attention_num_buckets", found: "\(buckets)",
        expected: "4 or more, of which half are fewer than the \(farthest) of 'relative_attention_max_distance'")
    }
    if settings.isGGUF {
      // As in llama.cpp, whose files name no activation.
      isGated = weights.contains("enc.blk.0.ffn_gate.weight")
      activation = isGated ? .geluTanh : .relu
    } else {
      (activation, isGated) = try T5Layers.activation(settings)
    }
    try requireEqualWidths()
    settings.changesNothing(config: ["is_encoder_decoder"], because: "a model of this family has both")
    settings.changesNothing(
      gguf: ["context_length"], config: ["n_positions"],
      because: "positions are relative, and texts of any length have them")
    settings.changesNothing(
      gguf: ["attention.layer_norm_epsilon"], because: "norms are without a mean and follow layer_norm_rms_epsilon")
  }

  private func requireEqualWidths() throws {
    let key = "attention.value_length"
    guard settings.isGGUF, let width = try settings.count(gguf: key, config: nil), width != headWidth else { return }
    throw settings.refuse(gguf: key, config: nil, found: "\(width)", expected: "\(headWidth), the width of keys")
  }

  /// A name in both kinds of file, without its ending.
  private func name(_ inGGUF: String, _ inFolder: String) -> String {
    weights.name(inGGUF: inGGUF, inFolder: inFolder)
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
    let first = settings.isGGUF ? "dec.blk." : "decoder.block."
    let isWhole = weights.files.tensors.keys.contains { $0.hasPrefix(first) }
    guard isWhole || weights.files.isOutputAlone else {
      throw LoadError.missingPart(
        part: "a decoder ('\(first)*')", path: weights.files.path,
        advice:
          "this is an encoder alone, which predicts no words; open the T5ForConditionalGeneration that it was made from"
      )
    }
    let tables = try tables()
    let layers = try settings.count(gguf: "decoder_block_count", config: "num_decoder_layers") ?? settings.layers
    try settings.requireBlocks(layers, config: "num_decoder_layers")
    let startKey = "decoder_start_token_id"
    guard let start = try settings.whole(gguf: startKey, config: startKey) else {
      throw LoadError.missingSetting(key: startKey, path: weights.files.path)
    }
    guard start < tables.head.weights.rows else {
      throw settings.refuse(
        gguf: startKey, config: startKey, found: "\(start)",
        expected: "0 to \(tables.head.weights.rows - 1), the rows of the head")
    }
    return Network(
      embedding: Embedding(tokens: tables.decoder), blocks: try blocks(.decoder, layers),
      output: Output(norm: try norm(name("dec.output_norm", "decoder.final_layer_norm")), head: tables.head),
      encoder: TextEncoder(
        stack: Stack(embedding: Embedding(tokens: tables.encoder), blocks: try blocks(.encoder, settings.layers)),
        norm: try norm(name("enc.output_norm", "encoder.final_layer_norm")), decoderStart: start))
  }

  /// The embeddings of both stacks and the head; in most files one table serves as all three.
  private func tables() throws -> (encoder: WeightMatrix, decoder: WeightMatrix, head: Head) {
    if settings.isGGUF { return try tablesOfGGUF() }
    // The first models have one table and scale the head's input; transformers takes this from the setting of ties, too. A head of its own
    // is the head whatever that setting says. mT5 never scales.
    let isTied = try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? true
    let isScaled =
      settings.files.architecture == "mt5"
      ? false : try settings.flag(gguf: nil, config: "scale_decoder_outputs") ?? isTied
    let tables = try weights.sharedTables(
      ["shared", "encoder.embed_tokens", "decoder.embed_tokens", "lm_head"], columns: settings.width, settings,
      isTied: isTied)
    return (
      tables.encoder, tables.decoder,
      Head(weights: tables.head, scale: isScaled ? 1 / Float(settings.width).squareRoot() : 1)
    )
  }

  /// One table for both stacks, and a head.
  ///
  /// Throws `LoadError.missingPart` without a head: transformers scales the outputs of most such models, llama.cpp of none.
  private func tablesOfGGUF() throws -> (encoder: WeightMatrix, decoder: WeightMatrix, head: Head) {
    let table = try weights.matrix("token_embd.weight", columns: settings.width)
    try settings.requireVocabulary(rows: table.rows)
    guard weights.contains("output.weight") else {
      throw LoadError.missingPart(
        part: "a head of its own ('output.weight')", path: weights.files.path,
        advice:
          "the embedding is the head, and the file does not say whether the decoder's outputs are scaled: transformers divides them "
          + "by the root of the width, llama.cpp does not; open the folder of safetensors that it was made from")
    }
    return (table, table, Head(weights: try weights.matrix("output.weight", table.rows, table.columns)))
  }

  private func blocks(_ part: Part, _ count: Int) throws -> [Block] {
    let hasOwnBiases =
      settings.isGGUF
      ? weights.contains("\(part.inGGUF).blk.1.attn_rel_b.weight") : settings.files.architecture == "umt5"
    let first = hasOwnBiases ? nil : try bias(part, 0)
    // Published files hold the bias of a cross attention that has none.
    if part == .decoder {
      for layer in 0..<(hasOwnBiases ? count : 1) {
        let own = "decoder.block.\(layer).layer.1.EncDecAttention.relative_attention_bias"
        weights.ignore(name("dec.blk.\(layer).cross_attn_rel_b", own) + ".weight")
      }
    }
    return try (0..<count).map { layer in
      let (inGGUF, own) = ("\(part.inGGUF).blk.\(layer)", "\(part).block.\(layer).layer")
      let last = part == .encoder ? 1 : 2
      return Block(
        attentionNorm: try norm(name("\(inGGUF).attn_norm", "\(own).0.layer_norm")),
        attention: try attention(part, layer, try first ?? bias(part, layer)),
        cross: part == .encoder ? nil : try cross(layer),
        mlpNorm: try norm(name("\(inGGUF).ffn_norm", "\(own).\(last).layer_norm")),
        mlp: try mlp(inGGUF, "\(own).\(last).DenseReluDense"))
    }
  }

  /// The bias of positions that a block stores, in T5 and mT5 the first one for all.
  private func bias(_ part: Part, _ layer: Int) throws -> PositionBias {
    let own = name(
      "\(part.inGGUF).blk.\(layer).attn_rel_b",
      "\(part).block.\(layer).layer.0.SelfAttention.relative_attention_bias")
    return .buckets(
      PositionBuckets(
        values: try weights.table(own + ".weight", buckets, settings.heads), heads: settings.heads, farthest: farthest,
        isTwoSided: part == .encoder))
  }

  private func norm(_ name: String) throws -> Norm {
    Norm(kind: .rootMeanSquare, weight: try weights.vector(name + ".weight", settings.width), epsilon: epsilon)
  }

  private var headsWidth: Int { settings.heads * headWidth }

  /// The queries, keys, values or output of an attention: `q`, `k`, `v` or `o`.
  private func projection(_ inGGUF: String, _ own: String, _ letter: String) throws -> Projection {
    let name = name("\(inGGUF)_\(letter)", "\(own).\(letter)")
    return try letter == "o"
      ? weights.projection(name, settings.width, headsWidth) : weights.projection(name, headsWidth, settings.width)
  }

  private func attention(_ part: Part, _ layer: Int, _ bias: PositionBias) throws -> Attention {
    func own(_ letter: String) throws -> Projection {
      try projection(
        "\(part.inGGUF).blk.\(layer).attn", "\(part).block.\(layer).layer.0.SelfAttention", letter)
    }
    var attention = Attention(
      inputs: .separate(query: try own("q"), key: try own("k"), value: try own("v")), output: try own("o"),
      heads: settings.heads, kvHeads: settings.heads, headWidth: headWidth, scale: 1)
    attention.seesWholeText = part == .encoder
    attention.positionBias = bias
    return attention
  }

  private func cross(_ layer: Int) throws -> CrossAttention {
    let (inGGUF, stem) = ("dec.blk.\(layer).cross_attn", "decoder.block.\(layer).layer.1")
    func own(_ letter: String) throws -> Projection { try projection(inGGUF, "\(stem).EncDecAttention", letter) }
    return CrossAttention(
      norm: try norm(name("\(inGGUF)_norm", "\(stem).layer_norm")), query: try own("q"), key: try own("k"),
      value: try own("v"), output: try own("o"),
      heads: settings.heads, headWidth: headWidth, scale: 1)
  }

  private func mlp(_ inGGUF: String, _ own: String) throws -> FeedForward {
    func up(_ part: String, _ letters: String) throws -> Projection {
      try weights.projection(name("\(inGGUF).ffn_\(part)", "\(own).\(letters)"), inner, settings.width)
    }
    return .dense(
      MLP(
        gate: isGated ? try up("gate", "wi_0") : nil, up: try up("up", isGated ? "wi_1" : "wi"),
        down: try weights.projection(name("\(inGGUF).ffn_down", "\(own).wo"), settings.width, inner),
        activation: activation))
  }
}

import Foundation

/// The tensors of BART and its kin: `model.encoder.layers.N.self_attn.q_proj` and the like.
struct BARTLayers {
  /// One of the two stacks.
  private enum Part: String { case encoder, decoder }

  private let settings: ModelSettings
  private let weights: WeightLoader
  private let kind: BARTKind
  private let activation: Activation
  /// Whether an encoder reads a text; a decoder alone otherwise.
  private let hasEncoder: Bool
  private let embeddingScale: Float
  /// Whether attention has biases.
  private let isBiased: Bool

  init(_ settings: ModelSettings, _ weights: WeightLoader, _ kind: BARTKind) throws {
    self.settings = settings
    self.weights = weights
    self.kind = kind
    activation = try settings.activation(config: "activation_function", usual: .gelu)
    hasEncoder = try settings.flag(gguf: nil, config: "is_encoder_decoder") ?? kind.readsTexts
    if kind.scalesTokens {
      let isScaled = try settings.flag(gguf: nil, config: "scale_embedding") ?? false
      embeddingScale = isScaled ? Float(settings.width).squareRoot() : 1
    } else {
      settings.changesNothing(config: ["scale_embedding"], because: "transformers scales no tokens of this decoder")
      embeddingScale = 1
    }
    isBiased = kind.isBigBird ? try settings.flag(gguf: nil, config: "use_bias") ?? false : true
    try settings.requireEqualHeads(config: "decoder_attention_heads")
    if hasEncoder, !kind.readsTexts {
      throw settings.refuse(
        gguf: nil, config: "is_encoder_decoder", found: "true",
        expected: "false: the encoder of this family reads no text, and its decoder is run alone")
    }
    settings.changesNothing(
      config: ["encoder_layerdrop", "decoder_layerdrop"], because: "layers are dropped in training only")
    settings.changesNothing(
      config: [
        "normalize_before", "normalize_embedding", "static_position_embeddings", "add_bias_logits",
        "add_final_layer_norm", "classif_dropout", "extra_pos_embeddings", "force_bos_token_to_be_generated",
        "do_blenderbot_90_layernorm", "layernorm_variant", "variant", "save_step", "num_key_value_heads",
      ], because: "names of the first transformers, which its modelling code does not read")
  }

  func network() throws -> Network {
    let stem = "model.decoder."
    guard weights.files.isOutputAlone || weights.files.tensors.keys.contains(where: { $0.hasPrefix(stem) }) else {
      throw LoadError.missingPart(
        part: "a decoder ('\(stem)*')", path: weights.files.path,
        advice: "open a model of the class for conditional generation, or for causal language modelling")
    }
    return try hasEncoder ? whole() : alone()
  }

  /// An encoder, and a decoder that looks at what it read.
  private func whole() throws -> Network {
    let layers =
      try settings.look.count(gguf: nil, configs: ["encoder_layers", "num_hidden_layers"]) ?? settings.layers
    try settings.requireBlocks(layers, config: "encoder_layers")
    let heads = try settings.look.count(gguf: nil, configs: ["encoder_attention_heads", "num_attention_heads"])
    let isTied = try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? true
    let tables = try weights.sharedTables(
      ["model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens", kind.head], columns: settings.width,
      settings, isTied: isTied)
    let encoder = try stack(
      .encoder, tables.encoder, layers: layers, heads: heads ?? settings.heads, inner: "encoder_ffn_dim")
    let decoder = try stack(
      .decoder, tables.decoder, layers: settings.layers, heads: settings.heads, inner: "decoder_ffn_dim")
    var head = Head(weights: tables.head)
    if weights.contains("final_logits_bias") {
      let bias = try weights.table("final_logits_bias", 1, head.weights.rows)
      head.bias = bias.contains { $0 != 0 } ? bias : nil
    }
    let network = Network(
      embedding: decoder.embedding, blocks: decoder.blocks,
      output: Output(norm: try finalNorm(.decoder), head: head),
      encoder: TextEncoder(
        stack: encoder, norm: try finalNorm(.encoder), decoderStart: try decoderStart(rows: head.weights.rows)))
    return kind.isBigBird ? try SparseBlocks(settings).bound(network) : network
  }

  /// The decoder, as transformers' class for causal language modelling has it.
  private func alone() throws -> Network {
    settings.changesNothing(
      config: [
        "encoder_layers", "encoder_ffn_dim", "encoder_attention_heads", "num_hidden_layers", "num_attention_heads",
      ], because: "is_encoder_decoder is false, and the decoder is run alone")
    weights.passOver(part: ".encoder_attn", what: "attention to an encoder, which a decoder alone does not have")
    let tables =
      kind.isBigBird
      ? try untiedTables()
      : try weights.tokenTables(
        "model.decoder.embed_tokens", head: kind.head, columns: settings.width, settings, tiedByDefault: true)
    let decoder = try stack(
      .decoder, tables.embedding, layers: settings.layers, heads: settings.heads, inner: "decoder_ffn_dim")
    return Network(
      embedding: decoder.embedding, blocks: decoder.blocks,
      output: Output(norm: try finalNorm(.decoder), head: tables.head))
  }

  /// The tables of a decoder alone whose class in transformers ties none, whatever `tie_word_embeddings` says (BigBird-Pegasus).
  private func untiedTables() throws -> TokenTables {
    settings.changesNothing(config: ["tie_word_embeddings"], because: "transformers ties no head of this decoder")
    settings.changesNothing(
      config: ["attention_type", "block_size", "num_random_blocks"], because: "the encoder alone sees blocks")
    let table = try weights.matrix("model.decoder.embed_tokens.weight", columns: settings.width)
    try settings.requireVocabulary(rows: table.rows)
    return TokenTables(
      embedding: table, head: Head(weights: try weights.matrix(kind.head + ".weight", table.rows, settings.width)))
  }

  private func decoderStart(rows: Int) throws -> Int {
    let key = "decoder_start_token_id"
    guard let start = try settings.whole(gguf: nil, config: key) else {
      throw LoadError.missingSetting(key: key, path: weights.files.path)
    }
    guard start < rows else {
      throw settings.refuse(
        gguf: nil, config: key, found: "\(start)", expected: "0 to \(rows - 1), the rows of the head")
    }
    return start
  }

  private func stack(
    _ part: Part, _ tokens: WeightMatrix, layers: Int, heads: Int, inner key: String
  ) throws -> Stack {
    guard settings.width % heads == 0 else {
      throw settings.refuse(
        gguf: nil, config: "\(part)_attention_heads", found: "\(heads)",
        expected: "a divisor of the width \(settings.width)")
    }
    let inner = try settings.requiredCount(gguf: "", config: key)
    var embedding = Embedding(tokens: tokens, scale: embeddingScale, positions: try positions(part))
    if kind.embeddingNorm != .none {
      let norm = try norm("model.\(part).layernorm_embedding")
      if kind.embeddingNorm == .beforePositionsInDecoder, part == .decoder {
        // Here transformers scales the encoder's tokens alone.
        embedding.scale = 1
        embedding.tokenNorm = norm
      } else {
        embedding.norm = norm
      }
    }
    return Stack(embedding: embedding, blocks: try (0..<layers).map { try block(part, $0, heads, inner) })
  }

  private func positions(_ part: Part) throws -> LearnedPositions {
    let name = "model.\(part).embed_positions.weight"
    switch kind.positions {
    case .table(let offset):
      return LearnedPositions(
        table: try weights.matrix(name, settings.context + offset, settings.width), offset: offset)
    case .sinusoids:
      // Most files hold the table, too.
      return LearnedPositions(
        table: weights.contains(name)
          ? try weights.matrix(name, settings.context, settings.width) : try settings.sinusoids())
    }
  }

  private func norm(_ name: String) throws -> Norm {
    Norm(
      kind: .layer, weight: try weights.vector(name + ".weight", settings.width),
      bias: try weights.vector(name + ".bias", settings.width), epsilon: 1e-5)
  }

  private func finalNorm(_ part: Part) throws -> Norm? {
    kind.normsFirst ? try norm("model.\(part).\(kind.finalNorm)") : nil
  }

  private func block(_ part: Part, _ layer: Int, _ heads: Int, _ inner: Int) throws -> Block {
    let (stem, width) = ("model.\(part).layers.\(layer)", settings.width)
    let headWidth = width / heads
    func projection(_ attention: String, _ letter: String) throws -> Projection {
      try weights.projection(
        "\(stem).\(attention).\(letter)_proj", width, width,
        bias: isBiased && (letter != "k" || kind.keysHaveBias) ? .required : .absent)
    }
    func own(_ letter: String) throws -> Projection {
      guard kind.isBigBird, part == .encoder else { return try projection("self_attn", letter) }
      let names = ["q": "self.query", "k": "self.key", "v": "self.value", "out": "output"]
      return try weights.projection(
        "\(stem).self_attn.\(names[letter] ?? letter)", width, width, bias: isBiased ? .required : .absent)
    }
    func across(_ letter: String) throws -> Projection { try projection("encoder_attn", letter) }
    var attention = Attention(
      inputs: .separate(query: try own("q"), key: try own("k"), value: try own("v")), output: try own("out"),
      heads: heads, kvHeads: heads, headWidth: headWidth, scale: 1 / Float(headWidth).squareRoot())
    attention.seesWholeText = part == .encoder
    let (first, last) = (try norm("\(stem).self_attn_layer_norm"), try norm("\(stem).final_layer_norm"))
    var block = Block(
      attention: attention,
      mlp: .dense(
        MLP(
          up: try weights.projection("\(stem).fc1", inner, width, bias: .required),
          down: try weights.projection("\(stem).fc2", width, inner, bias: .required), activation: activation)))
    if kind.normsFirst {
      (block.attentionNorm, block.mlpNorm) = (first, last)
    } else {
      (block.attentionStreamNorm, block.mlpStreamNorm) = (first, last)
    }
    guard part == .decoder, hasEncoder else { return block }
    let norm = try norm("\(stem).encoder_attn_layer_norm")
    block.cross = CrossAttention(
      norm: kind.normsFirst ? norm : nil, streamNorm: kind.normsFirst ? nil : norm, query: try across("q"),
      key: try across("k"), value: try across("v"), output: try across("out"), heads: heads, headWidth: headWidth,
      scale: 1 / Float(headWidth).squareRoot())
    return block
  }
}

extension ModelSettings {
  /// Positions as sines and cosines of falling frequencies [context, D]: those of even columns of the usual table, then those of odd ones.
  ///
  /// Computed in double as in transformers' MarianSinusoidalPositionalEmbedding.
  fileprivate func sinusoids() throws -> WeightMatrix {
    // The table is computed, so no tensor bounds it; published models have up to 1,024 positions.
    let most = 1 << 16
    guard context <= most else {
      throw refuse(gguf: nil, config: "max_position_embeddings", found: "\(context)", expected: "at most \(most)")
    }
    let table = FloatMatrix(rows: context, columns: width)
    let half = (width + 1) / 2
    for position in 0..<context {
      let row = table.row(position)
      for column in 0..<width {
        let angle = Double(position) / pow(10_000, Double(2 * (column / 2)) / Double(width))
        row[column % 2 == 0 ? column / 2 : half + column / 2] = Float(column % 2 == 0 ? sin(angle) : cos(angle))
      }
    }
    return WeightMatrix(table, name: "positions")
  }
}

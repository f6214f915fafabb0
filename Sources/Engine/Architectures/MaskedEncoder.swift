/// An encoder with a head for masked tokens, or the same blocks as a decoder with that head for the next token.
struct MaskedEncoder {
  let settings: ModelSettings
  let weights: WeightLoader
  let names: EncoderNames
  let epsilon: Float
  let activation: Activation
  private let inner: Int
  /// Width of the embedding, and that of the head.
  private let embeddingWidth: Int
  private let headWidth: Int
  private let isDecoder: Bool

  init(_ settings: ModelSettings, _ weights: WeightLoader, _ names: EncoderNames, epsilon: Float) throws {
    self.settings = settings
    self.weights = weights
    self.names = names
    self.epsilon = epsilon
    activation = try settings.activation(config: names.activation, usual: .gelu)
    inner = try settings.requiredCount(gguf: "", config: names.inner)
    embeddingWidth = try names.embeddingWidth.flatMap { try settings.count(gguf: nil, config: $0) } ?? settings.width
    headWidth = try names.headWidth.flatMap { try settings.count(gguf: nil, config: $0) } ?? settings.width
    isDecoder = try settings.flag(gguf: nil, config: "is_decoder") ?? false
    try settings.requireEqualHeads(config: "num_attention_heads")
  }

  func network() throws -> Network {
    let first = names.transform ?? names.decoder
    guard weights.contains(first + ".weight") || names.transform == nil else {
      throw LoadError.missingPart(
        part: "a head for masked tokens ('\(first)')", path: weights.files.path,
        advice: "this is the encoder alone, whose states predict no words; open the \(names.head) that it was made from"
      )
    }
    passOver()
    if names.hasLanguages { try passOverLanguages() }
    let table = try weights.matrix(
      "\(names.base).embeddings.word_embeddings.weight", columns: embeddingWidth)
    try settings.requireVocabulary(rows: table.rows)
    var network = Network(
      embedding: try embedding(table), blocks: try (0..<settings.layers).map(block),
      output: try output(try head(table)))
    if !isDecoder { network.objective = .maskedToken }
    return network
  }

  /// Other heads on the same encoder, and buffers.
  private func passOver() {
    weights.passOver(prefix: "\(names.base).pooler.", what: "the first token's state for classifiers")
    weights.passOver(
      prefix: "cls.seq_relationship.", what: "the head that says whether two sentences follow each other")
    weights.passOver(prefix: "discriminator_predictions.", what: "the head that says which tokens were replaced")
    weights.ignore("\(names.base).embeddings.position_ids")
    weights.ignore("\(names.base).embeddings.token_type_ids")
  }

  /// Sines and cosines of the angles by which queries and keys turn, which follow from the settings.
  ///
  /// - Throws: `LoadError.badTensor` when the file holds others.
  private func checkAngles(_ rotation: Rotation) throws {
    let name = "\(names.base).encoder.embed_positions.weight"
    guard weights.contains(name) else { return }
    let half = rotation.frequencies.count
    let stored = try weights.table(name, settings.context, 2 * half)
    for position in 0..<settings.context {
      var (cosines, sines) = ([Float](), [Float]())
      rotation.append(position: position, textLength: position + 1, cosines: &cosines, sines: &sines)
      for (index, own) in (sines + cosines).enumerated() where abs(stored[position * 2 * half + index] - own) > 1e-3 {
        throw LoadError.badValue(
          tensor: name, path: weights.files.path, index: "[\(position), \(index)]",
          found: stored[position * 2 * half + index].plainDescription,
          expected: "\(own.plainDescription), the sine or cosine that the settings give")
      }
    }
  }

  private func embedding(_ table: WeightMatrix) throws -> Embedding {
    let projects = names.embeddingWidth != nil && (names.alwaysProjects || embeddingWidth != settings.width)
    let isScaled = try names.embeddingScale.flatMap { try settings.flag(gguf: nil, config: $0) } ?? false
    let plain = Embedding(
      tokens: table, scale: isScaled ? Float(settings.width).squareRoot() : 1,
      projection: projects
        ? try weights.projection(
          "\(names.base).\(names.embeddingProjection)", settings.width, embeddingWidth, bias: .required) : nil,
      projectsLast: true, segment: try segment(), positions: names.hasPositions ? try positions() : nil,
      norm: names.hasEmbeddingNorm ? try norm("\(names.base).embeddings.LayerNorm", embeddingWidth) : nil)
    return names.hasCharacters ? try withCharacters(plain) : plain
  }

  /// What every token gets: the vector of the first segment, and of the first task where the family has tasks.
  private func segment() throws -> [Float]? {
    guard names.hasSegments else { return nil }
    func first(_ name: String, _ count: String) throws -> [Float] {
      let all = try weights.table(
        "\(names.base).embeddings.\(name).weight", try settings.requiredCount(gguf: "", config: count), embeddingWidth)
      return Array(all.prefix(embeddingWidth))
    }
    let segment = try first("token_type_embeddings", "type_vocab_size")
    guard names.hasTasks, try settings.flag(gguf: nil, config: "use_task_id") ?? false else {
      settings.changesNothing(config: ["task_type_vocab_size"], because: "use_task_id is not true")
      return segment
    }
    return zip(segment, try first("task_type_embeddings", "task_type_vocab_size")).map(+)
  }

  private func positions() throws -> LearnedPositions {
    let table = try weights.matrix(
      "\(names.base).embeddings.position_embeddings.weight", settings.context, embeddingWidth)
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
  func norm(_ name: String, _ width: Int) throws -> Norm {
    let isOld = !weights.contains(name + ".weight") && weights.contains(name + ".gamma")
    return Norm(
      kind: .layer, weight: try weights.vector(name + (isOld ? ".gamma" : ".weight"), width),
      bias: try weights.vector(name + (isOld ? ".beta" : ".bias"), width), epsilon: epsilon)
  }

  private func block(_ layer: Int) throws -> Block {
    let width = settings.width
    func name(_ part: String) -> String { "\(names.base).\(names.blocks).\(layer).\(part)" }
    func square(_ part: String, bias: WeightLoader.Bias = .required) throws -> Projection {
      try weights.projection(name(part), width, width, bias: bias)
    }
    let isBiased = try names.attentionBias.flatMap { try settings.flag(gguf: nil, config: $0) } ?? true
    func input(_ part: String) throws -> Projection { try square(part, bias: isBiased ? .required : .absent) }
    let own = width / settings.heads
    var attention = Attention(
      inputs: .separate(query: try input(names.query), key: try input(names.key), value: try input(names.value)),
      output: try square(names.attentionOutput), heads: settings.heads, kvHeads: settings.heads, headWidth: own,
      scale: 1 / Float(own).squareRoot())
    attention.seesWholeText = !isDecoder
    if !names.hasPositions {
      guard own % 2 == 0 else {
        throw settings.refuse(
          gguf: nil, config: "num_attention_heads", found: "\(settings.heads)",
          expected: "heads of an even width, not \(own)")
      }
      let rotation = Rotation(width: own, base: 10_000, pairs: .adjacent)
      if layer == 0 { try checkAngles(rotation) }
      attention.rotation = rotation
    }
    let mlp = FeedForward.dense(
      MLP(
        up: try weights.projection(name(names.up), inner, width, bias: .required),
        down: try weights.projection(name(names.down), width, inner, bias: .required), activation: activation))
    let (first, second) = (try norm(name(names.attentionNorm), width), try norm(name(names.mlpNorm), width))
    var block =
      names.finalNorm == nil
      ? Block(attention: attention, attentionStreamNorm: first, mlp: mlp, mlpStreamNorm: second)
      : Block(attentionNorm: first, attention: attention, mlpNorm: second, mlp: mlp)
    if names.hasLanguages { block.follower = try language(name("output"), mlpNorm: second) }
    return block
  }

  private func output(_ head: Head) throws -> Output {
    var output = Output(
      norm: try names.finalNorm.map { try norm("\(names.base).\($0)", settings.width) }, head: head)
    if let transform = names.transform {
      output.projection = try weights.projection(transform, headWidth, settings.width, bias: .required)
      output.activation = names.headActivation ?? activation
      output.projectedNorm = try norm(names.transformNorm, headWidth)
    }
    return output
  }

  /// The table of tokens unless another head is stored; its bias stands in one of two places.
  private func head(_ table: WeightMatrix) throws -> Head {
    let own = names.decoder + ".weight"
    let isTied = try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? names.isTiedByDefault
    let matrix =
      try isTied
      ? weights.copy(
        own, of: table, named: table.name, what: "it is the head, although tie_word_embeddings is true")
      : weights.matrix(own, table.rows, headWidth)
    let inDecoder = names.decoder + ".bias"
    let stored = weights.contains(inDecoder) ? inDecoder : names.bias
    if stored != names.bias { weights.ignore(names.bias) }
    return Head(weights: matrix, bias: try weights.vector(stored, table.rows))
  }
}

import Traces

// Parts of X-MOD (Pfeiffer et al. 2022), RoCBert (Su et al. 2022) and BigBird (Zaheer et al. 2020) that other encoders do not have. Follows
// transformers' modeling files of these names.

extension Architecture {
  /// X-MOD: RoBERTa whose blocks have a part for each language behind the MLP, of which that of the default language runs.
  public static let xMOD = masked("X-MOD", ["xmod"]) { settings in
    .xMOD(normsFirst: try settings.flag(gguf: nil, config: "pre_norm") ?? false)
  }

  /// RoCBert: BERT whose tokens have shapes and pronunciations.
  public static let roCBERT = masked("RoCBert", ["roc_bert"], .roCBERT)

  /// BigBird: BERT for long texts, of which it sees blocks; short ones as a whole.
  public static let bigBird = masked("BigBird", ["big_bird"], .bigBird) { settings, network in
    try SparseBlocks(settings).bound(network)
  }
}

/// Attention that looks at blocks of positions, some of them chosen at random, as far as it looks at the whole text (BigBird).
///
/// transformers runs texts of at most `reach` tokens with whole attention. Its classes then keep to that, for longer texts, too; here a
/// text's numbers do not depend on the texts before it, so longer ones are refused.
struct SparseBlocks {
  /// The longest text with whole attention; nil where attention is always whole.
  private let reach: Int?
  private let settings: ModelSettings

  init(_ settings: ModelSettings) throws {
    self.settings = settings
    let kind = try settings.string(gguf: nil, config: "attention_type") ?? "block_sparse"
    switch kind {
    case "original_full":
      reach = nil
      settings.changesNothing(config: ["block_size", "num_random_blocks"], because: "attention is whole")
    case "block_sparse":
      let size = try settings.requiredCount(gguf: "", config: "block_size")
      let (chosen, isTooMany) = (try settings.whole(gguf: nil, config: "num_random_blocks") ?? 3)
        .multipliedReportingOverflow(by: 2)
      let (reach, isTooLong) = size.multipliedReportingOverflow(by: isTooMany ? 0 : 5 + chosen)
      guard !isTooMany, !isTooLong else {
        throw settings.refuse(gguf: nil, config: "block_size", found: "\(size)", expected: "a number of positions")
      }
      self.reach = reach
    default:
      throw settings.refuse(
        gguf: nil, config: "attention_type", found: "'\(kind)'", expected: "'block_sparse' or 'original_full'")
    }
  }

  /// The network, which describes texts up to the reach.
  func bound(_ network: Network) -> Network {
    guard let reach else { return network }
    return SparseAttention(settings, reach: reach, names: []).bound(network, settings)
  }
}

extension MaskedEncoder {
  /// The language whose parts run.
  private func language() throws -> String {
    let languages = try settings.strings(gguf: nil, config: "languages") ?? ["en_XX"]
    guard let language = try settings.string(gguf: nil, config: "default_language") else {
      throw LoadError.missingSetting(key: "default_language", path: weights.files.path)
    }
    guard languages.contains(language) else {
      throw settings.refuse(
        gguf: nil, config: "default_language", found: "'\(language)'",
        expected: "one of 'languages': \(MessageText.list(languages))")
    }
    return language
  }

  /// The parts of other languages, with one note for all.
  func passOverLanguages() throws {
    let language = try language()
    let others = (try settings.strings(gguf: nil, config: "languages") ?? []).filter { $0 != language }
    let names = weights.files.tensors.keys.filter { name in
      others.contains { name.contains(".adapter_modules.\($0).") }
    }
    guard !names.isEmpty else { return }
    for name in names { weights.ignore(name) }
    settings.files.notes.add(
      "passed over: parts for other languages than '\(language)', the default_language", at: settings.files.path)
  }

  /// The part of the default language behind an MLP, whose norm it may share.
  func language(_ stem: String, mlpNorm: Norm) throws -> Follower {
    let language = try language()
    let factor = try settings.requiredCount(gguf: "", config: "adapter_reduction_factor")
    let (width, inner) = (settings.width, settings.width / factor)
    guard inner > 0 else {
      throw settings.refuse(
        gguf: nil, config: "adapter_reduction_factor", found: "\(factor)", expected: "1 to the width \(width)")
    }
    let hasOwnNorm = try settings.flag(gguf: nil, config: "adapter_layer_norm") ?? false
    let sharesNorm = try settings.flag(gguf: nil, config: "adapter_reuse_layer_norm") ?? true
    let isAddedToNormed = try settings.flag(gguf: nil, config: "ln_before_adapter") ?? true
    let norm = hasOwnNorm ? try self.norm("\(stem).adapter_layer_norm", width) : sharesNorm ? mlpNorm : nil
    if hasOwnNorm {
      settings.changesNothing(config: ["adapter_reuse_layer_norm"], because: "adapter_layer_norm is true")
    }
    if norm == nil {
      settings.changesNothing(config: ["ln_before_adapter"], because: "no norm stands before the language's part")
    }
    let part = "\(stem).adapter_modules.\(language)."
    return Follower(
      norm: norm, addsToNormed: isAddedToNormed,
      mlp: MLP(
        up: try weights.projection(part + "dense1", inner, width, bias: .required),
        down: try weights.projection(part + "dense2", width, inner, bias: .required), activation: activation))
  }

  /// The embedding with what stands behind tokens.
  ///
  /// A text is token ids alone, so every token has shape and pronunciation 0, as in transformers where it is given no others. Without
  /// `concat_input`, transformers adds none at all then.
  func withCharacters(_ plain: Embedding) throws -> Embedding {
    var embedding = plain
    let stem = "\(names.base).embeddings."
    let isJoined = try settings.flag(gguf: nil, config: "concat_input") ?? true
    for part in ["shape", "pronunciation"] {
      let (table, key) = (part + "_embed", "enable_" + part)
      guard isJoined, try settings.flag(gguf: nil, config: key) ?? true else {
        weights.passOver(prefix: stem + table + ".", what: "no token is given a \(part)")
        settings.changesNothing(
          config: ["\(part)_embed_dim", "\(part)_vocab_size", key], because: "no token is given a \(part)")
        continue
      }
      let columns = try settings.requiredCount(gguf: "", config: "\(part)_embed_dim")
      let rows = try settings.requiredCount(gguf: "", config: "\(part)_vocab_size")
      let all = try weights.matrix(stem + table + ".weight", rows, columns)
      let first = FloatMatrix(rows: 1, columns: columns)
      all.decodeRow(0, into: first.start)
      embedding.appended += Array(UnsafeBufferPointer(start: first.start, count: columns))
    }
    guard isJoined else { return embedding }
    embedding.projection = try weights.projection(
      stem + "map_inputs_layer", settings.width, settings.width + embedding.appended.count, bias: .required)
    embedding.projectsLast = false
    if !embedding.appended.isEmpty {
      settings.files.notes.add(
        "every token has the shape and the pronunciation of number 0, as in transformers where only token ids are given",
        at: settings.files.path)
    }
    return embedding
  }
}

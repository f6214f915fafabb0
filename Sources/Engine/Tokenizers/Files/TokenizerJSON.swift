import Traces

/// Reads a Hugging Face `tokenizer.json`.
///
/// The format is that of the Rust crate `tokenizers` 0.23. `truncation` and `padding` are not applied, as in a plain call of
/// a transformers tokenizer. An unsupported part is an error that names it.
struct TokenizerJSON {
  private let root: JSONValue
  private let path: String
  private let ledger: SettingsLedger

  /// Opens the file and adds its settings to the ledger.
  ///
  /// Throws `JSONError`.
  init(path: String, ledger: SettingsLedger) throws(JSONError) {
    let file = try JSONSettings(path: path, as: .tokenizer)
    ledger.add(file)
    root = file.root
    self.path = path
    self.ledger = ledger
  }

  /// A part, without recording a look-up.
  func unmarked(_ key: String) -> JSONValue? {
    root.unmarkedMembers?.reduce(nil) { found, member in member.key == key ? member.value : found }
  }

  /// Whether any part is byte-level, including the post-processor, where it only concerns offsets.
  var namesByteLevel: Bool { isByteLevel || names(unmarked("post_processor"), "ByteLevel") }

  /// Whether tokens are spelled in the characters that stand for bytes.
  private var isByteLevel: Bool {
    ["normalizer", "pre_tokenizer", "decoder"].contains { names(unmarked($0), "ByteLevel") }
  }

  private func names(_ value: JSONValue?, _ type: String) -> Bool {
    if let elements = value?.elements { return elements.contains { names($0, type) } }
    return value?.unmarkedMembers?.contains { $0.value.string == type || names($0.value, type) } ?? false
  }

  /// The tokenizer, with the changes of the class and of `tokenizer_config.json`.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  func tokenizer(configuration: TokenizerConfiguration, bos: BOSChoice) throws -> TextTokenizer {
    let components = TokenizerComponents(path: path)
    let own = try configuration.parts(insteadOf: self)
    func part(_ key: String) -> JSONValue? {
      guard let own else { return root[key] }
      ledger.changesNothing(key, in: .tokenizer, because: "\(configuration.kind.name) brings its own")
      return key == "normalizer" ? configuration.normalizer(own, insteadOf: self) : own[key]
    }
    let model = try root.member("model")
    let normalizers = try components.normalizers(part("normalizer"))
    // A class also decides about byte fallback and the spelling of symbols.
    var reader = TokenizerModel(
      model: model, path: path, isMadeByClass: own != nil && configuration.kind.modelType == "BPE")
    let (preTokenizers, isByteLevel) = try components.preTokenizers(part("pre_tokenizer"), for: reader)
    reader.isByteLevel = isByteLevel
    if own != nil, isByteLevel != self.isByteLevel {
      throw TokenizerError.unfitClass(path: path, name: configuration.kind.name, isByteLevel: isByteLevel)
    }
    let decoding = try components.decoding(part("decoder"), isByteLevel: isByteLevel)
    var encoder = try reader.encoder()
    if own != nil {
      encoder = try configuration.amend(
        encoder, found: try model.optionalMember("type")?.requireString() ?? "without a type")
      let keys = [
        "unk_token", "fuse_unk", "byte_fallback", "ignore_merges", "continuing_subword_prefix", "end_of_word_suffix",
        "unk_id",
        "max_input_chars_per_word",
      ]
      for key in keys {
        ledger.changesNothing("model.\(key)", in: .tokenizer, because: "\(configuration.kind.name) sets it")
      }
    }
    let vocabulary = encoder.vocabulary
    var parts = TextTokenizer.Parts(model: encoder, decoding: decoding)
    parts.preTokenizers = preTokenizers
    try configuration.mistral?.mend(&parts.preTokenizers, of: unmarked("pre_tokenizer"), vocabulary: vocabulary.count)
    parts.normalizers = normalizers
    parts.added = try addedTokens(vocabulary, isByteLevel: isByteLevel, configuration)
    try configuration.amend(&parts.added, vocabulary: vocabulary, isByteLevel: isByteLevel)
    parts.splitsSpecialTokens = configuration.splitsSpecialTokens
    (parts.prefix, parts.suffix) = configuration.around(
      parts.added, file: try components.postProcessor(root["post_processor"]))
    parts.roles = configuration.roles
    try parts.setBOS(bos, configuration.id(of: "bos_token", parts.added), path: path)
    return try TextTokenizer(parts)
  }

  /// A vocabulary from an object of token to id, as in `vocab.json`.
  static func vocabulary(_ vocab: JSONValue, isByteLevel: Bool, path: String) throws -> Vocabulary {
    var (entries, last, bytes) = (0, -1, 0)
    for member in try vocab.requireMembers() {
      let id = try member.value.requireInteger()
      guard id >= 0, id < 1 << 30 else {
        throw TokenizerError.damaged(path: path, expected: "ids from 0", found: "\(id) for '\(member.key)'")
      }
      last = max(last, id)
      entries += 1
      bytes += member.keyUTF8.count
    }
    // Some vocabularies have gaps, but a very large id would exhaust memory.
    guard last < entries * 4 + 65536 else {
      throw TokenizerError.damaged(path: path, expected: "ids near the \(entries) tokens", found: "the id \(last)")
    }
    let none = UnsafeRawBufferPointer(start: nil, count: 0)
    var spellings = [UnsafeRawBufferPointer](repeating: none, count: last + 1)
    var isTaken = [Bool](repeating: false, count: last + 1)
    for member in try vocab.requireMembers() {
      guard let id = member.value.integer else { continue }
      if isTaken[id] {
        throw TokenizerError.damaged(path: path, expected: "one token for every id", found: "two for \(id)")
      }
      isTaken[id] = true
      spellings[id] = member.keyUTF8
    }
    let vocabulary = Vocabulary(capacity: last + 1, byteCapacity: bytes)
    var buffer: [UInt8] = []
    for (id, spelling) in spellings.enumerated() {
      if !isTaken[id] {
        vocabulary.appendAbsent()
      } else if isByteLevel {
        let isSpelled = ByteAlphabet.decode(spelling, into: &buffer)
        buffer.withUnsafeBytes { vocabulary.append($0, repeated: isSpelled ? .replaces : .isApart) }
      } else {
        vocabulary.append(spelling)
      }
    }
    // The spellings point into the document.
    return withExtendedLifetime(vocab) { vocabulary }
  }

  /// The added tokens in the order of the file; as in tokenizers, one that the vocabulary has takes its id, and any other the next free one.
  private func addedTokens(
    _ vocabulary: Vocabulary, isByteLevel: Bool, _ configuration: TokenizerConfiguration
  ) throws -> [AddedToken] {
    guard let list = try root.optionalMember("added_tokens") else { return [] }
    var tokens = AddedTokenList([], isByteLevel: isByteLevel, vocabulary: vocabulary)
    for value in try list.requireElements() {
      let token = AddedToken(
        content: try value.member("content").requireString(),
        id: try value.member("id").requireInteger(),
        isSpecial: try value.optionalMember("special")?.requireBool() ?? false,
        isNormalized: try value.optionalMember("normalized")?.requireBool() ?? false,
        stripsLeft: try value.optionalMember("lstrip")?.requireBool() ?? false,
        stripsRight: try value.optionalMember("rstrip")?.requireBool() ?? false,
        isSingleWord: try value.optionalMember("single_word")?.requireBool() ?? false)
      guard let id = tokens.add(token), id != token.id else { continue }
      configuration.note(moved: token.content, from: token.id, to: id, at: path)
    }
    return tokens.all
  }
}

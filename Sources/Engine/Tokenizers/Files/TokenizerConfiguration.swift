import Foundation
import Traces

/// A folder's settings of its tokenizer beside `tokenizer.json`, read as in transformers 5.24: `tokenizer_config.json`,
/// `special_tokens_map.json`, `added_tokens.json`, and `tokenizer_class` and `model_type` of config.json.
///
/// docs/tokenizers.md lists the settings of each class.
struct TokenizerConfiguration {
  /// The class that reads the tokenizer.
  private(set) var kind = TokenizerClass.backend
  /// Whether special tokens that are written in a text are cut like any text.
  private(set) var splitsSpecialTokens = false
  /// The correction of the pattern of Mistral's vocabularies.
  private(set) var mistral: MistralPattern?
  private var special: SpecialTokens
  private var addsBOS: Bool?
  private var addsEOS: Bool?
  private var hasFile = false
  /// The name of a SentencePiece model that is read alone.
  private var pieces: String?
  /// Special tokens that the class counts.
  private var numbered: [String] = []
  private var bos = BOSChoice.model
  private let root: JSONValue?
  private let path: String
  private let ledger: SettingsLedger
  private let notes: ModelNotes

  /// Settings that only some classes use; for other classes they are declared without effect.
  private static let classSettings = [
    "add_prefix_space", "legacy", "do_lower_case", "strip_accents", "tokenize_chinese_chars", "keep_accents",
    "remove_space", "do_basic_tokenize", "never_split", "sp_model_kwargs", "legacy_behaviour",
  ]

  /// Reads the existing files of the folder; adds the settings of `tokenizer_config.json` to the ledger.
  ///
  /// Without a folder there are no settings.
  init(folder: String?, ledger: SettingsLedger, notes: ModelNotes) throws(JSONError) {
    path = (folder ?? "") + "/tokenizer_config.json"
    self.ledger = ledger
    self.notes = notes
    func read(_ name: String) throws(JSONError) -> JSONValue? {
      guard let folder, FileManager.default.fileExists(atPath: "\(folder)/\(name)") else { return nil }
      return try JSONDocument(path: "\(folder)/\(name)").root
    }
    if folder != nil, FileManager.default.fileExists(atPath: path) {
      let file = try JSONSettings(path: path, as: .tokenizerConfig)
      ledger.add(file)
      root = file.root
    } else {
      root = nil
    }
    special = try SpecialTokens(
      configuration: root, map: read("special_tokens_map.json"), added: read("added_tokens.json"))
    addsBOS = try root?.optionalMember("add_bos_token")?.requireBool()
    addsEOS = try root?.optionalMember("add_eos_token")?.requireBool()
    splitsSpecialTokens = try root?.optionalMember("split_special_tokens")?.requireBool() ?? false
  }

  /// What a tokenizer is made from.
  enum Source {
    case json(TokenizerJSON)
    /// `vocab.json` with `merges.txt`.
    case vocabulary
    /// A SentencePiece model, by its name.
    case sentencePiece(String)
  }

  /// Finds the class, which completes the special tokens.
  ///
  /// - Parameter config: The config.json, if there is one.
  /// - Throws: `TokenizerError` for a class with unknown parts, and for custom code without a replacement.
  mutating func chooseClass(
    config: (any ModelConfiguration)?, source: Source, options: ModelOptions
  ) throws {
    var file: TokenizerJSON?
    var isVocabulary = false
    switch source {
    case .json(let json): file = json
    case .vocabulary: isVocabulary = true
    case .sentencePiece(let name): pieces = name
    }
    hasFile = file != nil
    bos = options.bos
    let own = try root?.optionalMember("tokenizer_class")?.requireString()
    let declared = try own ?? config?.string("tokenizer_class")
    let declaration = TokenizerClass.Declaration(
      name: declared, modelType: try config?.string("model_type"),
      hasCode: (try root?.optionalMember("auto_map")).map { !$0.isNull } ?? false)
    if hasFile, declared != nil, options.acceptedSettings.contains("tokenizer_class") {
      ledger.accept("tokenizer_class")
    } else if declaration.name != nil || declaration.modelType != nil {
      kind = TokenizerClass(declaration, isByteLevel: file?.namesByteLevel ?? false)
    } else if isVocabulary {
      // GPT-2's two files without anything beside them.
      kind = TokenizerClass(name: "GPT2Tokenizer")
    }
    if let pieces, kind.takesFile, !kind.piecesFiles.contains(pieces), let declared {
      // transformers opens none of these; the class that the files name reads them.
      kind = TokenizerClass(name: declared)
    }
    // The reader of SentencePiece models checks its classes itself.
    guard !kind.isUnknown || pieces != nil else {
      throw TokenizerError.unknownClass(
        path: path, name: kind.name, known: [TokenizerClass.backend.name] + TokenizerClass.all.map(\.name),
        isDeclared: hasFile && declared != nil)
    }
    guard !isVocabulary || !kind.takesFile else {
      throw TokenizerError.damaged(
        path: path, expected: "a tokenizer.json, which \(kind.name) reads", found: "vocab.json with merges.txt")
    }
    special.addDefaults(of: kind)
    if let numbered = kind.numberedTokens {
      let count = try root?.optionalMember(numbered.key)?.requireInteger() ?? numbered.count
      guard (0...1 << 16).contains(count) else {
        throw TokenizerError.damaged(path: path, expected: "0 to \(1 << 16) as '\(numbered.key)'", found: "\(count)")
      }
      self.numbered = (0..<count).map { "\(numbered.before)\($0)\(numbered.after)" }
      if pieces == nil { special.addNumbered(self.numbered, like: numbered.before) }
    }
    if kind.takesFile {
      if hasFile {
        ledger.changesNothing("tokenizer_class", in: .tokenizerConfig, because: "tokenizer.json is taken as it is")
      }
      mistral = try MistralPattern(configuration: root, config: config, path: path, ledger: ledger)
    }
    for key in TokenizerConfiguration.classSettings where !kind.settings.contains(where: { $0.key == key }) {
      ledger.changesNothing(key, in: .tokenizerConfig, because: "\(kind.name) does not use it")
    }
    if kind.takesFile, declaration.hasCode, let declared {
      notes.add(
        "auto_map names code for '\(declared)', which is not run: tokenizer.json is followed as it is", at: path)
    }
  }

  // MARK: Parts

  /// The class's own parts, which replace those of tokenizer.json; nil if the class uses that file.
  ///
  /// A note names the differences.
  func parts(insteadOf file: TokenizerJSON?) throws -> JSONValue? {
    var values: [String: Bool] = [:]
    for (key, value) in kind.settings { values[key] = try root?.optionalMember(key)?.requireBool() ?? value }
    guard let parts = kind.parts(values) else { return nil }
    if let file { noteDifferences(parts, file) }
    return parts
  }

  /// The normalizer of a class with these parts: its own, or the one step that it takes over from tokenizer.json.
  func normalizer(_ parts: JSONValue, insteadOf file: TokenizerJSON?) -> JSONValue? {
    guard let kept = kind.fileNormalizer, let theirs = file?.unmarked("normalizer") else { return parts["normalizer"] }
    let steps = theirs["normalizers"]?.elements.map { Array($0) } ?? [theirs]
    return steps.first { $0["type"]?.string == kept } ?? parts["normalizer"]
  }

  private func noteDifferences(_ parts: JSONValue, _ file: TokenizerJSON) {
    var own: [String] = []
    var filed: [String] = []
    for key in ["normalizer", "pre_tokenizer"] {
      let part = key == "normalizer" ? normalizer(parts, insteadOf: file) : parts[key]
      let (mine, theirs) = (PartSummary(part), PartSummary(file.unmarked(key)))
      guard mine != theirs else { continue }
      let name = key == "normalizer" ? "normalizer" : "pre-tokenizer"
      own.append("the \(name) \(mine.text)")
      filed.append("\(theirs.text)")
    }
    guard !own.isEmpty else { return }
    let declared = root?["tokenizer_class"]?.string != nil
    notes.add(
      "\(kind.name) brings \(own.joined(separator: " and ")) where tokenizer.json has "
        + "\(filed.joined(separator: " and ")): the class is followed, as in transformers; "
        + (declared
          ? "--accept-setting tokenizer_class follows tokenizer.json"
          : "\"tokenizer_class\": \"TokenizersBackend\" in tokenizer_config.json follows tokenizer.json"),
      at: path)
  }

  /// A byte-pair model's settings under the class: byte fallback and the unknown token.
  ///
  /// Throws `TokenizerError.damaged` when the class's unknown token is not in the vocabulary.
  private func amend(_ encoder: BytePairEncoder) throws(TokenizerError) -> BytePairEncoder {
    guard let model = kind.model else { return encoder }
    let unknown = model["unk_token"]?.string == nil ? nil : try unknown(in: encoder.vocabulary)
    var symbols = encoder.symbols
    if case .scalars = symbols {
      let bytes = SentencePieceSpelling.byteTokens(in: encoder.vocabulary)
      symbols = .scalars(byteTokens: model["byte_fallback"]?.bool == true ? bytes : nil)
    }
    return BytePairEncoder(
      vocabulary: encoder.vocabulary, merges: encoder.merges, symbols: symbols, unknown: unknown,
      fusesUnknown: model["fuse_unk"]?.bool ?? false, wholePieceFirst: false)
  }

  /// The id of the class's unknown token.
  private func unknown(in vocabulary: Vocabulary) throws(TokenizerError) -> Int {
    let name = special.text("unk_token") ?? "None"
    guard let id = vocabulary.id(of: name) else {
      throw .damaged(path: path, expected: "the unk_token '\(name)' of \(kind.name) in the vocabulary", found: "none")
    }
    return id
  }

  /// A model's settings under the class.
  ///
  /// Throws `TokenizerError.damaged` when the class's unknown token is not in the vocabulary, `TokenizerError.unsupportedSetting` for
  /// another kind of model (`found`).
  func amend(_ encoder: PieceEncoder, found: String) throws(TokenizerError) -> PieceEncoder {
    let model = kind.model
    switch (encoder, kind.modelType) {
    case (.bytePairs(let pairs), "BPE"): return .bytePairs(try amend(pairs))
    case (.unigram(let pieces), "Unigram"):
      let unknown = model?["unk_id"]?.integer
      if let unknown, unknown >= pieces.scores.count {
        throw .damaged(
          path: path, expected: "\(unknown + 1) tokens or more for \(kind.name)", found: "\(pieces.scores.count)")
      }
      let bytes = SentencePieceSpelling.byteTokens(in: pieces.vocabulary)
      return .unigram(
        UnigramEncoder(
          vocabulary: pieces.vocabulary, scores: pieces.scores, unknown: unknown,
          byteTokens: model?["byte_fallback"]?.bool == true ? bytes : nil))
    case (.wordPieces(let pieces), "WordPiece"):
      return .wordPieces(
        WordPieceEncoder(
          vocabulary: pieces.vocabulary, unknown: .id(try unknown(in: pieces.vocabulary)),
          prefix: Array((model?["continuing_subword_prefix"]?.string ?? "##").utf8),
          longestWord: model?["max_input_chars_per_word"]?.integer ?? 100))
    default:
      throw .unsupportedSetting(
        path: path, component: kind.name, setting: "the model", found: found, expected: kind.modelType)
    }
  }

  // MARK: Added tokens

  /// Updates the added tokens; a special token without an entry gets the next free id.
  ///
  /// Throws `TokenizerError.damaged` if added_tokens.json has another id for a token; other files only cause a note.
  func amend(
    _ tokens: inout [AddedToken], vocabulary: Vocabulary, isByteLevel: Bool = false
  ) throws(TokenizerError) {
    do {
      tokens = try special.all(
        file: tokens, keepsFile: kind.takesFile || pieces != nil, isByteLevel: isByteLevel, vocabulary: vocabulary
      ) { note(moved: $0.content, from: $0.stated, to: $0.id, at: path) }
    } catch let moved {
      throw .damaged(
        path: path.replacing("tokenizer_config.json", with: "added_tokens.json"),
        expected: "the id \(moved.id) for '\(moved.content)'", found: "\(moved.stated)")
    }
  }

  /// Notes an added token whose id is not the one that a file states.
  func note(moved content: String, from stated: Int, to id: Int, at place: String) {
    notes.add(
      "the added token '\(content)' is said to have the id \(stated), and has the id \(id), as in transformers",
      at: place)
  }

  /// A tokenizer from a SentencePiece model alone.
  ///
  /// Throws `FileError`, `JSONError`, `TokenizerError`.
  func sentencePiece(_ path: String, bos: BOSChoice) throws -> TextTokenizer {
    guard let pieces, kind.isUnknown || kind.piecesFiles.contains(pieces) else {
      throw TokenizerError.damaged(
        path: path, expected: "\(kind.piecesFiles.joined(separator: " or ")), which \(kind.name) reads",
        found: pieces ?? "none")
    }
    let settings = SentencePieceTokenizer.Settings(
      kind: kind, legacy: try root?.optionalMember("legacy")?.requireBool() ?? (root?["legacy"] == nil ? nil : false),
      addsPrefixSpace: try root?.optionalMember("add_prefix_space")?.requireBool(), names: special.names,
      own: kind.pieces == nil ? nil : try self.parts(insteadOf: nil), texts: special.texts, numbered: numbered,
      namesExtra: special.namesExtra)
    var (parts, usual, leftOut) = try SentencePieceTokenizer(path: path, settings: settings).parts()
    if kind.pieces != nil { parts.model = try amend(parts.model, found: "Unigram") }
    var whole = self
    whole.special.follow(leftOut: leftOut)
    whole.special.addDefaults(usual.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    try whole.amend(&parts.added, vocabulary: parts.model.vocabulary)
    parts.splitsSpecialTokens = splitsSpecialTokens
    (parts.prefix, parts.suffix) = whole.around(parts.added)
    parts.roles = whole.roles
    try parts.setBOS(bos, whole.id(of: "bos_token", parts.added), path: path)
    return try TextTokenizer(parts)
  }

  /// Written forms of the tokens that have a role.
  var roles: [String: String] { special.texts }

  /// The id of the token of a role.
  func id(of role: String, _ tokens: [AddedToken]) -> Int? {
    guard let name = special.text(role) else { return nil }
    return tokens.first { $0.content.utf8.elementsEqual(name.utf8) }?.id
  }

  // MARK: BOS and EOS

  /// The ids before and after every text; `file` are those of the post-processor of tokenizer.json, nil without that file.
  ///
  /// If the file exists, it decides, except for classes with their own tokens around texts; otherwise `add_bos_token` and
  /// `add_eos_token` decide. A note names the differences.
  func around(
    _ tokens: [AddedToken], file: (prefix: [Int], suffix: [Int])? = nil
  ) -> (prefix: [Int], suffix: [Int]) {
    let (bos, eos) = (id(of: "bos_token", tokens), id(of: "eos_token", tokens))
    for (key, wanted, id) in [("bos", addsBOS, bos), ("eos", addsEOS, eos)] where wanted == true && id == nil {
      let end = key == "bos" ? "begin" : "end"
      notes.add("add_\(key)_token is true, and there is no \(key)_token: texts \(end) without one", at: path)
    }
    var around =
      file ?? (addsBOS == true ? [bos].compactMap(\.self) : [], addsEOS == true ? [eos].compactMap(\.self) : [])
    // GPTNeoXTokenizer uses the two settings if there is no tokenizer.json.
    if let own = kind.around, file != nil || !(own.prefix + own.suffix).isEmpty {
      around = (own.prefix.compactMap { id(of: $0, tokens) }, own.suffix.compactMap { id(of: $0, tokens) })
    }
    guard let file else { return around }
    if file != around {
      notes.add(
        "the post-processor of tokenizer.json \(words(file, tokens)), and \(kind.name) \(words(around, tokens)): the class is "
          + "followed, as in transformers", at: path)
    }
    for (key, wanted, id, ids) in [("bos", addsBOS, bos, around.prefix), ("eos", addsEOS, eos, around.suffix)] {
      guard let wanted, let id else {
        if wanted != nil {
          ledger.changesNothing("add_\(key)_token", in: .tokenizerConfig, because: "there is no \(key)_token")
        }
        continue
      }
      let decider = kind.around == nil ? "the post-processor of tokenizer.json" : kind.name
      ledger.changesNothing("add_\(key)_token", in: .tokenizerConfig, because: "\(decider) decides")
      // The user's own choice needs no note.
      guard wanted != ids.contains(id), key == "eos" || self.bos == .model else { continue }
      let name = tokens.first { $0.id == id }?.content ?? ""
      let place = key == "bos" ? "before" : "behind"
      notes.add(
        "add_\(key)_token is \(wanted), and \(decider) puts \(wanted ? "no '\(name)'" : "'\(name)'") \(place) texts: "
          + "\(decider) is followed, as in transformers"
          + (key == "bos" ? "; --bos \(wanted ? "yes puts one there" : "no leaves it out")" : ""), at: path)
    }
    return around
  }

  private func words(_ around: (prefix: [Int], suffix: [Int]), _ tokens: [AddedToken]) -> String {
    func names(_ ids: [Int]) -> String {
      ids.map { id in "'\(tokens.first { $0.id == id }?.content ?? "\(id)")'" }.joined(separator: " ")
    }
    let parts = [(around.prefix, "before"), (around.suffix, "behind")].filter { !$0.0.isEmpty }
    return parts.isEmpty
      ? "puts nothing around texts"
      : "puts " + parts.map { "\(names($0.0)) \($0.1) texts" }.joined(separator: " and ")
  }
}

/// A part of tokenizer.json as text, for comparison and for messages.
struct PartSummary: Equatable {
  /// Every step with its settings.
  private let steps: [String]

  /// Steps of a part, without settings that only concern offsets, with defaults filled in.
  init(_ part: JSONValue?) { steps = PartSummary.steps(part) }

  /// For a note.
  var text: String {
    steps.isEmpty ? "none" : MessageText.list(steps.map { $0.count > 60 ? $0.prefix(57) + "..." : $0 })
  }

  private static let defaults: [String: [String: String]] = [
    "ByteLevel": ["add_prefix_space": "true", "use_regex": "true"], "Digits": ["individual_digits": "false"],
    "Metaspace": ["replacement": "▁", "split": "true"], "Split": ["invert": "false"],
  ]

  private static func steps(_ part: JSONValue?) -> [String] {
    guard let members = part?.unmarkedMembers else { return [] }
    var type = ""
    var values: [String: String] = [:]
    for member in members {
      switch member.key {
      case "type": type = member.value.string ?? ""
      case "trim_offsets", "str_rep": break
      case "normalizers", "pretokenizers": return member.value.elements?.flatMap { steps($0) } ?? []
      default: values[member.key] = text(member.value)
      }
    }
    for (key, value) in defaults[type] ?? [:] where values[key] == nil { values[key] = value }
    let told = values.sorted { $0.key < $1.key }.filter { $0.value != "false" }
      .map { $0.value == "true" ? $0.key : "\($0.key) '\($0.value)'" }
    return [told.isEmpty ? type : "\(type)(\(told.joined(separator: ", ")))"]
  }

  private static func text(_ value: JSONValue) -> String {
    if let members = value.unmarkedMembers { return members.map { text($0.value) }.joined(separator: " ") }
    return value.string ?? value.bool.map { "\($0)" } ?? value.summary
  }
}

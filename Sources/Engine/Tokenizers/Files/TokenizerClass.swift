import Traces

/// The class of transformers 5.24 that reads a folder's tokenizer files, and its parts.
///
/// Most classes read vocabulary, merges and post-processor from `tokenizer.json` and have their own normalizer and
/// pre-tokenizer; `TokenizersBackend` uses the whole file. `tokenizer-classes.json`, which
/// Tools/make_tokenizer_classes.py makes from transformers, lists the classes; docs/tokenizers.md describes them.
struct TokenizerClass: Sendable {
  /// "GPT2Tokenizer".
  let name: String
  /// Its parts; nil if the class uses the whole `tokenizer.json`.
  private let entry: JSONValue?

  /// Uses the whole `tokenizer.json`.
  static let backend = TokenizerClass(name: "TokenizersBackend", entry: nil)

  // The file is built into the program; a test reads it.
  private static let data = PackageResources.tokenizer_classes_json.withUnsafeBytes { bytes in
    try? JSONDocument(bytes: bytes, path: "tokenizer-classes.json").root
  }

  /// The class of this name; `TokenizersBackend` for names unknown to transformers.
  init(name: String) {
    let name = TokenizerClass.plain(name)
    guard let entry = TokenizerClass.data?["classes"]?[name] else {
      self = TokenizerClass.isOther(name) ? TokenizerClass(name: name, entry: nil) : .backend
      return
    }
    self.init(name: name, entry: entry)
  }

  private init(name: String, entry: JSONValue?) {
    self.name = name
    self.entry = entry
  }

  /// All classes whose parts are known, by name.
  static var all: [TokenizerClass] {
    (data?["classes"]?.unmarkedMembers).map { $0.map { TokenizerClass(name: $0.key, entry: $0.value) } } ?? []
  }

  /// "GPT2TokenizerFast" is "GPT2Tokenizer".
  static func plain(_ name: String) -> String { name.hasSuffix("Fast") ? String(name.dropLast(4)) : name }

  private static func isOther(_ name: String) -> Bool {
    data?["other"]?.elements?.contains { $0.string == name } ?? false
  }

  /// Whether the class uses the whole `tokenizer.json`.
  var takesFile: Bool { name == TokenizerClass.backend.name }

  /// Whether it has unknown parts of its own.
  var isUnknown: Bool { entry == nil && !takesFile }

  // MARK: What decides the class

  /// The files' statements about the class.
  struct Declaration {
    /// `tokenizer_class` of tokenizer_config.json, or else of config.json.
    var name: String?
    /// `model_type` of config.json.
    var modelType: String?
    /// Whether tokenizer_config.json names custom code (`auto_map`), which is never run.
    var hasCode: Bool
  }

  /// The class that `AutoTokenizer` chooses; `isByteLevel`: whether a part of tokenizer.json is byte-level.
  init(_ declaration: Declaration, isByteLevel: Bool) {
    let registered = declaration.modelType.flatMap { TokenizerClass.data?["model_types"]?[$0]?.string }
    let isUndeclared = declaration.modelType.map { type in
      TokenizerClass.data?["undeclared"]?.elements?.contains { $0.string == type } ?? false
    }
    guard let declared = declaration.name.map(TokenizerClass.plain) else {
      self = registered.map(TokenizerClass.init(name:)) ?? .backend
      return
    }
    if declaration.hasCode {
      self.init(name: declared)
    } else if declared == "LlamaTokenizer", isByteLevel, isUndeclared != true {
      // Llama 3 and others were published under the class of Llama 2, whose parts are not byte-level.
      self = .backend
    } else if let registered, registered != declared {
      self =
        registered == TokenizerClass.backend.name
        ? .backend : TokenizerClass(name: isUndeclared == true ? registered : declared)
    } else {
      self.init(name: declared)
    }
  }

  // MARK: What it is made of

  /// The settings that change its parts, with their defaults.
  var settings: [(key: String, value: Bool?)] {
    entry?["settings"]?.unmarkedMembers.map { $0.map { ($0.key, $0.value.bool) } } ?? []
  }

  /// Its normalizer, pre-tokenizer and decoder for values of its settings, in the form of tokenizer.json; nil if the class
  /// uses that file.
  func parts(_ values: [String: Bool]) -> JSONValue? {
    entry?["pipelines"]?.elements?.first { pipeline in
      pipeline["when"]?.unmarkedMembers?.allSatisfy { values[$0.key] == $0.value.bool } ?? false
    }
  }

  /// Its settings of the model: `unk_token`, `fuse_unk`, `byte_fallback` of BPE; those of tokenizer.json for other kinds.
  var model: JSONValue? { entry?["model"] }

  /// The kind of its model: "BPE".
  var modelType: String { model?["type"]?.string ?? "BPE" }

  /// The kind of step that the class takes over from the normalizer of tokenizer.json; nil for none.
  var fileNormalizer: String? { entry?["file_normalizer"]?.string }

  /// Special tokens that are counted by a setting: its key, the usual number, and what stands around each number; nil for none.
  var numberedTokens: (key: String, count: Int, before: String, after: String)? {
    guard let tokens = entry?["numbered_tokens"], let key = tokens["setting"]?.string else { return nil }
    return (key, tokens["count"]?.integer ?? 0, tokens["before"]?.string ?? "", tokens["after"]?.string ?? "")
  }

  /// How a class makes its vocabulary of the pieces of a SentencePiece model; its numbered tokens follow, the largest first.
  struct Pieces: Equatable {
    /// How many of the first pieces are left out.
    var dropped: Int
    /// The roles of the tokens before the others.
    var before: [String]
    /// The roles of the tokens after them.
    var after: [String]
  }

  /// Nil for a class that merges pieces, or reads no such model.
  var pieces: Pieces? {
    guard let pieces = entry?["pieces"] else { return nil }
    func roles(_ key: String) -> [String] { pieces[key]?.elements.map { $0.compactMap(\.string) } ?? [] }
    return Pieces(dropped: pieces["dropped"]?.integer ?? 0, before: roles("before"), after: roles("after"))
  }

  /// The names of a SentencePiece model that the class reads.
  var piecesFiles: [String] {
    TokenizerFolder.sentencePieces.filter { $0 == entry?["pieces"]?["file"]?.string || $0 == "tokenizer.model" }
  }

  /// The classes that read a SentencePiece model without a tokenizer.json.
  static var readersOfPieces: [String] {
    ["LlamaTokenizer", "GemmaTokenizer"] + all.filter { $0.pieces != nil }.map(\.name) + ["PreTrainedTokenizerFast"]
  }

  /// Its default special tokens, by role.
  var tokens: [(role: String, content: String)] {
    entry?["tokens"]?.unmarkedMembers.map { $0.map { ($0.key, $0.value.string ?? "") } } ?? []
  }

  /// Its other default special tokens.
  var extraTokens: [String] { entry?["extra_tokens"]?.elements.map { $0.compactMap(\.string) } ?? [] }

  /// The roles of the tokens it puts around texts, overriding tokenizer.json; nil if that file decides.
  var around: (prefix: [String], suffix: [String])? {
    guard let around = entry?["around"] else { return nil }
    func roles(_ key: String) -> [String] { around[key]?.elements.map { $0.compactMap(\.string) } ?? [] }
    return (roles("prefix"), roles("suffix"))
  }
}

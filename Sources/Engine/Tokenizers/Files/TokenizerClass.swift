import Traces

/// The class of transformers 5.24 that reads a folder's tokenizer files, and what it makes of them.
///
/// Most classes take vocabulary, merges and post-processor from `tokenizer.json` and bring a normalizer and a pre-tokenizer of
/// their own; `TokenizersBackend` takes the file as it is. Which does what is in `tokenizer-classes.json`, which
/// Tools/make_tokenizer_classes.py makes from transformers; docs/tokenizers.md says it in words.
struct TokenizerClass: Sendable {
  /// "GPT2Tokenizer".
  let name: String
  /// What it is made of; nil where `tokenizer.json` is taken as it is.
  private let entry: JSONValue?

  /// Takes `tokenizer.json` as it is.
  static let backend = TokenizerClass(name: "TokenizersBackend", entry: nil)

  // The file is part of the program; a test reads it.
  private static let data = PackageResources.tokenizer_classes_json.withUnsafeBytes { bytes in
    try? JSONDocument(bytes: bytes, path: "tokenizer-classes.json").root
  }

  /// The class of this name; `TokenizersBackend` for names that transformers does not know.
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

  /// Whether the parts of `tokenizer.json` are taken as they are.
  var takesFile: Bool { name == TokenizerClass.backend.name }

  /// Whether it brings parts of its own that are not known here.
  var isUnknown: Bool { entry == nil && !takesFile }

  // MARK: What decides the class

  /// What the files say about the class.
  struct Declaration {
    /// `tokenizer_class` of tokenizer_config.json, or else of config.json.
    var name: String?
    /// `model_type` of config.json.
    var modelType: String?
    /// Whether tokenizer_config.json names code of its own (`auto_map`), which is never run.
    var hasCode: Bool
  }

  /// The class that `AutoTokenizer` takes; `isByteLevel` tells whether a part of tokenizer.json is byte-level.
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

  /// The settings that change its parts, with the values they have where nothing is said.
  var settings: [(key: String, value: Bool)] {
    entry?["settings"]?.unmarkedMembers.map { $0.map { ($0.key, $0.value.bool ?? false) } } ?? []
  }

  /// Its normalizer, pre-tokenizer and decoder under values of its settings, as tokenizer.json would have them; nil where that
  /// file is taken as it is.
  func parts(_ values: [String: Bool]) -> JSONValue? {
    entry?["pipelines"]?.elements?.first { pipeline in
      pipeline["when"]?.unmarkedMembers?.allSatisfy { values[$0.key] == $0.value.bool } ?? false
    }
  }

  /// What it says of the model: `unk_token`, `fuse_unk`, `byte_fallback`.
  var model: JSONValue? { entry?["model"] }

  /// The special tokens it has where the files name none, by role.
  var tokens: [(role: String, content: String)] {
    entry?["tokens"]?.unmarkedMembers.map { $0.map { ($0.key, $0.value.string ?? "") } } ?? []
  }

  /// Its other special tokens, where the files name none.
  var extraTokens: [String] { entry?["extra_tokens"]?.elements.map { $0.compactMap(\.string) } ?? [] }

  /// The roles of the tokens it puts around texts whatever tokenizer.json says; nil where that file decides.
  var around: (prefix: [String], suffix: [String])? {
    guard let around = entry?["around"] else { return nil }
    func roles(_ key: String) -> [String] { around[key]?.elements.map { $0.compactMap(\.string) } ?? [] }
    return (roles("prefix"), roles("suffix"))
  }
}

import Foundation

/// What a folder with `vocab.json` and `merges.txt` says of its tokenizer: which kind it is, and tokens in a file of their own.
///
/// Follows transformers 5: the class that `tokenizer_config.json` names decides, else the model's type.
struct VocabularyFiles {
  /// A tokenizer class that is made from the two files.
  struct Kind: Sendable {
    let classes: [String]
    /// Types of models whose class it is where none is named.
    let modelTypes: [String]
    let pattern: String
    let normalizers: [Normalizer]
  }

  static let kinds: [Kind] = [
    Kind(
      classes: ["GPT2Tokenizer", "CodeGenTokenizer"],
      modelTypes: ["gpt2", "gpt_neo", "gptj", "opt", "phi", "starcoder2", "codegen"], pattern: FamilyPattern.gpt2,
      normalizers: []),
    Kind(
      classes: ["Qwen2Tokenizer"], modelTypes: ["qwen2", "qwen3", "qwen3_moe", "qwen2_moe"],
      pattern: FamilyPattern.qwen2, normalizers: [.form(.nfc)]),
  ]

  /// The kind of tokenizer.
  let kind: Kind
  /// Tokens of `added_tokens.json` with the ids they have there, in the order of these.
  let added: [(content: String, id: Int)]
  private let addedPath: String

  /// Reads the folder's `tokenizer_config.json`, `config.json` and `added_tokens.json`, as far as they are there.
  ///
  /// - Throws: `JSONError`; `TokenizerError.unsupportedSetting` for a class that makes something else of the two files.
  init(folder: String) throws {
    func root(_ name: String) throws(JSONError) -> JSONValue? {
      let path = "\(folder)/\(name)"
      return FileManager.default.fileExists(atPath: path) ? try JSONDocument(path: path).root : nil
    }
    let configuration = try root("tokenizer_config.json")
    kind = try VocabularyFiles.kind(
      of: configuration?.optionalMember("tokenizer_class")?.requireString(),
      modelType: root("config.json")?.optionalMember("model_type")?.requireString(), folder: folder)
    addedPath = "\(folder)/added_tokens.json"
    // As in transformers, the file counts only where the configuration does not have the tokens itself.
    guard try configuration?.optionalMember("added_tokens_decoder") == nil, let entries = try root("added_tokens.json")
    else {
      added = []
      return
    }
    added = try entries.requireMembers().map { ($0.key, try $0.value.requireInteger()) }.sorted { $0.1 < $1.1 }
  }

  private static func kind(of name: String?, modelType: String?, folder: String) throws(TokenizerError) -> Kind {
    if let name {
      let plain = name.hasSuffix("Fast") ? String(name.dropLast(4)) : name
      if let kind = kinds.first(where: { $0.classes.contains(plain) }) { return kind }
      throw unsupported("\(folder)/tokenizer_config.json", "tokenizer_class", name)
    }
    guard let modelType else { return kinds[0] }
    if let kind = kinds.first(where: { $0.modelTypes.contains(modelType) }) { return kind }
    throw unsupported("\(folder)/config.json", "model_type", modelType)
  }

  private static func unsupported(_ path: String, _ setting: String, _ found: String) -> TokenizerError {
    .unsupportedSetting(
      path: path, component: "vocab.json with merges.txt", setting: setting, found: "'\(found)'",
      expected: kinds.flatMap(\.classes).joined(separator: " or ") + ", or a tokenizer.json")
  }

  /// The tokens of `added_tokens.json`, numbered as transformers numbers them: those of the vocabulary keep their ids, the others
  /// follow it.
  ///
  /// - Throws: `TokenizerError.damaged` where the file has another id, with which the model was probably trained.
  func addedTokens(_ vocabulary: Vocabulary) throws(TokenizerError) -> [AddedToken] {
    var next = vocabulary.count
    var tokens: [AddedToken] = []
    for (content, stated) in added {
      let id = vocabulary.id(of: content) ?? next
      guard stated == id else {
        throw .damaged(path: addedPath, expected: "the id \(id) for '\(content)'", found: "\(stated)")
      }
      if id == next { next += 1 }
      tokens.append(AddedToken(content: content, id: id, isSpecial: false, isNormalized: true))
    }
    return tokens
  }
}

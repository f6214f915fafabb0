import Foundation

/// What `tokenizer_config.json` says besides `tokenizer.json`, as transformers 5 treats it.
///
/// `add_bos_token` or `add_eos_token`, where one of them is there, replaces the post-processor of `tokenizer.json`; tokens
/// named `bos_token` and the like are special; `added_tokens_decoder` adds tokens or changes how they are looked for.
struct TokenizerConfiguration {
  private var addsBOS: Bool?
  private var addsEOS: Bool?
  private var bos: String?
  private var eos: String?
  private var special: [String] = []
  /// Roles that have a name.
  private var named: Set<String> = []
  private var added: [AddedToken] = []
  private let path: String
  private var tokenizerClass: String?
  private var legacy: Bool?
  private var addsPrefixSpace: Bool?

  private static let roles = [
    "bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token",
  ]

  /// Reads the folder's `tokenizer_config.json` and `special_tokens_map.json`; a file that is not there says nothing.
  ///
  /// The ledger takes in the settings of the former.
  init(folder: String, ledger: SettingsLedger) throws(JSONError) {
    path = folder + "/tokenizer_config.json"
    let map = folder + "/special_tokens_map.json"
    if FileManager.default.fileExists(atPath: map) { try readNames(JSONDocument(path: map).root) }
    guard FileManager.default.fileExists(atPath: path) else { return }
    let file = try JSONSettings(path: path, as: .tokenizerConfig)
    ledger.add(file)
    let root = file.root
    try readNames(root)
    tokenizerClass = try root.optionalMember("tokenizer_class")?.requireString()
    legacy = try root.optionalMember("legacy")?.requireBool() ?? (root["legacy"] == nil ? nil : false)
    addsPrefixSpace = try root.optionalMember("add_prefix_space")?.requireBool()
    addsBOS = try root.optionalMember("add_bos_token")?.requireBool()
    addsEOS = try root.optionalMember("add_eos_token")?.requireBool()
    guard let entries = try root.optionalMember("added_tokens_decoder") else { return }
    for member in try entries.requireMembers() {
      guard let id = Int(member.key) else { throw member.value.wrongKind(expected: "a token under its id") }
      added.append(
        AddedToken(
          content: try member.value.member("content").requireString(), id: id,
          isSpecial: try member.value.optionalMember("special")?.requireBool() ?? false,
          isNormalized: try member.value.optionalMember("normalized")?.requireBool() ?? true,
          stripsLeft: try member.value.optionalMember("lstrip")?.requireBool() ?? false,
          stripsRight: try member.value.optionalMember("rstrip")?.requireBool() ?? false,
          isSingleWord: try member.value.optionalMember("single_word")?.requireBool() ?? false))
    }
  }

  /// Names are strings, or objects with a `content`.
  private mutating func readNames(_ root: JSONValue) throws(JSONError) {
    for role in TokenizerConfiguration.roles {
      guard let value = try root.optionalMember(role) else { continue }
      let name: String
      if let written = value.string { name = written } else { name = try value.member("content").requireString() }
      named.insert(role)
      if !special.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { special.append(name) }
      if role == "bos_token" { bos = name }
      if role == "eos_token" { eos = name }
    }
  }

  /// Brings the added tokens up to date; a special token that exists nowhere gets the next free id.
  func amend(_ tokens: inout [AddedToken], vocabulary: Vocabulary) {
    // By bytes: canonically equivalent strings are equal, and not the same token.
    var places = Dictionary(tokens.enumerated().map { (Array($1.content.utf8), $0) }) { first, _ in first }
    for var token in added {
      if let at = places[Array(token.content.utf8)] {
        token.id = tokens[at].id
        tokens[at] = token
      } else {
        places[Array(token.content.utf8)] = tokens.count
        tokens.append(token)
      }
    }
    for name in special {
      if let at = places[Array(name.utf8)] {
        tokens[at].isSpecial = true
      } else {
        let next = max(vocabulary.count, (tokens.map(\.id).max() ?? -1) + 1)
        tokens.append(AddedToken(content: name, id: vocabulary.id(of: name) ?? next, isSpecial: true))
      }
    }
  }

  /// A tokenizer from a `tokenizer.model` alone.
  ///
  /// Throws `FileError`, `TokenizerError`.
  func sentencePiece(_ path: String, modelType: String?) throws -> TextTokenizer {
    let settings = SentencePieceTokenizer.Settings(
      tokenizerClass: tokenizerClass, modelType: modelType, legacy: legacy, addsPrefixSpace: addsPrefixSpace,
      names: Dictionary(added.map { ($0.id, $0.content) }) { first, _ in first })
    var (parts, usual) = try SentencePieceTokenizer(path: path, settings: settings).parts()
    var whole = self
    whole.nameUsual(usual)
    whole.amend(&parts.added, vocabulary: parts.model.vocabulary)
    if let around = try whole.around(parts.added) { (parts.prefix, parts.suffix) = around }
    return try TextTokenizer(parts)
  }

  /// Takes over the names of special tokens that a tokenizer class or a file has, as far as the files beside it name none.
  private mutating func nameUsual(_ usual: [String: String]) {
    for (role, name) in usual.sorted(by: { $0.key < $1.key }) where !named.contains(role) {
      named.insert(role)
      if !special.contains(where: { $0.utf8.elementsEqual(name.utf8) }) { special.append(name) }
      if role == "bos_token" { bos = name }
      if role == "eos_token" { eos = name }
    }
  }

  /// The ids before and behind every text, nil when `tokenizer.json` decides.
  ///
  /// Throws when a token that is to be added has no name.
  func around(_ tokens: [AddedToken]) throws(TokenizerError) -> (prefix: [Int], suffix: [Int])? {
    if addsBOS == nil, addsEOS == nil { return nil }
    return (
      addsBOS == true ? [try id(of: bos, role: "bos_token", tokens)] : [],
      addsEOS == true ? [try id(of: eos, role: "eos_token", tokens)] : []
    )
  }

  private func id(of name: String?, role: String, _ tokens: [AddedToken]) throws(TokenizerError) -> Int {
    guard let name, let token = tokens.first(where: { $0.content.utf8.elementsEqual(name.utf8) }) else {
      throw .damaged(path: path, expected: "a \(role), because add_\(role) is true", found: name ?? "none")
    }
    return token.id
  }
}

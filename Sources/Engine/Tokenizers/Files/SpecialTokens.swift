import Traces

/// The special and added tokens of a folder's files beside `tokenizer.json`, collected as in transformers 5.24.
struct SpecialTokens {
  /// Tokens by role, in the order of addition; nil for a token that a file declares absent.
  private var named: [(role: String, token: AddedToken?)] = []
  /// Special tokens without a role; nil where none are named.
  private var extra: [AddedToken]?
  /// `added_tokens_decoder`; nil if absent.
  private var listed: [AddedToken]?
  /// The tokens of `added_tokens.json`.
  private var older: [AddedToken] = []
  /// Whether the files give a list of tokens without a role, an empty one or null included.
  private(set) var namesExtra = false
  /// `extra` without `additional_special_tokens` of `special_tokens_map.json`.
  private var extraBesideMap: [AddedToken]?

  /// The roles of every tokenizer.
  private static let roles = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// Reads `tokenizer_config.json`, `special_tokens_map.json` and `added_tokens.json`; ignores the last two if the first has
  /// `added_tokens_decoder`.
  init(configuration: JSONValue?, map: JSONValue?, added: JSONValue?) throws(JSONError) {
    for role in SpecialTokens.roles { named.append((role, nil)) }
    named.removeAll { role, _ in configuration?[role] == nil && (map?[role]) == nil }
    if let configuration { try readNames(configuration) }
    namesExtra = SpecialTokens.hasList(configuration)
    extraBesideMap = extra
    if let entries = try configuration?.optionalMember("added_tokens_decoder") {
      listed = try SpecialTokens.list(entries)
      return
    }
    if let map { try readNames(map) }
    if map?["extra_special_tokens"]?.elements != nil { (namesExtra, extraBesideMap) = (true, extra) }
    guard let added else { return }
    let special = Set((named.compactMap(\.token) + (extra ?? [])).map { Array($0.content.utf8) })
    for member in try added.requireMembers() {
      let isSpecial = special.contains(Array(member.keyUTF8))
      older.append(
        AddedToken(
          content: member.key, id: try member.value.requireInteger(), isSpecial: isSpecial, isNormalized: !isSpecial))
    }
  }

  private static func list(_ entries: JSONValue) throws(JSONError) -> [AddedToken] {
    var tokens: [AddedToken] = []
    for member in try entries.requireMembers() {
      guard let id = Int(member.key) else { throw member.value.wrongKind(expected: "a token under its id") }
      tokens.append(try token(member.value, id: id, isSpecial: false))
    }
    return tokens.sorted { $0.id < $1.id }
  }

  /// A token from its text, or from an object with a `content` and flags.
  private static func token(_ value: JSONValue, id: Int = -1, isSpecial: Bool) throws(JSONError) -> AddedToken {
    if let content = value.string { return AddedToken(content: content, id: id, isSpecial: true) }
    let isSpecial = try value.optionalMember("special")?.requireBool() ?? isSpecial
    return AddedToken(
      content: try value.member("content").requireString(), id: id, isSpecial: isSpecial,
      isNormalized: try value.optionalMember("normalized")?.requireBool() ?? !isSpecial,
      stripsLeft: try value.optionalMember("lstrip")?.requireBool() ?? false,
      stripsRight: try value.optionalMember("rstrip")?.requireBool() ?? false,
      isSingleWord: try value.optionalMember("single_word")?.requireBool() ?? false)
  }

  /// Roles are the seven of every tokenizer, and any other key that ends with `_token` and has a text or a token.
  private mutating func readNames(_ root: JSONValue) throws(JSONError) {
    guard let members = root.unmarkedMembers else { throw root.wrongKind(expected: "an object") }
    for member in members {
      let isRole = SpecialTokens.roles.contains(member.key)
      guard isRole || member.key.hasSuffix("_token") && [.string, .object].contains(member.value.kind),
        let value = root[member.key]
      else { continue }
      set(member.key, to: value.isNull ? nil : try SpecialTokens.token(value, isSpecial: true))
    }
    for key in ["model_specific_special_tokens", "extra_special_tokens"] {
      guard let value = try root.optionalMember(key), value.kind == .object else { continue }
      for member in try value.requireMembers() {
        set(member.key, to: try SpecialTokens.token(member.value, isSpecial: true))
      }
    }
    // The older name is used if the newer one is empty.
    for key in ["extra_special_tokens", "additional_special_tokens"] {
      guard let value = try root.optionalMember(key), let elements = value.elements else { continue }
      if key == "additional_special_tokens", extra?.isEmpty == false { continue }
      var tokens: [AddedToken] = []
      for element in elements { tokens.append(try SpecialTokens.token(element, isSpecial: true)) }
      extra = tokens
    }
  }

  /// `additional_special_tokens` counts unless `extra_special_tokens` names tokens; by name they are no list.
  private static func hasList(_ root: JSONValue?) -> Bool {
    let extra = root?["extra_special_tokens"]
    let isNamed = extra?.kind == .object
    let isEmpty =
      isNamed ? extra?.unmarkedMembers?.first { _ in true } == nil : extra?.elements?.first { _ in true } == nil
    return extra != nil && !isNamed || root?["additional_special_tokens"] != nil && isEmpty
  }

  /// Prepares for a SentencePiece model, whose tokens replace those that only `special_tokens_map.json` lists.
  ///
  /// - Parameter leftOut: Special tokens of the model that its class leaves out of the vocabulary.
  mutating func follow(leftOut: [AddedToken]) { extra = (extraBesideMap ?? []) + leftOut }

  private mutating func set(_ role: String, to token: AddedToken?) {
    if let at = named.firstIndex(where: { $0.role == role }) {
      named[at].token = token
    } else {
      named.append((role, token))
    }
  }

  /// Adds the tokens of a class for roles without a token in the files.
  mutating func addDefaults(of kind: TokenizerClass) {
    addDefaults(kind.tokens)
    if extra == nil, !kind.extraTokens.isEmpty {
      extra = kind.extraTokens.map { AddedToken(content: $0, id: -1, isSpecial: true) }
    }
  }

  /// Adds special tokens unless the files name one that begins like them.
  mutating func addNumbered(_ contents: [String], like beginning: String) {
    guard !(extra ?? []).contains(where: { $0.content.contains(beginning) }) else { return }
    extra = (extra ?? []) + contents.map { AddedToken(content: $0, id: -1, isSpecial: true) }
  }

  /// Adds names for roles without a token in the files.
  mutating func addDefaults(_ tokens: [(role: String, content: String)]) {
    for (role, content) in tokens where !named.contains(where: { $0.role == role }) {
      named.append((role, AddedToken(content: content, id: -1, isSpecial: true)))
    }
    let order = SpecialTokens.roles
    named = named.enumerated().sorted { left, right in
      let places = [left, right].map { order.firstIndex(of: $0.element.role) ?? order.count + $0.offset }
      return places[0] < places[1]
    }.map(\.element)
  }

  /// The tokens of ids in `added_tokens_decoder`.
  var names: [Int: String] { Dictionary((listed ?? []).map { ($0.id, $0.content) }) { first, _ in first } }

  /// The texts of the tokens that have a role, by role.
  var texts: [String: String] {
    Dictionary(named.compactMap { role, token in token.map { (role, $0.content) } }) { _, last in last }
  }

  /// The text of a role's token; nil when there is none.
  func text(_ role: String) -> String? { named.first { $0.role == role }?.token?.content }

  /// All added tokens, given those of `tokenizer.json`; the vocabulary says which ids there are already.
  ///
  /// A class with its own parts starts without the file's tokens and adds the listed ones. A token without an entry gets the
  /// next free id; `moved` receives tokens whose id then differs from the files.
  ///
  /// Throws `Moved` for one of added_tokens.json, because the model was probably trained with that id.
  func all(
    file: [AddedToken], keepsFile: Bool, isByteLevel: Bool, vocabulary: Vocabulary, moved: (Moved) -> Void
  ) throws(Moved) -> [AddedToken] {
    let wanted = (listed ?? merged(older, file)).map(withRole)
    var tokens = AddedTokenList(keepsFile ? file : [], isByteLevel: isByteLevel, vocabulary: vocabulary)
    let known = Set((tokens.all + wanted).map { Array($0.content.utf8) })
    for token in wanted {
      let id = tokens.add(token)
      guard let id, id != token.id else { continue }
      let change = Moved(content: token.content, stated: token.id, id: id)
      if listed == nil, older.contains(where: { $0.id == token.id && $0.content == token.content }) { throw change }
      moved(change)
    }
    var special = (named.compactMap(\.token) + (extra ?? [])).filter { !known.contains(Array($0.content.utf8)) }
    for index in special.indices { special[index].isSpecial = true }
    for token in special { _ = tokens.add(token) }
    for token in named.compactMap(\.token) + (extra ?? []) { tokens.markSpecial(token.content) }
    return tokens.all
  }

  /// A token whose id differs from the files.
  struct Moved: Error {
    var content: String
    var stated: Int
    var id: Int
  }

  /// By id; the later list wins.
  private func merged(_ first: [AddedToken], _ second: [AddedToken]) -> [AddedToken] {
    var tokens = Dictionary(first.map { ($0.id, $0) }) { $1 }
    for token in second { tokens[token.id] = token }
    return tokens.values.sorted { $0.id < $1.id }
  }

  private func withRole(_ token: AddedToken) -> AddedToken {
    var token = token
    let bytes = token.content.utf8
    if named.contains(where: { $0.token?.content.utf8.elementsEqual(bytes) ?? false }) { token.isSpecial = true }
    return token
  }
}

/// Added tokens by spelling, as in `tokenizers`, each with an id of the vocabulary or the next free one.
struct AddedTokenList {
  private(set) var all: [AddedToken]
  // Keyed by bytes: canonically equivalent strings compare equal but are different tokens.
  private var places: [[UInt8]: Int]
  private let isByteLevel: Bool
  private let vocabulary: Vocabulary
  /// The next free id, as tokenizers counts it: ids of the vocabulary's own tokens do not move it.
  private var next: Int

  init(_ tokens: [AddedToken], isByteLevel: Bool, vocabulary: Vocabulary) {
    all = tokens
    places = Dictionary(tokens.enumerated().map { (Array($1.content.utf8), $0) }) { first, _ in first }
    self.isByteLevel = isByteLevel
    self.vocabulary = vocabulary
    next = vocabulary.entries
    for token in tokens where id(of: Array(token.content.utf8)) == nil { next = max(next, token.id + 1) }
  }

  /// Adds a token, or changes its flags; returns its id.
  mutating func add(_ token: AddedToken) -> Int? {
    guard !token.content.isEmpty else { return nil }
    var token = token
    let bytes = Array(token.content.utf8)
    if let at = places[bytes] {
      token.id = all[at].id
      all[at] = token
      return token.id
    }
    if let known = id(of: bytes) {
      token.id = known
    } else {
      token.id = next
      next += 1
    }
    places[bytes] = all.count
    all.append(token)
    return token.id
  }

  mutating func markSpecial(_ content: String) {
    if let at = places[Array(content.utf8)] { all[at].isSpecial = true }
  }

  /// The id of an entry with this spelling.
  private func id(of bytes: [UInt8]) -> Int? {
    var spelling = bytes
    if isByteLevel { _ = bytes.withUnsafeBytes { ByteAlphabet.decode($0, into: &spelling) } }
    return spelling.withUnsafeBytes { vocabulary.id(of: $0) }
  }
}

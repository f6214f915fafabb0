import Traces

/// Reads the tokenizer in the metadata of a GGUF file; the ids are those of transformers 5 for the same file.
///
/// Keys are those of ggml's docs/gguf.md; the conversion follows transformers'
/// `integrations/gguf/gguf_tokenizer_mapping.py`, with one difference: `tokenizer.ggml.pre` is used for all families
/// (`GGUFPreTokenizer`), some of which transformers cuts like GPT-2, and none of which it composes.
struct GGUFTokenizer {
  let architecture: String
  let path: String
  let metadata: GGUFMetadata
  private let notes: ModelNotes

  /// A reader for an opened file.
  init(_ files: GGUFFiles) {
    architecture = files.architecture
    path = files.path
    metadata = files.metadata
    notes = files.notes
  }

  /// Values of `tokenizer.ggml.token_type`.
  enum TokenType {
    static let control = 3
    static let userDefined = 4
    static let unused = 5
  }

  /// The tokenizer.
  ///
  /// Throws `TokenizerError`, and what look-ups in the metadata throw.
  func tokenizer(bos: BOSChoice = .model) throws -> TextTokenizer {
    let model = try metadata.string("tokenizer.ggml.model")
    guard let reader = GGUFTokenizer.readers.first(where: { $0.model == model }) else {
      throw TokenizerError.unknownComponent(
        path: path, kind: "tokenizer model", name: model ?? "(none)", known: GGUFTokenizer.readers.map(\.model))
    }
    guard let tokens = try strings(of: "tokenizer.ggml.tokens"), !tokens.isEmpty else {
      throw TokenizerError.damaged(path: path, expected: "the vocabulary 'tokenizer.ggml.tokens'", found: "none")
    }
    let types = try metadata.integers("tokenizer.ggml.token_type") ?? []
    try requireCount(types.count, of: "tokenizer.ggml.token_type", like: tokens)
    var (parts, addsBOS) = try reader.read(self, tokens, types)
    parts.fillers = GGUFTokenizer.fillers(tokens, types)
    try addSpecialTokens(to: &parts, tokens, addsBOS: addsBOS)
    try parts.setBOS(bos, metadata.integer("tokenizer.ggml.bos_token_id"), path: path)
    return try TextTokenizer(parts)
  }

  private typealias Reader = (
    model: String,
    read: @Sendable (GGUFTokenizer, [UnsafeRawBufferPointer], [Int]) throws -> (TextTokenizer.Parts, addsBOS: Bool)
  )

  /// The values of `tokenizer.ggml.model` with their readers, which also give the default of adding BOS.
  private static let readers: [Reader] = [
    ("gpt2", { try $0.byteLevel($1, $2) }),
    ("llama", { (try $0.sentencePiece($1, $2), true) }),
    // The same with stored merges.
    ("gemma4", { (try $0.sentencePiece($1, $2), true) }),
    ("t5", { (try $0.unigram($1, $2), false) }),
  ]

  /// The number of padding entries at the end: llama.cpp's converter names the rows past the tokenizer's end `[PADn]`, with the
  /// type "unused".
  private static func fillers(_ tokens: [UnsafeRawBufferPointer], _ types: [Int]) -> Int {
    let filler = /\[PAD\d+\]/
    return zip(tokens, types).reversed().prefix { token, type in
      type == TokenType.unused && String(decoding: token, as: UTF8.self).wholeMatch(of: filler) != nil
    }.count
  }

  /// The bytes of the strings of an array, valid as long as the metadata.
  func strings(of key: String) throws -> [UnsafeRawBufferPointer]? {
    try metadata.stringArray(key).map(Array.init)
  }

  // MARK: Byte-level BPE

  private func byteLevel(
    _ tokens: [UnsafeRawBufferPointer], _ types: [Int]
  ) throws -> (parts: TextTokenizer.Parts, addsBOS: Bool) {
    let vocabulary = Vocabulary(capacity: tokens.count, byteCapacity: tokens.reduce(0) { $0 + $1.count })
    var buffer: [UInt8] = []
    var added: [AddedToken] = []
    for (id, token) in tokens.enumerated() {
      // A token with characters outside the byte alphabet stands for its own UTF-8.
      let isSpelled = ByteAlphabet.decode(token, into: &buffer)
      buffer.withUnsafeBytes { vocabulary.append($0) }
      let type = types.isEmpty ? 1 : types[id]
      if isSpelled, type == TokenType.control || type == TokenType.userDefined {
        added.append(AddedToken(content: text(token), id: id, isSpecial: type == TokenType.control))
      }
    }
    guard let lines = try strings(of: "tokenizer.ggml.merges") else {
      throw TokenizerError.damaged(path: path, expected: "the merges 'tokenizer.ggml.merges'", found: "none")
    }
    let cut = try preTokenizer()
    var merges = MergeReader(vocabulary: vocabulary, isByteLevel: true, count: lines.count, path: path)
    for line in lines { try merges.read(line: line) }
    var parts = TextTokenizer.Parts(
      model: .bytePairs(
        BytePairEncoder(
          vocabulary: vocabulary, merges: .listed(merges.table), symbols: .bytes, unknown: nil, fusesUnknown: false,
          wholePieceFirst: cut.takesWholePieces)),
      decoding: .bytes)
    parts.added = added
    parts.preTokenizers = try cut.preTokenizers(path: path)
    if cut.isComposed { parts.normalizers = [.form(.nfc)] }
    return (parts, cut.addsBOS)
  }

  private func preTokenizer() throws -> GGUFPreTokenizer {
    var name = try metadata.string("tokenizer.ggml.pre")
    // Files older than the key; only GPT-2's pattern is certain for them.
    if name == nil, architecture == "gpt2" { name = "gpt-2" }
    guard let known = GGUFPreTokenizer.all.first(where: { $0.names.contains(name ?? "") }) else {
      throw TokenizerError.unknownComponent(
        path: path, kind: "pre-tokenizer", name: name ?? "(none)", known: GGUFPreTokenizer.all.flatMap(\.names))
    }
    if known.isOfLlamaCpp, let name {
      notes.add(
        "text is cut as llama.cpp cuts it for '\(name)' (tokenizer.ggml.pre): compare ids with the model's own tokenizer "
          + "where accents or rare characters matter", at: path)
    }
    return known
  }

  // MARK: Special tokens

  /// Marks the file's special tokens, and puts BOS and EOS around texts if the file asks for them.
  private func addSpecialTokens(
    to parts: inout TextTokenizer.Parts, _ tokens: [UnsafeRawBufferPointer], addsBOS: Bool
  ) throws {
    var places = Dictionary(parts.added.enumerated().map { ($1.id, $0) }) { first, _ in first }
    for role in ["bos", "eos", "unknown", "padding"] {
      guard let id = try metadata.integer("tokenizer.ggml.\(role)_token_id") else { continue }
      _ = try token(id, role: role, tokens)
      parts.roles[GGUFTokenizer.roleNames[role] ?? role] = text(tokens[id])
      if let at = places[id] {
        parts.added[at].isSpecial = true
      } else {
        places[id] = parts.added.count
        parts.added.append(AddedToken(content: text(tokens[id]), id: id, isSpecial: true))
      }
    }
    if try metadata.flag("tokenizer.ggml.add_bos_token") ?? addsBOS { parts.prefix = try end("bos", tokens) }
    if try metadata.flag("tokenizer.ggml.add_eos_token") ?? false { parts.suffix = try end("eos", tokens) }
  }

  /// What chat templates call the roles of a GGUF file.
  private static let roleNames = [
    "bos": "bos_token", "eos": "eos_token", "unknown": "unk_token", "padding": "pad_token",
  ]

  /// The token at the beginning or end of texts; none, with a note, if the file does not name it, as in transformers.
  private func end(_ role: String, _ tokens: [UnsafeRawBufferPointer]) throws -> [Int] {
    let key = "tokenizer.ggml.\(role)_token_id"
    if let id = try metadata.integer(key) { return [try token(id, role: role, tokens)] }
    notes.add(
      "texts are to \(role == "bos" ? "begin with a bos" : "end with an eos")_token, and there is no '\(key)': they have none, as in "
        + "transformers (llama.cpp takes a token that it assumes)", at: path)
    return []
  }

  func token(
    _ id: Int, role: String, _ tokens: [UnsafeRawBufferPointer]
  ) throws(TokenizerError) -> Int {
    guard tokens.indices.contains(id) else {
      throw .damaged(
        path: path, expected: "'tokenizer.ggml.\(role)_token_id' below \(tokens.count)", found: "\(id)")
    }
    return id
  }

  func requireCount(
    _ count: Int, of key: String, like tokens: [UnsafeRawBufferPointer]
  ) throws(TokenizerError) {
    guard count == 0 || count == tokens.count else {
      throw .damaged(path: path, expected: "\(tokens.count) values of '\(key)', one a token", found: "\(count)")
    }
  }

  func text(_ token: UnsafeRawBufferPointer) -> String { String(decoding: token, as: UTF8.self) }
}

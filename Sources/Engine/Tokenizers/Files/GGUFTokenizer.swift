/// Reads the tokenizer in the metadata of a GGUF file, giving the ids that transformers 5 gives from the same file.
///
/// Keys are those of ggml's docs/gguf.md; how they become a tokenizer was learned from transformers'
/// `integrations/gguf/gguf_tokenizer_mapping.py`. One thing is done better: `tokenizer.ggml.pre` is heeded for all families
/// (`GGUFPreTokenizer`), some of which transformers cuts as GPT-2, and none of which it composes.
struct GGUFTokenizer {
  private let architecture: String
  private let path: String
  private let metadata: GGUFMetadata

  /// For an opened file.
  init(_ files: GGUFFiles) {
    architecture = files.architecture
    path = files.path
    metadata = files.metadata
  }

  /// Values of `tokenizer.ggml.token_type`.
  private enum TokenType {
    static let control = 3
    static let userDefined = 4
  }

  /// The tokenizer.
  ///
  /// Throws `TokenizerError`, and what look-ups in the metadata throw.
  func tokenizer() throws -> TextTokenizer {
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
    try addSpecialTokens(to: &parts, tokens, addsBOS: addsBOS)
    return try TextTokenizer(parts)
  }

  private typealias Reader = (
    model: String,
    read: @Sendable (GGUFTokenizer, [UnsafeRawBufferPointer], [Int]) throws -> (TextTokenizer.Parts, addsBOS: Bool)
  )

  /// What `tokenizer.ggml.model` can be, and what reads it; with it, whether BOS is added when the file does not say.
  private static let readers: [Reader] = [
    ("gpt2", { try $0.byteLevel($1, $2) }),
    ("llama", { (try $0.sentencePiece($1, $2), true) }),
  ]

  /// The bytes of the strings of an array, valid as long as the metadata.
  private func strings(of key: String) throws -> [UnsafeRawBufferPointer]? {
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
      // A token spelled with other characters than the alphabet's stands for its own UTF-8.
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
    // Files from before the key existed; of those only GPT-2's pattern is certain.
    if name == nil, architecture == "gpt2" { name = "gpt-2" }
    guard let known = GGUFPreTokenizer.all.first(where: { $0.names.contains(name ?? "") }) else {
      throw TokenizerError.unknownComponent(
        path: path, kind: "pre-tokenizer", name: name ?? "(none)", known: GGUFPreTokenizer.all.flatMap(\.names))
    }
    return known
  }

  // MARK: SentencePiece-style BPE

  private func sentencePiece(_ tokens: [UnsafeRawBufferPointer], _ types: [Int]) throws -> TextTokenizer.Parts {
    let isGemma = architecture.hasPrefix("gemma")
    let vocabulary = Vocabulary(capacity: tokens.count, byteCapacity: tokens.reduce(0) { $0 + $1.count })
    var added: [AddedToken] = []
    for (id, token) in tokens.enumerated() {
      let type = types.isEmpty ? 1 : types[id]
      if isGemma, let spaces = GGUFTokenizer.spaces(token) {
        // Gemma's runs of spaces are stored as spaces, and looked up as ▁ like all others; they are merged, not matched.
        let marks = [[UInt8]](repeating: SentencePieceSpelling.space, count: spaces).flatMap { $0 }
        marks.withUnsafeBytes { vocabulary.append($0) }
        continue
      }
      vocabulary.append(token)
      if type == TokenType.control || type == TokenType.userDefined {
        added.append(AddedToken(content: text(token), id: id, isSpecial: type == TokenType.control))
      }
    }
    var merges: BytePairEncoder.Merges
    if let lines = try strings(of: "tokenizer.ggml.merges") {
      var reader = MergeReader(vocabulary: vocabulary, isByteLevel: false, count: lines.count, path: path)
      for line in lines { try reader.read(line: line) }
      merges = .listed(reader.table)
    } else if isGemma {
      // Gemma's scores do not follow its merges; its order of tokens does.
      merges = .implied(ranks: nil)
    } else {
      let scores = try metadata.reals("tokenizer.ggml.scores") ?? []
      if scores.isEmpty {
        throw TokenizerError.damaged(path: path, expected: "merges or 'tokenizer.ggml.scores'", found: "neither")
      }
      try requireCount(scores.count, of: "tokenizer.ggml.scores", like: tokens)
      merges = .implied(ranks: try ranks(scores))
    }
    let unknown = try metadata.integer("tokenizer.ggml.unknown_token_id")
    var parts = TextTokenizer.Parts(
      model: .bytePairs(
        BytePairEncoder(
          vocabulary: vocabulary, merges: merges,
          symbols: .scalars(byteTokens: try SentencePieceSpelling.byteTokens(in: vocabulary, path: path)),
          unknown: try unknown.map { try token($0, role: "unknown", tokens) }, fusesUnknown: true,
          wholePieceFirst: false)),
      decoding: .sentencePiece)
    parts.added = added
    if isGemma {
      parts.normalizers = [.replace([0x20], with: SentencePieceSpelling.space)]
    } else {
      let isPrefixed = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
      parts.preTokenizers = [
        .metaspace(replacement: SentencePieceSpelling.space, isPrefixed ? .first : .never, split: false)
      ]
    }
    return parts
  }

  /// How many characters a token of two or more spaces has, other white space among them included; nil for other tokens.
  private static func spaces(_ token: UnsafeRawBufferPointer) -> Int? {
    guard token.contains(0x20) else { return nil }
    let scalars = String(decoding: token, as: UTF8.self).unicodeScalars
    return scalars.allSatisfy(\.properties.isWhitespace) ? scalars.count : nil
  }

  /// The place of every token by score, the highest first; equal scores share a place. [V]
  private func ranks(_ scores: [Float]) throws(TokenizerError) -> [UInt32] {
    if let bad = scores.firstIndex(where: \.isNaN) {
      throw .damaged(path: path, expected: "scores that are numbers", found: "NaN for the token \(bad)")
    }
    var ranks = [UInt32](repeating: 0, count: scores.count)
    var rank: UInt32 = 0
    var previous: Float?
    for id in scores.indices.sorted(by: { scores[$0] > scores[$1] }) {
      if let previous, previous != scores[id] { rank += 1 }
      previous = scores[id]
      ranks[id] = rank
    }
    return ranks
  }

  // MARK: Special tokens

  /// Marks the tokens the file names as special, and puts BOS and EOS around texts where it asks for them.
  private func addSpecialTokens(
    to parts: inout TextTokenizer.Parts, _ tokens: [UnsafeRawBufferPointer], addsBOS: Bool
  ) throws {
    var places = Dictionary(parts.added.enumerated().map { ($1.id, $0) }) { first, _ in first }
    for role in ["bos", "eos", "unknown", "padding"] {
      guard let id = try metadata.integer("tokenizer.ggml.\(role)_token_id") else { continue }
      _ = try token(id, role: role, tokens)
      if let at = places[id] {
        parts.added[at].isSpecial = true
      } else {
        places[id] = parts.added.count
        parts.added.append(AddedToken(content: text(tokens[id]), id: id, isSpecial: true))
      }
    }
    if try metadata.flag("tokenizer.ggml.add_bos_token") ?? addsBOS { parts.prefix = [try require("bos", tokens)] }
    if try metadata.flag("tokenizer.ggml.add_eos_token") ?? false { parts.suffix = [try require("eos", tokens)] }
  }

  private func require(_ role: String, _ tokens: [UnsafeRawBufferPointer]) throws -> Int {
    guard let id = try metadata.integer("tokenizer.ggml.\(role)_token_id") else {
      throw TokenizerError.damaged(
        path: path, expected: "'tokenizer.ggml.\(role)_token_id', because texts are to have one", found: "none")
    }
    return try token(id, role: role, tokens)
  }

  private func token(
    _ id: Int, role: String, _ tokens: [UnsafeRawBufferPointer]
  ) throws(TokenizerError) -> Int {
    guard tokens.indices.contains(id) else {
      throw .damaged(
        path: path, expected: "'tokenizer.ggml.\(role)_token_id' below \(tokens.count)", found: "\(id)")
    }
    return id
  }

  private func requireCount(
    _ count: Int, of key: String, like tokens: [UnsafeRawBufferPointer]
  ) throws(TokenizerError) {
    guard count == 0 || count == tokens.count else {
      throw .damaged(path: path, expected: "\(tokens.count) values of '\(key)', one a token", found: "\(count)")
    }
  }

  private func text(_ token: UnsafeRawBufferPointer) -> String { String(decoding: token, as: UTF8.self) }
}

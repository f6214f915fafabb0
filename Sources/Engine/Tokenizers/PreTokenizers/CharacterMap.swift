/// A map of characters that SentencePiece compiled: which text becomes which.
///
/// The form is that of sentencepiece's `normalizer.cc`: the size of a trie in bytes, the trie as a double array of Darts-clone, then the new
/// texts, each ended by a zero byte. Looking up follows the Rust crate `spm_precompiled`, with its habits: of all matches the shortest counts,
/// and what it stands for replaces the whole character or cluster.
struct CharacterMap: Sendable {
  private let trie: [UInt32]
  private let texts: [UInt8]

  /// Reads a compiled map.
  ///
  /// Throws `TokenizerError.damaged`.
  init(_ bytes: [UInt8], path: String) throws(TokenizerError) {
    func number(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
    guard bytes.count >= 4, case let size = Int(number(0)), size > 0, size % 4 == 0, size <= bytes.count - 4 else {
      throw .damaged(
        path: path, expected: "a map of characters that starts with the size of its trie",
        found: "\(bytes.count) bytes\(bytes.count < 4 ? "" : ", a trie of \(number(0))")")
    }
    trie = (0..<size / 4).map { number(4 + 4 * $0) }
    texts = Array(bytes[(4 + size)...])
    guard texts.last == 0 || texts.isEmpty else {
      throw .damaged(
        path: path, expected: "a map of characters whose last text ends with zero", found: "\(texts.last ?? 0)")
    }
    guard String(validating: texts, as: UTF8.self) != nil else {
      throw .damaged(path: path, expected: "a map of characters to UTF-8", found: "other bytes")
    }
  }

  /// What a character or a cluster of them becomes; nil when it stays.
  private func replacement(for key: some Collection<UInt8>) -> ArraySlice<UInt8>? {
    var node = 0
    // The bits of a unit are those of Darts-clone.
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & 1 << 9) >> 6)) }
    guard let root = trie.first else { return nil }
    node ^= offset(root)
    for byte in key {
      if byte == 0 { return nil }
      node ^= Int(byte)
      guard trie.indices.contains(node) else { return nil }
      let unit = trie[node]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      node ^= offset(unit)
      guard unit >> 8 & 1 == 1 else { continue }
      guard trie.indices.contains(node), case let start = Int(trie[node] & 0x7FFF_FFFF), start < texts.count else {
        return nil
      }
      return texts[start..<(texts[start...].firstIndex(of: 0) ?? texts.endIndex)]
    }
    return nil
  }

  /// Does it on UTF-8.
  func apply(to text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for cluster in String(decoding: text, as: UTF8.self) {
      let bytes = Array(cluster.utf8)
      // Longer clusters are not looked up as a whole.
      if bytes.count < 6, let found = replacement(for: bytes) {
        result += found
        continue
      }
      for scalar in cluster.unicodeScalars {
        let bytes = Array(UTF8.encode(scalar).map(Array.init) ?? [])
        result += replacement(for: bytes) ?? bytes[...]
      }
    }
    return result
  }
}

/// SentencePiece's compiled map of characters (`precompiled_charsmap`), applied as the Rust crate `spm_precompiled` 0.1.4 does.
///
/// The format is that of SentencePiece's `Normalizer::DecodePrecompiledCharsMap`: the size of a trie in bytes (32 bits,
/// little-endian), the trie, and the replacements, each ended by a NUL. The trie is a double array as darts-clone writes it:
/// a unit holds the label of its edge (bits 0 to 7 and 31), whether a key ends there (bit 8), and the offset of its children
/// (bits 10 to 30, times 256 where bit 9 is set); the unit at the offset itself then holds the key's value, the place of its replacement.
///
/// All offsets are checked when the map is read, and again wherever a damaged trie could point elsewhere, so no map causes a
/// read out of bounds.
final class PrecompiledCharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads a map from its bytes; `path` names the file they are from.
  ///
  /// Throws `TokenizerError.damaged` for a truncated map, for replacements that are not UTF-8, and for values out of range.
  init(_ bytes: some Collection<UInt8>, path: String) throws(TokenizerError) {
    let bytes = Array(bytes)
    func damaged(_ expected: String, _ found: String) -> TokenizerError {
      .damaged(path: path, expected: expected + " in the precompiled map of characters", found: found)
    }
    func word(at place: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) }
    }
    guard bytes.count >= 4 else { throw damaged("the size of a trie", "\(bytes.count) bytes") }
    let count = Int(word(at: 0)) / 4
    guard count > 0, count <= (bytes.count - 4) / 4 else {
      throw damaged("a trie of 4 to \(bytes.count - 4) bytes", "one of \(word(at: 0))")
    }
    units = (0..<count).map { word(at: 4 + 4 * $0) }
    replacements = Array(bytes[(4 + 4 * count)...])
    guard String(validating: replacements, as: UTF8.self) != nil else {
      throw damaged("replacements in UTF-8", "other bytes")
    }
    for (place, unit) in units.enumerated() where PrecompiledCharacterMap.endsKey(unit) {
      let leaf = place ^ PrecompiledCharacterMap.offset(unit)
      // A unit without a key may hold any value.
      guard units.indices.contains(leaf), PrecompiledCharacterMap.isLeaf(units[leaf]) else { continue }
      let start = PrecompiledCharacterMap.value(units[leaf])
      guard start <= replacements.count, start == replacements.count || replacements[start] & 0xC0 != 0x80 else {
        throw damaged("places below \(replacements.count) where a character starts", "\(start)")
      }
    }
  }

  private static func endsKey(_ unit: UInt32) -> Bool { unit >> 8 & 1 == 1 }
  private static func isLeaf(_ unit: UInt32) -> Bool { unit >> 31 == 1 }
  private static func value(_ unit: UInt32) -> Int { Int(unit & 0x7FFF_FFFF) }
  private static func label(_ unit: UInt32) -> UInt32 { unit & 0x8000_00FF }
  private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }

  /// Maps UTF-8.
  ///
  /// A grapheme cluster of at most five bytes is looked up as one; the shortest key that it starts with replaces all of it.
  /// Otherwise its scalars are looked up one by one.
  func apply(to text: [UInt8]) -> [UInt8] {
    var mapped: [UInt8] = []
    mapped.reserveCapacity(text.count)
    forEachPart(of: text) { part, found in
      mapped += found ?? part
      return true
    }
    return mapped
  }

  /// Calls `body` with the parts of a text and their replacements, nil for none, until it returns false.
  private func forEachPart(of text: [UInt8], _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>?) -> Bool) {
    var start = 0
    while start < text.count {
      // In ASCII only a carriage return and a line feed form one cluster.
      var end = start + 1
      while end < text.count, text[end - 1] >= 0x80 || text[end] >= 0x80 || text[end] == 0x0A { end += 1 }
      if end == start + 1, text[start] < 0x80 {
        let part = text[start..<end]
        guard body(part, replacement(of: part)) else { return }
      } else {
        guard forEachCluster(of: text[start..<end], body) else { return }
      }
      start = end
    }
  }

  private func forEachCluster(
    of text: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, ArraySlice<UInt8>?) -> Bool
  ) -> Bool {
    for character in String(decoding: text, as: UTF8.self) {
      let cluster = ArraySlice(character.utf8)
      if cluster.count < 6, let found = replacement(of: cluster) {
        guard body(cluster, found) else { return false }
        continue
      }
      var rest = cluster
      while !rest.isEmpty {
        let part = rest.prefix(rest.dropFirst().prefix { $0 & 0xC0 == 0x80 }.count + 1)
        rest = rest.dropFirst(part.count)
        guard body(part, replacement(of: part)) else { return false }
      }
    }
    return true
  }

  /// The leading bytes of the result that come from the first character, as `tokenizers` counts: text after dropped characters
  /// moves to their place.
  func start(_ start: Int, in text: [UInt8]) -> Int {
    // Scalars of the result, each with the number of original scalars it replaces, minus one (the crate's changes).
    var changes: [(width: Int, change: Int)] = []
    forEachPart(of: text) { part, found in
      func widths(_ bytes: ArraySlice<UInt8>) -> [Int] {
        String(decoding: bytes, as: UTF8.self).unicodeScalars.map(UTF8.width)
      }
      let old = widths(part)
      let new = found.map(widths) ?? old
      changes += new.map { ($0, 0) }
      let difference = new.count - old.count
      if difference > 0 {
        for place in changes.indices.suffix(difference) { changes[place].change = 1 }
      } else if difference < 0, let last = changes.indices.last {
        changes[last].change += difference
      }
      // Some more than the first character can reach.
      return changes.count < start + 64
    }
    var widths = String(decoding: text, as: UTF8.self).unicodeScalars.lazy.map(UTF8.width).makeIterator()
    var (at, kept) = (0, 0)
    for (width, change) in changes {
      guard (change > 0 ? at - 1 : at) < start else { break }
      kept += width
      if change <= 0 { for _ in 0...(-change) { at += widths.next() ?? 0 } }
    }
    return kept
  }

  /// The replacement of the shortest key at the start of these bytes; nil if there is none.
  private func replacement(of bytes: some Sequence<UInt8>) -> ArraySlice<UInt8>? {
    var place = PrecompiledCharacterMap.offset(units[0])
    for byte in bytes {
      // The label of a leaf.
      guard byte != 0 else { return nil }
      place ^= Int(byte)
      guard place < units.count, PrecompiledCharacterMap.label(units[place]) == UInt32(byte) else { return nil }
      let unit = units[place]
      place ^= PrecompiledCharacterMap.offset(unit)
      if PrecompiledCharacterMap.endsKey(unit) {
        guard place < units.count else { return nil }
        let start = PrecompiledCharacterMap.value(units[place])
        guard start <= replacements.count else { return nil }
        return replacements[start...].prefix { $0 != 0 }
      }
    }
    return nil
  }
}

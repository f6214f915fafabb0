/// A token recognised literally in the text, before the text is cut.
struct AddedToken: Sendable, Equatable {
  /// Its text.
  var content: String
  var id: Int
  /// Whether it is a control token rather than text.
  var isSpecial: Bool
  /// Whether its normalized form is searched in the normalized text.
  var isNormalized = false
  /// Whether it includes the white space before it.
  var stripsLeft = false
  /// Whether it includes the white space after it.
  var stripsRight = false
  /// Whether it matches only if no word character is adjacent.
  var isSingleWord = false
}

/// Finds added tokens in text as `tokenizers` does (`AddedVocabulary::find_matches`): from left to right, the longest first.
struct AddedTokenMatcher: Sendable {
  /// A part of the text: an added token, or the text between two.
  enum Part: Equatable {
    case token(Int)
    case text(Range<Int>)
  }

  private struct Node: Sendable {
    var byte: UInt8
    var firstChild: Int32 = -1
    var nextSibling: Int32 = -1
    /// Index into `tokens` where a token ends here, else -1.
    var token: Int32 = -1
  }

  private let tokens: [AddedToken]
  private let skipsSpecial: Bool
  private var nodes: [Node] = []
  /// Node of each first byte, -1 where no token starts with it. [256]
  private var roots = [Int32](repeating: -1, count: 256)

  /// Builds the matcher from tokens and the bytes to find, which are their content or its normal form.
  ///
  /// With `skipsSpecial`, matches of special tokens stay text.
  init(_ tokens: [(token: AddedToken, bytes: [UInt8])], skipsSpecial: Bool = false) {
    self.tokens = tokens.map(\.token)
    self.skipsSpecial = skipsSpecial
    for (index, bytes) in tokens.map(\.bytes).enumerated() {
      guard let first = bytes.first else { continue }
      if roots[Int(first)] < 0 {
        roots[Int(first)] = Int32(nodes.count)
        nodes.append(Node(byte: first))
      }
      var at = Int(roots[Int(first)])
      for byte in bytes.dropFirst() {
        var child = nodes[at].firstChild
        while child >= 0, nodes[Int(child)].byte != byte { child = nodes[Int(child)].nextSibling }
        if child < 0 {
          child = Int32(nodes.count)
          nodes.append(Node(byte: byte, nextSibling: nodes[at].firstChild))
          nodes[at].firstChild = child
        }
        at = Int(child)
      }
      // Of two tokens with the same text, the first counts.
      if nodes[at].token < 0 { nodes[at].token = Int32(index) }
    }
  }

  /// Cuts text at its added tokens; empty text gives nothing.
  func parts(of text: [UInt8]) -> [Part] {
    guard !nodes.isEmpty else { return text.isEmpty ? [] : [.text(0..<text.count)] }
    var parts: [Part] = []
    var taken = 0
    text.withUnsafeBufferPointer { bytes in
      roots.withUnsafeBufferPointer { roots in
        nodes.withUnsafeBufferPointer { nodes in
          var at = 0
          while at < bytes.count {
            guard roots[Int(bytes[at])] >= 0,
              let (index, end) = Self.longestMatch(bytes, from: at, node: Int(roots[Int(bytes[at])]), nodes)
            else {
              at += 1
              continue
            }
            let token = tokens[index]
            let found = at..<end
            at = end
            if skipsSpecial, token.isSpecial { continue }
            if token.isSingleWord, Self.touchesWord(bytes, found) { continue }
            var (start, stop) = (found.lowerBound, found.upperBound)
            if token.stripsLeft { start = max(WhiteSpace.start(before: start, in: bytes), taken) }
            if token.stripsRight { stop = WhiteSpace.end(after: stop, in: bytes) }
            if taken < start { parts.append(.text(taken..<start)) }
            parts.append(.token(token.id))
            taken = stop
          }
        }
      }
    }
    if taken < text.count { parts.append(.text(taken..<text.count)) }
    return parts
  }

  private static func longestMatch(
    _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, node: Int, _ nodes: UnsafeBufferPointer<Node>
  ) -> (token: Int, end: Int)? {
    var found: (Int, Int)?
    var node = Int32(node)
    var at = start + 1
    while node >= 0 {
      if nodes[Int(node)].token >= 0 { found = (Int(nodes[Int(node)].token), at) }
      guard at < bytes.count else { break }
      node = nodes[Int(node)].firstChild
      while node >= 0, nodes[Int(node)].byte != bytes[at] { node = nodes[Int(node)].nextSibling }
      at += 1
    }
    return found
  }

  private static func touchesWord(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    let before = String(decoding: bytes[max(0, range.lowerBound - 4)..<range.lowerBound], as: UTF8.self)
    let after = String(decoding: bytes[range.upperBound..<min(bytes.count, range.upperBound + 4)], as: UTF8.self)
    return before.unicodeScalars.last.map(ScalarClass.isWord) == true
      || after.unicodeScalars.first.map(ScalarClass.isWord) == true
  }
}

/// Unicode's White_Space at the ends of a range of UTF-8.
private enum WhiteSpace {
  static func start(before index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var at = index
    while at > 0 {
      var lead = at - 1
      while lead > 0, bytes[lead] & 0xC0 == 0x80 { lead -= 1 }
      guard isSpace(bytes[lead..<at]) else { break }
      at = lead
    }
    return at
  }

  static func end(after index: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var at = index
    while at < bytes.count {
      var next = at + 1
      while next < bytes.count, bytes[next] & 0xC0 == 0x80 { next += 1 }
      guard isSpace(bytes[at..<next]) else { break }
      at = next
    }
    return at
  }

  private static func isSpace(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    String(decoding: bytes, as: UTF8.self).unicodeScalars.allSatisfy(\.properties.isWhitespace)
  }
}

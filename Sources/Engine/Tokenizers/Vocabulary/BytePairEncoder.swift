/// Byte-pair encoding of one piece of text: starts with the smallest symbols and repeats the best merge.
///
/// The order is that of Hugging Face `tokenizers` (`Word::merge_all`): the lowest rank first, among equal ones the leftmost.
/// With a heap over a linked list of symbols a piece of n bytes takes O(n log n), so a megabyte without a space is fine.
struct BytePairEncoder: Sendable {
  /// Which pairs of tokens merge, and in which order.
  enum Merges: Sendable {
    /// Listed in the file.
    case listed(MergeTable)
    /// Every pair whose joined text is a token.
    ///
    /// The token that comes first in the vocabulary wins, or the one of the lowest `ranks` [V]; then the longer left
    /// part, then the longer right part, as transformers sorts the merges it derives.
    case implied(ranks: [UInt32]?)
  }

  /// The symbols of a piece before merging.
  enum Symbols: Sendable {
    /// Single bytes.
    case bytes
    /// Unicode scalars; one outside the vocabulary becomes byte tokens, if they are given and every byte of it has one (-1 for a
    /// byte without a token). [256]
    case scalars(byteTokens: [Int]?)
  }

  /// Affixes in the spelling of symbols.
  struct Affixes: Sendable, Equatable {
    /// Before every symbol but the first of a piece (`continuing_subword_prefix`).
    var prefix: [UInt8] = []
    /// Behind the last symbol of a piece (`end_of_word_suffix`).
    var suffix: [UInt8] = []

    /// Whether both are empty.
    var isEmpty: Bool { prefix.isEmpty && suffix.isEmpty }
  }

  let vocabulary: Vocabulary
  let merges: Merges
  let symbols: Symbols
  /// The token for what the vocabulary cannot spell; without one `tokenizers` drops it.
  let unknown: UnknownToken
  /// Whether consecutive unknown symbols become one token.
  let fusesUnknown: Bool
  /// Whether a piece that is a whole token becomes this token without merges.
  let wholePieceFirst: Bool
  /// Only with scalars as symbols.
  let affixes: Affixes

  private let hasAffixes: Bool
  private let byteIDs: [Int32]

  /// The same with an optional unknown token.
  init(
    vocabulary: Vocabulary, merges: Merges, symbols: Symbols, unknown: Int?, fusesUnknown: Bool, wholePieceFirst: Bool
  ) {
    self.init(
      vocabulary: vocabulary, merges: merges, symbols: symbols, unknown: unknown.map { .id($0) } ?? .dropped,
      fusesUnknown: fusesUnknown, wholePieceFirst: wholePieceFirst)
  }

  init(
    vocabulary: Vocabulary, merges: Merges, symbols: Symbols, unknown: UnknownToken, fusesUnknown: Bool,
    wholePieceFirst: Bool, affixes: Affixes = Affixes()
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.symbols = symbols
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    self.wholePieceFirst = wholePieceFirst
    self.affixes = affixes
    hasAffixes = !affixes.isEmpty
    byteIDs = (UInt8(0)...255).map { byte in
      withUnsafeBytes(of: byte) { vocabulary.id(ofText: $0).map(Int32.init) ?? -1 }
    }
  }

  /// Appends the ids of one piece.
  ///
  /// Throws `TokenizerError.noUnknownToken`.
  func encode(_ piece: UnsafeRawBufferPointer, into ids: inout [Int]) throws(TokenizerError) {
    guard piece.count > 0 else { return }
    if wholePieceFirst, let id = vocabulary.id(ofText: piece) {
      ids.append(id)
      return
    }
    var symbols = try self.symbols(of: piece)
    if symbols.count > 1 { mergeAll(&symbols) }
    for symbol in symbols where symbol.id >= 0 { ids.append(Int(symbol.id)) }
  }

  /// A token in the linked list; `id` is -1 once it has been merged into its left neighbour.
  private struct Symbol {
    var id: Int32
    var previous: Int32
    var next: Int32
  }

  private func symbols(of piece: UnsafeRawBufferPointer) throws(TokenizerError) -> [Symbol] {
    var found: [Symbol] = []
    found.reserveCapacity(piece.count)
    func add(_ id: Int) {
      let at = Int32(found.count)
      found.append(Symbol(id: Int32(id), previous: at - 1, next: at + 1))
    }
    var pendingUnknown = false
    var at = 0
    while at < piece.count {
      var length = 1
      if case .scalars = symbols { length = min(Self.scalarLength(piece[at]), piece.count - at) }
      let scalar = UnsafeRawBufferPointer(rebasing: piece[at..<at + length])
      let place = (isFirst: at == 0, isLast: at + length == piece.count)
      let id: Int
      if hasAffixes {
        id = spelled(scalar, place).withUnsafeBytes { vocabulary.id(ofText: $0) } ?? -1
      } else {
        id = length == 1 ? Int(byteIDs[Int(piece[at])]) : vocabulary.id(ofText: scalar) ?? -1
      }
      at += length
      if id >= 0 {
        if pendingUnknown, let unknown = try unknown.id(for: scalar) { add(unknown) }
        pendingUnknown = false
        add(id)
      } else if let bytes = byteTokens(of: scalar, place) {
        // A pending unknown symbol stays pending and comes after them, as in `tokenizers`.
        for byte in bytes { add(byte) }
      } else {
        let unknown = try unknown.id(for: scalar)
        if pendingUnknown, !fusesUnknown, let unknown { add(unknown) }
        pendingUnknown = unknown != nil
      }
    }
    if pendingUnknown, let unknown = try unknown.id(for: piece) { add(unknown) }
    if !found.isEmpty { found[found.count - 1].next = -1 }
    return found
  }

  private typealias Place = (isFirst: Bool, isLast: Bool)

  private func spelled(_ scalar: UnsafeRawBufferPointer, _ place: Place) -> [UInt8] {
    (place.isFirst ? [] : affixes.prefix) + scalar + (place.isLast ? affixes.suffix : [])
  }

  /// The byte tokens of a symbol; nil without byte fallback, or if a byte has no token.
  private func byteTokens(of scalar: UnsafeRawBufferPointer, _ place: Place) -> [Int]? {
    guard case .scalars(let tokens?) = symbols else { return nil }
    let ids = hasAffixes ? spelled(scalar, place).map { tokens[Int($0)] } : scalar.map { tokens[Int($0)] }
    return ids.contains(-1) ? nil : ids
  }

  private static func scalarLength(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }

  private func mergeAll(_ list: inout [Symbol]) {
    var queue = MergeQueue(capacity: list.count)
    list.withUnsafeMutableBufferPointer { symbols in
      func push(_ left: Int32, _ right: Int32, heapify: Bool) {
        let (leftID, rightID) = (symbols[Int(left)].id, symbols[Int(right)].id)
        guard let (priority, merged) = merge(Int(leftID), Int(rightID)) else { return }
        let candidate = MergeQueue.Candidate(
          priority: priority, merged: merged, position: left, left: leftID, right: rightID)
        if heapify { queue.push(candidate) } else { queue.append(candidate) }
      }
      for at in 0..<Int32(symbols.count - 1) { push(at, at + 1, heapify: false) }
      queue.order()
      while let best = queue.pop() {
        let at = Int(best.position)
        let next = symbols[at].next
        // Stale if either side has been merged since.
        guard next >= 0, isCurrent(best, symbols[at].id, symbols[Int(next)].id) else { continue }
        let after = symbols[Int(next)].next
        symbols[at].id = best.merged
        symbols[at].next = after
        symbols[Int(next)].id = -1
        if after >= 0 {
          symbols[Int(after)].previous = best.position
          push(best.position, after, heapify: true)
        }
        if symbols[at].previous >= 0 { push(symbols[at].previous, best.position, heapify: true) }
      }
    }
  }

  /// Whether a candidate's two symbols are unchanged.
  @inline(__always)
  private func isCurrent(_ candidate: MergeQueue.Candidate, _ left: Int32, _ right: Int32) -> Bool {
    if left == candidate.left, right == candidate.right { return true }
    // With a cut prefix, other symbols can give the same token; `tokenizers` only checks the token.
    return hasAffixes && left >= 0 && merge(Int(left), Int(right))?.merged == candidate.merged
  }

  /// The token that two tokens become and its priority, lower first; nil when they do not merge.
  private func merge(_ left: Int, _ right: Int) -> (priority: UInt64, merged: Int32)? {
    switch merges {
    case .listed(let table):
      guard let (rank, merged) = table.merge(left, right) else { return nil }
      return (UInt64(rank), Int32(merged))
    case .implied(let ranks):
      guard let merged = vocabulary.id(joining: left, right) else { return nil }
      let rank = UInt64(ranks?[merged] ?? UInt32(merged))
      let lengths = UInt64(0xFFFF - min(vocabulary.scalars(of: left), 0xFFFF)) << 16
      return (rank << 32 | lengths | UInt64(0xFFFF - min(vocabulary.scalars(of: right), 0xFFFF)), Int32(merged))
    }
  }
}

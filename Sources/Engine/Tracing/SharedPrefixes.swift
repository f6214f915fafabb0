/// The tokens of a batch that are run once for several texts with a common beginning.
///
/// A text's first `shared` positions are run by its source, an earlier text; their keys and values are copied to it. The
/// numbers of a token depend only on the tokens up to it, on its position, and on the length of its text where rotary
/// frequencies change with that, so only texts whose lengths are equivalent for every rotation share.
struct SharedPrefixes {
  /// Texts wait for their sources: the longest chain of waits.
  private static let most = 6
  /// The least number of positions that a wait must save.
  private static let worth = 8

  /// The text that runs the first positions of each; nil for the text itself.
  private(set) var sources: [Int?]
  /// The number of positions of each text that others run.
  private(set) var shared: [Int]
  /// Texts in groups that can be run in order: a group needs only earlier groups.
  private(set) var groups: [[Int]]

  /// A common beginning of texts.
  private struct Node: Hashable {
    var parent: Int
    var id: Int
  }

  /// Nothing shared.
  init(count: Int) {
    sources = Array(repeating: nil, count: count)
    shared = Array(repeating: 0, count: count)
    groups = [Array(0..<count)]
  }

  /// The sharing of some known texts, [text][position]; only texts of the same kind in `kinds` can share.
  init(_ texts: [[Int]], kinds: [[Int]]) {
    self.init(count: texts.count)
    var nodes: [Node: Int] = [:]
    var roots: [[Int]: Int] = [:]
    // The first text through a node whose chain of waits is not too long.
    var owners: [Int: Int] = [:]
    var count = 0
    var waits = Array(repeating: 0, count: texts.count)
    for (text, ids) in texts.enumerated() {
      var path: [Int] = []
      var node = roots[kinds[text]] ?? count
      if node == count {
        roots[kinds[text]] = node
        count += 1
      }
      for id in ids {
        let next = nodes[Node(parent: node, id: id)] ?? count
        if next == count {
          nodes[Node(parent: node, id: id)] = next
          count += 1
        }
        path.append(next)
        node = next
      }
      if let depth = path.lastIndex(where: { owners[$0] != nil }), let source = owners[path[depth]] {
        sources[text] = source
        shared[text] = depth + 1
        waits[text] = waits[source] + 1
      }
      guard waits[text] < Self.most else { continue }
      for node in path where owners[node] == nil { owners[node] = text }
    }
    let last = waits.max() ?? 0
    guard shared.reduce(0, +) > last * Self.worth else {
      self.init(count: texts.count)
      return
    }
    groups = (0...last).map { wait in texts.indices.filter { waits[$0] == wait } }
  }

  /// The texts for which each position is run: [text that runs it][position], itself first.
  func readers(of texts: [[Int]]) -> [[[Int]]] {
    var readers = texts.indices.map { text in texts[text].indices.map { $0 < shared[text] ? [] : [text] } }
    for text in texts.indices {
      for position in 0..<shared[text] {
        var runner = text
        while position < shared[runner], let source = sources[runner] { runner = source }
        readers[runner][position].append(text)
      }
    }
    return readers
  }
}

extension Network {
  /// The most tokens of a text, given the original context of positions; more if the frequencies grow with the text.
  func longestText(_ context: Int) -> Int {
    // Rows of learned positions before the first one are of no use to a text.
    let rows = embedding.positions.map { $0.table.rows - $0.offset } ?? context
    let most = blocks.compactMap { block -> Int? in
      guard let long = block.cachedAttention?.rotation?.long, case .growing(_, let factor, _) = long.rule else {
        return nil
      }
      return Int(min(Double(Int32.max), Double(long.from) * factor))
    }.reduce(min(context, rows), max)
    return min(most, longestDescribed ?? most)
  }

  /// The effect of a text's length on each rotation that depends on it: texts that differ here share no numbers.
  func lengthKinds(_ length: Int) -> [Int] {
    let rotations = Set(blocks.compactMap { $0.cachedAttention?.rotation?.long })
    return rotations.sorted { ($0.from, $0.isGrowing ? 1 : 0) < ($1.from, $1.isGrowing ? 1 : 0) }.map { long in
      length <= long.from ? 0 : long.isGrowing ? length : 1
    }
  }
}

extension Rotation.Long {
  /// Whether every length of a long text has different frequencies.
  fileprivate var isGrowing: Bool {
    if case .growing = rule { true } else { false }
  }
}

/// Which tokens of a batch are run for several texts at once, because the texts begin alike.
///
/// A text's first `shared` positions are run by its source, an earlier text; their keys and values are copied to it. The
/// numbers of a token depend only on the tokens up to it, on its position, and on the length of its text where rotary
/// frequencies change with that: only texts whose lengths are the same to every rotation share.
struct SharedPrefixes {
  /// Texts wait for their sources: no more than so many one after another.
  private static let most = 3
  /// Positions that have to be saved for each wait.
  private static let worth = 8

  /// The text that runs the first positions of each; nil where it runs them itself.
  private(set) var sources: [Int?]
  /// Positions of each text that are run by others.
  private(set) var shared: [Int]
  /// Texts in the order in which they can be run: those of a group need only earlier groups.
  private(set) var groups: [[Int]]

  /// A beginning that texts have in common.
  private struct Node: Hashable {
    var parent: Int
    var id: Int
  }

  /// Every text for itself.
  init(count: Int) {
    sources = Array(repeating: nil, count: count)
    shared = Array(repeating: 0, count: count)
    groups = [Array(0..<count)]
  }

  /// What some known texts share, [text][position], of which `kinds` says which can share at all.
  init(_ texts: [[Int]], kinds: [[Int]]) {
    self.init(count: texts.count)
    var nodes: [Node: Int] = [:]
    var roots: [[Int]: Int] = [:]
    // The first text that runs through a node and does not wait too long.
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

  /// The texts that each position of each text is run for: [text that runs it][position], itself first.
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
  /// How many tokens a text can have, given the context that positions were made for: more where they grow with the text.
  func longestText(_ context: Int) -> Int {
    blocks.compactMap { block -> Int? in
      guard let long = block.attention.rotation?.long, case .growing(_, let factor, _) = long.rule else { return nil }
      return Int(Double(long.from) * factor)
    }.reduce(context, max)
  }

  /// What a text's length is to each rotation that cares: texts that differ here share no numbers.
  func lengthKinds(_ length: Int) -> [Int] {
    let rotations = Set(blocks.compactMap { $0.attention.rotation?.long })
    return rotations.sorted { ($0.from, $0.isGrowing ? 1 : 0) < ($1.from, $1.isGrowing ? 1 : 0) }.map { long in
      length <= long.from ? 0 : long.isGrowing ? length : 1
    }
  }
}

extension Rotation.Long {
  /// Whether every length of a long text has frequencies of its own.
  fileprivate var isGrowing: Bool {
    if case .growing = rule { true } else { false }
  }
}

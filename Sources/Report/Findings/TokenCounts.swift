import Traces
import Words

/// How often each token stands among the most probable ones, over rows and columns of a trace.
public struct TokenCounts: Equatable, Sendable {
  /// Length of the lists in which tokens are counted.
  public let k: Int
  /// The counted rows of the trace, those that its lens reads.
  public let rows: [Int]
  /// The number of counted columns.
  public let columns: Int
  /// The tokens that occur, the most frequent first; of equally frequent ones the smaller id.
  public let tokens: [Token]
  private let places: [Int: Int]

  /// A token with its counts.
  public struct Token: Equatable, Sendable {
    /// Index in the vocabulary.
    public let id: Int
    /// In how many lists it stands.
    public let count: Int
    /// In how many of each row, in the order of the rows.
    public let byRow: [Int]

    /// A token with its counts in rows.
    public init(id: Int, byRow: [Int]) {
      self.id = id
      self.byRow = byRow
      count = byRow.reduce(0, +)
    }
  }

  /// Counts the first `k` of every list of a trace that holds together, in some of its rows and in all its columns.
  ///
  /// - Parameter isCounted: Which tokens count; they stand at their places in the lists in any case.
  public init(_ trace: Trace, rows: [Int], k: Int, isCounted: (_ id: Int) -> Bool = { _ in true }) {
    let blank = trace.blankRows
    let read = rows.filter { !blank.contains($0) }
    var byRow: [Int: [Int]] = [:]
    for (place, row) in read.enumerated() {
      for id in trace.top.ids[row].flatMap({ $0.prefix(k) }) {
        byRow[id, default: [Int](repeating: 0, count: read.count)][place] += 1
      }
    }
    self.k = k
    self.rows = read
    columns = trace.columns.count
    tokens = byRow.filter { isCounted($0.key) }.map { Token(id: $0.key, byRow: $0.value) }
      .sorted { ($1.count, $0.id) < ($0.count, $1.id) }
    places = Dictionary(uniqueKeysWithValues: tokens.enumerated().map { ($1.id, $0) })
  }

  /// The number of lists.
  public var lists: Int { rows.count * columns }

  /// The counts of a token; 0 everywhere for one that does not occur.
  public func token(_ id: Int) -> Token {
    places[id].map { tokens[$0] } ?? Token(id: id, byRow: [Int](repeating: 0, count: rows.count))
  }
}

/// The tokens of two counts, ordered by the smoothed ratio of their shares.
///
/// The ratio is ((a + 1) / A) / ((b + 1) / B) for a of A lists and b of B, which is (a + 1) / (b + 1) where both have the same number of
/// lists. 1 is added so that a token that one side lacks has a ratio, and rare tokens one near 1 (Laplace's smoothing).
public struct TokenRatios: Equatable, Sendable {
  /// Of one side and the other.
  public let counts: (one: TokenCounts, other: TokenCounts)
  /// Those that are more frequent on one side, the largest ratio first; of equal ones the more frequent, then the smaller id.
  public let above: [Entry]
  /// Those that are more frequent on the other side, the smallest ratio first, and so on.
  public let below: [Entry]

  /// A token with its counts on both sides.
  public struct Entry: Equatable, Sendable {
    /// Index in the vocabulary.
    public let id: Int
    /// On one side.
    public let one: TokenCounts.Token
    /// On the other.
    public let other: TokenCounts.Token
    /// Above 1 where it is more frequent on one side.
    public let ratio: Double
  }

  /// Tokens that occur on either side; those with the ratio 1 are in neither list.
  public init(_ one: TokenCounts, _ other: TokenCounts) {
    let ids = Set(one.tokens.map(\.id)).union(other.tokens.map(\.id))
    let entries = ids.map { id -> Entry in
      let (mine, theirs) = (one.token(id), other.token(id))
      // Products of whole numbers, so that equal ratios are equal.
      let ratio = Double((mine.count + 1) * other.lists) / Double((theirs.count + 1) * one.lists)
      return Entry(id: id, one: mine, other: theirs, ratio: ratio)
    }
    func frequency(_ entry: Entry) -> Int { entry.one.count + entry.other.count }
    counts = (one, other)
    above = entries.filter { $0.ratio > 1 }
      .sorted { ($1.ratio, frequency($1), $0.id) < ($0.ratio, frequency($0), $1.id) }
    below = entries.filter { $0.ratio < 1 }
      .sorted { ($0.ratio, frequency($1), $0.id) < ($1.ratio, frequency($0), $1.id) }
  }

  /// Whether both counts and orders are the same.
  public static func == (a: TokenRatios, b: TokenRatios) -> Bool {
    a.counts.one == b.counts.one && a.counts.other == b.counts.other && a.above == b.above && a.below == b.below
  }

  /// A ratio as a reader compares it: `31`, `2.4`, and below 1 `1/31`.
  package static func text(_ ratio: Double) -> String {
    func number(_ value: Double) -> String { Decimals.fixed(value, value < 9.95 ? 1 : 0) }
    return ratio >= 1 ? number(ratio) : "1/" + number(1 / ratio)
  }
}

import Traces
import Words

/// Which of the watched tokens is the most probable after the prompt, and from which layer on.
public struct WatchedOrder: Equatable, Sendable {
  /// Every watched token or set, in the order of the trace.
  public var entries: [Entry]
  /// Number of the most probable one after the last layer, in `entries`; nil when two are equal.
  public var leader: Int?
  /// Number of the second.
  public var second: Int
  /// Log-probability of the leader minus that of the second after the last layer, in nats.
  public var gap: Double
  /// The first row from which the leader is more probable than every other in each row up to the last: the row at which
  /// the order changed for the last time; nil without a leader.
  public var ahead: Trace.Row?

  /// A watched token or set.
  public struct Entry: Equatable, Sendable {
    /// Made visible, or the name of a set.
    public var label: String
    /// Natural logarithm of its probability after the last layer; of a set, of the sum over its members.
    public var logprob: Float
    /// Its rank after the last layer; of a set, the best of its members.
    public var rank: Int?
    /// Where it is the most probable of all tokens.
    public var settling: Settling
  }

  /// Nil with fewer than two tokens that somebody named, or where one has no number after the last row.
  ///
  /// Tokens that are watched automatically are no answers, and never first in the end.
  init?(_ trace: Trace, column: Int, shown: [Int], rows: [Trace.Row]) {
    let named = trace.namedWatch
    guard let last = shown.last, named.count >= 2 else { return nil }
    let entries = named.compactMap { watch in
      watch.logprob[last][column].map { logprob in
        Entry(
          label: watch.label, logprob: logprob, rank: watch.rank[last][column],
          settling: Settling(ranks: shown.map { watch.rank[$0][column] }, rows: rows))
      }
    }
    guard entries.count == named.count else { return nil }
    self.entries = entries
    let order = entries.indices.sorted { (-entries[$0].logprob, $0) < (-entries[$1].logprob, $1) }
    second = order[1]
    gap = Double(entries[order[0]].logprob) - Double(entries[order[1]].logprob)
    guard gap > 0 else { return }
    let first = order[0]
    leader = first
    let leads = shown.map { row in
      guard let own = trace.watch[first].logprob[row][column] else { return false }
      return named.indices.allSatisfy { other in
        other == first || trace.watch[other].logprob[row][column].map { own > $0 } == true
      }
    }
    // A value that is no finite number in an earlier row counts as "not ahead".
    ahead = rows[(leads.lastIndex(of: false) ?? -1) + 1]
  }
}

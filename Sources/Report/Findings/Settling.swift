import Traces
import Words

/// Where a token comes first as its rank is followed through the layers.
///
/// A token is *settled* at the first row from which its rank is 1 in every row up to the last.
public struct Settling: Equatable, Sendable {
  /// The row from which the token is first for good; nil when it is not first in the last row.
  public var settled: Trace.Row?
  /// The first row in which the token is first; nil when there is none.
  public var first: Trace.Row?
  /// Its rank in the row before the one where it is settled; nil when it is not settled, or settled in the first row.
  public var rankBefore: Int?
  /// Its rank in the last row.
  public var lastRank: Int?

  /// From the token's ranks. [row]
  package init(ranks: [Int?], rows: [Trace.Row]) {
    lastRank = ranks.last ?? nil
    first = ranks.firstIndex(of: 1).map { rows[$0] }
    guard let place = Trace.settles(ranks) else { return }
    settled = rows[place]
    rankBefore = place > 0 ? ranks[place - 1] : nil
  }
}

extension Trace {
  /// The first of the shown rows from which the rank stays 1; nil when it is not 1 in the last.
  package static func settles(_ ranks: [Int?]) -> Int? {
    guard ranks.last == .some(1) else { return nil }
    return (ranks.lastIndex { $0 != 1 } ?? -1) + 1
  }
}

extension Trace.Row {
  /// The number of the layer in tables and conditions: −1 for the embedding, which lies before layer 0.
  package var layerNumber: Int { point == .embedding ? -1 : layer }
}

/// Over several tokens, where they are settled.
public struct SettledSpread: Equatable, Sendable {
  /// Number of tokens.
  public var count: Int
  /// The earliest row at which one of them is settled; nil when none is.
  public var earliest: Trace.Row?
  /// The row by which half of all of them are settled: the lower median; nil when fewer are settled at all.
  public var median: Trace.Row?
  /// The latest row at which one of them is settled.
  public var latest: Trace.Row?
  /// How many are not settled, since their rank after the last row is not 1.
  public var never: Int

  /// Nil without tokens.
  package init?(_ tokens: [Settling]) {
    guard !tokens.isEmpty else { return nil }
    let settled = tokens.compactMap(\.settled).sorted { $0.layerNumber < $1.layerNumber }
    count = tokens.count
    never = tokens.count - settled.count
    earliest = settled.first
    latest = settled.last
    let middle = (tokens.count - 1) / 2
    median = settled.indices.contains(middle) ? settled[middle] : nil
  }
}

import Traces
import Words

/// What counts of tokens among the most probable ones of one trace show.
public struct VocabularyFindings: Equatable, Sendable {
  /// A token that was counted.
  public struct Token: Equatable, Sendable {
    /// Made visible.
    public var label: String
    /// In how many lists it stands.
    public var count: Int
    /// The row in most of whose lists it stands, the first of several; nil where all rows have as many.
    public var peak: Trace.Row?
  }

  /// The number of lists.
  public var lists: Int
  /// The token in most lists.
  public var first: Token
  /// Of the tokens that the last layer never lists, the one in most lists; nil where there is none, or the last layer is not counted.
  public var hidden: Token?

  /// Reads the counts of a trace; nil where no token was counted.
  package init?(_ counts: TokenCounts, _ trace: Trace) {
    func token(_ token: TokenCounts.Token) -> Token {
      Token(
        label: TokenDisplay.label(trace.text(of: token.id)), count: token.count,
        peak: Self.peak(token, counts).map { trace.rows[$0] })
    }
    guard let most = counts.tokens.first else { return nil }
    lists = counts.lists
    first = token(most)
    // Only a list of the model's own output can lack a token.
    guard counts.rows.last == trace.rows.count - 1 else { return }
    hidden = counts.tokens.first { $0.byRow.last == 0 }.map(token)
  }

  /// The most frequent token, and the most frequent one that the last layer never lists.
  package var sentence: String {
    func often(_ token: Token) -> String { token.peak.map { ", most often after \($0.phrase)" } ?? "" }
    var text =
      "“\(first.label)” is the most frequent, in \(Wording.grouped(first.count)) of \(Wording.grouped(lists)) lists\(often(first))"
    if let hidden {
      text +=
        "; of the tokens that the last layer never lists, “\(hidden.label)” is, in \(Wording.grouped(hidden.count))"
      text += often(hidden)
    }
    return text + "."
  }

  /// The tokens at both ends; nil where no token is more frequent on one side.
  ///
  /// - Parameter names: Of both sides as within a sentence.
  package static func sentence(_ ratios: TokenRatios, _ traces: [Trace], names: [String]) -> String? {
    func part(_ entry: TokenRatios.Entry, _ name: String, _ counts: [Int], _ trace: Trace) -> String {
      "\(label(entry.id, trace)) stands out under \(name), with \(Wording.grouped(counts[0])) lists against "
        + "\(Wording.grouped(counts[1]))"
    }
    let parts = [
      ratios.above.first.map { part($0, names[0], [$0.one.count, $0.other.count], traces[0]) },
      ratios.below.first.map { part($0, names[1], [$0.other.count, $0.one.count], traces[1]) },
    ].compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    return parts.joined(separator: "; ") + "."
  }

  /// The row with the largest count, the first of several; nil where all rows have the same.
  private static func peak(_ token: TokenCounts.Token, _ counts: TokenCounts) -> Int? {
    guard let most = token.byRow.max(), let place = token.byRow.firstIndex(of: most), token.byRow.min() != most else {
      return nil
    }
    return counts.rows[place]
  }

  private static func label(_ id: Int, _ trace: Trace) -> String {
    "“\(TokenDisplay.label(trace.text(of: id)))”"
  }
}

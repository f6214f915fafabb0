import Traces
import Words

/// What counts of tokens among the most probable ones show, in sentences.
package enum VocabularyFindings {
  /// The most frequent token, and the most frequent one that the last layer never lists; nil where no token was counted.
  package static func sentence(_ counts: TokenCounts, _ trace: Trace) -> String? {
    guard let first = counts.tokens.first else { return nil }
    var text =
      "\(label(first.id, trace)) is the most frequent, in \(Wording.grouped(first.count)) of \(Wording.grouped(counts.lists)) lists"
    if let row = peak(first, counts) { text += ", most often after \(trace.rows[row].phrase)" }
    // Only a list of the model's own output can lack it.
    guard counts.rows.last == trace.rows.count - 1 else { return text + "." }
    guard let hidden = counts.tokens.first(where: { $0.byRow.last == 0 }) else { return text + "." }
    text += "; of the tokens that the last layer never lists, \(label(hidden.id, trace)) is, in "
    text += Wording.grouped(hidden.count)
    if let row = peak(hidden, counts) { text += ", most often after \(trace.rows[row].phrase)" }
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

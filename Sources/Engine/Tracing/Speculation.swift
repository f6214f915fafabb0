/// Proposes the next tokens of one text, and adapts to how many are accepted.
///
/// Proposed tokens are run with the last token in one pass over the weights, and kept only as far as the model itself would
/// have chosen them: proposals affect the speed of decoding, never the text.
struct Speculation {
  /// The most tokens of a step with proposals: products with few rows cost about as much as with one.
  static let rows = 8

  /// The confidence in one way of proposing.
  private struct Trust {
    /// Tokens proposed at a time.
    private(set) var length = 3
    private var misses = 0
    private var pause = 0

    /// Whether to propose now; after a miss one step is skipped, after each further miss twice as many.
    mutating func isReady() -> Bool {
      guard pause > 0 else { return true }
      pause -= 1
      return false
    }

    mutating func learn(accepted: Int, of proposed: Int) {
      if accepted == 0 {
        misses += 1
        pause = misses < 2 ? 0 : 1 << min(misses - 2, 5)
        length = 3
      } else {
        misses = 0
        length = accepted == proposed ? min(Speculation.rows - 1, max(length, proposed * 2)) : max(3, accepted)
      }
    }
  }

  /// The way of proposing.
  private enum Source { case text, list }

  private let lists: ListLookup
  private var text = Trust()
  private var list = Trust()
  private var source = Source.text

  /// Proposals for a text whose lists are read by `lists`.
  init(_ lists: ListLookup) { self.lists = lists }

  /// Ids that may follow `ids`, at most `limit`.
  mutating func draft(after ids: [Int], limit: Int) -> [Int] {
    guard limit > 0 else { return [] }
    if list.isReady() {
      let draft = lists.draft(after: ids, count: min(limit, list.length))
      if !draft.isEmpty {
        source = .list
        return draft
      }
    }
    guard text.isReady() else { return [] }
    source = .text
    return PromptLookup.draft(after: ids, count: min(limit, text.length))
  }

  /// Records how many of the last draft's tokens the model chose itself.
  mutating func learn(accepted: Int, of proposed: Int) {
    guard proposed > 0 else { return }
    switch source {
    case .text: text.learn(accepted: accepted, of: proposed)
    case .list: list.learn(accepted: accepted, of: proposed)
    }
  }
}

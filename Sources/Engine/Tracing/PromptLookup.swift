/// Proposes the tokens that followed an earlier occurrence of a text's last words.
///
/// Prompt look-up decoding (Saxena 2023): the longest n-gram at the end that occurred earlier; of equal ones the most recent.
enum PromptLookup {
  /// Shorter matches predict too little, and longer ones add nothing.
  private static let matched = 2...16

  /// Ids that may follow `ids`, `count` of them; empty if the end has not occurred before.
  static func draft(after ids: [Int], count: Int) -> [Int] {
    guard count > 0 else { return [] }
    var best = (length: matched.lowerBound - 1, end: 0)
    for end in stride(from: ids.count - 1, to: 0, by: -1) where ids[end - 1] == ids[ids.count - 1] {
      var length = 1
      while length < min(matched.upperBound, end), ids[end - 1 - length] == ids[ids.count - 1 - length] { length += 1 }
      if length > best.length { best = (length, end) }
      if length == matched.upperBound { break }
    }
    guard best.end > 0 else { return [] }
    // A copy that reaches the end of the text continues with the copied tokens.
    var text = Array(ids[best.end...])
    let period = text.count
    while text.count < period + count { text.append(text[text.count - period]) }
    return Array(text.prefix(count))
  }
}

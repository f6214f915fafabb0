/// Proposes that a text goes on as it did after its own last words, where they occurred before.
///
/// Prompt look-up decoding (Saxena 2023): the longest n-gram at the end that is found earlier, the most recent of equals.
enum PromptLookup {
  /// Shorter matches say too little, longer ones nothing more.
  private static let matched = 2...16

  /// Ids that may come after `ids`, `count` of them; none where the end has not occurred before.
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
    // A copy that reaches the end of the text goes on with what it has copied.
    var text = Array(ids[best.end...])
    let period = text.count
    while text.count < period + count { text.append(text[text.count - period]) }
    return Array(text.prefix(count))
  }
}

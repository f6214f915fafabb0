/// Finds the word a person probably meant.
public enum Suggestion {
  /// How many words are compared with a list of others where many are wrong: advice on each of thousands would take minutes.
  package static let mostAdvised = 50

  /// The candidate nearest to `word`, the first of equally near ones; nil when none is near.
  package static func closest(to word: String, among candidates: [String]) -> String? {
    let limit = max(1, min(3, word.count / 3))
    var best: (word: String, distance: Int)?
    let (length, lowered) = (word.unicodeScalars.count, word.lowercased())
    for candidate in candidates where candidate != word {
      // Every letter too many is an edit.
      guard abs(candidate.unicodeScalars.count - length) <= limit else { continue }
      let found = distance(lowered, candidate.lowercased())
      if found <= limit, found < best?.distance ?? Int.max { best = (candidate, found) }
    }
    return best?.word
  }

  /// "did you mean 'heatmap'? known kinds: a, b" or only the list.
  public static func hint(for word: String, among candidates: [String], called plural: String) -> String {
    hint(closest(to: word, among: candidates), among: candidates, called: plural)
  }

  /// The same for a candidate that was found before.
  package static func hint(_ near: String?, among candidates: [String], called plural: String) -> String {
    let list = candidates.isEmpty ? "there are no \(plural)" : "known \(plural): \(Wording.list(candidates))"
    return near.map { "did you mean '\($0)'? \(list)" } ?? list
  }

  /// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars.prefix(64))
    let b = Array(second.unicodeScalars.prefix(64))
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [Int](repeating: i, count: b.count + 1)
      for j in 1...b.count {
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}

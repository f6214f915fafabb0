import Traces

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
      let found = EditDistance.between(lowered, candidate.lowercased())
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
}

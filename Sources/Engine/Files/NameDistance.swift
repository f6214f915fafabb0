/// Which known names look like one that is not known.
enum NameDistance {
  /// The known names that come nearest, and where all of them are listed.
  static func hint(for name: String, among known: [String]) -> String {
    let nearest = nearest(to: name, among: known)
    let listed = "strata models families lists all \(known.count) types that are known"
    return nearest.isEmpty ? listed : "types with names like it: \(nearest.joined(separator: ", ")); \(listed)"
  }

  /// At most five names of which more than half stands in the other, the nearest first.
  static func nearest(to name: String, among known: [String]) -> [String] {
    // A name of a damaged file can be of any length.
    let own = Array(name.lowercased().utf8.prefix(100))
    let found = Set(known).compactMap { other -> (name: String, distance: Int)? in
      let theirs = Array(other.lowercased().utf8)
      let distance = edits(own, theirs)
      return 2 * distance < max(own.count, theirs.count) ? (other, distance) : nil
    }
    return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
  }

  /// How many bytes must be put in, taken out or replaced (Levenshtein 1966).
  private static func edits(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (i, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, theirs) in other.enumerated() {
        let replaced = diagonal + (byte == theirs ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[other.count]
  }
}

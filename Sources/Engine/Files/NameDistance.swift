import Traces

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
    let own = String(name.lowercased().unicodeScalars.prefix(100))
    let found = Set(known).compactMap { other -> (name: String, distance: Int)? in
      let distance = EditDistance.between(own, other.lowercased())
      return 2 * distance < max(own.unicodeScalars.count, other.unicodeScalars.count) ? (other, distance) : nil
    }
    return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(5).map(\.name)
  }
}

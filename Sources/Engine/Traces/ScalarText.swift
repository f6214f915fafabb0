extension String {
  /// The text with other texts in the place of single scalars.
  ///
  /// Swift's `replacing`, `split` and `contains` read characters, and a sign beside a mark that combines with it is another character than
  /// the sign. Every other program reads such a sign as itself, so escapes go by scalars.
  package func replacingScalars(_ others: [Unicode.Scalar: String]) -> String {
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if let other = others[scalar] {
        result.append(contentsOf: other.unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}

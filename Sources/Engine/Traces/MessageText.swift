/// Texts from files in messages, at a length that somebody reads: a file can hold any number of names, and names of any length.
package enum MessageText {
  /// The most names of a list.
  package static let mostNames = 25
  /// The most characters of a name or a value.
  package static let mostCharacters = 300

  /// "'a', 'b' and 3 more".
  package static func names(_ names: some Collection<String>, most: Int = mostNames) -> String {
    list(names.lazy.map { "'\(short($0, most: 100))'" }, most: most)
  }

  /// "a, b and 3 more".
  package static func list(_ texts: some Collection<String>, most: Int = mostNames) -> String {
    let shown = texts.prefix(most).map { short($0) }.joined(separator: ", ")
    return texts.count > most ? "\(shown) and \(texts.count - most) more" : shown
  }

  /// "[1, 2, 3]", "[1, 2, 3, ...] of 40".
  package static func numbers(_ numbers: [Int], most: Int = mostNames) -> String {
    guard numbers.count > most else { return "\(numbers)" }
    return "[\(numbers.prefix(most).map(String.init).joined(separator: ", ")), ...] of \(numbers.count)"
  }

  /// A text, or its beginning and the number of characters that are left out.
  package static func short(_ text: String, most: Int = mostCharacters) -> String {
    // Counting characters of a long text takes long; there are at most as many as bytes.
    guard text.utf8.count > most else { return text }
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: most, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    return "\(String(scalars[..<end]))... (\(scalars.distance(from: end, to: scalars.endIndex)) more characters)"
  }
}

/// Numbers and lists as the program writes them, the same everywhere and in every locale.
package enum Wording {
  /// "412 kB": decimal units, three digits at most.
  package static func size(bytes: Int) -> String {
    var value = Double(max(0, bytes))
    var unit = 0
    let units = ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let tenths = Int((value * 10).rounded())
    if unit > 0, tenths < 100 { return "\(tenths / 10).\(tenths % 10) \(units[unit])" }
    return "\(Int(value.rounded())) \(units[unit])"
  }

  /// "49,152".
  package static func grouped(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// "1 prompt", "2 prompts".
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// "1 cell differs", "2 cells differ".
  package static func differing(_ number: Int, _ noun: String) -> String {
    count(number, noun) + (number == 1 ? " differs" : " differ")
  }

  /// "A, B, C": of a long list the first ones, and how many more there are.
  package static func list(_ names: [String], most: Int = 100) -> String {
    let shown = names.prefix(most).map { $0.utf8.count > 200 ? $0.prefix(100) + "…" : $0 }
    return shown.joined(separator: ", ") + (names.count > most ? " and \(grouped(names.count - most)) more" : "")
  }

  /// "A", "A and B", "A, B and C".
  package static func enumeration(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }
}

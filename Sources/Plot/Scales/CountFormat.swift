/// Whole numbers as text, the same in every locale.
public enum CountFormat {
  /// All digits, in groups of three: `12,345`.
  public static func full(_ count: Int) -> String {
    var text = String(count.magnitude)
    if count.magnitude >= 1000 {
      let digits = Array(text.utf8)
      var grouped: [UInt8] = []
      for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { grouped.append(UInt8(ascii: ",")) }
        grouped.append(digit)
      }
      text = String(decoding: grouped, as: UTF8.self)
    }
    return count < 0 ? "\u{2212}" + text : text
  }

  /// At most three digits and a letter, rounded: `987`, `1.2k`, `12k`, `123k`, `1.2M`.
  ///
  /// A rounded number below ten has its decimal, so that `3.0k` beside `2.7k` is as precise; `3k` is 3,000.
  public static func short(_ count: Int) -> String {
    let magnitude = count.magnitude
    guard magnitude >= 1000 else { return full(count) }
    for (unit, letter) in [(UInt(1000), "k"), (1_000_000, "M"), (1_000_000_000, "G")] {
      let tenths = (magnitude + unit / 20) / (unit / 10)
      let wholes = (magnitude + unit / 2) / unit
      guard wholes < 1000 || letter == "G" else { continue }
      let sign = count < 0 ? "\u{2212}" : ""
      return sign + (tenths < 100 && magnitude % unit != 0 ? "\(tenths / 10).\(tenths % 10)" : "\(wholes)") + letter
    }
    return full(count)
  }

  /// As `short`, without decimals: `987`, `1k`, `12k`, `123k`, `1M`.
  public static func shortest(_ count: Int) -> String {
    let text = short(count)
    guard let point = text.firstIndex(of: "."), let letter = text.last else { return text }
    // Rounding up can give one more digit, never a new unit: 9.6k is 10k.
    let tenths = text[text.index(after: point)].wholeNumberValue ?? 0
    let wholes = (Int(text[..<point].filter(\.isNumber)) ?? 0) + (tenths >= 5 ? 1 : 0)
    return (count < 0 ? "\u{2212}" : "") + "\(wholes)\(letter)"
  }
}

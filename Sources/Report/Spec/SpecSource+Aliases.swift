import Engine
import Words

extension SpecSource {
  /// The largest number of values that nested aliases may stand for.
  static let mostAliased = 10_000

  /// The problem of a spec whose nested aliases turn a few lines into more values than any machine can hold; nil when there is none.
  ///
  /// This reads the text and not the parsed nodes, because the parser already compares keys with all that their aliases stand for. An
  /// anchor's value is assumed to end at the first alias of it. That is never too early, because a value cannot contain itself.
  func aliasProblem() -> Diagnostic? {
    var open: [(name: String, sum: Int)] = []
    var known: [String: Int] = [:]
    var line = 1
    var previous: Unicode.Scalar = "\n"
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      if scalar == "\n" { line += 1 }
      defer { previous = scalar }
      guard scalar == "&" || scalar == "*", " \t\r\n[]{},:?-!".unicodeScalars.contains(previous) else { continue }
      let start = index
      while index < scalars.count, Self.isNamePart(scalars[index]) { index += 1 }
      guard index > start else { continue }
      let name = String(String.UnicodeScalarView(scalars[start..<index]))
      if scalar == "&" {
        known[name] = nil
        open.removeAll { $0.name == name }
        open.append((name, 1))
        guard open.count <= Self.mostAnchors else { return problem(line, "more than \(Self.mostAnchors) anchors") }
        continue
      }
      if let place = open.firstIndex(where: { $0.name == name }) { known[name] = open.remove(at: place).sum }
      for place in open.indices { open[place].sum += known[name] ?? 0 }
      if open.contains(where: { $0.sum > Self.mostAliased }) {
        return problem(line, "aliases that stand for more than \(Self.mostAliased) others")
      }
    }
    return nil
  }

  /// The largest number of anchors that no alias has used yet.
  private static let mostAnchors = 1000

  private func problem(_ line: Int, _ found: String) -> Diagnostic {
    Diagnostic(
      place: "\(name):\(line)", "expected aliases of plain values, found \(found)",
      hints: ["write out what the aliases stand for"], category: .badSpec)
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil) || scalar == "-"
      || scalar == "_"
  }
}

/// The visible form of a token: every space, line break and invisible character has a mark.
///
/// The marks exist in DejaVu Sans Mono and are unlike text: `␣` space, `↵` line feed, `⇥` tab, `∅` an empty token,
/// `‹U+200B›` other invisible characters, `‹E4 BD›` bytes of an incomplete character, `◌` under a combining mark without its
/// letter. Runs are counted: `↵×2`. Two tokens may look the same (`␣` may be in a text); their ids distinguish them.
public enum TokenDisplay {
  /// The label of a token in a trace; `?` if the trace has no text for it.
  public static func label(_ token: Trace.TokenText?) -> String {
    switch token {
    case .text(let text): label(text)
    case .bytes(let hex): label(bytes: Hex.bytes(hex) ?? Array(hex.utf8))
    case nil: "?"
    }
  }

  /// The label of a token's exact text.
  public static func label(_ text: String) -> String { label(bytes: Array(text.utf8)) }

  /// The label of a token's bytes, which need not be whole UTF-8.
  public static func label(bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "∅" }
    return segments(of: bytes).map { segment in
      switch segment {
      case .text(let text): marked(text)
      case .stray(let bytes): "‹\(Hex.digits(bytes, uppercase: true, separator: " "))›"
      }
    }.joined()
  }

  /// A whole text on one line: marked like a label, but spaces stay and runs are not counted, because a number may follow.
  public static func line(_ text: String) -> String { text.isEmpty ? "∅" : marked(text, keepsSpaces: true) }

  /// A label of at most `length` grapheme clusters; a longer one ends with `…`.
  public static func shortened(_ label: String, to length: Int) -> String {
    label.count <= length ? label : label.prefix(max(length - 1, 0)) + "…"
  }

  /// The text of consecutive tokens, with split characters joined again; incomplete ones become U+FFFD.
  public static func text(of tokens: [[UInt8]]) -> String {
    String(decoding: tokens.flatMap(\.self), as: UTF8.self)
  }

  // MARK: Bytes

  private enum Segment {
    case text(String)
    case stray([UInt8])
  }

  /// Splits bytes into valid UTF-8 and the bytes between.
  private static func segments(of bytes: [UInt8]) -> [Segment] {
    var segments: [Segment] = []
    var text = String.UnicodeScalarView()
    var stray: [UInt8] = []
    var rest = bytes[...]
    while let lead = rest.first {
      let length = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      if length > 0, let scalars = String(validating: rest.prefix(length), as: UTF8.self)?.unicodeScalars,
        scalars.count == 1
      {
        if !stray.isEmpty { segments.append(.stray(stray)) }
        stray = []
        text.append(contentsOf: scalars)
        rest = rest.dropFirst(length)
      } else {
        if !text.isEmpty { segments.append(.text(String(text))) }
        text = String.UnicodeScalarView()
        stray.append(lead)
        rest = rest.dropFirst()
      }
    }
    if !text.isEmpty { segments.append(.text(String(text))) }
    if !stray.isEmpty { segments.append(.stray(stray)) }
    return segments
  }

  // MARK: Characters

  private static func marked(_ text: String, keepsSpaces: Bool = false) -> String {
    var result = String.UnicodeScalarView()
    /// A mark that `result` ends with, in a run.
    var run: (scalar: Unicode.Scalar, count: Int)?
    func endRun() {
      guard let (scalar, count) = run else { return }
      let mark = scalar == "\n" ? "↵" : scalar == "\t" ? "⇥" : "␣"
      // Readers see up to three spaces faster than a number.
      let isCounted = !keepsSpaces && count > (scalar == " " ? 3 : 1)
      result.append(contentsOf: (isCounted ? "\(mark)×\(count)" : String(repeating: mark, count: count)).unicodeScalars)
      run = nil
    }
    for character in text {
      let scalars = Array(character.unicodeScalars)
      /// Whether a mark combines with the preceding scalar in `result`.
      var hasBase = false
      for (position, scalar) in scalars.enumerated() {
        if scalar == " ", keepsSpaces {
          endRun()
          result.append(scalar)
          hasBase = false
          continue
        }
        if scalar == " " || scalar == "\n" || scalar == "\t" {
          if run?.scalar != scalar { endRun() }
          run = (scalar, (run?.count ?? 0) + 1)
          hasBase = false
          continue
        }
        endRun()
        let isInside = position > 0 && position < scalars.count - 1
        if isVisible(scalar) || hasBase && joins(scalar, isInside: isInside, in: scalars) {
          if isCombining(scalar), !hasBase { result.append("◌") }
          result.append(scalar)
          hasBase = true
        } else {
          result.append(contentsOf: "‹\(Hex.codePoint(scalar))›".unicodeScalars)
          hasBase = false
        }
      }
    }
    endRun()
    return String(result)
  }

  private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: true
    default: false
    }
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.properties.isDefaultIgnorableCodePoint { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator:
      return false
    default: return true
    }
  }

  /// Whether an invisible scalar acts within a character: a joiner between two, a selector or a tag after one.
  private static func joins(_ scalar: Unicode.Scalar, isInside: Bool, in scalars: [Unicode.Scalar]) -> Bool {
    switch scalar.value {
    case 0x200D: isInside
    case 0xFE00...0xFE0F, 0xE0100...0xE01EF: true
    case 0xE0020...0xE007F: scalars.first?.properties.isEmoji ?? false
    default: false
    }
  }
}

import Testing

@testable import Engine

/// Pieces as `tokenizers` 0.23 cuts them.
@Suite struct PreTokenizerTests {
  private func pieces(_ text: String, _ steps: PreTokenizer...) throws -> [String] {
    let bytes = Array(text.utf8)
    var cut = CutText(bytes: bytes, pieces: [0..<bytes.count], startsText: true)
    for step in steps { try step.apply(to: &cut) }
    return cut.pieces.map { String(decoding: cut.bytes[$0], as: UTF8.self) }
  }

  static let behaviors: [(SplitBehavior, Bool, [String])] = [
    (.removed, false, ["a", "b", "c"]),
    (.removed, true, ["-", "-", "-", "-", "-"]),
    (.isolated, false, ["-", "a", "-", "-", "b", "-", "c", "-"]),
    (.isolated, true, ["-", "a", "-", "-", "b", "-", "c", "-"]),
    (.mergedWithPrevious, false, ["-", "a-", "-", "b-", "c-"]),
    (.mergedWithPrevious, true, ["-a", "-", "-b", "-c", "-"]),
    (.mergedWithNext, false, ["-a", "-", "-b", "-c", "-"]),
    (.mergedWithNext, true, ["-", "a-", "-", "b-", "c-"]),
    (.contiguous, false, ["-", "a", "--", "b", "-", "c", "-"]),
    (.contiguous, true, ["-", "a", "--", "b", "-", "c", "-"]),
  ]

  @Test func everyBehaviorIsTested() {
    #expect(Set(PreTokenizerTests.behaviors.map(\.0)) == Set(SplitBehavior.allCases))
  }

  @Test(arguments: behaviors) func matchesGoWhereTheBehaviorSays(
    behavior: SplitBehavior, inverted: Bool, expected: [String]
  ) throws {
    let pattern = try Pattern("-", path: "test")
    #expect(try pieces("-a--b-c-", .split(pattern, behavior, inverted: inverted)) == expected)
    #expect(try pieces("-a--b-c-", .splitText([0x2D], behavior, inverted: inverted)) == expected)
  }

  @Test func digitsStandAloneOrInRuns() throws {
    let text = "ab12 ½Ⅷ٣ c3"
    #expect(
      try pieces(text, .digits(individual: true)) == ["ab", "1", "2", " ", "½", "Ⅷ", "٣", " c", "3"])
    #expect(try pieces(text, .digits(individual: false)) == ["ab", "12", " ", "½Ⅷ٣", " c", "3"])
  }

  @Test func smolLMCutsDigitsBeforeGPT2sPattern() throws {
    let known = try #require(GGUFPreTokenizer.all.first { $0.names.contains("smollm") })
    let bytes = Array("It's  12 dogs".utf8)
    var cut = CutText(bytes: bytes, pieces: [0..<bytes.count], startsText: true)
    for step in try known.preTokenizers(path: "test") { try step.apply(to: &cut) }
    #expect(
      cut.pieces.map { String(decoding: bytes[$0], as: UTF8.self) } == ["It", "'s", "  ", "1", "2", " dogs"])
  }

  @Test(arguments: [
    ("a\u{180E}b", ["a", "\u{180E}", "b"]), (" \u{180E}", [" \u{180E}"]), ("don't 's", ["don", "'t", " '", "s"]),
    ("x  y", ["x", " ", " y"]), ("\u{A0}x", ["\u{A0}", "x"]), ("I'M  12ab..", ["I", "'", "M", " ", " 12", "ab", ".."]),
    (" \n x", [" \n", " x"]), ("   ", ["   "]),
    // A letter and a digit that came after Unicode 14.
    ("a\u{2EBF0}\u{16D70} 1\u{16D70}", ["a\u{2EBF0}", "\u{16D70}", " 1\u{16D70}"]), ("", []),
  ])
  func gpt2sPatternCutsAsOnigurumaDoes(text: String, expected: [String]) throws {
    let pattern = try Pattern(PreTokenizer.gpt2Pattern, path: "test")
    #expect(try pieces(text, .split(pattern, .isolated, inverted: false)) == expected)
  }

  @Test func anEmptyMatchCutsNothingAndEnds() throws {
    #expect(
      try pieces("axxéb", .split(Pattern("x*", path: "test"), .isolated, inverted: false)) == ["a", "xx", "é", "b"])
  }

  @Test func categoriesInPatternsAreThoseOfUnicode16() throws {
    let letter = try Pattern(#"\p{L}"#, path: "test")
    let number = try Pattern(#"\p{N}"#, path: "test")
    let mark = try Pattern(#"\p{M}"#, path: "test")
    let space = try Pattern(#"\s"#, path: "test")
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let properties = scalar.properties
      // Later versions of Unicode may be known to either side.
      if let age = properties.age, age.major > 16 { continue }
      if properties.age == nil { continue }
      let isLetter: Bool
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: isLetter = true
      default: isLetter = false
      }
      let isMark: Bool
      switch properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: isMark = true
      default: isMark = false
      }
      let isNumber = properties.numericType != nil && !isLetter
      // Asking PCRE2 a million times takes long; only what may be a letter, a number or a space is asked.
      guard isLetter || isNumber || isMark || properties.isWhitespace || value == 0x180E else { continue }
      let bytes = Array(String(scalar).utf8)
      let matches = try bytes.withUnsafeBufferPointer { bytes in
        try [letter, number, mark, space].map { try !$0.matches(in: bytes, pieces: [0..<bytes.count])[0].isEmpty }
      }
      #expect(matches == [isLetter, isNumber, isMark, properties.isWhitespace], "U+\(String(value, radix: 16))")
    }
  }
}

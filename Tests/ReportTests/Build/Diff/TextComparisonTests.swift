import Foundation
import Testing

@testable import Build

/// What a tolerance lets through in a text.
@Suite struct TextComparisonTests {
  private func areEqual(_ one: String, _ other: String, number: Double = 0.01, channel: Int = 8) -> Bool {
    TextComparison(
      Data(one.utf8), Data(other.utf8), tolerance: DiffTolerance(number: number, channel: channel),
      isDigest: { "0123456789abcdef".hasPrefix($0) }
    ).isEqual
  }

  @Test(arguments: [
    ("log p −1.23", "log p −1.24"), ("50 %", "51 %"), ("50\u{202F}%", "49\u{202F}%"), ("p = 0.531", "p = 0.536"),
    ("<small>12 kB</small>", "<small>13 kB</small>"),
    ("<small>PDF, 12\u{A0}kB</small>", "<small>PDF, 13\u{A0}kB</small>"),
    ("<a aria-label=\"PDF 12 kB: a\">", "<a aria-label=\"PDF 13 kB: a\">"), (" width=\"303\"", " width=\"304\""),
    ("\"bytes\" : 12", "\"bytes\" : 17"),
    ("\"width\" : 24.5", "\"width\" : 25.5"), ("<img srcset=\"a.png 30w, b\">", "<img srcset=\"a.png 31w, b\">"),
    ("sha 0123456789abcdef", "sha ffff456789abcdef"), ("the same", "the same"),
  ])
  func numbersAndSizesMayDiffer(one: String, other: String) {
    #expect(areEqual(one, other) && areEqual(other, other))
  }

  @Test(arguments: [
    ("log p −1.23", "log p −1.26"), ("log p −1.23", "log p 1.23"), ("layer 5", "layer 6"), ("50 %", "53 %"),
    ("a word", "a worm"), ("a word", "a word."), ("a word", "a"), ("", "x"), ("\"width\" : 128", "\"width\" : 140"),
    ("3 bytes", "4 bytes"), ("Saves 12 MB", "Saves 99 MB"), ("<small>a</small> 12 MB", "<small>a</small> 99 MB"),
    ("30w, b", "31w, b"), ("fill=\"#820178\"", "fill=\"#820179\""), ("sha ffff456789abcdef", "sha 0123456789abcdef"),
    ("g12", "g13"), ("p = 0.9999", "p = 0.9"), ("100.0 %", "98 %"), ("p = 0.531", "p = 0.561"), ("1e400.0", "2e400.0"),
  ])
  func nothingElseMay(one: String, other: String) {
    #expect(!areEqual(one, other))
  }

  @Test func aToleranceOfPixelsIsNoneOfNumbers() {
    #expect(!areEqual("p = 0.531", "p = 0.532", number: 0))
    #expect(areEqual("<small>12 kB</small>", "<small>13 kB</small>", number: 0))
    #expect(!areEqual("12 kB", "13 kB", channel: 0) && areEqual("p = 0.531", "p = 0.532", channel: 0))
  }
}

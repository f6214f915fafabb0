import Testing

@testable import Gallery
@testable import Words

@Suite struct WordingTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (9949, "9.9 kB"), (9950, "10 kB"),
    (24_400, "24 kB"),
    (999_499, "999 kB"), (999_500, "1.0 MB"), (253_000_000, "253 MB"), (1_500_000_000, "1.5 GB"),
  ])
  func sizesHaveThreeDigitsAtMost(bytes: Int, text: String) {
    #expect(Wording.size(bytes: bytes) == text)
  }

  @Test func numbersAreGroupedByThousands() {
    #expect(
      [0, 999, 1000, 262_144, 1_000_000, -4321].map(Wording.grouped) == [
        "0", "999", "1,000", "262,144", "1,000,000", "−4,321",
      ])
  }

  @Test func namesAreListedWithAnd() {
    #expect(Wording.enumeration(["A"]) == "A")
    #expect(Wording.enumeration(["A", "B", "C"]) == "A, B and C")
  }

  @Test func anchorsAreUniqueSlugsAndGiveWayToFigures() {
    var anchors = Anchors(reserved: ["eu"])
    let slugs = ["EU", "eu!", "Ünïcode 2", "unicode-2"].map { anchors.next(for: $0) }
    #expect(slugs == ["eu-2", "eu-3", "unicode-2", "unicode-2-2"])
  }
}

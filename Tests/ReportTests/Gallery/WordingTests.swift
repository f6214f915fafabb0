import Testing
import Traces

@testable import Figures
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

  @Test func tokensAreCountedWhereATextEndedEarly() {
    func words(_ method: Trace.Method, _ ended: [Int?]) -> String? {
      var prompt = GalleryManifest.Prompt(id: "p", text: "A", method: method, watch: [])
      prompt.readings = zip(["M", "N"], ended).map { model, count in
        var reading = GalleryManifest.Prompt.Reading(model: model, tokens: ["A"], promptLength: 1)
        reading.ended = count
        return reading
      }
      return Wording.method(of: prompt)
    }
    let sampling = Sampling(temperature: 1, seed: 1)
    #expect(words(.generate(0), [nil]) == nil)
    #expect(words(.generate(3), [nil, nil]) == "3 tokens generated, greedily")
    #expect(words(.generate(3), [1]) == "1 of 3 tokens generated, greedily; the model ended the text")
    #expect(words(.generate(3), [2, 2]) == "2 of 3 tokens generated, greedily; each model ended the text")
    #expect(
      words(.generate(3), [1, 2])
        == "3 tokens generated, greedily; M ended the text after 1 and N ended the text after 2")
    #expect(words(.generate(3), [nil, 2]) == "3 tokens generated, greedily; N ended the text after 2")
    #expect(
      words(.sample(12, sampling), [5])
        == "5 of 12 tokens drawn at random (temperature 1, seed 1); the model ended the text")
  }

  @Test func anchorsAreUniqueSlugsAndGiveWayToFigures() {
    var anchors = Anchors(reserved: ["eu"])
    let slugs = ["EU", "eu!", "Ünïcode 2", "unicode-2"].map { anchors.next(for: $0) }
    #expect(slugs == ["eu-2", "eu-3", "unicode-2", "unicode-2-2"])
  }
}

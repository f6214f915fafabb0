import Testing
import Traces

@testable import Words

@Suite struct SuggestionTests {
  @Test(
    arguments: [
      ("heatmpa", "heatmap"), ("postion", "position"), ("Title", "title"), ("zebra", nil), ("a", nil), ("", nil),
    ] as [(String, String?)])
  func theNearestWordIsFound(word: String, expected: String?) {
    #expect(Suggestion.closest(to: word, among: ["heatmap", "position", "title"]) == expected)
  }

  @Test func swappedNeighboursAreOneEdit() {
    #expect(EditDistance.between("form", "from") == 1)
    #expect(EditDistance.between("kitten", "sitting") == 3)
    #expect(EditDistance.between("", "abc") == 3)
    #expect(EditDistance.between("é", "e") == 1)
  }
}

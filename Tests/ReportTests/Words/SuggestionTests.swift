import Testing

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
    #expect(Suggestion.distance("form", "from") == 1)
    #expect(Suggestion.distance("kitten", "sitting") == 3)
    #expect(Suggestion.distance("", "abc") == 3)
    #expect(Suggestion.distance("é", "e") == 1)
  }
}

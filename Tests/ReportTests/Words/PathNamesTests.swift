import Testing

@testable import Words

@Suite struct PathNamesTests {
  @Test(arguments: [
    ("./SS/", "./SS"), ("SS//x///", "SS/x"), ("././a/./b/.", "./a/b"), ("../a/../b/", "../a/../b"), (".", "."),
    ("./", "."), ("/", "/"), ("//etc//", "/etc"), ("", ""), ("a b", "a b"), ("a/\u{600}/b/", "a/\u{600}/b"),
  ]) func namesThatLeadNowhereAreLeftOut(path: String, tidy: String) {
    #expect(path.tidyPath == tidy && tidy.tidyPath == tidy)
  }

  @Test func aNameStandsBehindOneSlash() {
    #expect(["a", "a/", "a//", "/", "."].map { $0.path(to: "x") } == ["a/x", "a/x", "a/x", "/x", "./x"])
  }
}

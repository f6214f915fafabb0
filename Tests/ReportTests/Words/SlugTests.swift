import Testing

@testable import Words

@Suite struct SlugTests {
  @Test(arguments: [
    ("SmolLM2 135M", "smollm2-135m"), ("Gemma 3 270M", "gemma-3-270m"), ("Crème brûlée", "creme-brulee"),
    ("  a -- b  ", "a-b"), ("../../etc/passwd", "etc-passwd"), ("<script>", "script"), ("a.b_c", "a-b-c"),
  ])
  func namesBecomeSlugs(name: String, slug: String) {
    #expect(Slug.make(name) == slug)
    #expect(Slug.isSlug(slug))
  }

  @Test func namesWithoutLettersAndLongNamesStayDifferent() {
    #expect(Slug.make("模型") != Slug.make("型模"))
    #expect(Slug.isSlug(Slug.make("模型")))
    let long = String(repeating: "a", count: 100)
    #expect(Slug.make(long + "b") != Slug.make(long + "c"))
    #expect(Slug.make(long).utf8.count <= 60)
  }

  @Test func equalSlugsAreNumbered() {
    #expect(Slug.unique(["A", "a", "b", "A!"]) == ["a", "a-2", "b", "a-3"])
    #expect(Slug.unique(["a", "a-2", "a"]) == ["a", "a-2", "a-3"])
  }
}

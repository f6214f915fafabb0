import Testing

@testable import Markdown

/// Markdown becomes a tree of texts, forms and safe addresses.
@Suite struct MarkdownTests {
  @Test func theFormsOfATextAreRead() {
    let text = MarkdownText(
      """
      # Why

      One *two **three*** `x < y` [site](https://example.org/a?b=c "title")\\
      next, www.example.org and a@example.org

      1. first
      2. second
         - inner

      > quoted

      ```
      code {{x}}
        more
      ```

      ---
      """)
    #expect(text.problems == [])
    #expect(
      text.blocks == [
        .heading(level: 1, [.text("Why")]),
        .paragraph([
          .text("One "), .emphasis([.text("two "), .strong([.text("three")])]), .text(" "), .code("x < y"), .text(" "),
          .link([.text("site")], address: "https://example.org/a?b=c"), .lineBreak, .text("next, "),
          .link([.text("www.example.org")], address: "http://www.example.org"), .text(" and "),
          .link([.text("a@example.org")], address: "mailto:a@example.org"),
        ]),
        .list(
          start: 1,
          items: [
            [.paragraph([.text("first")])],
            [.paragraph([.text("second")]), .list(start: nil, items: [[.paragraph([.text("inner")])]])],
          ]),
        .quote([.paragraph([.text("quoted")])]), .code("code {{x}}\n  more"), .rule,
      ])
  }

  @Test func aTableIsRefusedWithItsPlace() {
    let text = MarkdownText("One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    #expect(text.problems.map(\.line) == [3])
    #expect(text.problems.map(\.message) == ["expected text, found a table"])
    #expect(MarkdownText("a | b\n\n- | c |").problems == [], "bars alone make no table")
  }

  @Test func htmlIsText() {
    let text = MarkdownText("a <b onclick=x>c</b> &lt;\n\n<script>alert(1)</script>\n\n<!-- x -->")
    #expect(text.problems == [])
    #expect(
      text.blocks == [
        .paragraph([.text("a <b onclick=x>c</b> <")]), .paragraph([.text("<script>alert(1)</script>")]),
        .paragraph([.text("<!-- x -->")]),
      ])
  }

  @Test(arguments: [
    "[x](javascript:alert(1))", "[x](JaVaScript:alert(1))", "[x](data:text/html,x)", "[x](file:///etc/passwd)",
    "[x](//example.org)", "[x](page.html)", "[x](#main)", "[x]()", "<vbscript:x>", "[x](https://)",
    "[x](&#106;avascript:alert(1))",
  ])
  func onlyWordsAreLeftOfALinkToAnotherKindOfAddress(written: String) {
    let text = MarkdownText("One\n\n\(written)")
    #expect(text.problems.map(\.line) == [3])
    #expect(text.problems.allSatisfy { $0.message.hasPrefix("expected a link to https:, http: or mailto:, found '") })
    #expect(
      text.blocks.last.map {
        if case .paragraph(let inlines) = $0 {
          inlines.allSatisfy { if case .text = $0 { true } else { false } }
        } else {
          false
        }
      } == true)
  }

  @Test func anImageIsAProblemAndItsWordsAreText() {
    let text = MarkdownText("![a *cat*](https://example.org/cat.png)")
    #expect(
      text.problems == [
        .init(
          line: 1, column: 1, message: "expected text, found an image",
          hint: "write the words, or a link to the picture")
      ])
    #expect(text.blocks == [.paragraph([.text("a cat")])])
  }

  @Test(arguments: [
    String(repeating: "> ", count: 5000) + "x", String(repeating: "- ", count: 5000) + "x",
    String(repeating: "*a ", count: 3000) + "x" + String(repeating: "*", count: 3000),
    String(repeating: "[", count: 50_000) + "x", String(repeating: "a", count: 100_000) + "x", "\0\u{202E}\u{FFFE}x",
  ])
  func aDeepOrLongTextIsReadAndKeepsItsWords(written: String) {
    let text = MarkdownText(written)
    #expect(text.blocks.map(\.plain).joined().contains("x"))
    if written.hasPrefix("> >") || written.hasPrefix("- -") || written.hasPrefix("*") {
      #expect(!text.problems.isEmpty)
    }
  }

  @Test func charactersThatCannotBeSeenAreProblemsHoweverTheyAreWritten() {
    let text = MarkdownText("é `a` b\u{202E}c\n\n&#x200B;\n\n    code\twith\ttabs\n\n`\u{AD}`")
    #expect(text.problems.map(\.line) == [1, 3, 7])
    #expect(
      text.problems.map(\.message)
        == ["‹U+202E›", "‹U+200B›", "‹U+00AD›"].map {
          "expected characters that can be seen, found \($0)"
        })
    #expect(text.problems[0].column == 6, "counted in characters")
  }

  @Test(arguments: ["[", "‹", "&#", "![", "a@", "*a ", "`", "<"])
  func aLongTextIsReadInTime(piece: String) {
    func time(_ count: Int) -> Duration {
      let text = String(repeating: piece, count: count)
      return (0..<3).map { _ in ContinuousClock().measure { _ = MarkdownText(text) } }.min() ?? .zero
    }
    // Before, such a text took six seconds.
    #expect(time(50_000) < .seconds(2))
  }

  @Test func addressesHaveNoCharacterThatEndsThem() {
    #expect(
      MarkdownText.safeAddress("https://a.org/\"><script>'`{|}\\^ é")
        == "https://a.org/%22%3E%3Cscript%3E%27%60%7B%7C%7D%5C%5E%20%C3%A9")
    #expect(MarkdownText.safeAddress(" https://a.org") == nil)
  }

  @Test func latexHasTheSameTextWithoutCommandsOfTheAuthor() {
    let text = MarkdownText(
      "A *b* \\input{x} 100 % & `a_b` [c](https://a.org/%20#_~)\n\n3. x\n4. y\n\n```\n\\end{x}\n  y\n```")
    #expect(
      text.latex == """
        A \\emph{b} \\textbackslash{}input\\{x\\} 100 \\% \\& \\texttt{a\\_b} \\stratalink{https://a.org/\\%20\\#\\_\\string~}{c}

        \\begin{enumerate}
        \\setcounter{enumi}{2}
        \\item{} x
        \\item{} y
        \\end{enumerate}

        \\begin{flushleft}\\ttfamily
        \\mbox{\\textbackslash{}end\\{x\\}}\\\\
        \\mbox{~~y}
        \\end{flushleft}

        """)
  }
}

import Testing

@testable import Words

@Suite struct DiagnosticTests {
  @Test func whatAFileSaysCannotSteerTheTerminal() {
    let problem = Diagnostic(
      place: "a\nb.gguf", "unknown architecture '\u{1B}[31mred'", hints: ["known: \u{202E}gpt2"], category: .badInput)
    #expect(
      problem.rendered == "error: a↵b.gguf: unknown architecture '‹U+001B›[31mred'\n  hint: known: ‹U+202E›gpt2")
  }

  @Test(arguments: [(1, 1), (25, 25), (26, 25), (20_000, 25)])
  func ofManyTheFirstAreShownAndTheRestCounted(count: Int, shown: Int) {
    let problems = (0..<count).map { Diagnostic("problem \($0)", category: .badSpec) }
    var lines = (0..<shown).map { "error: problem \($0)" }
    if count > shown { lines.append("... and \(count - shown) more") }
    #expect(Diagnostic.rendered(problems) == lines.joined(separator: "\n"))
  }
}

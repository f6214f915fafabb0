import Testing
import Traces

@testable import Findings

@Suite struct TokenClassTests {
  @Test func aTokensClassIsToldFromItsTextAndTheCharacterBeforeIt() {
    let cases: [(text: String, before: String?, expected: TokenClass)] = [
      (" London", "of", .wordStart), ("London", nil, .wordStart), ("Austria", "\n", .wordStart),
      ("don", "pal", .continuation), ("'s", "king", .continuation), ("’s", "king", .continuation),
      ("use", "-", .wordStart), ("t", "'", .continuation), ("(the", " x", .wordStart), ("<eos>", ".", .wordStart),
      ("1", "\n", .digit), (" 44", ",", .digit), ("½", "", .digit), ("A4", "x ", .wordStart),
      ("b2", "a", .continuation),
      (".", "4", .punctuation), (" --", "a", .punctuation), ("🚀", "a", .punctuation), ("€", "5", .punctuation),
      ("\n", "Austria", .lineBreak), (".\n\n", "end", .lineBreak), ("\r\n", "a", .lineBreak),
      ("\u{2028}", "a", .lineBreak),
      (" ", "a", .space), ("\t\t", "a", .space), ("\u{A0}", "a", .space),
      ("中文", "a", .unspaced), (" 日本", "a", .unspaced), ("ไทย", "a", .unspaced), ("ひらがな", nil, .unspaced),
      ("한국어", " ", .wordStart), (" кириллица", "a", .wordStart), ("ица", "кирилл", .continuation),
      ("ية", "العرب", .continuation), ("\u{301}", "e", .punctuation),
    ]
    for (text, before, expected) in cases {
      #expect(
        TokenClass(.text(text), after: before.map(Trace.TokenText.text)) == expected,
        "“\(text)” after “\(before ?? "nothing")”")
    }
    #expect(TokenClass(.bytes("e4bd"), after: .text("a")) == .bytes)
    #expect(TokenClass(nil, after: nil) == .bytes)
  }
}

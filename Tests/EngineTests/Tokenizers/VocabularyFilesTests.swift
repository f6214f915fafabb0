import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("vocab.json, merges.txt and what lies beside them")
struct VocabularyFilesTests {
  private static let source = Fixtures.url("models/gpt2/hf")

  /// Opens the tiny GPT-2's tokenizer after changes to its folder.
  private func open(
    merges: (String) -> String = { $0 }, added: String? = nil, configuration: String? = nil, config: String? = nil
  ) throws -> any Tokenizer {
    try withTemporaryFolder { folder in
      func put(_ text: String?, _ name: String) throws {
        if let text { try Data(text.utf8).write(to: folder.appending(path: name)) }
      }
      func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: Self.source.appending(path: name)), as: UTF8.self)
      }
      try put(text("vocab.json"), "vocab.json")
      try put(merges(text("merges.txt")), "merges.txt")
      try put(added, "added_tokens.json")
      try put(configuration, "tokenizer_config.json")
      try put(config, "config.json")
      return try openTokenizer(folder: folder.path)
    }
  }

  private func ids(_ tokenizer: any Tokenizer) throws -> [[Int]] {
    try ["the keys to", " the cabinet\r\nare", "a<extra>b plain word c", "<|endoftext|>x"].map {
      try tokenizer.encode($0, addSpecialTokens: true)
    }
  }

  // Of transformers 5.24: AutoTokenizer on the same folders.
  private static let plain = [
    [257, 279, 82, 277], [258, 286, 201, 198, 64, 264],
    [64, 27, 68, 87, 83, 81, 64, 29, 65, 220, 79, 75, 64, 259, 220, 86, 78, 81, 67, 260], [287, 87],
  ]
  private static let withBoth = [plain[0], plain[1], [64, 288, 65, 220, 289, 260], plain[3]]

  @Test("lines of merges may end with CR and LF, and have the version or not")
  func lines() throws {
    #expect(try ids(open()) == Self.plain)
    #expect(try ids(open { $0.replacing("\n", with: "\r\n") }) == Self.plain)
    #expect(try ids(open { $0.replacing("\n", with: "\n#version: 0.3\n", maxReplacements: 2) }) == Self.plain)
    #expect(
      try ids(open { $0.split(separator: "\n").dropFirst().joined(separator: "\r\n") }) == Self.plain)
    let error = #expect(throws: TokenizerError.self) {
      try open { $0.replacing("\n", with: "\n# a comment\n", maxReplacements: 1) }
    }
    #expect(error?.message == "expected a merge of two tokens, found '# a comment'")
  }

  @Test(
    "added_tokens.json follows the vocabulary in the order of its ids",
    arguments: [#"{"<extra>": 288, "plain word": 289}"#, #"{"plain word": 289, "<extra>": 288, "the": 257}"#])
  func added(text: String) throws {
    let found = try ids(open(added: text))
    if text.contains("the") {
      // A token of the vocabulary is then looked for in the text itself, before anything is cut.
      #expect(found[1] == [220, 257, 286, 201, 198, 64, 264] && found[2] == Self.withBoth[2])
    } else {
      #expect(found == Self.withBoth)
    }
  }

  @Test("a configuration with tokens of its own comes first; ids that transformers would not give are refused")
  func conflicts() throws {
    let own = #"{"added_tokens_decoder": {"288": {"content": "plain word", "special": false}}}"#
    let found = try ids(open(added: #"{"<extra>": 288}"#, configuration: own))
    #expect(found[2] == [64, 27, 68, 87, 83, 81, 64, 29, 65, 220, 288, 260])
    for text in [#"{"<extra>": 293}"#, #"{"<extra>": 3}"#] {
      let error = #expect(throws: TokenizerError.self) { try open(added: text) }
      #expect(error?.message.hasPrefix("expected the id 288 for '<extra>', found ") == true)
    }
  }

  @Test("the class decides how text is cut, and one that is not known is refused")
  func classes() throws {
    func digits(_ tokenizer: any Tokenizer) throws -> Int {
      try tokenizer.encode("the 12345", addSpecialTokens: false).count
    }
    let gpt2 = try open(configuration: #"{"tokenizer_class": "GPT2TokenizerFast"}"#)
    let qwen = try open(configuration: #"{"tokenizer_class": "Qwen2Tokenizer"}"#)
    #expect(try gpt2.encode("e\u{301}", addSpecialTokens: false) != qwen.encode("e\u{301}", addSpecialTokens: false))
    #expect(try qwen.encode("\u{E9}", addSpecialTokens: false) == qwen.encode("e\u{301}", addSpecialTokens: false))
    #expect(try digits(gpt2) == digits(try open(config: #"{"model_type": "opt"}"#)))
    #expect(
      try qwen.encode("e\u{301}", addSpecialTokens: false)
        == open(config: #"{"model_type": "qwen3"}"#).encode("e\u{301}", addSpecialTokens: false))
    // Every class that is byte-level reads the two files.
    let neox = try open(config: #"{"model_type": "gpt_neox"}"#)
    #expect(
      try neox.encode("e\u{301}", addSpecialTokens: false) == qwen.encode("e\u{301}", addSpecialTokens: false))
    let other = #expect(throws: TokenizerError.self) {
      try open(configuration: #"{"tokenizer_class": "LlamaTokenizer"}"#)
    }
    #expect(
      other?.message
        == "LlamaTokenizer with files vocab.json with merges.txt is not implemented, expected tokenizer.json or "
        + "tokenizer.model")
    #expect(throws: TokenizerError.self) { try open(config: #"{"model_type": "granite"}"#) }
  }
}

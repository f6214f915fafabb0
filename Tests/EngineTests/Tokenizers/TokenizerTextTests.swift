import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// Properties of the real vocabularies that need no reference.
@Suite struct TokenizerTextTests {
  static let gpt2 = Result {
    try openTokenizer(vocabulary: RealModels.gpt2Encoder().path, merges: RealModels.gpt2Merges().path)
  }
  static let gemma3 = Result { try openTokenizer(files: GGUFFiles(path: RealModels.gemma3().path)) }

  @Test func tokensOfGPT2SpellTheTextTheyCameFrom() throws {
    let tokenizer = try TokenizerTextTests.gpt2.get()
    let root = try JSONDocument(path: Fixtures.url("tokenizers/gpt2.json").path).root
    for each in try TokenizerCase.all(in: root) {
      let pieces = try tokenizer.encode(each.text, addSpecialTokens: true).map { tokenizer.bytes(of: $0) ?? [] }
      #expect(pieces.joined().elementsEqual(each.text.utf8), "\(each)")
    }
  }

  @Test func tokensOfGemmaSpellTheTextBehindTheBOS() throws {
    let tokenizer = try TokenizerTextTests.gemma3.get()
    let text = "Hello  world\n\né😀\u{0}"
    let ids = try tokenizer.encode(text, addSpecialTokens: true)
    let pieces = ids.map { tokenizer.bytes(of: $0) ?? [] }
    #expect(ids.first == 2)
    #expect(pieces[0] == Array("<bos>".utf8))
    #expect(pieces.dropFirst().joined().elementsEqual(text.utf8))
    #expect(tokenizer.isSpecial(2))
    #expect(!tokenizer.isSpecial(107))
    #expect(tokenizer.text(of: 107) == "\n")
    // ▁▁, and the byte FF.
    #expect(tokenizer.text(of: 138) == "  ")
    #expect(tokenizer.bytes(of: 493) == [0xFF])
    #expect(tokenizer.text(of: 493) == nil)
  }

  @Test(arguments: ["a", " ", "\n", "\u{0}", "1", "<", "ab", "é😀", "中文", "Hello world, it's 2024. "])
  func longRunsAreEncodedWithoutACrash(unit: String) throws {
    let text = String(repeating: unit, count: 100_000 / unit.utf8.count)
    for tokenizer in [try TokenizerTextTests.gpt2.get(), try TokenizerTextTests.gemma3.get()] {
      let ids = try tokenizer.encode(text, addSpecialTokens: false)
      #expect(TokenDisplay.text(of: ids.map { tokenizer.bytes(of: $0) ?? [] }) == text)
    }
  }

  @Test func aTokenizerIsUsedFromManyThreads() async throws {
    let tokenizer = try TokenizerTextTests.gpt2.get()
    let text = "Heathrow airport is located in the city of"
    let expected = try tokenizer.encode(text, addSpecialTokens: true)
    try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<64 { group.addTask { try tokenizer.encode(text, addSpecialTokens: true) } }
      for try await ids in group { #expect(ids == expected) }
    }
  }

  /// Gemma's vocabulary written as a tokenizer.json with the merges its GGUF implies: 30 MB.
  @Test func gemmaFromATokenizerJSONGivesTheSameIDs() throws {
    let gguf = try GGUFFiles(path: RealModels.gemma3().path)
    try withTemporaryFolder { folder in
      try GemmaTokenizerJSON.data(gguf).write(to: folder.appending(path: "tokenizer.json"))
      let clock = ContinuousClock()
      var opened: (any Tokenizer)?
      let time = try clock.measure { opened = try openTokenizer(folder: folder.path) }
      print("opening Gemma's vocabulary from a tokenizer.json: \(time)")
      let tokenizer = try #require(opened)
      let root = try JSONDocument(path: Fixtures.url("tokenizers/gemma3.json").path).root
      for each in try TokenizerCase.all(in: root) {
        #expect(try tokenizer.encode(each.text, addSpecialTokens: true) == each.ids, "\(each)")
      }
    }
  }
}

/// Writes what transformers writes when it saves the tokenizer of a Gemma GGUF.
private enum GemmaTokenizerJSON {
  static func data(_ files: GGUFFiles) throws -> Data {
    let types = try files.metadata.integers("tokenizer.ggml.token_type") ?? []
    let tokens = try (files.metadata.strings("tokenizer.ggml.tokens") ?? []).map { token in
      token.count > 1 && token.allSatisfy { $0 == " " } ? String(repeating: "▁", count: token.count) : token
    }
    // Not a set of strings, to which canonically equivalent spellings are the same.
    let known = Set(tokens.map { Array($0.utf8) })
    var json =
      #"{"normalizer":{"type":"Replace","pattern":{"String":" "},"content":"▁"},"pre_tokenizer":{"type":"Split","#
    json += #""pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false},"decoder":{"type":"Sequence","#
    json += #""decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},"#
    json += #"{"type":"Fuse"}]},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<bos>","#
    json += #""type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"<bos>":{"id":"<bos>","ids":[2],"#
    json +=
      #""tokens":["<bos>"]}}},"model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,"vocab":{"#
    json += tokens.enumerated().map { "\(quoted($1)):\($0)" }.joined(separator: ",") + #"},"merges":["#
    var merges: [String] = []
    for token in tokens {
      let scalars = Array(token.unicodeScalars)
      for cut in stride(from: scalars.count - 1, to: 0, by: -1) {
        let (left, right) = (text(scalars[..<cut]), text(scalars[cut...]))
        if known.contains(Array(left.utf8)), known.contains(Array(right.utf8)) {
          merges.append("[\(quoted(left)),\(quoted(right))]")
        }
      }
    }
    json += merges.joined(separator: ",") + #"]},"added_tokens":["#
    json +=
      tokens.indices.filter { (types[$0] == 3 || types[$0] == 4) && !tokens[$0].hasPrefix("▁▁") }.map {
        #"{"id":\#($0),"content":\#(quoted(tokens[$0])),"normalized":false,"special":\#(types[$0] == 3)}"#
      }.joined(separator: ",") + "]}"
    return Data(json.utf8)
  }

  private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{0}"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

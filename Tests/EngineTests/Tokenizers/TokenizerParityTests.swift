import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// Ids against those of Hugging Face `tokenizers`; fixtures from Tools/make_tokenizer_fixtures.py.
@Suite struct TokenizerParityTests {
  @Test func gpt2GivesTheIDsOfTransformers() throws {
    let tokenizer = try openTokenizer(
      vocabulary: RealModels.gpt2Encoder().path, merges: RealModels.gpt2Merges().path)
    #expect(tokenizer.vocabularySize == 50257)
    try expectParity(tokenizer, "gpt2.json")
  }

  @Test func smolLM2GivesTheIDsOfTransformers() throws {
    let tokenizer = try openTokenizer(files: GGUFFiles(path: RealModels.smolLM2().path))
    #expect(tokenizer.vocabularySize == 49152)
    #expect(try tokenizer.encode("", addSpecialTokens: true) == [])
    try expectParity(tokenizer, "smollm2.json")
  }

  @Test func gemma3GivesTheIDsOfTransformers() throws {
    let tokenizer = try openTokenizer(files: GGUFFiles(path: RealModels.gemma3().path))
    #expect(tokenizer.vocabularySize == 262144)
    #expect(try tokenizer.encode("", addSpecialTokens: true) == [2])
    #expect(try tokenizer.encode("", addSpecialTokens: false) == [])
    try expectParity(tokenizer, "gemma3.json")
  }

  private func expectParity(_ tokenizer: any Tokenizer, _ fixture: String) throws {
    let cases = try TokenizerCase.all(in: JSONDocument(path: Fixtures.url("tokenizers/\(fixture)").path).root)
    #expect(cases.count >= 300)
    for each in cases { #expect(try tokenizer.encode(each.text, addSpecialTokens: true) == each.ids, "\(each)") }
  }

  /// Tokenizers of one part each, by name.
  static let components: [String] = {
    let root = try? JSONDocument(path: Fixtures.url("tokenizers/components.json").path).root
    return root?.elements?.compactMap { $0["name"]?.string } ?? []
  }()

  @Test func componentsAreTested() { #expect(TokenizerParityTests.components.count == 17) }

  @Test(arguments: components) func everyPartOfATokenizerJSONGivesTheSameIDs(name: String) throws {
    let data = try Fixtures.data("tokenizers/components.json")
    let list = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
    let entry = try #require(list.first { $0["name"] as? String == name })
    try withTemporaryFolder { folder in
      try JSONSerialization.data(withJSONObject: try #require(entry["tokenizer"]))
        .write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      let path = Fixtures.url("tokenizers/components.json").path
      let value = try #require(try JSONDocument(path: path).root.elements?.first { $0["name"]?.string == name })
      for each in try TokenizerCase.all(in: value.member("cases")) {
        #expect(try tokenizer.encode(each.text, addSpecialTokens: true) == each.ids, "\(each)")
      }
    }
  }

  @Test func mergesFollowTheScoresOfAGGUF() throws {
    let root = try JSONDocument(path: Fixtures.url("tokenizers/scores.json").path).root
    var file = GGUFBuilder()
    file.set("general.architecture", "llama")
    file.set("tokenizer.ggml.model", "llama")
    file.set("tokenizer.ggml.tokens", try root.member("tokens").requireElements().map { try $0.requireString() })
    file.set("tokenizer.ggml.scores", try root.member("scores").requireElements().map { Float(try $0.requireReal()) })
    file.set(
      "tokenizer.ggml.token_type", try root.member("types").requireElements().map { Int32(try $0.requireInteger()) })
    file.set("tokenizer.ggml.bos_token_id", UInt32(1))
    file.set("tokenizer.ggml.eos_token_id", UInt32(2))
    file.set("tokenizer.ggml.unknown_token_id", UInt32(0))
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.gguf")
      try file.data().write(to: path)
      let tokenizer = try openTokenizer(files: GGUFFiles(path: path.path))
      for each in try TokenizerCase.all(in: root.member("cases")) {
        #expect(try tokenizer.encode(each.text, addSpecialTokens: true) == each.ids, "\(each)")
      }
    }
  }

  @Test(arguments: ["gpt2", "llama", "llama-untied", "gemma3", "gemma3-scalar"])
  func tinyModelsGiveTheSameIDsFromBothKindsOfFile(model: String) throws {
    let expected = try JSONDocument(path: Fixtures.url("models/\(model)/expected.json").path).root
    var tokenizers = [try openTokenizer(folder: Fixtures.url("models/\(model)/hf").path)]
    let gguf = Fixtures.url("models/\(model)/\(model).gguf").path
    if FileManager.default.fileExists(atPath: gguf) {
      tokenizers.append(try openTokenizer(files: GGUFFiles(path: gguf)))
    }
    for prompt in try expected.member("prompts").requireElements() {
      let text = try prompt.member("text").requireString()
      let ids = try prompt.member("ids").requireElements().map { try $0.requireInteger() }
      for tokenizer in tokenizers { #expect(try tokenizer.encode(text, addSpecialTokens: true) == ids, "\(text)") }
    }
  }
}

/// A text with the ids expected of it.
struct TokenizerCase: CustomStringConvertible {
  let text: String
  let ids: [Int]

  var description: String { text.debugDescription }

  static func all(in list: JSONValue) throws -> [TokenizerCase] {
    try list.requireElements().map { pair in
      let pair = Array(try pair.requireElements())
      return TokenizerCase(
        text: try pair[0].requireString(), ids: try pair[1].requireElements().map { try $0.requireInteger() })
    }
  }
}

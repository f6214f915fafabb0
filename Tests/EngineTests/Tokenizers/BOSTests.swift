import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Who decides whether texts begin with BOS")
struct BOSTests {
  /// A small byte-level tokenizer.json; with a template where `template`.
  private func json(template: Bool) -> String {
    let around =
      #"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, "#
      + #"{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"<s>": {"id": "<s>", "ids": [3], "tokens": ["<s>"]}}}"#
    return """
      {"added_tokens": [{"content": "<s>", "id": 3, "special": true}], "normalizer": null,
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
       "post_processor": \(template ? around : "null"), "decoder": {"type": "ByteLevel"},
       "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}}
      """
  }

  private func open(
    template: Bool, _ configuration: String, bos: BOSChoice = .model
  ) throws -> (ids: [Int], notes: [String]) {
    try withTemporaryFolder { folder in
      try Data(json(template: template).utf8).write(to: folder.appending(path: "tokenizer.json"))
      try Data(configuration.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      let notes = ModelNotes()
      let tokenizer = try openTokenizer(folder: folder.path, options: ModelOptions(bos: bos), notes: notes)
      return (try tokenizer.encode("b", addSpecialTokens: true), notes.all.map(\.message))
    }
  }

  @Test func theTemplateOfATokenizerJSONDecidesAndANoteNamesBoth() throws {
    #expect(try open(template: true, "{}") == ([3, 1], []))
    #expect(try open(template: false, "{}") == ([1], []))
    #expect(try open(template: true, #"{"bos_token": "<s>", "add_bos_token": true}"#) == ([3, 1], []))
    let dropped = try open(template: true, #"{"bos_token": "<s>", "add_bos_token": false}"#)
    #expect(dropped.ids == [3, 1])
    #expect(
      dropped.notes == [
        "add_bos_token is false, and the post-processor of tokenizer.json puts '<s>' before texts: the post-processor of "
          + "tokenizer.json is followed, as in transformers; --bos no leaves it out"
      ])
    let missing = try open(
      template: false, #"{"bos_token": "<s>", "eos_token": "<s>", "add_bos_token": true, "add_eos_token": true}"#)
    #expect(missing.ids == [1])
    #expect(
      missing.notes == [
        "add_bos_token is true, and the post-processor of tokenizer.json puts no '<s>' before texts: the post-processor of "
          + "tokenizer.json is followed, as in transformers; --bos yes puts one there",
        "add_eos_token is true, and the post-processor of tokenizer.json puts no '<s>' behind texts: the post-processor of "
          + "tokenizer.json is followed, as in transformers",
      ])
  }

  @Test func aTokenThatIsWantedAndNotNamedIsNoted() throws {
    let opened = try open(template: false, #"{"add_bos_token": true, "add_eos_token": true}"#)
    #expect(opened.ids == [1])
    #expect(
      opened.notes == [
        "add_bos_token is true, and there is no bos_token: texts begin without one",
        "add_eos_token is true, and there is no eos_token: texts end without one",
      ])
  }

  @Test func someClassesPutTheirOwnAroundTexts() throws {
    let dropped = try open(template: true, #"{"tokenizer_class": "GPTNeoXTokenizer", "bos_token": "<s>"}"#)
    #expect(dropped.ids == [1])
    #expect(
      dropped.notes.last
        == "the post-processor of tokenizer.json puts '<s>' before texts, and GPTNeoXTokenizer puts nothing around texts: "
        + "the class is followed, as in transformers")
    #expect(
      dropped.notes.first
        == "GPTNeoXTokenizer brings the normalizer NFC where tokenizer.json has none: the class is followed, as in "
        + "transformers; --accept-setting tokenizer_class follows tokenizer.json")
  }

  @Test func theUserDecidesOverBoth() throws {
    let named = #"{"bos_token": "<s>"}"#
    #expect(try open(template: false, named, bos: .yes).ids == [3, 1])
    #expect(try open(template: false, named, bos: .no).ids == [1])
    #expect(try open(template: true, named, bos: .no).ids == [1])
    // Not twice.
    #expect(try open(template: true, named, bos: .yes).ids == [3, 1])
    // What the template puts first is BOS where no name says so.
    #expect(try open(template: true, "{}", bos: .yes).ids == [3, 1])
    #expect(try open(template: true, "{}", bos: .no).ids == [1])
    let error = #expect(throws: TokenizerError.self) { try open(template: false, "{}", bos: .yes) }
    #expect(error?.message == "texts should begin with BOS, but the tokenizer names no such token")
  }

  @Test func theBOSThatIsPutBeforeTextsIsTold() throws {
    try withTemporaryFolder { folder in
      try Data(json(template: true).utf8).write(to: folder.appending(path: "tokenizer.json"))
      let tokenizer = try openTokenizer(folder: folder.path)
      #expect(tokenizer.bos == 3)
      #expect(tokenizer.leadingBOS == "<s>")
      let without = try openTokenizer(folder: folder.path, options: ModelOptions(bos: .no))
      #expect(without.leadingBOS == nil)
    }
  }

  /// A GGUF with the keys.
  private func gguf(_ keys: [String: Bool], ids: [String: UInt32], bos: BOSChoice = .model) throws -> ([Int], [String])
  {
    try withTemporaryFolder { folder in
      var file = GGUFBuilder()
      file.set("general.architecture", "gpt2")
      file.set("tokenizer.ggml.model", "gpt2")
      file.set("tokenizer.ggml.tokens", ["a", "b", "ab", "<s>"])
      file.set("tokenizer.ggml.merges", ["a b"])
      for (key, value) in keys.sorted(by: { $0.key < $1.key }) { file.set(key, value) }
      for (key, value) in ids.sorted(by: { $0.key < $1.key }) { file.set(key, value) }
      let path = folder.appending(path: "m.gguf").path
      try file.data().write(to: URL(filePath: path))
      let files = try GGUFFiles(path: path)
      let tokenizer = try openTokenizer(files: files, options: ModelOptions(bos: bos))
      return (try tokenizer.encode("b", addSpecialTokens: true), files.notes.all.map(\.message))
    }
  }

  @Test func theKeysOfAGGUFDecide() throws {
    let id = ["tokenizer.ggml.bos_token_id": UInt32(3)]
    #expect(try gguf(["tokenizer.ggml.add_bos_token": true], ids: id) == ([3, 1], []))
    #expect(try gguf(["tokenizer.ggml.add_bos_token": false], ids: id, bos: .yes) == ([3, 1], []))
    #expect(try gguf(["tokenizer.ggml.add_bos_token": true], ids: id, bos: .no) == ([1], []))
    let missing = try gguf(["tokenizer.ggml.add_bos_token": true, "tokenizer.ggml.add_eos_token": true], ids: [:])
    #expect(missing.0 == [1])
    #expect(
      missing.1 == [
        "texts are to begin with a bos_token, and there is no 'tokenizer.ggml.bos_token_id': they have none, as in "
          + "transformers (llama.cpp takes a token that it assumes)",
        "texts are to end with an eos_token, and there is no 'tokenizer.ggml.eos_token_id': they have none, as in "
          + "transformers (llama.cpp takes a token that it assumes)",
      ])
    #expect(throws: TokenizerError.self) { try gguf([:], ids: [:], bos: .yes) }
  }
}

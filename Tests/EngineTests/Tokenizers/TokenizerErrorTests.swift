import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// What is wrong with a tokenizer's files is an error that names it, never a guess and never a crash.
@Suite struct TokenizerErrorTests {
  /// A small byte-level tokenizer.json with one part replaced.
  private static func json(
    preTokenizer: String = #"{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}"#,
    normalizer: String = "null", postProcessor: String = "null",
    decoder: String = #"{"type": "ByteLevel"}"#, model: String = #""type": "BPE""#,
    vocabulary: String = #"{"a": 0, "b": 1, "ab": 2}"#, merges: String = #"["a b"]"#, added: String = "[]"
  ) -> String {
    """
    {"added_tokens": \(added), "normalizer": \(normalizer), "pre_tokenizer": \(preTokenizer),
     "post_processor": \(postProcessor), "decoder": \(decoder),
     "model": {\(model), "vocab": \(vocabulary), "merges": \(merges)}}
    """
  }

  private func open(
    _ json: String, configuration: String? = nil, options: ModelOptions = ModelOptions()
  ) throws -> any Tokenizer {
    try withTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appending(path: "tokenizer.json"))
      if let configuration {
        try Data(configuration.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
      }
      return try openTokenizer(folder: folder.path, options: options)
    }
  }

  private static func template(_ single: String) -> String {
    #"{"type": "TemplateProcessing", "special_tokens": {"a": {"ids": [0]}}, "single": ["# + single + "]}"
  }

  /// The ids were compared with tokenizers 0.23.3: those of the file do not count.
  @Test(arguments: [
    (#"[{"id": 9, "content": "<x>"}]"#, [3]), (#"[{"id": 1, "content": "<x>"}]"#, [3]),
    (#"[{"id": 4, "content": "<x>"}, {"id": 3, "content": "<y>"}]"#, [3, 4]),
    (#"[{"id": 7, "content": "b"}]"#, [1]),
  ]) func addedTokensHaveTheIDsOfTokenizers(added: String, ids: [Int]) throws {
    let tokenizer = try open(Self.json(added: added))
    let texts = ["<x>", "<y>"].prefix(ids.count)
    let text = ids == [1] ? "b" : texts.joined()
    #expect(try tokenizer.encode(text, addSpecialTokens: false) == ids)
  }

  /// Compared with tokenizers 0.23.3, too: with gaps among the ids, the entries of the vocabulary are counted.
  @Test(arguments: [
    (["<x>", "<y>"], [2, 3]), (["b", "<x>", "<y>"], [2, 3]), (["<x>", "b", "<y>"], [2, 3]),
    (["<p>", "<x>", "<y>"], [3, 4]),
  ]) func gapsOfAVocabularyTakeAddedTokens(names: [String], ids: [Int]) throws {
    let added = names.enumerated().map { #"{"id": \#(90 + $0), "content": "\#($1)"}"# }.joined(separator: ", ")
    let tokenizer = try open(Self.json(vocabulary: #"{"a": 0, "b": 5}"#, merges: "[]", added: "[\(added)]"))
    #expect(try tokenizer.encode("<x><y>b", addSpecialTokens: false) == ids + [5])
  }

  @Test func theUnchangedOneOpens() throws {
    let tokenizer = try open(TokenizerErrorTests.json())
    #expect(try tokenizer.encode("abba", addSpecialTokens: true) == [2, 1, 0])
    #expect(tokenizer.vocabularySize == 3)
    #expect(tokenizer.bytes(of: 2) == Array("ab".utf8))
    #expect(tokenizer.bytes(of: 3) == nil)
    #expect(tokenizer.bytes(of: -1) == nil)
  }

  @Test(arguments: [
    (json(postProcessor: #"{"type": "Template"}"#), "unknown post-processor 'Template'"),
    (json(model: #""type": "BPE", "dropout": 0.1"#), "BPE with dropout 0.1 is not implemented"),
    (json(merges: #"["a c"]"#), "expected merge 0 of tokens of the vocabulary into one, found 'a' and 'c'"),
    (json(merges: #"["b a"]"#), "expected merge 0 of tokens of the vocabulary into one, found 'b' and 'a'"),
    (json(merges: #"["ab"]"#), "expected a merge of two tokens, found 'ab'"),
    (json(merges: #"[["a", "b", "c"]]"#), "expected a merge: 'a b' or ['a', 'b'], found an array"),
    (json(merges: #"[7]"#), "expected an array, found the number 7"),
    (json(vocabulary: #"{"a": 0, "b": 0}"#), "expected one token for every id, found two for 0"),
    (json(vocabulary: #"{"a": 0, "b": 900000000}"#), "expected ids near the 2 tokens, found the id 900000000"),
    (json(vocabulary: #"{"a": -1}"#), "expected ids from 0, found -1 for 'a'"),
    (json(vocabulary: #"{"a": "0"}"#), "expected a whole number, found the string '0'"),
    (json(vocabulary: #"["a"]"#), "expected an object, found an array"),
    (json(preTokenizer: #"{"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}"#), "the pattern '('"),
    (
      json(preTokenizer: #"{"type": "Split", "pattern": {"Regex": "\\h"}, "behavior": "Isolated"}"#),
      "'\\h' is not known"
    ),
    (
      json(preTokenizer: #"{"type": "Split", "pattern": {"String": " "}, "behavior": "Odd"}"#), "unknown split behavior"
    ),
    (json(postProcessor: template(#"{"SpecialToken": {"id": "a"}}"#)), "expected the text ($A) once"),
    (
      json(postProcessor: template(#"{"Sequence": {"id": "A"}}, {"Sequence": {"id": "A"}}"#)),
      "expected the text ($A) once"
    ),
    (json(postProcessor: template(#"{"Sequence": {"id": "B"}}"#)), "expected the text ($A) once"),
    (
      json(
        postProcessor: #"{"type": "Sequence", "processors": ["#
          + template(#"{"SpecialToken": {"id": "a"}}, {"Sequence": {"id": "A"}}"#) + ", "
          + template(#"{"SpecialToken": {"id": "a"}}, {"Sequence": {"id": "A"}}"#) + "]}"),
      "several that put tokens around texts"
    ),
  ])
  func aPartThatIsNotKnownOrContradictsIsNamed(json: String, message: String) {
    let error = #expect(throws: (any Error).self) { try open(json) }
    let found = (error as? any EngineError)?.message ?? "\(String(describing: error))"
    #expect(found.contains(message), "\(found)")
  }

  @Test func aClassWhosePartsAreNotKnownIsRefusedUnlessTheUserAcceptsThat() throws {
    let configuration = #"{"tokenizer_class": "BigBirdTokenizerFast"}"#
    let error = #expect(throws: TokenizerError.self) {
      try open(TokenizerErrorTests.json(), configuration: configuration)
    }
    #expect(error?.message.hasPrefix("the tokenizer class 'BigBirdTokenizer' has unknown parts of its own") == true)
    #expect(error?.hints == ["to follow tokenizer.json as it is: --accept-setting tokenizer_class"])
    let options = ModelOptions(acceptedSettings: ["tokenizer_class"])
    let tokenizer = try open(TokenizerErrorTests.json(), configuration: configuration, options: options)
    #expect(try tokenizer.encode("abba", addSpecialTokens: true) == [2, 1, 0])
  }

  /// Ids from transformers: a vocabulary of more than 100000 tokens, whose pattern does not tell capitals apart.
  @Test(arguments: [
    (#"{"model_type": "mistral"}"#, true, [64, 33, 220, 256, 220, 257]),
    (#"{"model_type": "mistral"}"#, false, [258, 220, 256, 220, 257]),
    (#"{"model_type": "mistral", "transformers_version": "4.57.0"}"#, true, [64, 33, 220, 256, 220, 257]),
    (#"{"model_type": "mistral", "transformers_version": "5.1.0"}"#, true, [258, 220, 256, 220, 257]),
    (#"{"model_type": "llama"}"#, true, [258, 220, 256, 220, 257]),
  ])
  func thePatternOfMistralsVocabulariesIsMended(config: String, isMended: Bool, ids: [Int]) throws {
    // Sorted by code point, as Python sorts it.
    let alphabet = ByteAlphabet.scalars.sorted().compactMap(Unicode.Scalar.init).map { "\($0)" } + ["ab", "AB", "aB"]
    let tokens = alphabet + (alphabet.count..<100_001).map { "<x\($0)>" }
    let entries = try tokens.enumerated().map {
      "\(String(decoding: try JSONEncoder().encode($1), as: UTF8.self)): \($0)"
    }
    let json = TokenizerErrorTests.json(
      preTokenizer: #"""
        {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"Regex": "\\p{L}+|\\p{N}+|."}, "behavior": "Isolated", "invert": false},
          {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
        """#,
      vocabulary: "{" + entries.joined(separator: ", ") + "}",
      merges: #"["a b", "A B", "a B"]"#)
    try withTemporaryFolder { folder in
      try Data(json.utf8).write(to: folder.appending(path: "tokenizer.json"))
      try Data(config.utf8).write(to: folder.appending(path: "config.json"))
      try Data(#"{"tokenizer_class": "PreTrainedTokenizerFast", "fix_mistral_regex": \#(isMended)}"#.utf8).write(
        to: folder.appending(path: "tokenizer_config.json"))
      #expect(try openTokenizer(folder: folder.path).encode("aB ab AB", addSpecialTokens: true) == ids)
    }
  }

  @Test func aFolderWithoutTokenizerJSONIsRefusedWhereTheClassReadsNothingElse() throws {
    try withTemporaryFolder { folder in
      try Data(#"{"a": 0, "b": 1, "ab": 2}"#.utf8).write(to: folder.appending(path: "vocab.json"))
      try Data("#version: 0.2\na b\n".utf8).write(to: folder.appending(path: "merges.txt"))
      #expect(try openTokenizer(folder: folder.path).encode("aba", addSpecialTokens: true) == [2, 0])
      try Data(#"{"model_type": "granite"}"#.utf8).write(to: folder.appending(path: "config.json"))
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(
        error?.message
          == "expected a tokenizer.json, which TokenizersBackend reads, found vocab.json with merges.txt")
    }
  }

  @Test func aFolderWithVocabularyAndMergesOpens() throws {
    try withTemporaryFolder { folder in
      try Data(#"{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}"#.utf8).write(to: folder.appending(path: "vocab.json"))
      try Data("#version: 0.2\na b\n".utf8).write(to: folder.appending(path: "merges.txt"))
      let tokenizer = try openTokenizer(folder: folder.path)
      #expect(try tokenizer.encode("aba<|endoftext|>", addSpecialTokens: true) == [2, 0, 3])
      #expect(tokenizer.isSpecial(3))
      try Data(#"{"<x>": 4}"#.utf8).write(to: folder.appending(path: "added_tokens.json"))
      #expect(try openTokenizer(folder: folder.path).encode("a<x>b", addSpecialTokens: true) == [0, 4, 1])
    }
  }

  @Test func aFolderWithoutTokenizerFilesSaysWhichAreMissing() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(folder: folder.path) }
      #expect(
        error?.message == "expected tokenizer.json or vocab.json with merges.txt or tokenizer.model or spiece.model or "
          + "sentencepiece.bpe.model, found none of them"
      )
    }
  }

  @Test(arguments: [
    (
      ["tokenizer.ggml.pre": "gpt-5"],
      "unknown pre-tokenizer 'gpt-5', expected one of gpt-2, default, phi-2, jais, mpt, olmo, smollm"
    ),
    ([:], "unknown pre-tokenizer '(none)'"),
    (["tokenizer.ggml.model": "bert"], "unknown tokenizer model 'bert', expected one of gpt2, llama"),
  ])
  func anUnknownKindOfGGUFTokenizerIsNamed(changes: [String: String], message: String) throws {
    var keys = ["general.architecture": "llama", "tokenizer.ggml.model": "gpt2"]
    keys.merge(changes) { $1 }
    var file = GGUFBuilder()
    for (key, value) in keys.sorted(by: { $0.key < $1.key }) { file.set(key, value) }
    file.set("tokenizer.ggml.tokens", ["a", "b", "ab"])
    file.set("tokenizer.ggml.merges", ["a b"])
    try expectError(file, message)
  }

  @Test func aDamagedGGUFVocabularyIsNamed() throws {
    var base = GGUFBuilder()
    base.set("general.architecture", "gpt2")
    base.set("tokenizer.ggml.model", "gpt2")
    try expectError(base, "expected the vocabulary 'tokenizer.ggml.tokens', found none")
    base.set("tokenizer.ggml.tokens", ["a", "b", "ab"])
    try expectError(base, "expected the merges 'tokenizer.ggml.merges', found none")
    base.set("tokenizer.ggml.merges", ["a b"])
    var types = base
    types.set("tokenizer.ggml.token_type", [Int32(1), 1])
    try expectError(types, "expected 3 values of 'tokenizer.ggml.token_type', one a token, found 2")
    var bos = base
    bos.set("tokenizer.ggml.bos_token_id", UInt32(3))
    try expectError(bos, "expected 'tokenizer.ggml.bos_token_id' below 3, found 3")
  }

  private func expectError(_ file: GGUFBuilder, _ message: String) throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.gguf").path
      try file.data().write(to: URL(filePath: path))
      let error = #expect(throws: TokenizerError.self) { try openTokenizer(files: GGUFFiles(path: path)) }
      #expect(error?.place == path)
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "none")")
    }
  }
}

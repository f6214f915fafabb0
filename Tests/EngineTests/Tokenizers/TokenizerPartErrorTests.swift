import Traces
import Engine
import Foundation
import TestSupport
import Testing

/// Parts of a tokenizer.json that are unknown, incomplete or senseless are named.
@Suite struct TokenizerPartErrorTests {
  private static let plain = [
    "normalizer": "null", "pre_tokenizer": #"{"type": "WhitespaceSplit"}"#, "post_processor": "null", "decoder": "null",
    "model": #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#,
  ]

  /// A small tokenizer with one part replaced.
  private func open(_ part: String, _ json: String) throws -> any Tokenizer {
    let parts = TokenizerPartErrorTests.plain.merging([part: json]) { $1 }
    return try withTemporaryFolder { folder in
      let text = parts.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
      try Data("{\(text)}".utf8).write(to: folder.appending(path: "tokenizer.json"))
      return try openTokenizer(folder: folder.path)
    }
  }

  @Test(arguments: [
    (
      "pre_tokenizer", #"{"type": "Words"}"#,
      "unknown pre-tokenizer 'Words', expected one of Sequence, ByteLevel, Digits"
    ),
    (
      "normalizer", #"{"type": "Sequence", "normalizers": [{"type": "Odd"}]}"#,
      "unknown normalizer 'Odd', expected one of"
    ),
    ("decoder", #"{"type": "Odd"}"#, "unknown decoder 'Odd', expected one of Sequence, ByteLevel, Metaspace, Replace"),
    (
      "model", #"{"type": "Words"}"#,
      "unknown tokenizer model 'Words', expected one of BPE, WordPiece, WordLevel, Unigram"
    ),
    ("model", #"{"type": "Unigram", "vocab": {"a": 0}}"#, "expected an array, found an object"),
    ("model", #"{"type": "WordLevel", "vocab": {"a": 0}}"#, "expected the key 'unk_token', found none"),
    (
      "model", #"{"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a"}"#,
      "expected the key 'continuing_subword_prefix'"
    ),
    (
      "model", #"{"type": "WordPiece", "vocab": {"a": 0, "b": 0}, "unk_token": "a"}"#, "expected one token for every id"
    ),
    ("normalizer", #"{"type": "BertNormalizer", "lowercase": true}"#, "expected the key 'clean_text', found none"),
    (
      "normalizer", #"{"type": "Precompiled", "precompiled_charsmap": "?"}"#,
      "expected a map of characters in base64, found the string '?'"
    ),
    (
      "normalizer", #"{"type": "Precompiled", "precompiled_charsmap": ""}"#,
      "expected the size of a trie in the precompiled map of characters, found 0 bytes"
    ),
    (
      "normalizer", #"{"type": "Precompiled", "precompiled_charsmap": "AAA="}"#,
      "expected the size of a trie in the precompiled map of characters, found 2 bytes"
    ),
    ("pre_tokenizer", #"{"type": "FixedLength", "length": 0}"#, "expected a length of one character or more"),
    (
      "pre_tokenizer", #"{"type": "CharDelimiterSplit", "delimiter": "ab"}"#,
      "expected one character, found the string 'ab'"
    ),
    (
      "pre_tokenizer",
      #"{"type": "Metaspace", "replacement": "_", "add_prefix_space": false, "prepend_scheme": "first"}"#,
      "expected a Metaspace whose add_prefix_space and prepend_scheme agree, found false and 'first'"
    ),
    ("decoder", #"{"type": "Strip", "content": " ", "start": -1, "stop": 0}"#, "expected a number from 0"),
    (
      "model",
      #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"], "continuing_subword_prefix": "@@"}"#,
      "expected merge 0 of tokens of the vocabulary into one, found 'a' and 'b'"
    ),
  ])
  func aPartThatIsUnknownIncompleteOrSenselessIsNamed(part: String, json: String, message: String) {
    let error = #expect(throws: (any Error).self) { try open(part, json) }
    let found = (error as? any EngineError)?.message ?? "\(String(describing: error))"
    #expect(found.contains(message), "\(found)")
  }

  @Test(arguments: [
    (#"{"type": "BPE", "vocab": {"a": 0, "ab": 1, "b": 2}, "merges": ["a b"], "unk_token": "<u>"}"#, "é"),
    (#"{"type": "WordLevel", "vocab": {"a": 0, "ab": 1}, "unk_token": "<u>"}"#, "aé"),
    (
      #"{"vocab": {"a": 0, "ab": 1}, "unk_token": "<u>", "continuing_subword_prefix": "", "max_input_chars_per_word": 9}"#,
      "aé"
    ),
  ])
  func aTextThatNeedsAnUnknownTokenThatIsNotThereIsRefused(model: String, piece: String) throws {
    let tokenizer = try open("model", model)
    #expect(try tokenizer.encode("ab a", addSpecialTokens: true) == [1, 0])
    let error = #expect(throws: TokenizerError.self) { try tokenizer.encode("aé", addSpecialTokens: true) }
    #expect(error?.message == "the vocabulary cannot spell '\(piece)', and the unk_token '<u>' is not in it")
    let unigram = try open("model", #"{"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": null}"#)
    #expect(try unigram.encode("a", addSpecialTokens: true) == [0])
    let missing = #expect(throws: TokenizerError.self) { try unigram.encode("aé", addSpecialTokens: true) }
    #expect(missing?.message == "the vocabulary cannot spell 'é', and there is no unk_id")
  }

  /// The names are those of the enumerations of tokenizers 0.23.3: NormalizerWrapper, PreTokenizerWrapper, PostProcessorWrapper,
  /// DecoderWrapper and ModelWrapper.
  @Test(arguments: [
    (
      "normalizer",
      "Bert BertNormalizer Strip StripAccents NFC NFD NFKC NFKD Sequence Lowercase Nmt Precompiled Replace Prepend ByteLevel"
    ),
    (
      "pre_tokenizer",
      "BertPreTokenizer ByteLevel CharDelimiterSplit Metaspace Whitespace Sequence Split Punctuation WhitespaceSplit Digits "
        + "UnicodeScripts FixedLength"
    ),
    ("post_processor", "RobertaProcessing BertProcessing ByteLevel TemplateProcessing Sequence"),
    ("decoder", "BPEDecoder ByteLevel WordPiece Metaspace CTC Sequence Replace Fuse Strip ByteFallback"),
    ("model", "BPE WordPiece WordLevel Unigram"),
  ])
  func everyPartThatTokenizersDefinesIsKnown(part: String, names: String) {
    for name in names.split(separator: " ") {
      do {
        _ = try open(part, #"{"type": "\#(name)"}"#)
      } catch TokenizerError.unknownComponent(_, let kind, let found, _) {
        Issue.record("unknown \(kind) '\(found)'")
      } catch {}  // a setting is missing, of a part that is known
    }
  }

  @Test func filesThatDoNotNameTheirModelAreToldApartByWhatTheyHave() throws {
    func ids(_ model: String) throws -> [Int] { try open("model", model).encode("ab", addSpecialTokens: true) }
    #expect(try ids(#"{"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}"#) == [2])
    #expect(try ids(#"{"vocab": [["a", 0.0], ["b", -1.0]], "unk_id": 0}"#) == [0, 1])
    #expect(try ids(#"{"vocab": {"a": 0, "b": 1}, "unk_token": "b"}"#) == [1])
    #expect(
      try ids(
        #"{"vocab": {"a": 0, "@b": 1}, "unk_token": "a", "continuing_subword_prefix": "@", "max_input_chars_per_word": 2}"#
      )
        == [0, 1])
  }
}

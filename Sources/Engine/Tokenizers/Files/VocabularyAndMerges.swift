import Foundation
import Traces

/// Reads GPT-2's own files, `vocab.json` and `merges.txt` (`encoder.json` and `vocab.bpe` at OpenAI).
enum VocabularyAndMerges {
  /// Byte-level BPE with the parts of the configuration's class.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  static func tokenizer(
    vocabulary vocabularyPath: String, merges mergesPath: String, configuration: TokenizerConfiguration, bos: BOSChoice
  ) throws -> TextTokenizer {
    let components = TokenizerComponents(path: vocabularyPath)
    let own = try configuration.parts(insteadOf: nil)
    let (preTokenizers, isByteLevel) = try components.preTokenizers(own?["pre_tokenizer"])
    guard isByteLevel else {
      throw TokenizerError.unsupportedSetting(
        path: vocabularyPath, component: configuration.kind.name, setting: "files", found: "vocab.json with merges.txt",
        expected: "tokenizer.json or tokenizer.model")
    }
    let document = try JSONDocument(ModelFile(vocabularyPath, as: .vocabulary))
    let vocabulary = try TokenizerJSON.vocabulary(document.root, isByteLevel: true, path: vocabularyPath)
    let map = try MemoryMap(ModelFile(mergesPath, as: .vocabulary))
    let merges = try withExtendedLifetime(map) {
      // Files from Windows end their lines with a carriage return, too.
      let lines = map.bytes.split(separator: 0x0A).map { line in
        UnsafeRawBufferPointer(rebasing: line.last == 0x0D ? line.dropLast() : line)
      }
      var reader = MergeReader(vocabulary: vocabulary, isByteLevel: true, count: lines.count, path: mergesPath)
      for line in lines where !line.isEmpty && !line.starts(with: "#version".utf8) { try reader.read(line: line) }
      return reader.table
    }
    var parts = TextTokenizer.Parts(
      model: .bytePairs(
        BytePairEncoder(
          vocabulary: vocabulary, merges: .listed(merges), symbols: .bytes, unknown: nil, fusesUnknown: false,
          wholePieceFirst: false)),
      decoding: .bytes)
    parts.preTokenizers = preTokenizers
    parts.normalizers = try components.normalizers(own?["normalizer"])
    try configuration.amend(&parts.added, vocabulary: vocabulary, isByteLevel: true)
    parts.splitsSpecialTokens = configuration.splitsSpecialTokens
    (parts.prefix, parts.suffix) = configuration.around(parts.added)
    parts.roles = configuration.roles
    try parts.setBOS(bos, configuration.id(of: "bos_token", parts.added), path: vocabularyPath)
    return try TextTokenizer(parts)
  }
}

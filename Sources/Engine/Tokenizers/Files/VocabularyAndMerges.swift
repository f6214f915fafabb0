import Foundation

/// Reads GPT-2's own files, `vocab.json` and `merges.txt` (`encoder.json` and `vocab.bpe` at OpenAI).
enum VocabularyAndMerges {
  /// What GPT-2's tokenizer class names as its special tokens when nothing else does.
  private static let defaultSpecialToken = "<|endoftext|>"

  /// Byte-level BPE, with GPT-2's pattern unless the folder's other files say something else.
  ///
  /// Throws `JSONError` and `TokenizerError`.
  static func tokenizer(
    vocabulary vocabularyPath: String, merges mergesPath: String, files: VocabularyFiles?,
    configuration: TokenizerConfiguration?
  ) throws -> TextTokenizer {
    let document = try JSONDocument(path: vocabularyPath)
    let vocabulary = try TokenizerJSON.vocabulary(document.root, isByteLevel: true, path: vocabularyPath)
    guard let text = FileManager.default.contents(atPath: mergesPath) else {
      throw JSONError.unreadable(path: mergesPath, reason: "no such file or not readable")
    }
    let merges = try text.withUnsafeBytes { bytes in
      // Lines end with LF or with CR and LF, as `tokenizers` reads them.
      let lines = bytes.split(separator: 0x0A)
        .map { UnsafeRawBufferPointer(rebasing: $0.last == 0x0D ? $0.dropLast() : $0) }.filter { !$0.isEmpty }
      var reader = MergeReader(vocabulary: vocabulary, isByteLevel: true, count: lines.count, path: mergesPath)
      for line in lines where !line.starts(with: "#version".utf8) { try reader.read(line: line) }
      return reader.table
    }
    var parts = TextTokenizer.Parts(
      model: .bytePairs(
        BytePairEncoder(
          vocabulary: vocabulary, merges: .listed(merges), symbols: .bytes, unknown: nil, fusesUnknown: false,
          wholePieceFirst: false)),
      decoding: .bytes)
    let pattern = try Pattern(files?.kind.pattern ?? FamilyPattern.gpt2, path: vocabularyPath)
    parts.normalizers = files?.kind.normalizers ?? []
    parts.preTokenizers = [.split(pattern, .isolated, inverted: false)]
    if let id = vocabulary.id(of: defaultSpecialToken) {
      parts.added = [AddedToken(content: defaultSpecialToken, id: id, isSpecial: true)]
    }
    for token in try files?.addedTokens(vocabulary) ?? [] where !parts.added.contains(where: { $0.id == token.id }) {
      parts.added.append(token)
    }
    configuration?.amend(&parts.added, vocabulary: vocabulary)
    if let around = try configuration?.around(parts.added) { (parts.prefix, parts.suffix) = around }
    return try TextTokenizer(parts)
  }
}

import Traces

/// The files beside the weights of a folder, and which of several tokenizer files is read.
package enum TokenizerFolder {
  /// The source of the ids.
  package enum Source: Equatable {
    case json, vocabulary
    /// A SentencePiece model, by its name.
    case sentencePiece(String)
  }

  static let json = "tokenizer.json"
  static let vocabulary = "vocab.json"
  static let merges = "merges.txt"
  /// Names of a SentencePiece model; the first one that is there is read.
  static let sentencePieces = ["tokenizer.model", "spiece.model", "sentencepiece.bpe.model"]
  static let known = [json, vocabulary, merges] + sentencePieces

  /// The converted tokenizer first, as in transformers; nil when there is none.
  package static func source(of names: [String]) -> Source? {
    if names.contains(json) { return .json }
    if names.contains(vocabulary), names.contains(merges) { return .vocabulary }
    return sentencePieces.first(where: names.contains).map(Source.sentencePiece)
  }

  /// What a file besides the weights holds.
  static func content(of name: String) -> ModelFile.Content { known.contains(name) ? .vocabulary : .settings }

  /// The existing files besides the weights that affect the output.
  ///
  /// A SentencePiece model only if it is the file that is read: beside a converted tokenizer it has no effect.
  package static func companions(of names: [String]) -> [String] {
    let files = [
      "config.json", json, "tokenizer_config.json", vocabulary, merges, "added_tokens.json", "special_tokens_map.json",
    ]
    if case .sentencePiece(let name) = source(of: names) { return files.filter(names.contains) + [name] }
    return files.filter(names.contains)
  }
}

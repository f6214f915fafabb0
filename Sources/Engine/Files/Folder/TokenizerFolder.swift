/// The files beside the weights of a folder, and which of several tokenizer files is read.
package enum TokenizerFolder {
  /// The source of the ids.
  package enum Source { case json, vocabulary, sentencePiece }

  static let json = "tokenizer.json"
  static let vocabulary = "vocab.json"
  static let merges = "merges.txt"
  static let sentencePiece = "tokenizer.model"
  static let known = [json, vocabulary, merges, sentencePiece]

  /// The converted tokenizer first, as in transformers; nil when there is none.
  package static func source(of names: [String]) -> Source? {
    if names.contains(json) { return .json }
    if names.contains(vocabulary), names.contains(merges) { return .vocabulary }
    return names.contains(sentencePiece) ? .sentencePiece : nil
  }

  /// The existing files besides the weights that affect the output.
  ///
  /// `tokenizer.model` only if it is the file that is read: beside a converted tokenizer it has no effect.
  package static func companions(of names: [String]) -> [String] {
    let files = [
      "config.json", json, "tokenizer_config.json", vocabulary, merges, "added_tokens.json", "special_tokens_map.json",
    ]
    return files.filter(names.contains) + (source(of: names) == .sentencePiece ? [sentencePiece] : [])
  }
}

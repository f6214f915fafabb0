/// Which of the tokenizer files of a folder is read, where there are several.
enum TokenizerFolder {
  /// What the ids come from.
  enum Source { case json, vocabulary, sentencePiece }

  static let json = "tokenizer.json"
  static let vocabulary = "vocab.json"
  static let merges = "merges.txt"
  static let sentencePiece = "tokenizer.model"
  static let known = [json, vocabulary, merges, sentencePiece]

  /// The converted tokenizer first, as in transformers; nil when there is none.
  static func source(of names: [String]) -> Source? {
    if names.contains(json) { return .json }
    if names.contains(vocabulary), names.contains(merges) { return .vocabulary }
    return names.contains(sentencePiece) ? .sentencePiece : nil
  }

  /// `tokenizer.model` where it is the one that is read: beside a converted tokenizer it decides nothing.
  static func sentencePieceAlone(of names: [String]) -> [String] {
    source(of: names) == .sentencePiece ? [sentencePiece] : []
  }
}

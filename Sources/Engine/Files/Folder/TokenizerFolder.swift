/// Chooses among several tokenizer files of a folder.
enum TokenizerFolder {
  /// The source of the ids.
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

  /// `tokenizer.model` if it is the file that is read: beside a converted tokenizer it has no effect.
  static func sentencePieceAlone(of names: [String]) -> [String] {
    source(of: names) == .sentencePiece ? [sentencePiece] : []
  }
}

/// Turns text into the token ids a model was trained on, exactly as Hugging Face `tokenizers` would, and back into bytes.
public protocol Tokenizer: Sendable {
  /// Entries, added and special tokens included.
  ///
  /// Not always the rows of the head, which may be padded.
  var vocabularySize: Int { get }

  /// Token ids of `text`; with `addSpecialTokens`, the BOS (and whatever else) that the model's own configuration asks for.
  ///
  /// Special tokens written out in the text are recognised, as `tokenizers` does by default.
  func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int]

  /// The bytes a token stands for when it is decoded in the middle of a text; nil for an id that is not in the vocabulary.
  ///
  /// Special tokens yield the bytes of their written form (`<bos>`).
  func bytes(of id: Int) -> [UInt8]?

  /// Ids in front of every text, when special tokens are added.
  var prefix: [Int] { get }

  /// The token that can begin a text (BOS); nil where there is none.
  var bos: Int? { get }

  /// Whether the id is a control token (BOS, EOS, padding, ...), not text.
  func isSpecial(_ id: Int) -> Bool
}

extension Tokenizer {
  /// How the BOS is written that is put before every text; nil where none is.
  public var leadingBOS: String? {
    guard let bos, prefix.last == bos else { return nil }
    return text(of: bos)
  }

  /// The text of a token where its bytes are whole UTF-8; nil where they are a part of a character or the id is unknown.
  public func text(of id: Int) -> String? {
    guard let bytes = bytes(of: id) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// Turns text into the token ids a model was trained on, exactly as Hugging Face `tokenizers` would, and back into bytes.
public protocol Tokenizer: Sendable {
  /// Entries, added and special tokens included.
  ///
  /// It can differ from the rows of the head, which may be padded.
  var vocabularySize: Int { get }

  /// Token ids of `text`; with `addSpecialTokens` including BOS and other tokens of the model's configuration.
  ///
  /// Special tokens in the text are recognised, as `tokenizers` does by default.
  func encode(_ text: String, addSpecialTokens: Bool) throws -> [Int]

  /// The bytes a token stands for when it is decoded in the middle of a text; nil for an id that is not in the vocabulary.
  ///
  /// Special tokens yield the bytes of their written form (`<bos>`).
  func bytes(of id: Int) -> [UInt8]?

  /// Ids before every text when special tokens are added.
  var prefix: [Int] { get }

  /// The token that can begin a text (BOS); nil if there is none.
  var bos: Int? { get }

  /// Whether the id is a control token (BOS, EOS, padding, ...), not text.
  func isSpecial(_ id: Int) -> Bool

  /// Written forms of the special tokens that the files name, by the names that chat templates use: "bos_token".
  var specialTokens: [String: String] { get }

  /// Written forms of all control tokens that are recognised in a text.
  var writtenSpecialTokens: [String] { get }
}

extension Tokenizer {
  /// The text of the BOS before every text; nil if there is none.
  public var leadingBOS: String? {
    guard let bos, prefix.last == bos else { return nil }
    return text(of: bos)
  }

  /// The text of a token; nil if its bytes are not whole UTF-8 or the id is unknown.
  public func text(of id: Int) -> String? {
    guard let bytes = bytes(of: id) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }
}

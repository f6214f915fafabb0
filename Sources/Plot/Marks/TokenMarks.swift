/// A text as its tokens in reading order, each tinted by a number.
public struct TokenMarks: Equatable, Sendable {
  /// From the first to the last.
  public var tokens: [Token]
  /// The tints.
  public var scale: ColorScale
  /// Runs of tokens that begin a line of their own, with a name beside them; none for a text in one piece.
  public var spans: [NamedSpan] = []

  /// A token of the text.
  public struct Token: Equatable, Sendable {
    /// Made visible.
    public var label: Label
    /// Its tint; nil where there is none.
    public var value: Double?
    /// Whether a new line begins after it.
    public var endsLine: Bool
    /// Whether it has a frame.
    public var isMarked: Bool
    /// Its number in the text where tokens are left out; nil where it is its number in the marks.
    public var position: Int?
    /// A token.
    public init(label: Label, value: Double?, endsLine: Bool, isMarked: Bool) {
      self.label = label
      self.value = value
      self.endsLine = endsLine
      self.isMarked = isMarked
    }
  }

  /// A text.
  public init(tokens: [Token], scale: ColorScale) {
    self.tokens = tokens
    self.scale = scale
  }
}

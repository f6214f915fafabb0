/// A series watched besides the target: a token, or several tokens as one series.
public enum Watched: Sendable, Hashable {
  /// The text of one token.
  case token(String)
  /// Tokens whose probabilities are summed and whose best rank is taken.
  case set(WatchSet)
  /// Tokens that a first run of the text finds.
  case automatic(AutoWatch)

  /// A watched word as it is written: a request such as `auto(3)`, or else the text of one token.
  public init(written: String) { self = AutoWatch(written).map { .automatic($0) } ?? .token(written) }

  /// The request for tokens that are to be found; nil for named ones.
  public var automatic: AutoWatch? { if case .automatic(let asked) = self { asked } else { nil } }

  /// The largest number of series that it becomes.
  public var most: Int { automatic?.count ?? 1 }

  /// The name of the series: the token's text, the name of the set, or the request.
  public var name: String {
    switch self {
    case .token(let text): text
    case .set(let set): set.name
    case .automatic(let asked): asked.written
    }
  }
}

/// Several tokens watched as one series under a name.
public struct WatchSet: Sendable, Hashable {
  /// How the tokens are named.
  public enum Members: Sendable, Hashable {
    /// Texts of one token each: " London", "London".
    case tokens([String])
    /// Words of one or more tokens, each of which stands for its first token; words with the same first token share it.
    case firstTokens(of: [String])
    /// Indices in the model's vocabulary.
    case ids([Int])
  }

  /// Names the series in traces and figures.
  public var name: String
  /// The tokens.
  public var members: Members

  /// A set.
  public init(name: String, members: Members) {
    self.name = name
    self.members = members
  }
}

extension Watched: ExpressibleByStringLiteral {
  /// A single token.
  public init(stringLiteral text: String) { self = .token(text) }
}

/// The same form in JSON and in specs: a string, or {"name": ..., "tokens" | "first_of" | "ids": [...]}.
extension Watched: Codable {
  private enum Keys: String, CodingKey {
    case name, tokens, ids
    case firstOf = "first_of"
  }

  /// Reads one of its two forms.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.init(written: text)
      return
    }
    let container = try decoder.container(keyedBy: Keys.self)
    let name = try container.decode(String.self, forKey: .name)
    if let texts = try container.decodeIfPresent([String].self, forKey: .tokens) {
      self = .set(WatchSet(name: name, members: .tokens(texts)))
    } else if let words = try container.decodeIfPresent([String].self, forKey: .firstOf) {
      self = .set(WatchSet(name: name, members: .firstTokens(of: words)))
    } else {
      self = .set(WatchSet(name: name, members: .ids(try container.decode([Int].self, forKey: .ids))))
    }
  }

  /// Writes one of its two forms.
  public func encode(to encoder: any Encoder) throws {
    if case .token(let text) = self, AutoWatch(text) != nil {
      // The text alone would be a request.
      return try Watched.set(WatchSet(name: text, members: .tokens([text]))).encode(to: encoder)
    }
    guard case .set(let set) = self else {
      var container = encoder.singleValueContainer()
      try container.encode(name)
      return
    }
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(set.name, forKey: .name)
    switch set.members {
    case .tokens(let texts): try container.encode(texts, forKey: .tokens)
    case .firstTokens(let words): try container.encode(words, forKey: .firstOf)
    case .ids(let ids): try container.encode(ids, forKey: .ids)
    }
  }
}

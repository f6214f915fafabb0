extension Trace {
  /// A change of the run that the trace is of: a state that was replaced, or moved along a direction, before the run went on.
  public struct Change: Equatable, Sendable {
    /// Which state of the network.
    public var place: Patching.Place
    /// The block, counted from 0; nil for the stream after the embedding.
    public var layer: Int?
    /// Where it was changed, in ascending order: indices into the trace's tokens.
    public var positions: [Int]
    /// What became of the state.
    public var effect: Effect

    /// What becomes of a state.
    public enum Effect: Equatable, Sendable {
      /// The state of another text at the same place and position takes its place; the text has as many tokens as the prompt.
      case patch(Text)
      /// A direction is added to it.
      case steer(Direction)
    }

    /// A text that was run for its states.
    public struct Text: Encodable, Equatable, Sendable {
      /// The text.
      public var text: String
      /// Its tokens, special ones included.
      public var tokens: [Token]

      /// A text with its tokens.
      public init(text: String, tokens: [Token]) {
        self.text = text
        self.tokens = tokens
      }
    }

    /// A vector in the space of the residual stream.
    public struct Direction: Encodable, Equatable, Sendable {
      /// The factor with which it was added.
      public var by: Double
      /// Its length.
      public var norm: Double
      /// Where it comes from.
      public var origin: Origin

      /// A direction of some length, added with a factor.
      public init(by: Double, norm: Double, origin: Origin) {
        self.by = by
        self.norm = norm
        self.origin = origin
      }
    }

    /// Where a direction comes from.
    public enum Origin: Equatable, Sendable {
      /// The state of one text less that of another, both of the stream.
      case difference(plus: State, minus: State)
      /// A file of vectors.
      case file(VectorFile)
    }

    /// A state of the residual stream of a text.
    public struct State: Encodable, Equatable, Sendable {
      /// The text.
      public var text: Text
      /// The block after which it stands; nil for the embedding.
      public var layer: Int?
      /// Index into the text's tokens.
      public var position: Int

      /// The state after a block at a position of a text.
      public init(text: Text, layer: Int?, position: Int) {
        self.text = text
        self.layer = layer
        self.position = position
      }
    }

    /// A vector in a file.
    public struct VectorFile: Codable, Hashable, Sendable {
      /// The bare name of the file.
      public var name: String
      /// SHA-256 of the file, hex.
      public var sha256: String
      /// The tensor in it.
      public var tensor: String
      /// Its row; nil for a tensor of one vector.
      public var row: Int?

      /// A vector by its file, tensor and row.
      public init(name: String, sha256: String, tensor: String, row: Int? = nil) {
        self.name = name
        self.sha256 = sha256
        self.tensor = tensor
        self.row = row
      }
    }

    /// A change of the states of a layer at some positions.
    public init(place: Patching.Place, layer: Int?, positions: [Int], effect: Effect) {
      self.place = place
      self.layer = layer
      self.positions = positions
      self.effect = effect
    }
  }
}

extension Trace.Change: Encodable {
  private enum Keys: String, CodingKey { case place, layer, positions, patch, steer }

  /// Writes its effect as `patch` or `steer`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(place, forKey: .place)
    try container.encodeIfPresent(layer, forKey: .layer)
    try container.encode(positions, forKey: .positions)
    switch effect {
    case .patch(let text): try container.encode(text, forKey: .patch)
    case .steer(let direction): try container.encode(direction, forKey: .steer)
    }
  }
}

extension Trace.Change.Origin: Encodable {
  private enum Keys: String, CodingKey { case plus, minus, file }

  /// Writes its two states or its file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    switch self {
    case .difference(let plus, let minus):
      try container.encode(plus, forKey: .plus)
      try container.encode(minus, forKey: .minus)
    case .file(let file): try container.encode(file, forKey: .file)
    }
  }
}

extension Trace.Change {
  /// The first number that contradicts the trace.
  func fault(promptLength: Int, tokens: Int, model: Trace.Model) -> (key: String, reason: String)? {
    func isThere(_ layer: Int?) -> Bool { layer.map { (0..<max(1, model.layers)).contains($0) } ?? true }
    func wrong(_ layer: Int?) -> String { "\(layer ?? 0), expected 0 to \(model.layers - 1)" }
    guard isThere(layer) else { return ("layer", wrong(layer)) }
    if layer == nil, place != .stream { return ("layer", "none, expected the block whose part was changed") }
    if positions.isEmpty { return ("positions", "none, expected one or more") }
    for (index, position) in positions.enumerated() {
      if !(0..<tokens).contains(position) {
        return ("positions[\(index)]", "\(position), expected 0 to \(tokens - 1)")
      }
      if index > 0, position <= positions[index - 1] {
        return ("positions[\(index)]", "\(position), expected more than the one before")
      }
    }
    switch effect {
    case .patch(let text):
      guard text.tokens.count == promptLength else {
        return ("patch.tokens", "\(text.tokens.count) tokens, expected \(promptLength) as in 'prompt_length'")
      }
      if let found = Trace.unknownToken(text.tokens, model) { return ("patch.tokens" + found.key, found.reason) }
      guard let last = positions.last, last < promptLength else {
        return ("positions", "expected positions of the prompt, whose states have their place in the other text")
      }
    case .steer(let direction):
      if place != .stream { return ("place", "'\(place.rawValue)', expected 'stream', to which directions are added") }
      if direction.norm < 0 { return ("steer.norm", "\(direction.norm), expected 0 or more") }
      let (plus, minus): (State, State)
      switch direction.origin {
      case .difference(let one, let other): (plus, minus) = (one, other)
      case .file(let file):
        guard file.sha256.utf8.count == 64, file.sha256.allSatisfy(\.isHexDigit) else {
          return ("steer.origin.file.sha256", "'\(file.sha256)', expected 64 hexadecimal digits")
        }
        return nil
      }
      for (key, state) in [("plus", plus), ("minus", minus)] {
        if let found = Trace.unknownToken(state.text.tokens, model) {
          return ("steer.origin.\(key).text.tokens" + found.key, found.reason)
        }
        guard isThere(state.layer) else { return ("steer.origin.\(key).layer", wrong(state.layer)) }
        guard state.text.tokens.indices.contains(state.position) else {
          return (
            "steer.origin.\(key).position", "\(state.position), expected 0 to \(state.text.tokens.count - 1)"
          )
        }
      }
    }
    return nil
  }
}

extension Trace {
  /// What is wrong with the changes of its run.
  func changesFault() -> (key: String, reason: String)? {
    guard let changes else { return nil }
    guard schema == Trace.secondSchemaName else {
      return ("changes", "a changed run, which needs the schema '\(Trace.secondSchemaName)'")
    }
    if changes.isEmpty { return ("changes", "none, expected one or more; leave the key out for the model's own run") }
    for (key, isThere) in [("attribution", attribution != nil), ("patching", patching != nil)] where isThere {
      return (key, "numbers of the model's own run beside 'changes'")
    }
    for (index, change) in changes.enumerated() {
      if let fault = change.fault(promptLength: promptLength, tokens: tokens.count, model: model) {
        return ("changes[\(index)].\(fault.key)", fault.reason)
      }
    }
    return nil
  }
}

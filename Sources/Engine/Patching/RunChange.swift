import Traces

/// A state that takes another value in a run, from which the run goes on: activation patching, or steering along a direction.
public struct RunChange: Sendable, Hashable, Encodable {
  /// Which state of the network.
  public var place: Trace.Patching.Place
  /// Where in depth.
  public var layer: Layer
  /// At which tokens.
  public var positions: Positions
  /// What becomes of the state.
  public var effect: Effect

  /// A layer of the network.
  public enum Layer: Sendable, Hashable, Encodable {
    /// The residual stream after the embedding.
    case embedding
    /// A block, counted from 0, and the stream after it.
    case block(Int)
  }

  /// Positions of a text, counted from 1 with special tokens.
  public enum Positions: Sendable, Hashable, Encodable {
    /// Single ones.
    case these([Int])
    /// The last token of the prompt.
    case last
    /// One and all after it, also those of tokens that the model writes.
    case from(Int)
    /// Every one.
    case all
  }

  /// What becomes of a state.
  public enum Effect: Sendable, Hashable, Encodable {
    /// It is replaced by the state of another text of as many tokens, at the same place and position.
    case patch(source: String)
    /// A direction times a factor is added to it.
    case steer(Direction, by: Double)
  }

  /// A vector in the space of the residual stream.
  public enum Direction: Sendable, Hashable, Encodable {
    /// The state of one text less that of another.
    case difference(Difference)
    /// A vector of a file.
    case file(SteeringVectors)
  }

  /// Two states of the residual stream.
  public struct Difference: Sendable, Hashable, Encodable {
    /// The text whose state is added.
    public var plus: String
    /// The text whose state is subtracted.
    public var minus: String
    /// The token of both texts, counted from 1; nil for the last of each.
    public var position: Int?
    /// The layer of both states; nil for the layer at which the direction is added.
    public var layer: Layer?

    /// The difference of the states of two texts.
    public init(plus: String, minus: String, position: Int? = nil, layer: Layer? = nil) {
      self.plus = plus
      self.minus = minus
      self.position = position
      self.layer = layer
    }
  }

  /// A change of the states of a layer at some positions.
  public init(
    _ effect: Effect, layer: Layer, positions: Positions, place: Trace.Patching.Place = .stream
  ) {
    self.place = place
    self.layer = layer
    self.positions = positions
    self.effect = effect
  }
}

extension RunChange.Layer {
  /// As traces count it; nil for the embedding.
  public var block: Int? { if case .block(let block) = self { block } else { nil } }
}

extension RunChange {
  /// Whether a change that a trace tells is this one.
  public func isTold(by change: Trace.Change, promptLength: Int, tokens: Int) -> Bool {
    guard change.place == place, change.layer == layer.block else { return false }
    guard change.positions == reach(promptLength: promptLength).positions(of: tokens) else { return false }
    switch (effect, change.effect) {
    case (.patch(let source), .patch(let text)): return source == text.text
    case (.steer(let direction, let by), .steer(let told)):
      guard by == told.by else { return false }
      switch (direction, told.origin) {
      case (.difference(let asked), .difference(let plus, let minus)):
        let layer = (asked.layer ?? self.layer).block
        func isAsked(_ state: Trace.Change.State) -> Bool {
          state.layer == layer && state.position == (asked.position ?? state.text.tokens.count) - 1
        }
        return (asked.plus, asked.minus) == (plus.text.text, minus.text.text) && isAsked(plus) && isAsked(minus)
      case (.file(let vectors), .file(let file)):
        return (vectors.sha256, vectors.tensor) == (file.sha256, file.tensor)
      default: return false
      }
    default: return false
    }
  }

  /// The tokens that it reaches; states of another text end with the prompt.
  func reach(promptLength: Int) -> Reach {
    var reach = Reach()
    switch positions {
    case .these(let numbers): reach.these = Set(numbers).map { $0 - 1 }.sorted()
    case .last: reach.these = [promptLength - 1]
    case .from(let number): reach.from = number - 1
    case .all: break
    }
    if case .patch = effect, reach.these == nil { reach.these = Array(min(reach.from, promptLength)..<promptLength) }
    return reach
  }

  /// The tokens of a text that a change reaches, by index.
  struct Reach: Hashable {
    /// Single positions, ascending; nil for all from one on.
    var these: [Int]?
    var from = 0

    func contains(_ position: Int) -> Bool { these?.contains(position) ?? (position >= from) }

    /// Those of a text of so many tokens.
    func positions(of tokens: Int) -> [Int] { these?.filter { $0 < tokens } ?? Array(min(from, tokens)..<tokens) }
  }
}

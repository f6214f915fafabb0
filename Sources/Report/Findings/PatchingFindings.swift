import Traces
import Words

/// Which states of another text carry the difference of two logits.
public struct PatchingFindings: Equatable, Sendable {
  private let trace: Trace
  private let patching: Trace.Patching

  /// The findings of a trace; nil where nothing was patched.
  public init?(_ trace: Trace) {
    guard let patching = trace.patching else { return nil }
    (self.trace, self.patching) = (trace, patching)
  }

  /// The difference of logits after the source and after the base.
  public var differences: (source: Float, base: Float) { (patching.sourceDifference, patching.baseDifference) }

  /// The patched state with the largest effect.
  public struct Largest: Equatable, Sendable {
    /// The layer; −1 for the embedding.
    public var layer: Int
    /// The token there: "“␣keys” (for “␣key”)".
    public var token: String
    /// The normalised effect: 0 is the base, 1 the source.
    public var effect: Double
  }

  /// The state with the largest effect of a place; nil where no effect is defined.
  ///
  /// Of the stream it is 1 or more, because the last state at the last position is the source's output itself.
  public func largest(of place: Trace.Patching.Place) -> Largest? {
    guard let effects = patching.effects(at: place) else { return nil }
    var best: (row: Int, position: Int, effect: Double)?
    for (row, line) in effects.enumerated() {
      for (position, effect) in line.enumerated() {
        if let effect, effect > best?.effect ?? -.infinity { best = (row, position, effect) }
      }
    }
    return best.map {
      Largest(layer: place == .stream ? $0.row - 1 : $0.row, token: label($0.position), effect: $0.effect)
    }
  }

  /// The layers whose state of the stream at a position moves the answer at least half of the way; −1 for the embedding.
  private func carrying(_ position: Int) -> [Int] {
    guard let effects = patching.effects(at: .stream) else { return [] }
    return effects.indices.filter { (effects[$0][position] ?? 0) >= 0.5 }.map { $0 - 1 }
  }

  /// The layer from which the state at the last position moves the answer at least half of the way in every layer up to the last.
  ///
  /// Nil where no effect of the stream is defined.
  public var half: Int? {
    CauseLayers.startOfLastRun(carrying(trace.promptLength - 1))
  }

  /// Of the positions before the last, the one whose state moves the answer at least half of the way up to the latest layer, and that layer.
  ///
  /// Of equal ones the first; nil where none moves it so far.
  public var carrier: (token: String, until: Int)? {
    let found = (0..<trace.promptLength - 1).compactMap { position in
      carrying(position).last.map { (position: position, until: $0) }
    }
    let best = found.max { ($0.until, -$0.position) < ($1.until, -$1.position) }
    return best.map { (label($0.position), $0.until) }
  }

  /// What the effects at a place show; nil where none is defined.
  ///
  /// Of the stream, the layers at which the state at a position moves the answer at least half of the way; of attention and MLP, the
  /// largest effect.
  public func sentence(of place: Trace.Patching.Place) -> String? {
    guard patching.isDefined, let best = largest(of: place) else { return nil }
    guard place == .stream else {
      return CauseLayers.largest(
        of: place, layer: best.layer, at: best.token, "effect", Decimals.fixed(best.effect, 2))
    }
    let carrying = (0..<trace.promptLength).compactMap { position -> String? in
      let layers = self.carrying(position)
      guard let first = layers.first, let last = layers.last else { return nil }
      // The last row at the last position is the source's output itself.
      let place =
        first == last
        ? "after \(CauseLayers.name(first))"
        : last == trace.model.layers - 1
          ? "from \(CauseLayers.name(first)) on" : "from \(CauseLayers.name(first)) to \(CauseLayers.name(last))"
      return "the state at \(label(position)) \(layers.count == last - first + 1 ? place : place + " with gaps")"
    }
    guard !carrying.isEmpty else { return nil }
    return "At least half of the difference moves with " + Wording.enumeration(carrying) + "."
  }

  /// "“␣keys” (for “␣key”)", or the token alone where both texts have it.
  private func label(_ position: Int) -> String {
    func text(_ token: Trace.Token) -> String {
      TokenDisplay.label(token.text.map { .text($0) } ?? .bytes(token.bytes ?? ""))
    }
    let (own, other) = (text(trace.tokens[position]), text(patching.sourceTokens[position]))
    return own == other ? "“\(own)”" : "“\(other)” (for “\(own)”)"
  }
}

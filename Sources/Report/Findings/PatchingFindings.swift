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

  /// What the effects at a place show; nil where none is defined.
  ///
  /// Of the stream, the layers at which the state at a position moves the answer at least half of the way; of attention and MLP, the
  /// largest effect.
  public func sentence(of place: Trace.Patching.Place) -> String? {
    guard patching.isDefined, let effects = patching.effects(at: place) else { return nil }
    var best = (row: 0, position: 0, effect: -Double.infinity)
    for (row, line) in effects.enumerated() {
      for (position, effect) in line.enumerated() {
        if let effect, effect > best.effect { best = (row, position, effect) }
      }
    }
    guard best.effect.isFinite else { return nil }
    guard place == .stream else {
      let part = place == .mlp ? "MLP" : "attention"
      return
        "Of all \(place == .mlp ? "MLPs" : "attentions"), the \(part) of layer \(best.row) at \(label(best.position)) has the largest "
        + "effect, \(Decimals.fixed(best.effect, 2))."
    }
    let carrying = (0..<trace.promptLength).compactMap { position -> String? in
      let rows = effects.indices.filter { (effects[$0][position] ?? 0) >= 0.5 }
      guard let first = rows.first, let last = rows.last else { return nil }
      // The last row at the last position is the source's output itself.
      let place =
        first == last
        ? "after \(name(first))"
        : last == effects.count - 1 ? "from \(name(first)) on" : "from \(name(first)) to \(name(last))"
      return "the state at \(label(position)) \(rows.count == last - first + 1 ? place : place + " with gaps")"
    }
    guard !carrying.isEmpty else { return nil }
    return "At least half of the difference moves with " + Wording.enumeration(carrying) + "."
  }

  private func name(_ row: Int) -> String { row == 0 ? "the embedding" : "layer \(row - 1)" }

  /// "“␣keys” (for “␣key”)", or the token alone where both texts have it.
  private func label(_ position: Int) -> String {
    func text(_ token: Trace.Token) -> String {
      TokenDisplay.label(token.text.map { .text($0) } ?? .bytes(token.bytes ?? ""))
    }
    let (own, other) = (text(trace.tokens[position]), text(patching.sourceTokens[position]))
    return own == other ? "“\(own)”" : "“\(other)” (for “\(own)”)"
  }
}

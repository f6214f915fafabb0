import Traces
import Words

/// Which states carry, over the pairs of a dataset, the difference of the logits of target and foil.
public struct MeanPatchingFindings: Equatable, Sendable {
  /// The means of the group.
  public let patching: DatasetSummary.Patching
  private let lastLayer: Int

  /// The findings of a group; nil without patched runs.
  init?(_ group: DatasetSummary.Group, lastLayer: Int) {
    guard let patching = group.patching else { return nil }
    (self.patching, self.lastLayer) = (patching, lastLayer)
  }

  /// A mean effect.
  public struct Largest: Equatable, Sendable {
    /// The layer; −1 for the embedding.
    public var layer: Int
    /// At which positions.
    public var role: DatasetSummary.Patching.Role
    /// 0 is the base, 1 the source.
    public var effect: DatasetSummary.Mean
  }

  /// The largest mean effect of a place; nil without one.
  public func largest(of place: Trace.Patching.Place) -> Largest? {
    var best: Largest?
    for means in patching.means(of: place) {
      for (index, layer) in means.layers.enumerated() where means.effect.value[index] > best?.effect.value ?? -.infinity
      {
        best = Largest(
          layer: layer, role: means.role,
          effect: .init(
            value: means.effect.value[index], low: means.effect.low[index], high: means.effect.high[index]))
      }
    }
    return best
  }

  /// The layer from which the mean effect at the last token is at least one half in every layer up to the last; −1 for the embedding.
  public var half: Int? {
    let layers = carrying(.last)
    return layers.last == lastLayer ? CauseLayers.startOfLastRun(layers) : nil
  }

  /// The last layer at which the mean effect at the tokens that differ is at least one half; −1 for the embedding.
  public var differingUntil: Int? { carrying(.differing).last }

  private func carrying(_ role: DatasetSummary.Patching.Role) -> [Int] {
    guard let means = patching.means(of: .stream).first(where: { $0.role == role }) else { return [] }
    return means.layers.indices.filter { means.effect.value[$0] >= 0.5 }.map { means.layers[$0] }
  }

  /// What the mean effects at a place show; nil where none is defined.
  package func sentence(of place: Trace.Patching.Place) -> String? {
    guard let best = largest(of: place) else { return nil }
    guard place == .stream else {
      return CauseLayers.largest(
        of: place, layer: best.layer, at: best.role.phrase, "mean effect", best.effect.text)
    }
    let moves = "moves the answer at least half of the way to the source "
    let until = differingUntil.map { "the state at the tokens that differ \(moves)up to \(CauseLayers.name($0))" }
    let from = half.map { "the state at the last token \(until == nil ? moves : "")from \(CauseLayers.name($0)) on" }
    let parts = [until, from].compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    return "On average over \(Wording.count(patching.items, "pair")), \(Wording.enumeration(parts))."
  }

  /// How many baselines were right, and how many pairs are left out: "The source prefers the target in 38 of 40 pairs, …".
  package var baselines: String {
    let all = patching.items + patching.undefined
    var text =
      "The source prefers the target in \(patching.sourceRight) of \(Wording.count(all, "pair")), the base the foil in "
      + "\(patching.baseRight), and both do in \(patching.bothRight)."
    if patching.undefined > 0 {
      text +=
        " \(Wording.count(patching.undefined, "pair")) with the same difference of logits after source and base "
        + "\(patching.undefined == 1 ? "is" : "are") left out."
    }
    return text
  }
}

extension DatasetSummary.Patching.Role {
  /// "the tokens that differ".
  package var phrase: String {
    switch self {
    case .differing: "the tokens that differ"
    case .between: "the tokens between"
    case .last: "the last token"
    }
  }
}

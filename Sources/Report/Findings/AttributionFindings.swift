import Traces
import Words

/// What the parts of a model add to the difference of two logits.
public struct AttributionFindings: Equatable, Sendable {
  /// A share of the difference.
  public struct Share: Equatable, Sendable {
    /// Within a sentence: "the MLP of layer 8", "head 3 of layer 5".
    public var phrase: String
    /// The block, counted from 0; nil outside of blocks.
    public var layer: Int?
    /// Logits.
    public var value: Float
  }

  /// The target and the foil, made visible.
  public var tokens: (target: String, foil: String) { (labels[0], labels[1]) }
  /// The model's difference of their logits, before a softcap.
  public var difference: Float
  /// All parts, in the order of the model.
  public var parts: [Share]
  /// All heads of attention.
  public var heads: [Share]

  private var labels: [String]

  /// The findings of a trace; nil where nothing was attributed.
  public init?(_ trace: Trace) {
    guard let attribution = trace.attribution else { return nil }
    func label(_ id: Int) -> String { trace.text(of: id).map { TokenDisplay.label($0) } ?? "\(id)" }
    labels = [label(attribution.target), label(attribution.foil)]
    difference = attribution.difference
    parts = attribution.parts.map { Share(phrase: $0.part.phrase($0.layer), layer: $0.layer, value: $0.value) }
    heads = attribution.parts.flatMap { part in
      (part.heads ?? []).enumerated().map {
        Share(phrase: "head \($0) of layer \(part.layer ?? 0)", layer: part.layer, value: $1)
      }
    }
  }

  /// The token that leads and the other one: the target leads where the two are equal.
  public var order: (leader: String, other: String) {
    difference < 0 ? (tokens.foil, tokens.target) : (tokens.target, tokens.foil)
  }

  /// By how many logits the leader leads.
  public var lead: Float { difference * sign }

  /// The part or head that adds most to the lead, with what it adds to it; nil where none adds.
  public func strongest(byHead: Bool) -> Share? {
    (byHead ? heads : parts).max { ($0.value * sign) < ($1.value * sign) }.flatMap { share in
      share.value * sign > 0 ? Share(phrase: share.phrase, layer: share.layer, value: share.value * sign) : nil
    }
  }

  /// The part or head that takes most away from the lead, with how much it takes; nil where none does.
  public func weakest(byHead: Bool) -> Share? {
    (byHead ? heads : parts).min { ($0.value * sign) < ($1.value * sign) }.flatMap { share in
      share.value * sign < 0 ? Share(phrase: share.phrase, layer: share.layer, value: -share.value * sign) : nil
    }
  }

  /// The layer from which the sum of the embedding and all parts up to it stays at least half of the lead; −1 for the embedding.
  ///
  /// Nil without a lead. Biases outside of blocks come after the last layer.
  public var half: Int? {
    var sum = 0.0
    return CauseLayers.half(
      of: Double(lead),
      parts.map { part in
        sum += Double(part.value * sign)
        return (part.layer, sum)
      })
  }

  /// What is ahead by how much, and which part or head adds most to it: "“ are” leads “ is” by 3.41 logits; …".
  public func sentence(byHead: Bool) -> String? {
    guard !(byHead ? heads : parts).isEmpty else { return nil }
    var text = "“\(order.leader)” leads “\(order.other)” by \(number(lead)) logits"
    if let strongest = strongest(byHead: byHead) {
      text +=
        "; of all \(byHead ? "heads" : "parts"), \(strongest.phrase) adds most to this, \(number(strongest.value))"
    }
    if let weakest = weakest(byHead: byHead) {
      text += ", and \(weakest.phrase) takes most away, \(number(weakest.value))"
    }
    return text + "."
  }

  private var sign: Float { difference < 0 ? -1 : 1 }

  private func number(_ value: Float) -> String { Decimals.fixed(Double(value), 2) }
}

extension Trace.Attribution.Kind {
  /// The name of a part within a sentence: "the MLP of layer 8".
  func phrase(_ layer: Int?) -> String {
    let place = layer.map { " of layer \($0)" } ?? ""
    return switch self {
    case .embedding: "the embedding"
    case .attention: "the attention" + place
    case .recurrent: "the recurrent layer" + (layer.map { " in layer \($0)" } ?? "")
    case .mlp: "the MLP" + place
    case .perLayer: "the per-layer input" + place
    case .normBias: "the bias of a norm" + place
    case .finalNormBias: "the bias of the final norm"
    case .headBias: "the bias of the head"
    }
  }
}

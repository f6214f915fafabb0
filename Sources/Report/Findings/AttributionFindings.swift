import Traces
import Words

/// What the parts of a model add to the difference of two logits.
public struct AttributionFindings: Equatable, Sendable {
  /// A share of the difference.
  public struct Share: Equatable, Sendable {
    /// Within a sentence: "the MLP of layer 8", "head 3 of layer 5".
    public var phrase: String
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
    parts = attribution.parts.map { Share(phrase: $0.phrase, value: $0.value) }
    heads = attribution.parts.flatMap { part in
      (part.heads ?? []).enumerated().map { Share(phrase: "head \($0) of layer \(part.layer ?? 0)", value: $1) }
    }
  }

  /// What is ahead by how much, and which part or head adds most to it: "“ are” leads “ is” by 3.41 logits; …".
  public func sentence(byHead: Bool) -> String? {
    let shares = byHead ? heads : parts
    guard let strongest = shares.max(by: { ($0.value * sign) < ($1.value * sign) }),
      let weakest = shares.min(by: { ($0.value * sign) < ($1.value * sign) })
    else { return nil }
    let (ahead, behind) = difference < 0 ? (tokens.foil, tokens.target) : (tokens.target, tokens.foil)
    var text = "“\(ahead)” leads “\(behind)” by \(number(difference * sign)) logits"
    if strongest.value * sign > 0 {
      text +=
        "; of all \(byHead ? "heads" : "parts"), \(strongest.phrase) adds most to this, \(number(strongest.value * sign))"
    }
    if weakest.value * sign < 0 {
      text += ", and \(weakest.phrase) takes most away, \(number(-weakest.value * sign))"
    }
    return text + "."
  }

  private var sign: Float { difference < 0 ? -1 : 1 }

  private func number(_ value: Float) -> String { Decimals.fixed(Double(value), 2) }
}

extension Trace.Attribution.Part {
  /// The name within a sentence: "the MLP of layer 8".
  fileprivate var phrase: String {
    let place = layer.map { " of layer \($0)" } ?? ""
    return switch part {
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

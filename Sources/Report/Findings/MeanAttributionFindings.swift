import Traces
import Words

/// What the parts of a model add, over the prompts of a dataset, to the logit of the target less that of the foil.
public struct MeanAttributionFindings: Equatable, Sendable {
  private let attribution: DatasetSummary.Attribution
  private let items: Int

  /// The findings of a group; nil where nothing was attributed.
  init?(_ group: DatasetSummary.Group) {
    guard let attribution = group.attribution else { return nil }
    (self.attribution, items) = (attribution, group.items)
  }

  /// A part of the model with what it adds to the lead on average, or takes from it.
  public struct Share: Equatable, Sendable {
    /// Within a sentence: "the MLP of layer 8".
    public var phrase: String
    /// The block, counted from 0; nil outside of blocks.
    public var layer: Int?
    /// Logits.
    public var mean: DatasetSummary.Mean
  }

  /// Whether the target has the greater logit on average.
  public var isOfTarget: Bool { attribution.difference.value >= 0 }

  /// By how many logits the one that leads on average does so.
  public var lead: DatasetSummary.Mean { attribution.difference.times(sign) }

  /// The part that adds most to the lead; nil where none does.
  public var strongest: Share? {
    share(attribution.parts.max { $0.adds.value * sign < $1.adds.value * sign }, sign)
  }

  /// The part that takes most from the lead, with how much it takes; nil where none does.
  public var weakest: Share? {
    share(attribution.parts.min { $0.adds.value * sign < $1.adds.value * sign }, -sign)
  }

  /// The layer from which the mean sum of the embedding and all parts stays at least half of the lead; −1 for the embedding.
  public var half: Int? {
    CauseLayers.half(of: lead.value, attribution.parts.map { ($0.layer, $0.sum.value * sign) })
  }

  /// Which is ahead by how much, and which part adds most to it.
  package var sentence: String {
    let (ahead, behind) = isOfTarget ? ("target", "foil") : ("foil", "target")
    var text =
      "Over \(Wording.count(items, "prompt")) the \(ahead) leads the \(behind) by \(lead.text) logits on average"
    if let strongest { text += "; of all parts, \(strongest.phrase) adds most to this, \(strongest.mean.text)" }
    if let weakest { text += ", and \(weakest.phrase) takes most away, \(weakest.mean.text)" }
    return text + "."
  }

  private var sign: Double { isOfTarget ? 1 : -1 }

  private func share(_ part: DatasetSummary.Attribution.Part?, _ sign: Double) -> Share? {
    guard let part, part.adds.value * sign > 0 else { return nil }
    return Share(phrase: part.part.phrase(part.layer), layer: part.layer, mean: part.adds.times(sign))
  }
}

extension DatasetSummary.Mean {
  /// Times 1 or −1, which exchanges the ends of the interval.
  fileprivate func times(_ sign: Double) -> DatasetSummary.Mean {
    sign > 0 ? self : DatasetSummary.Mean(value: -value, low: -high, high: -low)
  }

  /// "2.31 [1.90, 2.71]".
  package var text: String {
    let (value, low, high) = (number(value), number(low), number(high))
    return "\(value) [\(low), \(high)]"
  }

  private func number(_ value: Double) -> String { Decimals.fixed(value, 2).replacing("-", with: "\u{2212}") }
}

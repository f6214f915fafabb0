import Findings
import Plot
import Traces
import Words

/// How often a dataset's targets are right after every layer of one model: the short form of `dataset-profile`.
public struct AccuracyCurve: Equatable, Sendable {
  /// A share after every layer, 0...1, with the bounds of its interval. [layer]
  public var values: [Double]
  /// Lower bounds. [layer]
  public var low: [Double]
  /// Upper bounds. [layer]
  public var high: [Double]
  /// Names of the layers.
  public var layers: [String]
  /// Whether targets are compared with foils; otherwise they have to come first in the vocabulary.
  public var hasFoils: Bool
  /// Number of prompts.
  public var items: Int
  /// What an item is called: "prompt".
  public var item: String
  /// "Target over foil".
  private var share: String

  /// The curve of all prompts of a dataset; nil for a summary without layers.
  public init?(_ summary: DatasetSummary) {
    let summary = summary.withWilsonIntervals
    guard let all = summary.groups.first(where: { $0.column == nil }) ?? summary.groups.first else { return nil }
    guard let curve = all.accuracy ?? all.top1 else { return nil }
    let blocks = summary.rows.indices.filter { summary.rows[$0].point == .block }
    let shown = (blocks.isEmpty ? Array(summary.rows.indices) : blocks).filter { curve.value.indices.contains($0) }
    guard !shown.isEmpty, curve.low.count == curve.value.count, curve.high.count == curve.value.count else {
      return nil
    }
    values = shown.map { curve.value[$0] }
    low = shown.map { curve.low[$0] }
    high = shown.map { curve.high[$0] }
    layers = shown.map { summary.rows[$0].name }
    hasFoils = all.accuracy != nil
    items = all.items
    (share, item) = (summary.wording.share, summary.wording.item)
  }

  /// What a wrong guess out of two would reach; nil without foils.
  public var chance: Double? { hasFoils ? 0.5 : nil }

  /// "Target over foil 83.1 % (80.2 to 85.9 %) after layer 29".
  public var phrase: String {
    let last = values.count - 1
    func percent(_ value: Double) -> String { Decimals.fixed(value * 100, 1) }
    return "\(share): \(percent(values[last])) % "
      + "(\(percent(low[last])) to \(percent(high[last])) %) after the last layer"
  }
}

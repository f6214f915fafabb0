import Foundation
import Traces
import Words

/// What the summary of a dataset shows, for all of its prompts and for each group.
public struct DatasetFindings: Equatable, Sendable {
  /// The model that was asked.
  public var model: Trace.Model
  /// The last row, the model's own output.
  public var lastRow: Trace.Row
  /// What is counted.
  public var measure: Measure
  /// All prompts first, then the groups, in the order of the summary.
  public var groups: [Group]
  /// Groups of one column whose intervals after the last layer do not overlap: numbers of two groups, the higher first.
  public var differing: [[Int]]
  /// The share of resampled statistics that an interval holds: 0.95.
  public var level: Double
  /// What the items are; nil for prompts with words that come next.
  public var form: DatasetSummary.Form?

  /// What is counted over the prompts.
  public enum Measure: String, Sendable, Codable {
    /// The target or sentence is more probable than the foil; an equal probability counts half.
    case accuracy
    /// The target, or the next token of a corpus, is the most probable of all tokens.
    case top1

    /// The share that guessing gives: one half against a foil, none among all tokens.
    package var chance: Double { self == .accuracy ? 0.5 : 0 }
  }

  /// A share of prompts with its interval.
  public struct Share: Equatable, Sendable {
    /// The share.
    public var value: Double
    /// Lower end of its interval.
    public var low: Double
    /// Upper end of its interval.
    public var high: Double
    /// Whether the interval is Wilson's: the resamples of prompts that all agree are all the same, so their interval is a point.
    public var isWilson = false

    /// A number with its interval.
    init(value: Double, low: Double, high: Double) {
      (self.value, self.low, self.high) = (value, low, high)
    }

    /// A share of `items` prompts; an interval without width is replaced by Wilson's (1927) at the same level.
    init(value: Double, low: Double, high: Double, items: Int, level: Double) {
      (self.value, self.low, self.high) = (value, low, high)
      guard low == high, value == low, items > 0, level > 0, level < 1 else { return }
      isWilson = true
      let (z, n) = (Self.quantile((1 + level) / 2), Double(items))
      let middle = (value + z * z / (2 * n)) / (1 + z * z / n)
      let half = z / (1 + z * z / n) * (value * (1 - value) / n + z * z / (4 * n * n)).squareRoot()
      // At a share of 0 or 1 rounding must not leave the share outside of its interval.
      (self.low, self.high) = (min(value, max(0, middle - half)), max(value, min(1, middle + half)))
    }

    /// The quantile of the standard normal distribution for a probability above one half.
    private static func quantile(_ probability: Double) -> Double {
      var (low, high) = (0.0, 10.0)
      for _ in 0..<80 {
        let middle = (low + high) / 2
        if 0.5 * (1 + erf(middle / 2.0.squareRoot())) < probability { low = middle } else { high = middle }
      }
      return (low + high) / 2
    }
  }

  /// One part of the prompts.
  public struct Group: Equatable, Sendable {
    /// "all", or "attractor: plural".
    public var name: String
    /// The column that makes the group; nil for all prompts.
    public var column: String?
    /// Number of prompts.
    public var items: Int
    /// The share after the last layer.
    public var final: Share
    /// The first row from which the share stays at least half-way from chance to its final value; nil when the final
    /// value is not above chance.
    public var half: Trace.Row?
    /// The first row from which the share stays at least at the lower end of the final interval.
    public var reached: Trace.Row
    /// What the parts of the model add to the difference of target and foil; nil where nobody asked.
    public var attribution: MeanAttributionFindings?
    /// Which states of the sources carry the difference; nil without sources.
    public var patching: MeanPatchingFindings?
    /// What only a corpus has.
    public var corpus: Corpus?
  }

  /// How a corpus is predicted after the last layer.
  public struct Corpus: Equatable, Sendable {
    /// Tokens that are predicted.
    public var tokens: Int
    /// Nats for a token.
    public var crossEntropy: Share
    /// Bits for a byte.
    public var bitsPerByte: Double
    /// The first row from which half of the tokens or more have the last row's best token before them.
    public var agrees: Trace.Row
  }

  /// What tables say of intervals where one of them is Wilson's.
  package static let aboutWilson =
    "Intervals are those of the bootstrap; where all prompts agree, it has none, and the interval is Wilson’s."

  /// Reads a summary; nil when it has no row of a block or the embedding.
  package init?(_ summary: DatasetSummary) {
    let shown = summary.rows.indices.filter { !summary.rows[$0].point.isWithinBlock }
    guard let last = shown.last, let all = summary.groups.first else { return nil }
    model = summary.model
    lastRow = summary.rows[last]
    level = summary.bootstrap.level
    let measure: Measure = all.accuracy == nil ? .top1 : .accuracy
    self.measure = measure
    form = summary.dataset.form
    let curves = summary.groups.compactMap { (measure == .accuracy ? $0.accuracy : nil) ?? $0.top1 }
    guard curves.count == summary.groups.count else { return nil }
    groups = zip(summary.groups, curves).map { group, curve in
      let final = Share(
        value: curve.value[last], low: curve.low[last], high: curve.high[last], items: group.items,
        level: summary.bootstrap.level)
      func from(_ bound: Double, of values: [Double]) -> Trace.Row {
        summary.rows[shown[min((shown.lastIndex { values[$0] < bound } ?? -1) + 1, shown.count - 1)]]
      }
      let corpus = group.corpus.map { corpus in
        Corpus(
          tokens: corpus.tokens,
          crossEntropy: Share(
            value: -group.logprob.value[last], low: -group.logprob.high[last], high: -group.logprob.low[last]),
          bitsPerByte: corpus.bitsPerByte.value[last], agrees: from(0.5, of: corpus.agreement.value))
      }
      let name = group.column.map { "\(TokenDisplay.line($0)): \(TokenDisplay.line(group.value ?? ""))" }
      return Group(
        name: name ?? "all", column: group.column, items: group.items, final: final,
        half: final.value > measure.chance ? from((measure.chance + final.value) / 2, of: curve.value) : nil,
        reached: from(min(final.low, final.value), of: curve.value), attribution: MeanAttributionFindings(group),
        patching: MeanPatchingFindings(group, lastLayer: summary.model.layers - 1), corpus: corpus)
    }
    var differing: [[Int]] = []
    for one in groups.indices {
      for other in groups.indices where other > one && groups[one].column != nil {
        guard groups[one].column == groups[other].column else { continue }
        if groups[one].final.low > groups[other].final.high { differing.append([one, other]) }
        if groups[other].final.low > groups[one].final.high { differing.append([other, one]) }
      }
    }
    self.differing = differing
  }
}

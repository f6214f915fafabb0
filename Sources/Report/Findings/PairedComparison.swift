import Foundation
import Traces
import Words

/// Two models on the same items of a dataset, or two groups of items that belong together in pairs, after every layer.
///
/// Intervals are those of the paired bootstrap: every resample draws items, and takes the numbers of both sides of each.
public struct PairedComparison: Equatable, Sendable {
  /// What is compared: names of models, or of groups.
  public var names: [String]
  /// The model whose groups are compared; nil for two models.
  public var model: String?
  /// Number of items, or of pairs of items.
  public var items: Int
  /// What an item is called.
  var item: String
  /// What is counted as right: the share of `DatasetWording`; nil for a corpus.
  public var measure: String?
  /// What the mean is of: nats of a log-probability, or bits of a byte in a corpus.
  public var unit: Unit
  /// Settings of the bootstrap.
  public var bootstrap: Bootstrap
  /// By layer: each row of the side with fewer rows, beside the row of the other at the same share of the layers.
  public var layers: [Layer]

  /// What the difference of means is of.
  public enum Unit: String, Sendable, Encodable {
    /// Log-probabilities of targets or sentences.
    case nats
    /// Bits for a byte of a corpus: less is better.
    case bitsPerByte = "bits_per_byte"
  }

  /// A difference with its interval.
  public struct Estimate: Equatable, Sendable, Encodable {
    /// Of the first side less the second.
    public var value: Double
    /// Lower end of its interval.
    public var low: Double
    /// Upper end of its interval.
    public var high: Double
  }

  /// The comparison after one layer.
  public struct Layer: Equatable, Sendable {
    /// The row of each side.
    public var rows: [Trace.Row]
    /// How far through the layers, from 0 to 1.
    public var depth: Double
    /// Difference of the shares that are right; nil for a corpus.
    public var share: Estimate?
    /// Difference of the means.
    public var mean: Estimate
    /// Items that are right on the first side alone, and on the second alone; nil for a corpus.
    public var alone: [Int]?
    /// McNemar's exact p, two-sided; nil for a corpus.
    public var p: Double?
    /// The same by Holm over all layers; nil for a corpus.
    public var holm: Double?
  }

  /// Where a difference is significant: Holm's p below this.
  public static let alpha = 0.05

  /// The last layer.
  public var last: Layer? { layers.last }
}

extension PairedComparison {
  /// Two models on a dataset; nil unless both summaries have numbers of the same items.
  package init?(_ one: DatasetSummary, _ other: DatasetSummary, names: [String]) {
    guard let own = one.items, let its = other.items, own.sha256 == its.sha256,
      one.dataset.items == other.dataset.items,
      one.dataset.form == other.dataset.form, one.dataset.score == other.dataset.score, names.count == 2,
      (own.right == nil) == (its.right == nil)
    else { return nil }
    let all = Array(0..<one.dataset.items)
    self.init((one, own, all), (other, its, all), names: names, model: nil)
  }

  /// A pair that has several items in one group, so that it is not known which of them are compared; nil for none.
  package static func repeatedPair(of summary: DatasetSummary) -> (pair: String, group: String)? {
    guard let items = summary.items, let pairs = items.pairs else { return nil }
    var seen: Set<[String]> = []
    let members = zip(pairs, items.groups.compactMap(\.first))
    return members.first { !seen.insert([$0, $1]).inserted }.map { (pair: $0, group: $1) }
  }

  /// Groups of the first group column that share fewer than two pairs with the first group, with the number of these; no figure has them.
  package static func leftOut(of summary: DatasetSummary) -> (first: String, groups: [(name: String, shared: Int)]) {
    guard let items = summary.items, let pairs = items.pairs,
      let column = summary.groups.compactMap(\.column).first
    else { return ("", []) }
    let values = items.groups.compactMap(\.first)
    guard values.count == pairs.count, let first = values.first else { return ("", []) }
    let members = Dictionary(grouping: pairs.indices) { values[$0] }.mapValues { Set($0.map { pairs[$0] }) }
    let own = members[first] ?? []
    let found = values.uniqued.dropFirst().compactMap { value -> (name: String, shared: Int)? in
      let shared = own.intersection(members[value] ?? []).count
      return shared > 1 ? nil : (name: name(of: value, in: column), shared: shared)
    }
    return (name(of: first, in: column), found)
  }

  /// "number: plural".
  private static func name(of value: String, in column: String) -> String {
    "\(TokenDisplay.line(column)): \(TokenDisplay.line(value))"
  }

  /// Groups of the first group column against its first group, pair by pair; empty without numbers of pairs.
  package static func groups(of summary: DatasetSummary) -> [PairedComparison] {
    guard let items = summary.items, let pairs = items.pairs else { return [] }
    let values = items.groups.compactMap(\.first)
    let column = summary.groups.compactMap(\.column).first
    guard values.count == pairs.count, let column, let first = values.first else { return [] }
    func members(_ value: String) -> [String: Int] {
      Dictionary(zip(values, pairs).enumerated().filter { $1.0 == value }.map { ($1.1, $0) }) { first, _ in first }
    }
    let own = members(first)
    return values.uniqued.dropFirst().compactMap { value in
      let its = members(value)
      // In the order of the file.
      let shared = pairs.indices.filter { values[$0] == first && own[pairs[$0]] == $0 && its[pairs[$0]] != nil }
      guard shared.count > 1 else { return nil }
      return PairedComparison(
        (summary, items, shared), (summary, items, shared.compactMap { its[pairs[$0]] }),
        names: [first, value].map { name(of: $0, in: column) },
        model: summary.model.name)
    }
  }

  private typealias Side = (summary: DatasetSummary, items: DatasetSummary.Items, members: [Int])

  private init?(_ one: Side, _ other: Side, names: [String], model: String?) {
    // A file may claim any number of resamples.
    let settings = one.summary.bootstrap
    guard (1...100_000).contains(settings.resamples), settings.level > 0, settings.level < 1 else { return nil }
    let sides = [one, other]
    // Rows within blocks are no layers.
    let shown = sides.map { side in side.summary.rows.indices.filter { !side.summary.rows[$0].point.isWithinBlock } }
    guard let fewest = shown.map(\.count).min(), fewest > 1, one.members.count == other.members.count else {
      return nil
    }
    let short = shown[0].count == fewest ? 0 : 1
    let matched = (0..<fewest).map { place -> [Int] in
      let depth = Double(place) / Double(fewest - 1)
      return sides.indices.map { side in
        side == short ? shown[side][place] : shown[side][Int((depth * Double(shown[side].count - 1)).rounded())]
      }
    }
    // Statistics of each layer: right of both sides, then sums and sizes of both, all over the same resamples.
    let isCorpus = one.items.right == nil
    var statistics: [[Double]] = []
    for rows in matched {
      for (side, row) in zip(sides, rows) {
        let ones = side.members.map { _ in 1.0 }
        statistics.append(side.items.right.map { right in side.members.map { right[row][$0] } } ?? ones)
        statistics.append(
          side.members.map {
            isCorpus ? -Double(side.items.logprob[row][$0]) / log(2) : Double(side.items.logprob[row][$0])
          })
        statistics.append(side.items.bytes.map { bytes in side.members.map { Double(bytes[$0]) } } ?? ones)
      }
    }
    statistics.append(one.members.map { _ in 1.0 })
    let resampling = Resampling(statistics, medians: [], settings: one.summary.bootstrap)
    func estimate(_ first: (Int, Int), _ second: (Int, Int)) -> Estimate {
      let found = resampling.difference((first.0, first.1), less: (second.0, second.1))
      return Estimate(value: found.value, low: found.low, high: found.high)
    }
    var layers = matched.enumerated().map { place, rows -> Layer in
      let at = place * 6
      let count = statistics.count - 1
      var layer = Layer(
        rows: zip(sides, rows).map { $0.summary.rows[$1] }, depth: Double(place) / Double(fewest - 1),
        mean: estimate((at + 1, at + 2), (at + 4, at + 5)))
      guard !isCorpus else { return layer }
      layer.share = estimate((at, count), (at + 3, count))
      // What is half right, by equal logits, is not right.
      let outcomes = zip(statistics[at], statistics[at + 3]).map { ($0 == 1, $1 == 1) }
      let alone = [outcomes.count { $0 && !$1 }, outcomes.count { !$0 && $1 }]
      (layer.alone, layer.p) = (alone, ExactTests.mcnemar(alone[0], alone[1]))
      return layer
    }
    if !isCorpus {
      for (index, p) in ExactTests.holm(layers.compactMap(\.p)).enumerated() { layers[index].holm = p }
    }
    let wording = one.summary.wording
    self.init(
      names: names, model: model, items: one.members.count, item: wording.item,
      measure: isCorpus ? nil : wording.share, unit: isCorpus ? .bitsPerByte : .nats, bootstrap: one.summary.bootstrap,
      layers: layers)
  }

  /// What an item is called beside pairs of items: a pair of sentences is no pair of two groups.
  package var noun: String { item == "pair" ? "sentence pair" : item }

  /// "20 pairs of prompts": how many pairs of items of two groups are compared.
  package var pairs: String { "\(Wording.count(items, "pair")) of \(noun)s" }

  /// What it shows, in one sentence.
  package var sentence: String {
    guard let last else { return "" }
    let (one, other) = (names[0], names[1])
    let count = model == nil ? Wording.count(items, item) : pairs
    guard let share = last.share, let alone = last.alone, let p = last.p else {
      let better = last.mean.high < 0 ? one : last.mean.low > 0 ? other : nil
      let signed = number(last.mean, digits: 3)
      return "On the same \(count), \(one) minus \(other) is \(signed) bits for a byte after the last layer: "
        + (better.map { "\($0) predicts better." } ?? "the interval holds 0.")
    }
    let points = Estimate(value: share.value * 100, low: share.low * 100, high: share.high * 100)
    var text =
      "On the same \(count), \(one) minus \(other) is \(number(points, digits: 1)) percentage points of right answers after the "
      + "last layer (right in \(one) alone \(Wording.grouped(alone[0])), in \(other) alone \(Wording.grouped(alone[1])); McNemar’s "
      + "exact p \(Self.p(p)))"
    let significant = layers.filter { ($0.holm ?? 1) < Self.alpha }
    if significant.isEmpty {
      text += "; by Holm over \(layers.count) layers no layer differs"
    } else {
      let more = significant.count == 1 ? "layer differs" : "layers differ"
      text +=
        "; by Holm, \(significant.count) of \(layers.count) \(more), the first of them \(significant[0].rows[0].phrase)"
    }
    return text + "."
  }

  private func number(_ estimate: Estimate, digits: Int) -> String {
    func signed(_ value: Double) -> String {
      let text = Decimals.fixed(abs(value), digits)
      return (Double(text) == 0 ? "" : value < 0 ? "\u{2212}" : "+") + text
    }
    return "\(signed(estimate.value)) [\(signed(estimate.low)), \(signed(estimate.high))]"
  }

  /// "= 0.021", "< 0.001".
  static func p(_ value: Double) -> String { value < 0.001 ? "< 0.001" : "= \(Decimals.fixed(value, 3))" }
}

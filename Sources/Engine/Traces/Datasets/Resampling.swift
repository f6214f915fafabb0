/// SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, the same numbers everywhere.
package struct SplitMix64 {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A uniform number below `bound` (Lemire 2019: the high half of a product; biased low halves are drawn again).
  package mutating func next(below bound: UInt64) -> UInt64 {
    let threshold = (0 &- bound) % bound
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= threshold { return product.high }
    }
  }
}

/// Statistics of one group of items with their intervals, all from the same resamples.
package struct Resampling {
  private let count: Int
  private let settings: Bootstrap
  /// Mean of each statistic in each resample. [statistic][resample]
  private var means: [[Double]]
  /// Median of each ordered statistic in each resample. [statistic][resample]
  private var medians: [[Double]]
  private let values: [[Double]]
  private let ordered: [[Double]]

  /// Draws the resamples: as many items as the group has, with replacement, from the group's own generator.
  ///
  /// - Parameters:
  ///   - values: Values for which the mean is wanted. [statistic][item]
  ///   - ordered: Values for which the median is wanted. [statistic][item]
  package init(_ values: [[Double]], medians ordered: [[Double]], settings: Bootstrap) {
    let count = values.first?.count ?? 0
    self.count = count
    self.settings = settings
    self.values = values
    self.ordered = ordered
    means = values.map { _ in [] }
    medians = ordered.map { _ in [] }
    let orders = ordered.map { line in line.indices.sorted { (line[$0], $0) < (line[$1], $1) } }
    var generator = SplitMix64(seed: settings.seed)
    var weights = [Double](repeating: 0, count: count)
    for _ in 0..<settings.resamples where count > 0 {
      for index in weights.indices { weights[index] = 0 }
      for _ in 0..<count { weights[Int(generator.next(below: UInt64(count)))] += 1 }
      for statistic in values.indices { means[statistic].append(Self.mean(values[statistic], weights)) }
      for statistic in ordered.indices {
        medians[statistic].append(Self.median(ordered[statistic], orders[statistic], weights))
      }
    }
  }

  /// The mean of a statistic over all items, and its interval.
  package func mean(_ statistic: Int) -> (value: Double, low: Double, high: Double) {
    let ones = [Double](repeating: 1, count: count)
    return interval(Self.mean(values[statistic], ones), means[statistic])
  }

  /// The sum of a statistic over that of another one, over all items, and its interval.
  package func ratio(_ statistic: Int, over other: Int) -> (value: Double, low: Double, high: Double) {
    let ones = [Double](repeating: 1, count: count)
    return interval(
      Self.mean(values[statistic], ones) / Self.mean(values[other], ones),
      zip(means[statistic], means[other]).map { $0 / $1 })
  }

  /// The difference of two such ratios, over the same resamples.
  package func difference(
    _ one: (statistic: Int, over: Int), less other: (statistic: Int, over: Int)
  ) -> (value: Double, low: Double, high: Double) {
    let ones = [Double](repeating: 1, count: count)
    func whole(_ part: (statistic: Int, over: Int)) -> Double {
      Self.mean(values[part.statistic], ones) / Self.mean(values[part.over], ones)
    }
    return interval(
      whole(one) - whole(other),
      settings.resamples == 0
        ? []
        : means[one.statistic].indices.map { index in
          means[one.statistic][index] / means[one.over][index] - means[other.statistic][index]
            / means[other.over][index]
        })
  }

  /// The median of an ordered statistic over all items, and its interval.
  package func median(_ statistic: Int) -> (value: Double, low: Double, high: Double) {
    let order = ordered[statistic].indices.sorted { (ordered[statistic][$0], $0) < (ordered[statistic][$1], $1) }
    let ones = [Double](repeating: 1, count: count)
    return interval(Self.median(ordered[statistic], order, ones), medians[statistic])
  }

  private func interval(_ value: Double, _ resampled: [Double]) -> (value: Double, low: Double, high: Double) {
    let sorted = resampled.sorted()
    let tail = (1 - settings.level) / 2
    return (value, Self.percentile(sorted, tail), Self.percentile(sorted, 1 - tail))
  }

  private static func mean(_ values: [Double], _ weights: [Double]) -> Double {
    values.withUnsafeBufferPointer { values in
      weights.withUnsafeBufferPointer { weights in
        var sum = 0.0
        for index in 0..<values.count { sum += values[index] * weights[index] }
        return sum / Double(values.count)
      }
    }
  }

  /// The weighted median of the values: each counts as often as its weight; the mean of the two middle ones if even.
  private static func median(_ values: [Double], _ order: [Int], _ weights: [Double]) -> Double {
    let count = Double(values.count)
    let places = (low: ((count - 1) / 2).rounded(.down), high: (count / 2).rounded(.down))
    var low = 0.0
    var seen = 0.0
    var isLowFound = false
    for index in order {
      seen += weights[index]
      if !isLowFound, seen > places.low { (low, isLowFound) = (values[index], true) }
      if seen > places.high { return (low + values[index]) / 2 }
    }
    return low
  }

  /// Linear interpolation between the two nearest of sorted values.
  static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    guard let last = sorted.indices.last else { return .nan }
    let place = Double(last) * share
    let below = min(Int(place), last)
    let above = min(below + 1, last)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }
}

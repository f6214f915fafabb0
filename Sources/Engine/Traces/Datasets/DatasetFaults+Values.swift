import Foundation

/// Statistics that no items can have, and those that the numbers of the items contradict.
extension DatasetSummary {
  /// The first statistic of a group outside of what it can be, or with an interval whose ends are exchanged.
  func valueFault(of group: Group) -> (key: String, reason: String)? {
    let share = 0.0...1.0
    let below = -Double.infinity...Self.slack
    let widest = log(Double(max(2, model.vocabulary)))
    let curves: [(String, Curve?, ClosedRange<Double>)] = [
      ("logprob", group.logprob, below), ("rank", group.rank, 1...Double(max(1, model.vocabulary))),
      ("median_rank", group.medianRank, 1...Double(max(1, model.vocabulary))), ("top1", group.top1, share),
      ("accuracy", group.accuracy, share), ("corpus.agreement", group.corpus?.agreement, share),
      ("corpus.entropy", group.corpus?.entropy, -Self.slack...widest + Self.slack),
      ("corpus.kl", group.corpus?.kl, -Self.slack...Double.infinity),
      ("corpus.bits_per_byte", group.corpus?.bitsPerByte, 0...Double.infinity),
    ]
    for case (let name, let curve?, let range) in curves {
      for (part, values) in [("value", curve.value), ("low", curve.low), ("high", curve.high)] {
        if let row = values.firstIndex(where: { !range.contains($0) }) {
          return ("\(name).\(part)[\(row)]", "\(values[row]), expected \(Self.words(range))")
        }
      }
    }
    for case (let name, let curve?) in curves.map({ ($0.0, $0.1) }) + [("difference", group.difference)] {
      for (row, (low, high)) in zip(curve.low, curve.high).enumerated() where low > high {
        return ("\(name).low[\(row)]", "\(low), expected at most the other end of the interval, \(high)")
      }
    }
    return nil
  }

  /// The first mean of the items' numbers that is not what a group says.
  func meanFault() -> (key: String, reason: String)? {
    guard let items, dataset.form != .corpus else { return nil }
    for (index, group) in groups.enumerated() {
      guard let members = members(of: group, items) else { continue }
      guard members.count == group.items, !members.isEmpty else {
        return ("groups[\(index)].items", "\(group.items), expected \(members.count) as in 'items.groups'")
      }
      let parts: [(String, Curve?, [[Double]]?)] = [
        (group.accuracy == nil ? "top1" : "accuracy", group.accuracy ?? group.top1, items.right),
        ("logprob", group.logprob, items.logprob.map { $0.map(Double.init) }),
      ]
      for case (let name, let curve?, let lines?) in parts {
        for row in rows.indices {
          let mean = members.map { lines[row][$0] }.reduce(0, +) / Double(members.count)
          guard abs(mean - curve.value[row]) > 1e-6 * max(1, abs(mean)) else { continue }
          return (
            "groups[\(index)].\(name).value[\(row)]", "\(curve.value[row]), expected \(mean), the mean over 'items'"
          )
        }
      }
    }
    return nil
  }

  /// The items of a group; nil where the columns of items are not those of groups.
  private func members(of group: Group, _ items: Items) -> [Int]? {
    guard let column = group.column, let value = group.value else { return Array(items.logprob[0].indices) }
    var columns: [String] = []
    for case let name? in groups.map(\.column) where !columns.contains(name) { columns.append(name) }
    guard let place = columns.firstIndex(of: column), items.groups.allSatisfy({ $0.count == columns.count }) else {
      return nil
    }
    return items.groups.indices.filter { items.groups[$0][place].utf8.elementsEqual(value.utf8) }
  }

  /// What rounding can add.
  private static let slack = 1e-3

  private static func words(_ range: ClosedRange<Double>) -> String {
    if range.lowerBound == -.infinity { return "0 or less" }
    return range.upperBound == .infinity ? "0 or more" : "\(max(0, range.lowerBound)) to \(range.upperBound)"
  }
}

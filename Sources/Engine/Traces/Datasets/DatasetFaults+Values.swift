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
    let known = members(items)
    for (index, group) in groups.enumerated() {
      // Where the columns of items are not those of groups, only the items of the first group are known.
      guard let members = index == 0 ? Array(0..<dataset.items) : known?[Part(group), default: []] else { continue }
      guard members.count == group.items, !members.isEmpty else {
        return ("groups[\(index)].items", "\(group.items), expected \(members.count) as in 'items.groups'")
      }
      for row in rows.indices {
        func fault(_ name: String, _ curve: Curve?, _ number: (Int) -> Double) -> (key: String, reason: String)? {
          guard let found = curve?.value[row] else { return nil }
          let mean = members.reduce(0) { $0 + number($1) } / Double(members.count)
          guard abs(mean - found) > 1e-6 * max(1, abs(mean)) else { return nil }
          return ("groups[\(index)].\(name).value[\(row)]", "\(found), expected \(mean), the mean over 'items'")
        }
        let shares = items.right.flatMap { right in
          fault(group.accuracy == nil ? "top1" : "accuracy", group.accuracy ?? group.top1) { right[row][$0] }
        }
        if let found = shares ?? fault("logprob", group.logprob, { Double(items.logprob[row][$0]) }) { return found }
      }
    }
    return nil
  }

  /// A value of a group column; by bytes, because two texts may be equal to Swift.
  private struct Part: Hashable {
    var column: ExactText
    var value: ExactText

    init(_ column: String, _ value: String) { (self.column, self.value) = (ExactText(column), ExactText(value)) }
    init(_ group: Group) { self.init(group.column ?? "", group.value ?? "") }
  }

  /// The items of every group but the first; nil where the columns of items are not those of groups.
  private func members(_ items: Items) -> [Part: [Int]]? {
    var columns: [String] = []
    for case let name? in groups.map(\.column) where columns.last != name && !columns.contains(name) {
      columns.append(name)
    }
    var members: [Part: [Int]] = [:]
    for (item, values) in items.groups.enumerated() {
      guard values.count == columns.count else { return nil }
      for (column, value) in zip(columns, values) { members[Part(column, value), default: []].append(item) }
    }
    return members
  }

  /// What rounding can add.
  private static let slack = 1e-3

  private static func words(_ range: ClosedRange<Double>) -> String {
    if range.lowerBound == -.infinity { return "0 or less" }
    return range.upperBound == .infinity ? "0 or more" : "\(max(0, range.lowerBound)) to \(range.upperBound)"
  }
}

import Traces

// Figures and tables of datasets give shares the intervals that findings give them (docs/findings.md).

extension DatasetSummary {
  /// The summary whose shares of prompts have Wilson's interval in every row in which all prompts of a group agree.
  package var withWilsonIntervals: DatasetSummary {
    var shown = self
    for index in groups.indices {
      shown.groups[index].accuracy = groups[index].accuracy.map { wilson($0, of: groups[index].items) }
      shown.groups[index].top1 = groups[index].top1.map { wilson($0, of: groups[index].items) }
    }
    return shown
  }

  /// Whether the share that is counted has Wilson's interval in some row of some group.
  package var hasWilsonInterval: Bool {
    groups.contains { group in
      guard let curve = group.accuracy ?? group.top1 else { return false }
      return shares(curve, of: group.items).contains(where: \.isWilson)
    }
  }

  private func wilson(_ curve: Curve, of items: Int) -> Curve {
    let own = shares(curve, of: items)
    // A damaged summary is refused elsewhere, with the place of the fault.
    guard own.count == curve.value.count else { return curve }
    return Curve(value: curve.value, low: own.map(\.low), high: own.map(\.high))
  }

  private func shares(_ curve: Curve, of items: Int) -> [DatasetFindings.Share] {
    zip(curve.value, zip(curve.low, curve.high)).map { value, ends in
      DatasetFindings.Share(value: value, low: ends.0, high: ends.1, items: items, level: bootstrap.level)
    }
  }
}

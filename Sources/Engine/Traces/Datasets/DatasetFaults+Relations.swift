import Foundation

/// What the numbers of a summary have to do with one another, however its items answered.
///
/// Every relation follows from how the numbers are counted. Those of target and foil need targets of one token: an answer of several tokens
/// may be the best one at each of its tokens and be less probable than the foil.
extension DatasetSummary {
  /// The first number that contradicts another one.
  func relationFault() -> (key: String, reason: String)? {
    if let found = Trace.rowsFault(rows, of: model, through: lens) { return found }
    for (index, group) in groups.enumerated() {
      let found =
        group.countFault(of: dataset) ?? group.rankFault() ?? group.foilFault(of: dataset) ?? group.corpusFault(rows)
        ?? group.patching?.endFault(of: model)
      if let found { return ("groups[\(index)].\(found.key)", found.reason) }
      if let digest = group.itemsSHA256, !SHA256.isDigest(digest) {
        return ("groups[\(index)].items_sha256", "'\(digest.prefix(80))', expected 64 digits of 0-9 and a-f")
      }
    }
    return partsFault() ?? orderFault()
  }

  /// The first column whose groups are together something else than all items.
  private func partsFault() -> (key: String, reason: String)? {
    guard let all = groups.first else { return nil }
    for column in columns {
      // A column that was asked for twice has its groups twice.
      var seen: Set<String> = []
      let own = groups.enumerated().filter {
        $0.element.column == column && seen.insert($0.element.value ?? "").inserted
      }
      guard let first = own.first else { continue }
      let place = "groups[\(first.offset)]"
      let words = "the groups of '\(column.prefix(80))'"
      for (name, count) in Self.counts {
        guard let whole = count(all) else { continue }
        let sum = own.reduce(0.0) { $0 + (count($1.element) ?? 0) }
        if sum != whole {
          return (
            "\(place).\(name)", "\(words) have \(Self.short(sum)), expected \(Self.short(whole)) as all items have"
          )
        }
      }
      for (name, read, weight) in Self.means {
        guard let whole = read(all) else { continue }
        for row in whole.value.indices {
          let parts = own.compactMap { entry -> (mean: Double, weight: Double)? in
            guard let curve = read(entry.element), let weight = weight(entry.element) else { return nil }
            return (curve.value[row], weight)
          }
          guard parts.count == own.count else { continue }
          let total = parts.reduce(0) { $0 + $1.weight }
          let mean = parts.reduce(0) { $0 + $1.mean * $1.weight } / total
          guard total > 0, abs(mean - whole.value[row]) > 1e-6 * max(1, abs(mean)) else { continue }
          return (
            "groups[0].\(name).value[\(row)]",
            "\(whole.value[row]), expected \(mean), the mean of \(words) weighted by their numbers"
          )
        }
      }
    }
    return nil
  }

  /// Values of a column in another order than that in which they first occur among the items.
  private func orderFault() -> (key: String, reason: String)? {
    guard let items, items.groups.allSatisfy({ $0.count == columns.count }) else { return nil }
    for (place, column) in columns.enumerated() {
      var seen: Set<String> = []
      let expected = items.groups.map { $0[place] }.filter { seen.insert($0).inserted }
      let found = groups.enumerated().filter { $0.element.column == column }
      guard found.count == expected.count else {
        return (
          "groups", "\(found.count) of '\(column.prefix(80))', expected \(expected.count) as in 'items.groups'"
        )
      }
      for (entry, value) in zip(found, expected) where entry.element.value != value {
        return (
          "groups[\(entry.offset)].value",
          "'\((entry.element.value ?? "").prefix(80))', expected '\(value.prefix(80))', as values first occur in 'items.groups'"
        )
      }
    }
    return nil
  }

  /// The group columns, each once, in their order.
  private var columns: [String] {
    var seen: Set<String> = []
    return groups.compactMap(\.column).filter { seen.insert($0).inserted }
  }

  /// Numbers whose sum over the groups of a column is that of all items.
  private static let counts: [(name: String, count: @Sendable (Group) -> Double?)] = [
    ("items", { Double($0.items) }), ("corpus.tokens", { $0.corpus.map { Double($0.tokens) } }),
    ("corpus.bytes", { $0.corpus.map { Double($0.bytes) } }),
    ("first_top1.never", { $0.firstTop1.map { Double($0.never) } }),
    ("settled.never", { $0.settled.map { Double($0.never) } }),
    ("patching.items", { $0.patching.map { Double($0.items) } }),
    ("patching.source_right", { $0.patching.map { Double($0.sourceRight) } }),
    ("patching.base_right", { $0.patching.map { Double($0.baseRight) } }),
    ("patching.both_right", { $0.patching.map { Double($0.bothRight) } }),
  ]

  /// Means over items, or over tokens and bytes of a corpus, with what they are weighted by.
  private static let means: [(name: String, read: @Sendable (Group) -> Curve?, weight: @Sendable (Group) -> Double?)] =
    [
      ("logprob", { $0.logprob }, { Double($0.corpus?.tokens ?? $0.items) }),
      ("top1", { $0.top1 }, { Double($0.corpus?.tokens ?? $0.items) }),
      ("rank", { $0.rank }, { Double($0.items) }), ("accuracy", { $0.accuracy }, { Double($0.items) }),
      ("difference", { $0.difference }, { Double($0.items) }),
      ("corpus.kl", { $0.corpus?.kl }, { $0.corpus.map { Double($0.tokens) } }),
      ("corpus.entropy", { $0.corpus?.entropy }, { $0.corpus.map { Double($0.tokens) } }),
      ("corpus.agreement", { $0.corpus?.agreement }, { $0.corpus.map { Double($0.tokens) } }),
      ("corpus.bits_per_byte", { $0.corpus?.bitsPerByte }, { $0.corpus.map { Double($0.bytes) } }),
    ]

  /// Without a point where it is a whole number.
  private static func short(_ number: Double) -> String {
    Int(exactly: number).map { "\($0)" } ?? "\(number)"
  }
}

extension DatasetSummary.Group {
  /// A share that no number of items, or of tokens, gives.
  fileprivate func countFault(of dataset: DatasetSummary.Source) -> (key: String, reason: String)? {
    let number = Double(corpus?.tokens ?? items)
    let what = corpus.map { "\($0.tokens) tokens" } ?? "\(items) items"
    let shares: [(name: String, curve: DatasetSummary.Curve?, steps: Double)] = [
      ("top1", top1, 1), ("accuracy", accuracy, 2), ("rank", rank, 1), ("corpus.agreement", corpus?.agreement, 1),
    ]
    for case (let name, let curve?, let steps) in shares {
      for (row, value) in curve.value.enumerated() {
        let count = value * number * steps
        guard abs(count - count.rounded()) > 1e-6 * max(1, abs(value)) * max(1, number) * steps else { continue }
        return ("\(name).value[\(row)]", "\(value), which no whole number of \(what) gives")
      }
    }
    for (row, value) in (medianRank?.value ?? []).enumerated() where abs(2 * value - (2 * value).rounded()) > 1e-6 {
      return ("median_rank.value[\(row)]", "\(value), expected a whole number, or the mean of two")
    }
    return nil
  }

  /// Ranks and rows of first rank that contradict the share of rank 1.
  fileprivate func rankFault() -> (key: String, reason: String)? {
    guard corpus == nil, let top1 else { return nil }
    let slack = 1e-6 * Double(max(1, items))
    for (row, share) in top1.value.enumerated() {
      // Every target without rank 1 has rank 2 or more.
      if let rank = rank?.value[row], rank < 2 - share - 1e-6 {
        return (
          "rank.value[\(row)]", "\(rank), expected \(2 - share) or more, since \(share) of the targets have rank 1"
        )
      }
      let isMost = share > 0.5 + 1e-6
      if let median = medianRank?.value[row],
        isMost ? median > 1 + 1e-6 : share < 0.5 - 1e-6 && median < 2 - 1e-6
      {
        return (
          "median_rank.value[\(row)]",
          "\(median), expected \(isMost ? "1" : "2 or more"), since \(share) of the targets have rank 1"
        )
      }
    }
    guard let first = firstTop1, let settled else { return nil }
    // How often a row from this one on lacks one of those that ever have rank 1.
    let ever = Double(items - first.never)
    var lacking = top1.value.reduce(0) { $0 + max(0, ever - $1 * Double(items)) }
    var (begun, kept) = (0, 0)
    for (row, share) in top1.value.enumerated() {
      begun += first.rows[row]
      kept += settled.rows[row]
      let count = share * Double(items)
      // Those that have rank 1 here have it here or earlier for the first time.
      if count > Double(begun) + slack || count < Double(first.rows[row]) - slack {
        return (
          "first_top1.rows[\(row)]",
          "\(first.rows[row]), and \(begun) up to here, where \(share) of \(items) have rank 1 (top1)"
        )
      }
      // Those that keep it from here or an earlier row have it; those that keep it from the next row on alone have not.
      let next = row + 1 < settled.rows.count ? settled.rows[row + 1] : settled.never
      if count < Double(kept) - slack || count > Double(items - next) + slack {
        return ("settled.rows[\(row)]", "\(kept) up to here, where \(share) of \(items) have rank 1 (top1)")
      }
      // At most as many have lost it again as are lacking in all rows together.
      if Double(kept) < ever - lacking - slack {
        return (
          "settled.rows[\(row)]",
          "\(kept) up to here, expected \(Int((ever - lacking - slack).rounded(.up))) or more, as many keep rank 1 from here on (top1)"
        )
      }
      lacking -= max(0, ever - count)
    }
    return nil
  }

  /// Shares and means of target and foil that contradict one another.
  fileprivate func foilFault(of dataset: DatasetSummary.Source) -> (key: String, reason: String)? {
    guard let accuracy, let difference else { return nil }
    for (row, share) in accuracy.value.enumerated() {
      let mean = difference.value[row]
      if share >= 1 && mean <= 0 {
        return (
          "difference.value[\(row)]", "\(mean), expected more than 0, since every target is above its foil (accuracy)"
        )
      }
      if share <= 0 && mean >= 0 {
        return (
          "difference.value[\(row)]", "\(mean), expected less than 0, since every foil is above its target (accuracy)"
        )
      }
      guard dataset.form == nil, dataset.score == nil, let first = top1?.value[row] else { continue }
      // No foil has a greater logit than a target of rank 1; an equal one counts as half.
      if share < first / 2 - 1e-6 {
        return (
          "accuracy.value[\(row)]",
          "\(share), expected \(first / 2) or more, since \(first) of the targets have rank 1 (top1)"
        )
      }
      if first >= 1 && mean < 0 {
        return ("difference.value[\(row)]", "\(mean), expected 0 or more, since every target has rank 1 (top1)")
      }
    }
    return nil
  }

  /// Numbers of a corpus that follow from others.
  fileprivate func corpusFault(_ rows: [Trace.Row]) -> (key: String, reason: String)? {
    guard let corpus else { return nil }
    for (row, mean) in logprob.value.enumerated() {
      let bits = -mean * Double(corpus.tokens) / (log(2) * Double(corpus.bytes))
      guard abs(bits - corpus.bitsPerByte.value[row]) > 1e-6 * max(1, abs(bits)) else { continue }
      return (
        "corpus.bits_per_byte.value[\(row)]",
        "\(corpus.bitsPerByte.value[row]), expected \(bits) of \(corpus.tokens) tokens with \(corpus.bytes) bytes and their 'logprob'"
      )
    }
    if let last = corpus.kl.value.last, abs(last) > 2e-3 {
      return (
        "corpus.kl.value[\(rows.count - 1)]", "\(last), expected 0: the last row is what the others are compared with"
      )
    }
    if let last = corpus.agreement.value.last, last < 1 - 1e-6 {
      return ("corpus.agreement.value[\(rows.count - 1)]", "\(last), expected 1, since the last row agrees with itself")
    }
    return nil
  }
}

extension DatasetSummary.Patching {
  /// An effect after the last block that is not the whole one at the last position, or not none at another one.
  fileprivate func endFault(of model: Trace.Model) -> (key: String, reason: String)? {
    for (index, means) in means.enumerated() where means.place != .attention {
      guard means.layers.last == model.layers - 1, let effect = means.effect.value.last else { continue }
      let isLast = means.role == .last
      guard !isLast || means.place == .stream, abs(effect - (isLast ? 1 : 0)) > 0.01 else { continue }
      return (
        "patching.means[\(index)].effect.value[\(means.layers.count - 1)]",
        "\(effect), expected \(isLast ? 1 : 0): \(isLast ? "the run ends with the source's own state" : "nothing after the last block reads these positions")"
      )
    }
    return nil
  }
}

extension Trace {
  /// Rows that no lens reads of a model: some are missing, there twice, or in another order.
  ///
  /// A Jacobian lens reads the blocks that it was fitted for, and the last one.
  static func rowsFault(_ rows: [Row], of model: Model, through lens: Lens) -> (key: String, reason: String)? {
    func name(_ row: Row) -> String { row.point == .embedding ? "the embedding" : "\(row.point.rawValue) \(row.layer)" }
    guard lens.kind == .jacobian else {
      for (index, row) in rows.enumerated() {
        let expected = index == 0 ? Row(layer: 0, point: .embedding) : Row(layer: index - 1, point: .block)
        if row != expected { return ("rows[\(index)]", "\(name(row)), expected \(name(expected))") }
      }
      guard rows.count == model.layers + 1 else {
        return (
          "rows", "\(rows.count) rows, expected \(model.layers + 1): the embedding and \(model.layers) blocks"
        )
      }
      return nil
    }
    for (index, row) in rows.enumerated() {
      let isNext = index == 0 || row.layer > rows[index - 1].layer
      if row.point != .block || !isNext {
        return ("rows[\(index)]", "\(name(row)), expected blocks that rise, as a Jacobian lens reads them")
      }
    }
    if let last = rows.last, last.layer != model.layers - 1 {
      return ("rows[\(rows.count - 1)]", "\(name(last)), expected the last block, \(model.layers - 1)")
    }
    return nil
  }
}

extension DatasetItem {
  /// A foil above a target of rank 1; for items whose target is one token.
  package func foilFault() -> (key: String, reason: String)? {
    guard let difference else { return nil }
    for (row, rank) in rank.enumerated() where rank == 1 && difference[row] < 0 {
      return ("difference[\(row)]", "\(difference[row]), expected 0 or more, since the target has rank 1")
    }
    return nil
  }
}

extension SHA256 {
  /// Whether a text is a digest as this program writes it.
  package static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

/// What a summary must be beyond its keys: numbers that agree with one another.
extension DatasetSummary {
  /// The first thing that contradicts the rest.
  func firstFault() -> (key: String, reason: String)? {
    guard !rows.isEmpty else { return ("rows", "no rows, expected one or more") }
    if let found = model.absurdNumber() ?? Trace.absurdLayer(rows) { return found }
    let seconds = [DatasetSummary.secondSchemaName, DatasetSummary.thirdSchemaName]
    if let found = lens.fault(of: model, schema: schema, seconds: seconds) { return found }
    if let found = formFault() { return found }
    guard let all = groups.first, all.column == nil, all.items == dataset.items else {
      return ("groups", "expected first a group of all \(dataset.items) items, without 'column'")
    }
    for (index, group) in groups.enumerated() {
      let place = "groups[\(index)]"
      if (group.column == nil) != (group.value == nil) || (group.column == nil) != (index == 0) {
        return (place, "expected 'column' and 'value' in all groups but the first")
      }
      if (group.accuracy == nil) != (all.accuracy == nil) || (group.difference == nil) != (all.accuracy == nil) {
        return (place, "'accuracy' and 'difference' must be in all groups or in none")
      }
      if (group.attribution == nil) != (all.attribution == nil) || (group.patching == nil) != (all.patching == nil) {
        return (place, "'attribution' and 'patching' must be in all groups or in none")
      }
      if let found = group.attribution?.fault(of: model) { return ("\(place).attribution.\(found.key)", found.reason) }
      if let found = group.patching?.fault(items: group.items, model: model) {
        return ("\(place).patching.\(found.key)", found.reason)
      }
      if let found = fault(of: group) ?? valueFault(of: group) { return ("\(place).\(found.key)", found.reason) }
    }
    return itemsFault() ?? meanFault() ?? relationFault()
  }

  /// What only summaries of the third schema have.
  private func formFault() -> (key: String, reason: String)? {
    let third = DatasetSummary.thirdSchemaName
    let parts = [
      ("dataset.form", dataset.form != nil), ("dataset.score", dataset.score != nil), ("items", items != nil),
      ("words", words != nil),
    ]
    guard let part = parts.first(where: \.1) else {
      return schema == third
        ? ("schema", "'\(third)', expected 'form', 'score', 'items' or 'words', which need it") : nil
    }
    guard schema == third else { return (part.0, "found in '\(schema)', expected the schema '\(third)'") }
    if (dataset.form == .sentences) && dataset.score == nil {
      return ("dataset.score", "none, expected 'sum' or 'mean' for sentences")
    }
    if dataset.form == .corpus, dataset.score != nil { return ("dataset.score", "a corpus has none") }
    return nil
  }

  /// The first number of a group that it cannot have, or that has another count than there are rows.
  private func fault(of group: Group) -> (key: String, reason: String)? {
    let isCorpus = dataset.form == .corpus
    let isWord = dataset.form == nil
    let parts: [(String, isThere: Bool, isExpected: Bool)] = [
      ("rank", group.rank != nil, isWord), ("median_rank", group.medianRank != nil, isWord),
      ("top1", group.top1 != nil, dataset.form != .sentences), ("first_top1", group.firstTop1 != nil, isWord),
      ("settled", group.settled != nil, isWord), ("corpus", group.corpus != nil, isCorpus),
    ]
    for (name, isThere, isExpected) in parts where isThere != isExpected {
      return (name, isExpected ? "missing, expected in a dataset of this form" : "found in a dataset that has none")
    }
    if dataset.form == .sentences, group.accuracy == nil { return ("accuracy", "missing, expected for sentences") }
    if isCorpus, group.accuracy != nil { return ("accuracy", "found in a corpus, which has none") }
    let curves = [
      ("logprob", group.logprob), ("rank", group.rank), ("median_rank", group.medianRank), ("top1", group.top1),
      ("accuracy", group.accuracy), ("difference", group.difference),
      ("corpus.bits_per_byte", group.corpus?.bitsPerByte), ("corpus.kl", group.corpus?.kl),
      ("corpus.entropy", group.corpus?.entropy), ("corpus.agreement", group.corpus?.agreement),
    ]
    for case (let name, let curve?) in curves {
      for (part, values) in [("value", curve.value), ("low", curve.low), ("high", curve.high)]
      where values.count != rows.count {
        return ("\(name).\(part)", "\(values.count) numbers, expected \(rows.count) as in 'rows'")
      }
    }
    for (name, count) in [("tokens", group.corpus?.tokens), ("bytes", group.corpus?.bytes)] {
      if let count, count < 1 { return ("corpus.\(name)", "\(count), expected 1 or more") }
    }
    for case (let name, let histogram?) in [("first_top1", group.firstTop1), ("settled", group.settled)] {
      if let reason = fault(of: histogram, items: group.items) {
        return (reason.key.isEmpty ? name : "\(name).rows", reason.reason)
      }
    }
    return nil
  }

  private func fault(of histogram: Histogram, items: Int) -> (key: String, reason: String)? {
    if histogram.rows.count != rows.count {
      return ("rows", "\(histogram.rows.count) numbers, expected \(rows.count) as in 'rows'")
    }
    // Counted down, so that absurd numbers cannot overflow.
    var left = items
    for count in histogram.rows + [histogram.never] {
      guard (0...max(0, left)).contains(count) else { return ("", "more prompts than \(items)") }
      left -= count
    }
    return left == 0 ? nil : ("", "\(items - left) prompts, expected \(items)")
  }

  /// Numbers of items that are not as many as there are items.
  private func itemsFault() -> (key: String, reason: String)? {
    let count = dataset.items
    if let words {
      if words.count != count { return ("words", "\(words.count) items, expected \(count)") }
      for (index, item) in words.enumerated() {
        if let found = item.fault(rows: rows.count) { return ("words[\(index)].\(found.key)", found.reason) }
      }
    }
    guard let items else { return nil }
    let lists = [
      ("groups", items.groups.count), ("pairs", items.pairs?.count), ("bytes", items.bytes?.count),
    ]
    for case (let name, let found?) in lists where found != count {
      return ("items.\(name)", "\(found) items, expected \(count)")
    }
    for case (let name, let lines?) in [("right", items.right?.map(\.count)), ("logprob", items.logprob.map(\.count))] {
      if lines.count != rows.count { return ("items.\(name)", "\(lines.count) rows, expected \(rows.count)") }
      for (row, found) in lines.enumerated() where found != count {
        return ("items.\(name)[\(row)]", "\(found) items, expected \(count)")
      }
    }
    if (items.bytes == nil) != (dataset.form != .corpus) {
      return ("items.bytes", items.bytes == nil ? "missing, expected for a corpus" : "expected for a corpus alone")
    }
    if (items.right == nil) != (dataset.form == .corpus) {
      return ("items.right", items.right == nil ? "missing" : "expected for what is no corpus")
    }
    for (row, line) in (items.right ?? []).enumerated() {
      if let item = line.firstIndex(where: { ![0, 0.5, 1].contains($0) }) {
        return ("items.right[\(row)][\(item)]", "\(line[item]), expected 0, 0.5 or 1")
      }
    }
    for (row, line) in items.logprob.enumerated() {
      if let item = line.firstIndex(where: { $0 > 0 }) {
        return ("items.logprob[\(row)][\(item)]", "\(line[item]), expected 0 or less")
      }
    }
    if let item = items.bytes?.firstIndex(where: { $0 < 1 }) {
      return ("items.bytes[\(item)]", "\(items.bytes?[item] ?? 0), expected 1 or more")
    }
    return nil
  }
}

extension DatasetItem.Passage {
  /// The first number that contradicts the rest, in an item with so many rows.
  func fault(rows: Int) -> (key: String, reason: String)? {
    for (key, count) in [("tokens", tokens), ("bytes", bytes)] where count < 1 {
      return (key, "\(count), expected 1 or more")
    }
    for (key, count) in [
      ("kl", kl.count), ("entropy", entropy.count), ("agreement", agreement.count), ("first", first.count),
    ] where count != rows {
      return (key, "\(count) numbers, expected \(rows) as in 'rows'")
    }
    for (key, counts) in [("agreement", agreement), ("first", first)] {
      if let row = counts.firstIndex(where: { !(0...tokens).contains($0) }) {
        return ("\(key)[\(row)]", "\(counts[row]), expected 0 to \(tokens)")
      }
    }
    return nil
  }
}

extension DatasetItem.Words {
  /// The first list that has another length than it must have, in an item with so many rows.
  func fault(rows: Int) -> (key: String, reason: String)? {
    if tokens.count != texts.count { return ("tokens", "\(tokens.count) words, expected \(texts.count) as in 'texts'") }
    for (key, lines) in [("surprisal", surprisal), ("corrected", corrected)] {
      if lines.count != rows { return (key, "\(lines.count) rows, expected \(rows) as in 'rows'") }
      for (row, line) in lines.enumerated() where line.count != texts.count {
        return ("\(key)[\(row)]", "\(line.count) words, expected \(texts.count) as in 'texts'")
      }
    }
    return nil
  }
}

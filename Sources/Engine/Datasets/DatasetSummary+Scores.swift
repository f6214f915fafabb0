import Traces

extension DatasetSummary {
  /// Summarises scores.
  init(_ request: DatasetRequest, scores: DatasetScores, model: Trace.Model, lens: Trace.Lens) {
    func group(_ column: String?, _ value: String?, _ members: [Int]) -> Group {
      var group = Group(column: column, value: value, members, scores, request)
      group.itemsSHA256 = Group.digest(of: members.map { request.items[$0] }, hasSources: request.patch != nil)
      return group
    }
    var groups = [group(nil, nil, Array(request.items.indices))]
    for (place, column) in request.groupColumns.enumerated() {
      var order: [String] = []
      var members: [String: [Int]] = [:]
      for (index, item) in request.items.enumerated() {
        if members[item.groups[place]] == nil { order.append(item.groups[place]) }
        members[item.groups[place], default: []].append(index)
      }
      groups += order.map { group(column, $0, members[$0] ?? []) }
    }
    let isNew = request.form != nil || request.score != nil || request.keepsItems == true || request.words == true
    self.init(
      schema: isNew
        ? DatasetSummary.thirdSchemaName
        : lens.kind == .jacobian ? DatasetSummary.secondSchemaName : DatasetSummary.schemaName, model: model,
      lens: lens, compute: "f32",
      dataset: Source(
        name: request.name, items: request.items.count, firstToken: request.firstToken, form: request.form,
        score: request.score),
      bootstrap: request.bootstrap, rows: scores.rows, groups: groups,
      items: request.keepsItems == true ? Items(request, scores) : nil,
      words: request.words == true ? scores.words : nil)
  }
}

extension DatasetSummary.Items {
  /// SHA-256 of the texts of items, hex: what `sha256` holds.
  package static func digest(of items: [DatasetRequest.Item]) -> String {
    let texts = items.map { [$0.prompt, $0.target, $0.foil ?? ""].map { "\($0.utf8.count):\($0)" }.joined() }
    return Array(texts.joined(separator: "\n").utf8).withUnsafeBytes { SHA256.hex(of: $0) }
  }

  /// The numbers of the items of a request.
  fileprivate init(_ request: DatasetRequest, _ scores: DatasetScores) {
    let wins = scores.difference.map { $0.map { $0.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0.0 } } }
    let firsts = scores.rank.map { $0.map { $0 == 1 ? 1.0 : 0 } }
    let pairs = request.items.compactMap(\.pair)
    self.init(
      sha256: Self.digest(of: request.items),
      groups: request.items.map(\.groups), pairs: pairs.count == request.items.count ? pairs : nil,
      right: request.form == .corpus ? nil : wins ?? firsts, logprob: scores.logprob,
      bytes: request.form == .corpus ? scores.passages.map(\.bytes) : nil)
  }
}

extension DatasetSummary.Group {
  /// SHA-256 of what is asked of some items, hex: what `items_sha256` holds; nil where a source of theirs is not known.
  ///
  /// Each item is a line of its text, its target, its foil and its source, each as "bytes:text", or "-" where it has none.
  ///
  /// - Parameter hasSources: Whether sources belong to the question.
  package static func digest(of items: [DatasetRequest.Item], hasSources: Bool) -> String? {
    guard !hasSources || items.allSatisfy({ $0.source != nil }) else { return nil }
    let lines = items.map { item in
      [item.prompt, item.target, item.foil, hasSources ? item.source : nil]
        .map { text in text.map { "\($0.utf8.count):\($0)" } ?? "-" }.joined()
    }
    return SHA256.hex(of: lines.joined(separator: "\n").utf8)
  }

  fileprivate init(
    column: String?, value: String?, _ members: [Int], _ scores: DatasetScores, _ request: DatasetRequest
  ) {
    let settings = request.bootstrap
    if request.form == .corpus {
      self.init(column: column, value: value, corpus: members, scores, settings)
      return
    }
    let rows = scores.rows.indices
    let ranks = rows.map { row in members.map { Double(scores.rank[row][$0]) } }
    let logprobs = rows.map { row in members.map { Double(scores.logprob[row][$0]) } }
    let firsts = ranks.map { $0.map { $0 == 1 ? 1.0 : 0 } }
    let differences = scores.difference.map { all in rows.map { row in members.map { Double(all[row][$0]) } } }
    let wins = differences?.map { $0.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0.0 } }
    let statistics = logprobs + ranks + firsts + (wins ?? []) + (differences ?? [])
    // The worst rank of a sentence's tokens says nothing of the sentence.
    let isWord = request.form == nil
    let resampling = Resampling(statistics, medians: isWord ? ranks : [], settings: settings)
    func means(_ block: Int) -> DatasetSummary.Curve {
      .init(rows.map { resampling.mean(block * rows.count + $0) })
    }
    self.init(
      column: column, value: value, items: members.count, logprob: means(0), rank: isWord ? means(1) : nil,
      medianRank: isWord ? .init(rows.map(resampling.median)) : nil, top1: isWord ? means(2) : nil,
      accuracy: wins == nil ? nil : means(3), difference: wins == nil ? nil : means(4),
      firstTop1: isWord
        ? .init(rows: rows.count, members.map { item in rows.first { scores.rank[$0][item] == 1 } }) : nil,
      settled: isWord
        ? .init(
          rows: rows.count,
          members.map { item in
            let after = (rows.last { scores.rank[$0][item] != 1 } ?? -1) + 1
            return after < rows.count ? after : nil
          }) : nil,
      attribution: scores.attributions.isEmpty
        ? nil : .init(members.map { scores.attributions[$0] }, settings: settings),
      patching: scores.pairs.isEmpty
        ? nil : .init(members.map { scores.pairs[$0] }, of: request.patch ?? [], settings: settings))
  }

  /// A part of a corpus: sums over the drawn texts, over the number of their tokens or bytes.
  private init(
    column: String?, value: String?, corpus members: [Int], _ scores: DatasetScores, _ settings: Bootstrap
  ) {
    let rows = scores.rows.indices
    let own = members.map { scores.passages[$0] }
    func line(_ read: (DatasetItem.Passage) -> Double) -> [Double] { own.map(read) }
    let sums = rows.map { row in members.map { Double(scores.logprob[row][$0]) } }
    let blocks =
      sums + rows.map { row in line { Double($0.first[row]) } } + rows.map { row in line { Double($0.kl[row]) } }
      + rows.map { row in line { Double($0.entropy[row]) } } + rows.map { row in line { Double($0.agreement[row]) } }
      + sums.map { $0.map { -$0 / 0.693147180559945309417232121458 } }
    let (tokens, bytes) = (blocks.count, blocks.count + 1)
    let resampling = Resampling(
      blocks + [line { Double($0.tokens) }, line { Double($0.bytes) }], medians: [], settings: settings)
    func ratio(_ block: Int, _ over: Int) -> DatasetSummary.Curve {
      .init(rows.map { resampling.ratio(block * rows.count + $0, over: over) })
    }
    self.init(
      column: column, value: value, items: members.count, logprob: ratio(0, tokens), top1: ratio(1, tokens),
      corpus: .init(
        tokens: own.reduce(0) { $0 + $1.tokens }, bytes: own.reduce(0) { $0 + $1.bytes },
        bitsPerByte: ratio(5, bytes), kl: ratio(2, tokens), entropy: ratio(3, tokens), agreement: ratio(4, tokens)))
  }
}

extension DatasetSummary.Curve {
  fileprivate init(_ estimates: [(value: Double, low: Double, high: Double)]) {
    self.init(value: estimates.map(\.value), low: estimates.map(\.low), high: estimates.map(\.high))
  }
}

extension DatasetSummary.Histogram {
  fileprivate init(rows count: Int, _ places: [Int?]) {
    var rows = [Int](repeating: 0, count: count)
    for case let place? in places { rows[place] += 1 }
    self.init(rows: rows, never: places.count { $0 == nil })
  }
}

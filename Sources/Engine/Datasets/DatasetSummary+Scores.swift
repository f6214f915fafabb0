import Traces

extension DatasetSummary {
  /// Summarises scores.
  init(_ request: DatasetRequest, scores: DatasetScores, model: Trace.Model, lens: Trace.Lens) {
    var groups = [
      Group(
        column: nil, value: nil, Array(request.items.indices), scores, request.bootstrap, places: request.patch ?? [])
    ]
    for (place, column) in request.groupColumns.enumerated() {
      var order: [String] = []
      var members: [String: [Int]] = [:]
      for (index, item) in request.items.enumerated() {
        if members[item.groups[place]] == nil { order.append(item.groups[place]) }
        members[item.groups[place], default: []].append(index)
      }
      groups += order.map {
        Group(column: column, value: $0, members[$0] ?? [], scores, request.bootstrap, places: request.patch ?? [])
      }
    }
    self.init(
      schema: lens.kind == .jacobian ? DatasetSummary.secondSchemaName : DatasetSummary.schemaName, model: model,
      lens: lens, compute: "f32",
      dataset: Source(name: request.name, items: request.items.count, firstToken: request.firstToken),
      bootstrap: request.bootstrap, rows: scores.rows, groups: groups)
  }
}

extension DatasetSummary.Group {
  fileprivate init(
    column: String?, value: String?, _ members: [Int], _ scores: DatasetScores, _ settings: Bootstrap,
    places: [Trace.Patching.Place]
  ) {
    let rows = scores.rows.indices
    let ranks = rows.map { row in members.map { Double(scores.rank[row][$0]) } }
    let logprobs = rows.map { row in members.map { Double(scores.logprob[row][$0]) } }
    let firsts = ranks.map { $0.map { $0 == 1 ? 1.0 : 0 } }
    let differences = scores.difference.map { all in rows.map { row in members.map { Double(all[row][$0]) } } }
    let wins = differences?.map { $0.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0.0 } }
    let statistics = logprobs + ranks + firsts + (wins ?? []) + (differences ?? [])
    let resampling = Resampling(statistics, medians: ranks, settings: settings)
    func curve(_ estimate: (Int) -> (value: Double, low: Double, high: Double)) -> DatasetSummary.Curve {
      let estimates = rows.map(estimate)
      return .init(value: estimates.map(\.value), low: estimates.map(\.low), high: estimates.map(\.high))
    }
    func means(_ block: Int) -> DatasetSummary.Curve { curve { resampling.mean(block * rows.count + $0) } }
    self.init(
      column: column, value: value, items: members.count, logprob: means(0), rank: means(1),
      medianRank: curve(resampling.median), top1: means(2), accuracy: wins == nil ? nil : means(3),
      difference: wins == nil ? nil : means(4),
      firstTop1: .init(rows: rows.count, members.map { item in rows.first { scores.rank[$0][item] == 1 } }),
      settled: .init(
        rows: rows.count,
        members.map { item in
          let after = (rows.last { scores.rank[$0][item] != 1 } ?? -1) + 1
          return after < rows.count ? after : nil
        }),
      attribution: scores.attributions.isEmpty
        ? nil : .init(members.map { scores.attributions[$0] }, settings: settings),
      patching: scores.pairs.isEmpty
        ? nil : .init(members.map { scores.pairs[$0] }, of: places, settings: settings))
  }
}

extension DatasetSummary.Histogram {
  fileprivate init(rows count: Int, _ places: [Int?]) {
    var rows = [Int](repeating: 0, count: count)
    for case let place? in places { rows[place] += 1 }
    self.init(rows: rows, never: places.count { $0 == nil })
  }
}

/// How a model does on a dataset, layer by layer: the contract `strata.dataset/1` of docs/dataset-format.md.
public struct DatasetSummary: Codable, Equatable, Sendable {
  /// The schema this version of the program reads and writes.
  public static let schemaName = "strata.dataset/1"

  /// Always `schemaName`.
  public var schema: String
  /// The model the numbers came from.
  public var model: Trace.Model
  /// Which lens was applied.
  public var lens: Trace.Lens
  /// Precision of activations and accumulations: "f32".
  public var compute: String
  /// What was asked.
  public var dataset: Source
  /// How intervals were made.
  public var bootstrap: Bootstrap
  /// Captured points, top of the network last.
  public var rows: [Trace.Row]
  /// All items, then each value of each group column, in the order in which they first occur.
  public var groups: [Group]

  /// What was asked.
  public struct Source: Codable, Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Number of prompts.
    public var items: Int
    /// Whether of a target of several tokens the first was taken.
    public var firstToken: Bool

    enum CodingKeys: String, CodingKey {
      case name, items
      case firstToken = "first_token"
    }
  }

  /// A part of the items.
  public struct Group: Codable, Equatable, Sendable {
    /// The column it was made by; nil for all items.
    public var column: String?
    /// The value in that column.
    public var value: String?
    /// Number of prompts.
    public var items: Int
    /// Mean natural logarithm of the target's probability.
    public var logprob: Curve
    /// Mean rank of the target.
    public var rank: Curve
    /// Median rank of the target.
    public var medianRank: Curve
    /// Share of prompts whose target has rank 1.
    public var top1: Curve
    /// Share of prompts whose target has a greater logit than the foil, an equal one counted as half; nil without foils.
    public var accuracy: Curve?
    /// Mean of the target's log-probability less the foil's; nil without foils.
    public var difference: Curve?
    /// In which row the target has rank 1 for the first time.
    public var firstTop1: Histogram
    /// From which row on the target has rank 1 to the end.
    public var settled: Histogram

    enum CodingKeys: String, CodingKey {
      case column, value, items, logprob, rank, top1, accuracy, difference, settled
      case medianRank = "median_rank"
      case firstTop1 = "first_top1"
    }
  }

  /// A statistic over rows, with the ends of its interval.
  public struct Curve: Codable, Equatable, Sendable {
    /// Over all prompts of the group. [row]
    public var value: [Double]
    /// Lower end of the interval. [row]
    public var low: [Double]
    /// Upper end of the interval. [row]
    public var high: [Double]
  }

  /// Numbers of prompts by row.
  public struct Histogram: Codable, Equatable, Sendable {
    /// Prompts of each row. [row]
    public var rows: [Int]
    /// Prompts of no row.
    public var never: Int
  }
}

extension DatasetSummary {
  /// Sums scores up.
  init(_ request: DatasetRequest, scores: DatasetScores, model: Trace.Model, lens: Trace.Lens) {
    schema = DatasetSummary.schemaName
    self.model = model
    self.lens = lens
    compute = "f32"
    dataset = Source(name: request.name, items: request.items.count, firstToken: request.firstToken)
    bootstrap = request.bootstrap
    rows = scores.rows
    groups = [Group(column: nil, value: nil, Array(request.items.indices), scores, request.bootstrap)]
    for (place, column) in request.groupColumns.enumerated() {
      var order: [String] = []
      var members: [String: [Int]] = [:]
      for (index, item) in request.items.enumerated() {
        if members[item.groups[place]] == nil { order.append(item.groups[place]) }
        members[item.groups[place], default: []].append(index)
      }
      groups += order.map { Group(column: column, value: $0, members[$0] ?? [], scores, request.bootstrap) }
    }
  }
}

extension DatasetSummary.Group {
  fileprivate init(column: String?, value: String?, _ members: [Int], _ scores: DatasetScores, _ settings: Bootstrap) {
    self.column = column
    self.value = value
    items = members.count
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
    logprob = means(0)
    rank = means(1)
    top1 = means(2)
    accuracy = wins == nil ? nil : means(3)
    difference = wins == nil ? nil : means(4)
    medianRank = curve(resampling.median)
    firstTop1 = .init(rows: rows.count, members.map { item in rows.first { scores.rank[$0][item] == 1 } })
    settled = .init(
      rows: rows.count,
      members.map { item in
        let after = (rows.last { scores.rank[$0][item] != 1 } ?? -1) + 1
        return after < rows.count ? after : nil
      })
  }
}

extension DatasetSummary.Histogram {
  fileprivate init(rows count: Int, _ places: [Int?]) {
    rows = [Int](repeating: 0, count: count)
    never = 0
    for place in places {
      if let place { rows[place] += 1 } else { never += 1 }
    }
  }
}

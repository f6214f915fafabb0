@testable import Engine
@testable import Figures
@testable import Traces
@testable import Words

/// Summaries with made-up numbers that rise over the layers.
enum SampleSummaries {
  static func summary(_ request: DatasetRequest, model: String = "Sample", layers: Int = 6) -> DatasetSummary {
    let rows =
      [Trace.Row(layer: 0, point: .embedding)] + (0..<layers).map { Trace.Row(layer: $0, point: .block) }
    let hasFoils = request.items.first?.foil != nil
    func group(_ column: String?, _ value: String?, _ items: Int, _ index: Int) -> DatasetSummary.Group {
      func curve(_ from: Double, _ to: Double, _ spread: Double) -> DatasetSummary.Curve {
        let value = rows.indices.map { from + (to - from) * Double($0) / Double(layers) }
        return .init(value: value, low: value.map { $0 - spread }, high: value.map { $0 + spread })
      }
      var settled = [Int](repeating: 0, count: rows.count)
      settled[rows.count - 1] = items
      return DatasetSummary.Group(
        column: column, value: value, items: items, logprob: curve(-30 + Double(index), -2, 0.5),
        rank: curve(900, 2, 1), medianRank: curve(700, 1, 0), top1: curve(0.05, 0.6, 0.05),
        accuracy: hasFoils ? curve(0.5, 0.8 + 0.05 * Double(index), 0.04) : nil,
        difference: hasFoils ? curve(0, 3, 0.5) : nil, firstTop1: .init(rows: settled, never: 0),
        settled: .init(rows: settled, never: 0))
    }
    var groups = [group(nil, nil, request.items.count, 0)]
    for (place, column) in request.groupColumns.enumerated() {
      let values = request.items.map { $0.groups[place] }
      for value in values.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } } {
        groups.append(group(column, value, values.count { $0 == value }, groups.count))
      }
    }
    let isKept = request.keepsItems == true
    return DatasetSummary(
      schema: isKept ? DatasetSummary.thirdSchemaName : DatasetSummary.schemaName,
      model: Trace.Model(
        name: model, architecture: "Fake", layers: layers, width: 2, vocabulary: 3, weights: "F32", sha256: "00",
        license: nil, source: nil),
      lens: Trace.Lens(kind: .logit, norm: request.norm), compute: "f32",
      dataset: .init(name: request.name, items: request.items.count, firstToken: request.firstToken),
      bootstrap: request.bootstrap, rows: rows, groups: groups,
      items: isKept ? items(request, rows: rows.count) : nil)
  }

  /// Made-up numbers of the items: the second half becomes right in more layers.
  private static func items(_ request: DatasetRequest, rows: Int) -> DatasetSummary.Items {
    let pairs = request.items.compactMap(\.pair)
    return DatasetSummary.Items(
      sha256: "00", groups: request.items.map(\.groups), pairs: pairs.isEmpty ? nil : pairs,
      right: (0..<rows).map { row in
        request.items.indices.map { ($0 * 7 + ($0 % 2) * row * 3) % 10 < 2 + row ? 1.0 : 0 }
      },
      logprob: (0..<rows).map { row in
        request.items.indices.map { -30 + Float(row) * (1 + Float($0 % 2) / 4) + Float($0 % 5) / 8 }
      }, bytes: nil)
  }

  /// A request of some items in so many groups.
  static func request(groups: Int, foils: Bool = true, kept: Bool = false) -> DatasetRequest {
    DatasetRequest(
      name: "sample",
      items: (0..<((kept ? 20 : 4) * max(1, groups))).map {
        .init(
          prompt: "p\($0)", target: " t", foil: foils ? " f" : nil, groups: groups == 0 ? [] : ["g\($0 % groups)"],
          line: $0 + 2, pair: kept && groups > 0 ? "pair \($0 / groups)" : nil)
      }, groupColumns: groups == 0 ? [] : ["kind"], keepsItems: kept)
  }

  /// A request whose numbers a kind can show.
  static func request(for kind: FigureKind) -> DatasetRequest {
    kind.name == DatasetComparison.name ? request(groups: 3, kept: true) : request(groups: 2)
  }
}

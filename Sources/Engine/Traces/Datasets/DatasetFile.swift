import Foundation

extension DatasetSummary {
  /// The summary as JSON (`strata.dataset/1` or `strata.dataset/2`): keys sorted, one line.
  public func jsonData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Reads a summary of any program from bytes; `path` is for messages.
  ///
  /// - Throws: `TraceFileError`.
  public static func read(_ data: Data, path: String) throws(TraceFileError) -> DatasetSummary {
    let summary = try FieldReader.read(data, schemas: schemaNames, path: path) { reader, root throws(JSONError) in
      try reader.summary(root)
    }
    if let fault = summary.firstFault() {
      throw .malformed(path: path, schema: summary.schema, key: fault.key, reason: fault.reason)
    }
    return summary
  }

  /// The numbers as CSV (RFC 4180, LF): a line per group and row, columns for each statistic and the ends of its interval.
  ///
  /// - Parameter raw: Whether texts that a spreadsheet would compute stay without an apostrophe before them.
  public func csv(raw: Bool = false) -> String {
    typealias Part = (name: String, curve: (Group) -> Curve?)
    let parts: [Part] = [
      ("logprob", { $0.logprob }), ("rank", { $0.rank }), ("median_rank", { $0.medianRank }), ("top1", { $0.top1 }),
      ("accuracy", { $0.accuracy }), ("difference", { $0.difference }),
    ]
    var lines = [["column", "value", "items", "layer", "point"]]
    lines[0] += parts.flatMap { [$0.name, $0.name + "_low", $0.name + "_high"] } + ["first_top1", "settled"]
    for group in groups {
      for (index, row) in rows.enumerated() {
        let head = [group.column ?? "", group.value ?? "", "\(group.items)", "\(row.layer)", row.point.rawValue]
        let numbers = parts.flatMap { part -> [String] in
          guard let curve = part.curve(group) else { return ["", "", ""] }
          return [curve.value[index], curve.low[index], curve.high[index]].map { "\($0)" }
        }
        lines.append(head + numbers + ["\(group.firstTop1.rows[index])", "\(group.settled.rows[index])"])
      }
    }
    return CommaSeparated.table(lines, cells: raw ? .raw : .safe)
  }

  /// The first thing that contradicts the rest.
  private func firstFault() -> (key: String, reason: String)? {
    guard !rows.isEmpty else { return ("rows", "no rows, expected one or more") }
    if let found = model.absurdNumber() ?? Trace.absurdLayer(rows) { return found }
    let second = DatasetSummary.secondSchemaName
    if let found = lens.fault(of: model, schema: schema, second: second) { return found }
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
      let curves = [
        ("logprob", group.logprob), ("rank", group.rank), ("median_rank", group.medianRank), ("top1", group.top1),
        ("accuracy", group.accuracy), ("difference", group.difference),
      ]
      for case (let name, let curve?) in curves {
        for (part, values) in [("value", curve.value), ("low", curve.low), ("high", curve.high)]
        where values.count != rows.count {
          return ("\(place).\(name).\(part)", "\(values.count) numbers, expected \(rows.count) as in 'rows'")
        }
      }
      for (name, histogram) in [("first_top1", group.firstTop1), ("settled", group.settled)] {
        if histogram.rows.count != rows.count {
          return ("\(place).\(name).rows", "\(histogram.rows.count) numbers, expected \(rows.count) as in 'rows'")
        }
        // Counted down, so that absurd numbers cannot overflow.
        var left = group.items
        for count in histogram.rows + [histogram.never] {
          guard (0...max(0, left)).contains(count) else {
            return ("\(place).\(name)", "more prompts than \(group.items)")
          }
          left -= count
        }
        if left != 0 { return ("\(place).\(name)", "\(group.items - left) prompts, expected \(group.items)") }
      }
    }
    return nil
  }
}

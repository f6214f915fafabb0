import Foundation

extension DatasetSummary {
  /// The summary as JSON (`strata.dataset/1`, `/2` or `/3`): keys sorted, one line.
  public func jsonData() throws -> Data {
    try CompactJSON.line(self)
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
    var parts: [Part] = [
      ("logprob", { $0.logprob }), ("rank", { $0.rank }), ("median_rank", { $0.medianRank }), ("top1", { $0.top1 }),
      ("accuracy", { $0.accuracy }), ("difference", { $0.difference }),
    ]
    if dataset.form == .corpus {
      parts += [
        ("bits_per_byte", { $0.corpus?.bitsPerByte }), ("kl", { $0.corpus?.kl }), ("entropy", { $0.corpus?.entropy }),
        ("agreement", { $0.corpus?.agreement }),
      ]
    }
    var lines = [["column", "value", "items", "layer", "point"]]
    lines[0] += parts.flatMap { [$0.name, $0.name + "_low", $0.name + "_high"] } + ["first_top1", "settled"]
    for group in groups {
      for (index, row) in rows.enumerated() {
        let head = [group.column ?? "", group.value ?? "", "\(group.items)", "\(row.layer)", row.point.rawValue]
        let numbers = parts.flatMap { part -> [String] in
          guard let curve = part.curve(group) else { return ["", "", ""] }
          return [curve.value[index], curve.low[index], curve.high[index]].map { "\($0)" }
        }
        let counts = [group.firstTop1, group.settled].map { $0.map { "\($0.rows[index])" } ?? "" }
        lines.append(head + numbers + counts)
      }
    }
    return CommaSeparated.table(lines, cells: raw ? .raw : .safe)
  }

  /// The surprisal of words as CSV: a line for each item, word and row; nil where nobody asked for it.
  ///
  /// `item` counts the items and `word` the words of an item, both from 1.
  ///
  /// - Parameter raw: Whether texts that a spreadsheet would compute stay without an apostrophe before them.
  public func wordsCSV(raw: Bool = false) -> String? {
    guard let words else { return nil }
    var lines = [["item", "word", "text", "tokens", "layer", "point", "surprisal", "surprisal_corrected"]]
    for (item, words) in words.enumerated() {
      for (index, row) in rows.enumerated() {
        for (word, text) in words.texts.enumerated() {
          lines.append([
            "\(item + 1)", "\(word + 1)", text, "\(words.tokens[word])", "\(row.layer)", row.point.rawValue,
            words.surprisal[index][word].map { "\($0)" } ?? "", words.corrected[index][word].map { "\($0)" } ?? "",
          ])
        }
      }
    }
    return CommaSeparated.table(lines, cells: raw ? .raw : .safe)
  }
}

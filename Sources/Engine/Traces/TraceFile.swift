import Foundation

extension Trace {
  /// The trace as JSON (`strata.trace/1`): keys sorted, one line, numbers with as many digits as a float32 needs.
  ///
  /// - Throws: `EncodingError` for a number that is not finite, which no trace of this engine holds.
  public func jsonData() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Reads a trace of any program.
  ///
  /// - Throws: `TraceFileError` when it is not a complete trace of the known schema.
  public static func read(path: String) throws(TraceFileError) -> Trace {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(
        path: path, reason: FileManager.default.fileExists(atPath: path) ? "cannot be read" : "no such file")
    }
    return try read(data, path: path)
  }

  /// Reads a trace from bytes; `path` is for messages.
  ///
  /// - Throws: `TraceFileError`.
  public static func read(_ data: Data, path: String) throws(TraceFileError) -> Trace {
    let trace = try FieldReader.read(data, schema: schemaName, path: path) { reader, root throws(JSONError) in
      try reader.trace(root)
    }
    if let fault = trace.firstFault() {
      throw .malformed(path: path, schema: schemaName, key: fault.key, reason: fault.reason)
    }
    return trace
  }

  /// The first matrix of the wrong shape, or index out of range.
  package func firstFault() -> (key: String, reason: String)? {
    if let found = absurdNumber() { return found }
    func fault<Value>(_ key: String, _ matrix: [[Value]]) -> (key: String, reason: String)? {
      guard matrix.count == rows.count else {
        return (key, "\(matrix.count) rows, expected \(rows.count) as in 'rows'")
      }
      guard let row = matrix.firstIndex(where: { $0.count != columns.count }) else { return nil }
      return ("\(key)[\(row)]", "\(matrix[row].count) columns, expected \(columns.count) as in 'columns'")
    }
    let faults = [
      fault("rank", rank), fault("logprob", logprob), fault("entropy", entropy), fault("kl", kl),
      fault("top.ids", top.ids), fault("top.logprobs", top.logprobs),
    ]
    if let found = faults.compactMap({ $0 }).first { return found }
    func wrongRank(_ key: String, _ matrix: [[Int?]]) -> (key: String, reason: String)? {
      for (r, row) in matrix.enumerated() {
        for case (let c, let rank?) in row.enumerated() where !(1...max(1, model.vocabulary)).contains(rank) {
          return ("\(key)[\(r)][\(c)]", "\(rank), expected 1 to \(model.vocabulary)")
        }
      }
      return nil
    }
    if let found = wrongRank("rank", rank) { return found }
    for (index, watched) in watch.enumerated() {
      if let found = watched.fault(vocabulary: model.vocabulary) {
        return ("watch[\(index)]" + found.key, found.reason)
      }
      let found =
        fault("watch[\(index)].rank", watched.rank) ?? fault("watch[\(index)].logprob", watched.logprob)
        ?? wrongRank("watch[\(index)].rank", watched.rank)
      if let found { return found }
    }
    for (r, row) in top.ids.enumerated() {
      for (c, ids) in row.enumerated() where ids.count != top.k || top.logprobs[r][c].count != top.k {
        return ("top.ids[\(r)][\(c)]", "\(ids.count) tokens, expected \(top.k) as in 'top.k'")
      }
    }
    if let index = columns.firstIndex(where: { !tokens.indices.contains($0.position) }) {
      return ("columns[\(index)].position", "\(columns[index].position), expected 0 to \(tokens.count - 1)")
    }
    guard (0...tokens.count).contains(promptLength) else {
      return ("prompt_length", "\(promptLength), expected 0 to \(tokens.count)")
    }
    if let fault = attribution?.fault(tokens: tokens.count, model: model) {
      return ("attribution.\(fault.key)", fault.reason)
    }
    if let fault = patching?.fault(promptLength: promptLength, model: model) {
      return ("patching.\(fault.key)", fault.reason)
    }
    return chat?.fault(promptLength: promptLength)
  }
}

extension Trace.Watch {
  /// What is wrong with its tokens: a place below the entry, and why.
  fileprivate func fault(vocabulary: Int) -> (key: String, reason: String)? {
    func isUnknown(_ id: Int) -> Bool { !(0..<max(1, vocabulary)).contains(id) }
    guard let ids else {
      guard let id else { return ("", "neither 'id' nor 'ids', expected one of them") }
      if isUnknown(id) { return (".id", "\(id), expected 0 to \(vocabulary - 1)") }
      return texts == nil && firstOf == nil ? nil : ("", "'texts' or 'first_of' without 'ids'")
    }
    if id != nil { return ("", "both 'id' and 'ids', expected one of them") }
    if ids.isEmpty { return (".ids", "no members, expected one or more") }
    if let index = ids.firstIndex(where: isUnknown) {
      return (".ids[\(index)]", "\(ids[index]), expected 0 to \(vocabulary - 1)")
    }
    var seen: Set<Int> = []
    if let index = ids.firstIndex(where: { !seen.insert($0).inserted }) {
      return (".ids[\(index)]", "\(ids[index]) for the second time")
    }
    guard let texts, texts.count == ids.count else {
      return (".texts", "\(texts?.count ?? 0) texts, expected \(ids.count) as in 'ids'")
    }
    guard let firstOf else { return nil }
    if firstOf.count != ids.count {
      return (".first_of", "\(firstOf.count) entries, expected \(ids.count) as in 'ids'")
    }
    if let index = firstOf.firstIndex(where: \.isEmpty) {
      return (".first_of[\(index)]", "no words, expected one or more")
    }
    return nil
  }
}

import Foundation

extension Trace {
  /// The trace as JSON (`strata.trace/1` or `strata.trace/2`): keys sorted, one line, numbers with as many digits as a float32 needs.
  ///
  /// - Throws: `EncodingError` for a number that is not finite, which no trace of this engine holds.
  public func jsonData() throws -> Data {
    try CompactJSON.line(self)
  }

  /// Reads a trace of any program.
  ///
  /// - Throws: `TraceFileError` when it is not a complete trace of the known schema.
  public static func read(path: String) throws(TraceFileError) -> Trace {
    let map: MemoryMap
    do throws(FileError) {
      map = try MemoryMap(path: path)
    } catch {
      if case .empty = error { return try read(Data(), path: path) }
      throw .unreadable(
        path: path, reason: FileManager.default.fileExists(atPath: path) ? "cannot be read" : "no such file")
    }
    let most = 1 << 30
    guard map.bytes.count <= most else {
      throw .unreadable(path: path, reason: "expected a trace of at most \(most) bytes, found \(map.bytes.count) bytes")
    }
    return try read(Data(map.bytes), path: path)
  }

  /// The traces in a file: one, however it is laid out, or one on each line; `path` is for messages.
  ///
  /// - Throws: `TraceFileError`.
  public static func readAll(_ data: Data, path: String) throws(TraceFileError) -> [Trace] {
    guard let lines = lines(of: data) else { return [try read(data, path: path)] }
    var traces: [Trace] = []
    for (index, line) in lines.enumerated() { traces.append(try read(Data(line), path: "\(path):\(index + 1)")) }
    return traces
  }

  /// The lines of a file that has a trace on each of them; nil for a file of one trace.
  package static func lines(of data: Data) -> [Data]? {
    // Most files are one long line.
    guard data.withUnsafeBytes({ $0.dropLast().contains(0x0A) }) else { return nil }
    let lines = data.split(separator: 0x0A)
    let braces = (open: UInt8(ascii: "{"), close: UInt8(ascii: "}"))
    return lines.count > 1 && lines.allSatisfy({ $0.first == braces.open && $0.last == braces.close }) ? lines : nil
  }

  /// Reads a trace from bytes; `path` is for messages.
  ///
  /// - Throws: `TraceFileError`.
  public static func read(_ data: Data, path: String) throws(TraceFileError) -> Trace {
    let trace = try FieldReader.read(data, schemas: [schemaName, secondSchemaName], path: path) {
      reader, root throws(JSONError) in
      try reader.trace(root)
    }
    if let fault = trace.firstFault() {
      throw .malformed(path: path, schema: trace.schema, key: fault.key, reason: fault.reason)
    }
    return trace
  }

  /// The first matrix of the wrong shape, or index out of range.
  package func firstFault() -> (key: String, reason: String)? {
    if let found = absurdNumber() { return found }
    if let found = lens.fault(of: model, schema: schema, seconds: [Trace.secondSchemaName]) { return found }
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
    if let fault = automatic?.fault(watched: watch.map(\.id)) { return ("watch_auto.\(fault.key)", fault.reason) }
    if let found = topFault() { return found }
    if let index = columns.firstIndex(where: { !tokens.indices.contains($0.position) }) {
      return ("columns[\(index)].position", "\(columns[index].position), expected 0 to \(tokens.count - 1)")
    }
    guard (0...tokens.count).contains(promptLength) else {
      return ("prompt_length", "\(promptLength), expected 0 to \(tokens.count)")
    }
    if let encoder {
      if encoder.tokens.isEmpty { return ("encoder.tokens", "no tokens, expected those of 'prompt'") }
      if promptLength == 0 { return ("prompt_length", "0, expected 1 or more: a decoder begins with its start token") }
    }
    if let fault = attribution?.fault(tokens: tokens.count, model: model) {
      return ("attribution.\(fault.key)", fault.reason)
    }
    if let masks {
      if let index = masks.firstIndex(where: { !tokens.indices.contains($0) }) {
        return ("masks[\(index)]", "\(masks[index]), expected 0 to \(tokens.count - 1)")
      }
      if let index = columns.firstIndex(where: { !masks.contains($0.position) }) {
        return ("columns[\(index)].position", "\(columns[index].position), expected one of 'masks'")
      }
    }
    if let fault = patching?.fault(promptLength: promptLength, model: model) {
      return ("patching.\(fault.key)", fault.reason)
    }
    return changesFault() ?? chat?.fault(promptLength: promptLength)
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

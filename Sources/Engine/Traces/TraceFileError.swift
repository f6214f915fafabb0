/// An unusable file of a trace or of a dataset's summary.
public enum TraceFileError: EngineError, Equatable {
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file has another schema.
  case unknownSchema(path: String, found: String, expected: [String])
  /// The text is not JSON, or a key of this schema is missing, has another type, or contradicts another key.
  case malformed(path: String, schema: String, key: String, reason: String)

  /// The file.
  public var place: String {
    switch self {
    case .unreadable(let path, _), .unknownSchema(let path, _, _), .malformed(let path, _, _, _): path
    }
  }

  /// What was expected and found.
  public var message: String {
    switch self {
    case .unreadable(_, let reason): reason
    case .unknownSchema(_, let found, let expected):
      "schema '\(found)', expected " + expected.map { "'\($0)'" }.joined(separator: " or ")
    case .malformed(_, _, let key, let reason): key.isEmpty ? reason : "'\(key)': \(reason)"
    }
  }

  private var isOfSummary: Bool {
    switch self {
    case .unreadable: false
    case .unknownSchema(_, _, let schemas): schemas.contains(DatasetSummary.schemaName)
    case .malformed(_, let schema, _, _): DatasetSummary.schemaNames.contains(schema)
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unreadable: []
    case .unknownSchema, .malformed:
      isOfSummary
        ? ["`strata dataset ... -o FILE` writes a summary; docs/dataset-format.md describes it"]
        : ["`strata trace --model ... -o FILE` writes a trace; docs/trace-format.md describes it"]
    }
  }
}

extension TraceFileError {
  /// A fault of the JSON; `bytes` is the text, which begins at byte `start` of the file.
  init(_ error: JSONError, schema: String, path: String, bytes: UnsafeRawBufferPointer, start: Int) {
    switch error {
    case .unreadable(_, let reason, _): self = .unreadable(path: path, reason: reason)
    case .wrongKind(_, let location, _, _), .missingKey(_, let location, _), .duplicateKey(_, let location, _):
      self = .malformed(path: path, schema: schema, key: location, reason: error.message)
    case .malformed(_, let reason, let offset):
      let fault = TraceFileError.fault(reason, at: offset, in: bytes, start: start)
      self = .malformed(path: path, schema: schema, key: fault.key, reason: fault.reason)
    }
  }

  /// Where and why the text is not JSON.
  private static func fault(
    _ reason: String, at offset: Int?, in bytes: UnsafeRawBufferPointer, start: Int
  ) -> (key: String, reason: String) {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return ("", "expected text in UTF-8, found UTF-16")
    }
    // A text that ends too early has its fault at its end, or the parser does not say where.
    let text = bytes.lastIndex { !" \t\r\n".utf8.contains($0) }.map { $0 + 1 } ?? 0
    if let offset, offset < text {
      let place = JSONPlace(byte: offset, in: bytes).path
      if let number = pythonNumber(at: offset, in: bytes) {
        return (place, "expected JSON, found \(number), which JSON does not have")
      }
      return (place, "expected JSON, found \(reason) at byte \(start + offset)")
    }
    let end = JSONPlace(byte: text, in: bytes)
    guard end.isInside else { return ("", "expected JSON, found \(reason)") }
    return (end.path, "expected JSON, found the end of the text at byte \(start + text)")
  }

  /// What Python's json module writes for a number that is not finite, if it stands at a byte.
  private static func pythonNumber(at offset: Int, in bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.indices.contains(offset) else { return nil }
    return ["NaN", "Infinity", "-Infinity"].first { bytes[offset...].starts(with: $0.utf8) }
  }
}

/// An unusable file of a trace or of a dataset's summary.
public enum TraceFileError: EngineError, Equatable {
  /// The file cannot be read.
  case unreadable(path: String, reason: String)
  /// The file has another schema.
  case unknownSchema(path: String, found: String, expected: String)
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
    case .unknownSchema(_, let found, let expected): "schema '\(found)', expected '\(expected)'"
    case .malformed(_, _, let key, let reason): key.isEmpty ? reason : "'\(key)': \(reason)"
    }
  }

  /// What to do.
  public var hints: [String] {
    switch self {
    case .unreadable: []
    case .unknownSchema(_, _, let schema), .malformed(_, let schema, _, _):
      schema == DatasetSummary.schemaName
        ? ["`strata dataset ... -o FILE` writes a summary; docs/dataset-format.md describes it"]
        : ["`strata trace --model ... -o FILE` writes a trace; docs/trace-format.md describes it"]
    }
  }
}

extension TraceFileError {
  /// A fault of the JSON; `bytes` is the text, which begins at byte `start` of the file.
  init(_ error: JSONError, schema: String, path: String, bytes: UnsafeRawBufferPointer, start: Int) {
    switch error {
    case .unreadable(_, let reason): self = .unreadable(path: path, reason: reason)
    case .wrongKind(_, let location, _, _), .missingKey(_, let location, _), .duplicateKey(_, let location, _):
      self = .malformed(path: path, schema: schema, key: location, reason: error.message)
    case .malformed(_, let reason, let offset):
      let word = offset.flatMap { TraceFileError.pythonNumber(at: $0, in: bytes) }
      self = .malformed(
        path: path, schema: schema, key: offset.map { JSONPlace.of(byte: $0, in: bytes) } ?? "",
        reason: word.map { "expected a number or null, found \($0), which is not JSON" }
          ?? "expected JSON, found \(reason)" + (offset.map { " at byte \(start + $0)" } ?? ""))
    }
  }

  /// What Python's json module writes for a number that is not finite, if it stands at a byte.
  private static func pythonNumber(at offset: Int, in bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.indices.contains(offset) else { return nil }
    return ["NaN", "Infinity", "-Infinity"].first { bytes[offset...].starts(with: $0.utf8) }
  }
}

import Foundation

/// What can be wrong with a JSON file or text.
public enum JSONError: EngineError, Equatable {
  /// The file cannot be read; `reason` is the system's message.
  case unreadable(path: String, reason: String)
  /// The bytes are not JSON; `offset` in bytes, if known.
  case malformed(path: String, reason: String, offset: Int?)
  /// A value is of another kind than needed; `location` like `model.vocab[3]`, empty for the top value.
  case wrongKind(path: String, location: String, expected: String, found: String)
  /// An object lacks a key.
  case missingKey(path: String, location: String, key: String)
  /// An object has the same key twice.
  case duplicateKey(path: String, location: String, key: String)

  /// The file, with the byte offset or the location inside the document.
  public var place: String {
    switch self {
    case .unreadable(let path, _): path
    case .malformed(let path, _, let offset): offset.map { "\(path): byte \($0)" } ?? path
    case .wrongKind(let path, let location, _, _), .missingKey(let path, let location, _),
      .duplicateKey(let path, let location, _):
      location.isEmpty ? path : "\(path): \(location)"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    case .malformed(_, let reason, _): "expected JSON, found \(reason)"
    case .wrongKind(_, _, let expected, let found): "expected \(expected), found \(found)"
    case .missingKey(_, _, let key): "expected the key '\(key)', found none"
    case .duplicateKey(_, _, let key): "expected every key once, found '\(key)' twice"
    }
  }

  /// Advice where there is some.
  public var hints: [String] {
    switch self {
    case .malformed: ["the file may be cut off or the wrong one; fetch it again"]
    default: []
    }
  }
}

extension JSONError {
  /// A file that the system cannot open; `code` is its `errno`.
  package static func unreadable(path: String, code: Int32) -> JSONError {
    if case .brokenLink(_, let target) = FileError(path: path, code: code) {
      return .unreadable(path: path, reason: "the link points to '\(target)', which does not exist")
    }
    return .unreadable(path: path, reason: String(cString: strerror(code)).lowercased())
  }
}

import Foundation

/// What can be wrong with a JSON file or text.
public enum JSONError: EngineError, Equatable {
  /// The file cannot be read; `reason` is the system's message or, with hints, a whole sentence.
  case unreadable(path: String, reason: String, hints: [String] = [])
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
    case .unreadable(let path, _, _): path
    case .malformed(let path, _, let offset): offset.map { "\(path): byte \($0)" } ?? path
    case .wrongKind(let path, let location, _, _), .missingKey(let path, let location, _),
      .duplicateKey(let path, let location, _):
      location.isEmpty ? path : "\(path): \(MessageText.short(location))"
    }
  }

  /// Expected and found.
  public var message: String {
    switch self {
    case .unreadable(_, let reason, let hints): hints.isEmpty ? "cannot be read: \(reason)" : reason
    case .malformed(_, let reason, _): "expected JSON, found \(reason)"
    case .wrongKind(_, _, let expected, let found): "expected \(expected), found \(MessageText.short(found))"
    case .missingKey(_, _, let key): "expected the key '\(MessageText.short(key))', found none"
    case .duplicateKey(_, _, let key): "expected every key once, found '\(MessageText.short(key))' twice"
    }
  }

  /// Advice where there is some.
  public var hints: [String] {
    switch self {
    case .unreadable(_, _, let hints): hints
    case .malformed: ["the file may be cut off or the wrong one; fetch it again"]
    default: []
    }
  }
}

extension JSONError {
  /// A file of a model that is not opened.
  init(_ error: FileError) {
    switch error {
    case .notFound(let path), .brokenLink(let path, _): self = .unreadable(path: path, code: ENOENT)
    case .isFolder(let path): self = .unreadable(path: path, code: EISDIR)
    case .notRegular(let path):
      self = .unreadable(path: path, reason: "it is a device, a pipe or a socket, where a regular file is expected")
    case .unreadable(let path, let reason): self = .unreadable(path: path, reason: reason)
    case .leadsOut, .tooLarge, .empty:
      self = .unreadable(path: error.place, reason: error.message, hints: error.hints)
    }
  }

  /// A file that the system cannot open; `code` is its `errno`.
  package static func unreadable(path: String, code: Int32) -> JSONError {
    if case .brokenLink(_, let target) = FileError(path: path, code: code) {
      return .unreadable(path: path, reason: "the link points to '\(target)', which does not exist")
    }
    return .unreadable(path: path, reason: String(cString: strerror(code)).lowercased())
  }
}

import Foundation

/// A file or folder that cannot be read.
public enum FileError: EngineError, Equatable {
  /// No file or folder of that name exists.
  case notFound(path: String)
  /// A link to a missing file; `target` is the link's text.
  case brokenLink(path: String, target: String)
  /// A folder where a file was expected.
  case isFolder(path: String)
  /// A device, a pipe or a socket.
  case notRegular(path: String)
  /// A file of no bytes.
  case empty(path: String)
  /// The system refuses; `reason` is its message ("permission denied").
  case unreadable(path: String, reason: String)

  /// The path.
  public var place: String {
    switch self {
    case .notFound(let path), .brokenLink(let path, _), .isFolder(let path), .notRegular(let path), .empty(let path),
      .unreadable(let path, _):
      path
    }
  }

  /// The fault.
  public var message: String {
    switch self {
    case .notFound: "no such file or folder"
    case .brokenLink(_, let target): "the link points to '\(target)', which does not exist"
    case .isFolder: "expected a file, found a folder"
    case .notRegular: "expected a regular file, found a device, pipe or socket"
    case .empty: "the file is empty"
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    }
  }

  /// Advice where there is some.
  public var hints: [String] {
    switch self {
    case .empty: ["the download or copy may have failed; fetch it again"]
    case .brokenLink(_, let target) where target.contains("blobs/"):
      [
        "the file itself was removed from the cache of the hub; 'strata models pull' or huggingface_hub fetches it again"
      ]
    case .brokenLink: ["put the file back, or fetch it again"]
    default: []
    }
  }
}

extension FileError {
  /// The error of a failed system call; `code` is its `errno`.
  package init(path: String, code: Int32) {
    switch code {
    case ENOENT, ENOTDIR:
      self = FileError.brokenLink(at: path) ?? .notFound(path: path)
    case EISDIR: self = .isFolder(path: path)
    default: self = .unreadable(path: path, reason: String(cString: strerror(code)).lowercased())
    }
  }

  /// The error of a broken link; nil for a sound link and for no link.
  public static func brokenLink(at path: String) -> FileError? {
    guard access(path, F_OK) != 0, let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
      return nil
    }
    return .brokenLink(path: path, target: target)
  }
}

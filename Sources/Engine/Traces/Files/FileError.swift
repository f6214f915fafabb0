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
  /// A file or folder of a model that is a link to something elsewhere; `target` is the text of the link, nil where a folder before it is
  /// one.
  case leadsOut(path: String, target: String?)
  /// A file with more bytes than any of its kind; `what` says what it should hold.
  case tooLarge(path: String, what: String, bytes: Int, limit: Int)
  /// A file of no bytes.
  case empty(path: String)
  /// The system refuses; `reason` is its message ("permission denied").
  case unreadable(path: String, reason: String)

  /// The path.
  public var place: String {
    switch self {
    case .notFound(let path), .brokenLink(let path, _), .isFolder(let path), .notRegular(let path), .empty(let path),
      .unreadable(let path, _), .leadsOut(let path, _), .tooLarge(let path, _, _, _):
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
    case .leadsOut(_, let target):
      "expected a file in the folder of the model, found "
        + (target.map { "a link to '\($0)'" } ?? "one that a link puts there")
    case .tooLarge(_, let what, let bytes, let limit):
      "expected \(what) of at most \(limit) bytes, found \(bytes) bytes"
    case .empty: "the file is empty"
    case .unreadable(_, let reason): "cannot be read: \(reason)"
    }
  }

  /// Advice where there is some.
  public var hints: [String] {
    switch self {
    case .empty: ["the download or copy may have failed; fetch it again"]
    case .leadsOut:
      [
        "texts of a model reach prompts and messages, so no other file of the machine is read as one: copy it into the folder",
        "a link to the whole folder of a model is followed, and so are links of weights and those of the hub's cache to its blobs",
      ]
    case .tooLarge: ["is it what its name says? No model that is published has such a file as large as that"]
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

import Foundation

/// A file of a model, an adapter or a lens: the one door through which they are opened.
///
/// A folder of a model may come from somebody else, as a part of a pull request, and hold links to any file of the user. What stands
/// in texts reaches prompts and messages, so a text is opened only where it belongs to the model: in the folder, or among the blobs of
/// the same repository in the cache of the hub. Weights may be links to another disk; their bytes are never repeated.
package struct ModelFile {
  /// What a file holds.
  package struct Content: Sendable, Equatable {
    /// In words.
    package let name: String
    /// The most bytes that are read; nil for what is mapped and read in parts.
    package let limit: Int?
    /// Whether a link may lead out of the folder.
    package let mayLeadOut: Bool

    /// Numbers: safetensors, GGUF, a file of `torch.save`.
    package static let weights = Content(name: "weights", limit: nil, mayLeadOut: true)
    /// Settings, as in config.json: the largest that are published have some 100 kB.
    package static let settings = Content(name: "settings", limit: 64 << 20, mayLeadOut: false)
    /// A vocabulary in any form: the largest that are published have some 40 MB.
    package static let vocabulary = Content(name: "a vocabulary", limit: 256 << 20, mayLeadOut: false)
    /// The index of weights: the largest that are published have some 20 MB.
    package static let index = Content(name: "an index of weights", limit: 256 << 20, mayLeadOut: false)
    /// A chat template: the largest that are published have some 20 kB.
    package static let template = Content(name: "a chat template", limit: 1 << 20, mayLeadOut: false)
  }

  /// The path as it is written.
  package let path: String
  /// The folder of the model.
  package let folder: String
  /// What it holds.
  package let content: Content

  /// A file in a folder of a model; without a folder, in the one of the path.
  package init(_ path: String, in folder: String? = nil, as content: Content) {
    self.path = path
    self.folder = folder ?? ModelFile.parent(of: path)
    self.content = content
  }

  /// The path without links, once it is known that the file belongs to the model, is a regular file and is not too large.
  ///
  /// - Throws: `FileError`.
  @discardableResult
  package func checked() throws(FileError) -> String {
    let real = try resolved()
    var status = stat()
    guard stat(real, &status) == 0 else { throw FileError(path: path, code: errno) }
    let type = status.st_mode & S_IFMT
    guard type != S_IFDIR else { throw .isFolder(path: path) }
    guard type == S_IFREG else { throw .notRegular(path: path) }
    if let limit = content.limit, status.st_size > limit {
      throw .tooLarge(path: path, what: content.name, bytes: Int(status.st_size), limit: limit)
    }
    return real
  }

  /// The path without links, once it is known that it belongs to the model; also that of a folder.
  ///
  /// - Throws: `FileError`.
  @discardableResult
  package func resolved() throws(FileError) -> String {
    guard let real = ModelFile.real(path) else { throw FileError(path: path, code: errno) }
    guard !content.mayLeadOut else { return real }
    guard let root = ModelFile.real(folder) else { throw FileError(path: folder, code: errno) }
    let roots = [root] + (ModelFile.blobs(of: root).map { [$0] } ?? [])
    guard roots.contains(where: { ModelFile.holds($0, real) }) else {
      throw .leadsOut(path: path, target: try? FileManager.default.destinationOfSymbolicLink(atPath: path))
    }
    return real
  }

  /// The blobs to which the files of a snapshot in the cache of the hub are links; nil for any other folder.
  private static func blobs(of folder: String) -> String? {
    let parts = folder.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    guard let place = parts.lastIndex(of: "snapshots"), place > 0, place + 1 < parts.count,
      parts[place - 1].hasPrefix("models--")
    else { return nil }
    return "/" + parts[..<place].joined(separator: "/") + "/blobs"
  }

  /// Whether a path without links is a folder or in it; by bytes, because two names may be equal to Swift.
  private static func holds(_ folder: String, _ path: String) -> Bool {
    path.utf8.elementsEqual(folder.utf8) || path.utf8.starts(with: (folder == "/" ? folder : folder + "/").utf8)
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A path without symbolic links; nil, with `errno` set, where it leads nowhere.
  private static func real(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}

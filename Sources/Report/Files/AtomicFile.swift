import Foundation
import Traces
import Words

/// Writes files so that each is complete or absent.
public enum AtomicFile {
  /// When the content of a file must have reached the disk.
  public enum Durability: Sendable {
    /// Before the file has its name: whoever finds the file after a crash of the machine finds all of it.
    case now
    /// Whenever the system likes: something else will write it through, or tells a damaged file by its digest.
    case later
  }

  /// Writes `data` beside `url` under a temporary name and renames it into place; makes the folders it needs.
  ///
  /// A file that is replaced hands on its owner, mode and extended attributes. A device or a pipe (`/dev/null`) is written to directly: it
  /// must not be replaced.
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  public static func write(_ data: Data, to url: URL, durable: Durability = .now) throws(Diagnostic) {
    if isSpecial(url) {
      try write(data, descriptor: FileCalls.open(url.path, O_WRONLY), url: url)
      return
    }
    try replace(url, with: data, durable: durable)
  }

  /// The same for a file of a gallery, where whatever has its name is replaced, a device or a pipe too: nobody waits for their other end.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`.
  package static func replace(
    _ url: URL, with data: Data, durable: Durability = .now
  ) throws(Diagnostic) {
    try move(try stage(data, for: url, durable: durable), to: url)
  }

  /// Writes pieces beside `url` under a temporary name, to the disk itself, and renames them into place.
  ///
  /// - Throws: `Diagnostic` of the category `cannotWrite`, and what `body` throws.
  package static func write(to url: URL, _ body: (_ write: (Data) throws -> Void) throws -> Void) throws {
    guard !isSpecial(url) else {
      throw Diagnostic(
        place: url.relativePath, "expected a plain file, found a device or a pipe", hints: ["name a file"],
        category: .cannotWrite)
    }
    try makeFolder(url.deletingLastPathComponent())
    let temporary = TemporaryFiles.sibling(of: url)
    TemporaryFiles.add(temporary)
    do {
      let descriptor = FileCalls.open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
      guard descriptor >= 0 else { throw cannotWrite(url, errno) }
      defer { close(descriptor) }
      try body { data in
        let code = write(data, to: descriptor, temporary.path)
        if code != 0 { throw cannotWrite(url, code) }
      }
      let code = writeThrough(descriptor, temporary.path)
      if code != 0 { throw cannotWrite(url, code) }
    } catch {
      discard(temporary)
      throw error
    }
    try move(temporary, to: url)
  }

  /// Writes `data` beside `url` under a temporary name, which is returned; makes the folders it needs.
  package static func stage(
    _ data: Data, for url: URL, durable: Durability = .now
  ) throws(Diagnostic) -> URL {
    try makeFolder(url.deletingLastPathComponent())
    let temporary = TemporaryFiles.sibling(of: url)
    TemporaryFiles.add(temporary)
    do throws(Diagnostic) {
      try write(
        data, descriptor: FileCalls.open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC), url: url,
        durable: durable)
    } catch {
      discard(temporary)
      throw error
    }
    keepAttributes(of: url, for: temporary)
    return temporary
  }

  /// Writes pieces beside `url` under a temporary name; makes the folders it needs.
  ///
  /// - Returns: The temporary name, and the size and the SHA-256 of what was written.
  /// - Throws: `Diagnostic` of the category `cannotWrite`, and what `body` throws.
  package static func stage(
    for url: URL, durable: Durability = .now, _ body: (_ write: (Data) throws -> Void) throws -> Void
  ) throws -> (file: URL, bytes: Int, sha256: String) {
    try makeFolder(url.deletingLastPathComponent())
    let temporary = TemporaryFiles.sibling(of: url)
    TemporaryFiles.add(temporary)
    let hash = SHA256()
    var bytes = 0
    do {
      let descriptor = FileCalls.open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC)
      guard descriptor >= 0 else { throw cannotWrite(url, errno) }
      defer { close(descriptor) }
      var waiting = Data()
      func flush() throws {
        waiting.withUnsafeBytes { hash.update($0) }
        bytes += waiting.count
        let code = write(waiting, to: descriptor, temporary.path)
        if code != 0 { throw cannotWrite(url, code) }
        waiting.removeAll(keepingCapacity: true)
      }
      try body { data in
        waiting += data
        if waiting.count >= pieceSize { try flush() }
      }
      try flush()
      let code = durable == .now ? writeThrough(descriptor, temporary.path) : 0
      if code != 0 { throw cannotWrite(url, code) }
    } catch {
      discard(temporary)
      throw error
    }
    keepAttributes(of: url, for: temporary)
    return (temporary, bytes, hash.finish())
  }

  /// Bytes that are written at a time.
  private static let pieceSize = 1 << 18

  /// Gives a temporary file the owner, mode and extended attributes of the plain file that it will replace.
  private static func keepAttributes(of url: URL, for temporary: URL) {
    var status = stat()
    if lstat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      FileAttributes.copy(from: url.path, to: temporary.path)
    }
  }

  /// Waits until the content of a file, or the names in a folder, are on the disk.
  ///
  /// - Throws: `Diagnostic` when the disk refuses.
  package static func writeThrough(_ url: URL) throws(Diagnostic) {
    let descriptor = open(url.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    // A link has no content of its own, and one who may not read a file has not written it.
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    let code = writeThrough(descriptor, url.path)
    if code != 0 { throw cannotWrite(url, code) }
  }

  /// Returns 0 or the reason; pipes and some file systems have nothing to write through.
  private static func writeThrough(_ descriptor: Int32, _ path: String) -> Int32 {
    FileCalls.sync(descriptor, path) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno
  }

  /// Removes a temporary file.
  package static func discard(_ temporary: URL) {
    FileCalls.unlink(temporary.path)
    TemporaryFiles.forget(temporary)
  }

  /// Renames a finished file into place, or removes it when that fails.
  package static func move(_ temporary: URL, to url: URL) throws(Diagnostic) {
    guard FileCalls.rename(temporary.path, url.path) == 0 else {
      let code = errno
      discard(temporary)
      throw cannotWrite(url, code)
    }
    TemporaryFiles.forget(temporary)
  }

  /// Makes a folder and those above it.
  package static func makeFolder(_ url: URL) throws(Diagnostic) {
    var missing: [URL] = []
    var folder = url.standardizedFileURL
    var status = stat()
    while stat(folder.path, &status) != 0 {
      guard errno == ENOENT, folder.path != "/" else { throw cannotWrite(url, errno) }
      missing.append(folder)
      folder.deleteLastPathComponent()
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw cannotWrite(url, ENOTDIR) }
    for folder in missing.reversed() {
      guard FileCalls.makeFolder(folder.path) == 0 || errno == EEXIST else { throw cannotWrite(url, errno) }
    }
  }

  package static func cannotWrite(_ url: URL, _ code: Int32) -> Diagnostic {
    var hints: [String] = []
    switch code {
    case ENOTDIR, EEXIST: hints = ["a part of this path is a file, not a folder"]
    case EISDIR: hints = ["a folder has this name; choose another name for the file"]
    case ENOSPC: hints = ["free some space on this disk"]
    case EACCES, EPERM, EROFS: hints = ["choose a folder that you may write to"]
    default: break
    }
    return Diagnostic(
      place: url.relativePath, "cannot write: \(String(cString: strerror(code)).lowercased())", hints: hints,
      category: .cannotWrite)
  }

  /// Writes `data` to standard output.
  public static func writeToStandardOutput(_ data: Data) throws(Diagnostic) {
    let code = write(data, to: STDOUT_FILENO, "standard output")
    if code != 0 { throw cannotWrite(URL(fileURLWithPath: "standard output"), code) }
  }

  private static func write(
    _ data: Data, descriptor: Int32, url: URL, durable: Durability = .later
  ) throws(Diagnostic) {
    guard descriptor >= 0 else { throw cannotWrite(url, errno) }
    var code = write(data, to: descriptor, url.path)
    if code == 0, durable == .now { code = writeThrough(descriptor, url.path) }
    let closed = close(descriptor)
    if code != 0 { throw cannotWrite(url, code) }
    if closed != 0 { throw cannotWrite(url, errno) }
  }

  /// Writes everything; returns 0 or the reason.
  static func write(_ data: Data, to descriptor: Int32, _ path: String) -> Int32 {
    data.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count, let start = bytes.baseAddress {
        let written = FileCalls.write(descriptor, start + offset, bytes.count - offset, path)
        if written < 0, errno == EINTR { continue }
        if written <= 0 { return written < 0 ? errno : EIO }
        offset += written
      }
      return 0
    }
  }

  /// Whether a path is a device or a pipe; a link to one only where the system has such links, as `/dev/stdout` is.
  ///
  /// Another link may have been committed by somebody else in the place of a file.
  private static func isSpecial(_ url: URL) -> Bool {
    var status = stat()
    guard lstat(url.path, &status) == 0 else { return false }
    if status.st_mode & S_IFMT == S_IFLNK {
      guard ["/dev/", "/proc/"].contains(where: url.path.hasPrefix), stat(url.path, &status) == 0 else { return false }
    }
    let kind = status.st_mode & S_IFMT
    return kind != S_IFREG && kind != S_IFDIR
  }
}

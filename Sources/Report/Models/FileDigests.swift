import Engine
import Foundation

/// SHA-256 of files, remembered by path, size, time of change and inode, so that large files are read once.
public struct FileDigests: Sendable {
  let folder: URL

  /// Digests kept in a cache.
  public init(cache: CacheFolder) {
    folder = cache.digests
  }

  /// What a digest is valid for.
  struct Record: Codable, Equatable {
    var path: String
    var bytes: Int
    /// Time of the last change of the content, nanoseconds.
    var modified: Int
    /// Time of the last change of the file's entry, nanoseconds: content cannot change without it.
    var changed: Int
    var inode: UInt64
    var sha256: String
  }

  /// Size and digest of a file.
  ///
  /// - Throws: `Diagnostic` when the file cannot be read.
  public func digest(of url: URL) throws(Diagnostic) -> (bytes: Int, sha256: String) {
    var record = try FileDigests.state(of: url)
    let place = place(of: record)
    if let data = try? Data(contentsOf: place), let known = try? JSONDecoder().decode(Record.self, from: data) {
      record.sha256 = known.sha256
      if record == known { return (known.bytes, known.sha256) }
    }
    record.sha256 = try FileDigests.compute(url)
    remember(record, at: place)
    return (record.bytes, record.sha256)
  }

  /// Notes a digest that was computed while the file was written.
  func remember(_ sha256: String, of url: URL) {
    guard var record = try? FileDigests.state(of: url) else { return }
    record.sha256 = sha256
    remember(record, at: place(of: record))
  }

  /// Has the digest computed anew next time.
  func forget(_ url: URL) {
    if let record = try? FileDigests.state(of: url) { unlink(place(of: record).path) }
  }

  private func place(of record: Record) -> URL {
    folder.appending(path: SHA256.hex(of: record.path.utf8) + ".json")
  }

  /// A digest that cannot be noted is computed again next time; that is no reason to fail.
  private func remember(_ record: Record, at place: URL) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    if let data = try? encoder.encode(record) { try? AtomicFile.write(data, to: place) }
  }

  private static func state(of url: URL) throws(Diagnostic) -> Record {
    let path = url.standardizedFileURL.resolvingSymlinksInPath().path
    var status = stat()
    guard stat(path, &status) == 0 else { throw unreadable(url, errno) }
    return Record(
      path: path, bytes: Int(status.st_size),
      modified: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec,
      changed: status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec, inode: UInt64(status.st_ino), sha256: "")
  }

  private static func compute(_ url: URL) throws(Diagnostic) -> String {
    do throws(FileError) {
      return try SHA256.hex(ofFile: url.path)
    } catch {
      throw Diagnostic(place: url.relativePath, error.message, hints: error.hints, category: error.category)
    }
  }

  static func unreadable(_ url: URL, _ code: Int32) -> Diagnostic {
    Diagnostic(
      place: url.relativePath,
      code == ENOENT ? "no such file" : "cannot read: \(String(cString: strerror(code)).lowercased())",
      category: .badInput)
  }
}

import Foundation
import Traces
import Words

/// SHA-256 of files, remembered by path and `FileState`, so that large files are read once.
public struct FileDigests: Sendable {
  package let folder: URL
  /// The time, nanoseconds.
  package var clock: @Sendable () -> Int = { FileState.now }

  /// Digests kept in a cache.
  public init(cache: CacheFolder) {
    folder = cache.digests
  }

  /// What a digest is valid for.
  struct Record: Codable, Equatable {
    var path: String
    var state: FileState
    /// When reading began, nanoseconds.
    var read: Int
    var sha256: String
  }

  /// Size and digest of a file.
  ///
  /// - Throws: `Diagnostic` when the file cannot be read.
  public func digest(of url: URL) throws(Diagnostic) -> (bytes: Int, sha256: String) {
    let (path, state) = try FileDigests.state(of: url)
    let place = place(of: path)
    if let data = SealedFile.read(place), let known = try? JSONDecoder().decode(Record.self, from: data),
      known.path == path, known.state == state, state.isSettled(at: known.read)
    {
      return (state.bytes, known.sha256)
    }
    let record = Record(path: path, state: state, read: clock(), sha256: try FileDigests.compute(url))
    remember(record, at: place)
    return (state.bytes, record.sha256)
  }

  /// Notes a digest that was computed while the file was written.
  package func remember(_ sha256: String, of url: URL) {
    let read = clock()
    guard let (path, state) = try? FileDigests.state(of: url) else { return }
    remember(Record(path: path, state: state, read: read, sha256: sha256), at: place(of: path))
  }

  /// Forgets a digest, so that it is computed again next time.
  package func forget(_ url: URL) {
    if let (path, _) = try? FileDigests.state(of: url) { FileCalls.unlink(place(of: path).path) }
  }

  private func place(of path: String) -> URL {
    folder.appending(path: SHA256.hex(of: path.utf8) + ".json")
  }

  /// A digest that cannot be stored is computed again next time; this is not an error.
  private func remember(_ record: Record, at place: URL) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    if let data = try? encoder.encode(record) { try? SealedFile.write(data, to: place) }
  }

  private static func state(of url: URL) throws(Diagnostic) -> (path: String, state: FileState) {
    let path = url.standardizedFileURL.resolvingSymlinksInPath().path
    guard let state = FileState(path: path) else { throw unreadable(url, errno) }
    return (path, state)
  }

  private static func compute(_ url: URL) throws(Diagnostic) -> String {
    do throws(FileError) {
      return try SHA256.hex(ofFile: url.path)
    } catch {
      throw Diagnostic(place: url.relativePath, error.message, hints: error.hints, category: error.category)
    }
  }

  package static func unreadable(_ url: URL, _ code: Int32) -> Diagnostic {
    Diagnostic(
      place: url.relativePath,
      code == ENOENT ? "no such file" : "cannot read: \(String(cString: strerror(code)).lowercased())",
      category: .badInput)
  }
}

import Engine
import Files
import Foundation
import Plot
import Threads
import Traces

/// The inputs and the files of a successful build, kept in the cache.
///
/// A later build with the same inputs that finds every file unchanged has nothing to do.
package struct BuildStamp: Equatable {
  static let schemaName = "strata.stamp/1"

  /// Digest of everything the build depended on.
  var key: String
  /// When the build checked the files, in nanoseconds.
  var time: Int
  /// Figures in the gallery.
  var figures: Int
  /// Every file that the build wrote, by path in the folder.
  var files: [File]

  /// A file as the build wrote it.
  struct File: Equatable, Sendable {
    var path: String
    var sha256: String
    var state: FileState
  }

  /// Records the files at `paths` in a folder: first their states, then their content.
  ///
  /// nil when one is missing, or when its digest is not the expected one.
  init?(key: String, figures: Int, paths: [String], expected: [String: String], folder: URL, time: Int, threads: Int) {
    let found = Parallel.map(paths.count, threads: threads) { index -> File? in
      let path = paths[index]
      let place = folder.path + "/" + path
      guard !path.contains("\n"), let state = FileState(path: place), let digest = try? SHA256.hex(ofFile: place),
        expected[path] ?? digest == digest
      else { return nil }
      return File(path: path, sha256: digest, state: state)
    }
    files = found.compactMap { $0 }
    guard files.count == paths.count else { return nil }
    (self.key, self.figures, self.time) = (key, figures, time)
  }

  /// The condition of the files of a stamp.
  enum Finding: Equatable {
    /// At least one is missing or has other content.
    case changed
    /// None has changed, but some had to be read to find out; the stamp can be renewed.
    case read(BuildStamp)
    /// None has changed, as their states show.
    case settled
  }

  /// Checks the files again.
  ///
  /// It reads those whose state has changed or was too recent.
  func look(in folder: URL, time: Int, threads: Int) -> Finding {
    var renewed = self
    var unsure: [Int] = []
    for (index, file) in files.enumerated() {
      guard let state = FileState(path: folder.path + "/" + file.path), state.bytes == file.state.bytes else {
        return .changed
      }
      if state != file.state || !state.isSettled(at: self.time) { unsure.append(index) }
      renewed.files[index].state = state
    }
    guard !unsure.isEmpty else { return .settled }
    let suspects = unsure.map { files[$0] }
    let same = Parallel.map(suspects.count, threads: threads) { index in
      (try? SHA256.hex(ofFile: folder.path + "/" + suspects[index].path)) == suspects[index].sha256
    }
    renewed.time = time
    return same.allSatisfy { $0 } ? .read(renewed) : .changed
  }
}

extension BuildStamp {
  /// The stamp as lines of text: schema, key, time, number of figures, then the files.
  var data: Data {
    let lines = files.map { file in
      "\(file.sha256) \(file.state.bytes) \(file.state.modified) \(file.state.changed) \(file.state.inode) \(file.path)"
    }
    return Data(([Self.schemaName, key, "\(time)", "\(figures)"] + lines).map { $0 + "\n" }.joined().utf8)
  }

  /// Reads what `data` gives; nil for anything else.
  package init?(_ data: Data) {
    let lines = data.split(separator: 0x0A)
    guard data.last == 0x0A, lines.count >= 4, lines[0].elementsEqual(Self.schemaName.utf8),
      let time = Self.number(lines[2]), let figures = Self.number(lines[3])
    else { return nil }
    key = String(decoding: lines[1], as: UTF8.self)
    (self.time, self.figures) = (time, figures)
    files = lines.dropFirst(4).compactMap(Self.file)
    guard files.count == lines.count - 4 else { return nil }
  }

  private static func file(_ line: Data) -> File? {
    let fields = line.split(separator: 0x20, maxSplits: 5, omittingEmptySubsequences: false)
    guard fields.count == 6, let bytes = number(fields[1]), let modified = number(fields[2]),
      let changed = number(fields[3]), let inode = number(fields[4]).flatMap(UInt64.init(exactly:))
    else { return nil }
    return File(
      path: String(decoding: fields[5], as: UTF8.self), sha256: String(decoding: fields[0], as: UTF8.self),
      state: FileState(bytes: bytes, modified: modified, changed: changed, inode: inode))
  }

  private static func number(_ text: Data) -> Int? { Int(String(decoding: text, as: UTF8.self)) }
}

/// Stamps of folders, by their paths.
struct BuildStamps: Sendable {
  let folder: URL

  init(_ cache: CacheFolder) { folder = cache.builds }

  /// The stamp of a folder; nil when there is none that can be read.
  func stamp(of built: URL) -> BuildStamp? { SealedFile.read(place(of: built)).flatMap(BuildStamp.init) }

  /// Keeps a stamp.
  ///
  /// A cache that cannot be written only costs time.
  func keep(_ stamp: BuildStamp, of built: URL) { try? SealedFile.write(stamp.data, to: place(of: built)) }

  /// Digest of the record that the last build left in a folder; nil for none.
  func record(of built: URL) -> String? {
    SealedFile.read(place(of: built, "record")).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Keeps the digest of a folder's record; without it, the next build draws everything again.
  func keep(record: String, of built: URL) { try? SealedFile.write(Data(record.utf8), to: place(of: built, "record")) }

  private func place(of built: URL, _ ending: String = "txt") -> URL {
    folder.appending(path: SHA256.hex(of: built.standardizedFileURL.path.utf8) + ".\(ending)")
  }
}

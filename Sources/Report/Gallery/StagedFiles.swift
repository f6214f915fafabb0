import Foundation

/// A set of files that appear together: all are written under temporary names in their folders, then renamed in order.
///
/// Until the first rename nothing visible has changed; a failure removes what was staged.
struct StagedFiles {
  private let folder: URL
  private var staged: [(temporary: URL, final: URL)] = []

  init(folder: URL) { self.folder = folder }

  /// Writes `data` beside its place.
  /// - Parameter path: Relative to the folder, with `/`.
  /// - Throws: `Diagnostic`; what was staged before is removed.
  mutating func add(_ data: Data, path: String) throws {
    let final = folder.appendingPathComponent(path)
    let name = ".\(final.lastPathComponent).\(ProcessInfo.processInfo.processIdentifier).partial"
    let temporary = final.deletingLastPathComponent().appendingPathComponent(name)
    do {
      try FileManager.default.createDirectory(
        at: final.deletingLastPathComponent(), withIntermediateDirectories: true)
      staged.append((temporary, final))
      try data.write(to: temporary)
    } catch {
      discard()
      throw Self.failure(final, error)
    }
  }

  /// Renames every file into place, in the order they were added.
  /// - Throws: `Diagnostic`; what was not yet renamed is removed.
  mutating func commit() throws {
    while let (temporary, final) = staged.first {
      guard rename(temporary.path, final.path) == 0 else {
        let error = CocoaError(
          .fileWriteUnknown, userInfo: [NSLocalizedDescriptionKey: String(cString: strerror(errno))])
        discard()
        throw Self.failure(final, error)
      }
      staged.removeFirst()
    }
  }

  private mutating func discard() {
    for (temporary, _) in staged { try? FileManager.default.removeItem(at: temporary) }
    staged = []
  }

  private static func failure(_ file: URL, _ error: any Error) -> Diagnostic {
    Diagnostic(
      place: file.path, "cannot be written: \(error.localizedDescription)",
      hints: ["check that the folder exists, is writable and that the disk has room"], category: .cannotWrite)
  }
}

import Files
import Foundation
import Plot
import Traces

/// A set of files that appear together: all are written under temporary names in their folders, then renamed in order.
///
/// Nothing visible changes before the first rename; a failure removes the staged files.
struct StagedFiles {
  private let folder: URL
  private var staged: [(temporary: URL, final: URL)] = []
  /// The files added, paths relative to the folder.
  private(set) var files: [FileRecord] = []

  init(folder: URL) { self.folder = folder }

  /// Writes `data` beside its place.
  /// - Parameter path: Relative to the folder, with `/`.
  /// - Throws: `Diagnostic`; files staged before are removed.
  mutating func add(_ data: Data, path: String) throws {
    do {
      let final = try OwnFolder(folder).place(path)
      staged.append((try AtomicFile.stage(data, for: final, durable: .later), final))
      files.append(FileRecord(path: path, bytes: data.count, sha256: SHA256.hex(of: data)))
    } catch {
      discard()
      throw error
    }
  }

  /// Writes a file in pieces beside its place, so that its bytes are never together in memory.
  /// - Parameter path: Relative to the folder, with `/`.
  /// - Throws: `Diagnostic`, and what `body` throws; files staged before are removed.
  mutating func add(path: String, _ body: (_ write: (Data) throws -> Void) throws -> Void) throws {
    do {
      let final = try OwnFolder(folder).place(path)
      let written = try AtomicFile.stage(for: final, durable: .later, body)
      staged.append((written.file, final))
      files.append(FileRecord(path: path, bytes: written.bytes, sha256: written.sha256))
    } catch {
      discard()
      throw error
    }
  }

  /// Renames every file into place, in the order they were added.
  /// - Throws: `Diagnostic`; files not yet renamed are removed.
  mutating func commit() throws {
    while let (temporary, final) = staged.first {
      staged.removeFirst()
      do {
        try AtomicFile.move(temporary, to: final)
      } catch {
        discard()
        throw error
      }
    }
  }

  private mutating func discard() {
    for (temporary, _) in staged { AtomicFile.discard(temporary) }
    staged = []
  }
}

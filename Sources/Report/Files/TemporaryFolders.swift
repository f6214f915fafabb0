import Foundation
import Words

// What the program makes in the system's temporary folder: `strata-check-123-x8Kp2Q`, with its process and six letters at random.
//
// A program that is killed (`kill -9`) leaves such a folder behind. The next one that makes a folder removes it, a day later.
extension TemporaryFiles {
  /// What a temporary folder is for.
  package enum Purpose: String, CaseIterable, Sendable {
    /// The galleries that a check builds.
    case check
    /// The empty working folder and the input of another program.
    case child
  }

  /// Seconds after which what a process that is gone has left is removed; in a container it may only seem to be gone.
  package static let staleAge = 24 * 3600

  /// An empty folder in the system's temporary folder that its owner alone may enter; `discard(folder:)` removes it.
  ///
  /// - Throws: `Diagnostic` when it cannot be made.
  package static func makeFolder(for purpose: Purpose) throws(Diagnostic) -> URL {
    var name = try template(for: purpose)
    guard mkdtemp(&name) != nil else {
      let code = errno
      throw AtomicFile.cannotWrite(temporaryRoot, code)
    }
    let folder = URL(fileURLWithPath: path(name), isDirectory: true)
    add(folder)
    return folder
  }

  /// Removes a folder of `makeFolder(for:)` with all that is in it.
  package static func discard(folder: URL) {
    try? FileManager.default.removeItem(at: folder)
    forget(folder)
  }

  /// A file without a name, open for reading and writing, which is gone when the process ends.
  ///
  /// - Throws: `Diagnostic` when it cannot be made.
  package static func openUnnamedFile(for purpose: Purpose) throws(Diagnostic) -> Int32 {
    var name = try template(for: purpose)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else {
      let code = errno
      throw AtomicFile.cannotWrite(temporaryRoot, code)
    }
    FileCalls.unlink(path(name))
    return descriptor
  }

  /// The process that a name of this program in the system's temporary folder belongs to; nil for all other names.
  package static func maker(of name: String) -> pid_t? {
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0] == "strata", Purpose(rawValue: String(parts[1])) != nil,
      parts[3].utf8.count == 6, parts[3].utf8.allSatisfy(isAlphanumeric),
      let process = pid_t(parts[2]), process > 0, "\(process)" == parts[2]
    else { return nil }
    return process
  }

  /// Removes what processes of this user that are gone have left in the system's temporary folder.
  ///
  /// Nothing is touched that has another form of name, belongs to somebody else, is a link, may be entered by others, was changed within
  /// `age` seconds, or whose process is still there.
  package static func removeStale(in root: URL = temporaryRoot, olderThan age: Int = staleAge) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? [] {
      guard let process = maker(of: name), !isRunning(process) else { continue }
      let place = root.appending(path: name)
      var status = stat()
      guard lstat(place.path, &status) == 0, [S_IFDIR, S_IFREG].contains(status.st_mode & S_IFMT),
        status.st_uid == geteuid(), status.st_mode & 0o077 == 0, status.st_mtim.tv_sec <= time(nil) - age
      else { continue }
      try? FileManager.default.removeItem(at: place)
    }
  }

  /// `TMPDIR`, or `/tmp`.
  package static var temporaryRoot: URL { URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true) }

  /// The form of a name that `mkdtemp` and `mkstemp` complete; what earlier processes left is removed once.
  private static func template(for purpose: Purpose) throws(Diagnostic) -> [CChar] {
    let root = temporaryRoot
    try AtomicFile.makeFolder(root)
    if isFirstLook() { removeStale(in: root) }
    return Array(root.appending(path: "strata-\(purpose.rawValue)-\(getpid())-XXXXXX").path.utf8CString)
  }

  private static func path(_ name: [CChar]) -> String {
    String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      true
    default: false
    }
  }
}

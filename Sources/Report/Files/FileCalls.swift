import CLink
import Foundation
import Synchronization

/// The one place through which the program changes files: every call can be made to fail, so that tests see what each failure leaves.
///
/// The functions are those of the system, with its results and its `errno`.
package enum FileCalls {
  /// What a call does.
  package enum Kind: String, CaseIterable, Sendable {
    case open, write, sync, rename, exchange, makeFolder, removeFolder, link, unlink, truncate, copy, remove
    /// The question whether a folder can be renamed; where it fails, the folder counts as mounted.
    case mount
  }

  /// Decides about a call on a path: nil lets it pass, a number of `errno` makes it fail.
  package typealias Fault = @Sendable (Kind, String) -> Int32?

  private static let isOn = Atomic<Bool>(false)
  private static let fault = Mutex<Fault?>(nil)

  /// Runs `body` while `fault` decides about every call of every thread of this process; for tests alone.
  package static func withFault<T>(_ fault: @escaping Fault, _ body: () throws -> T) rethrows -> T {
    Self.fault.withLock { $0 = fault }
    isOn.store(true, ordering: .sequentiallyConsistent)
    defer {
      isOn.store(false, ordering: .sequentiallyConsistent)
      Self.fault.withLock { $0 = nil }
    }
    return try body()
  }

  /// Whether a call must fail, with `errno` set.
  private static func fails(_ kind: Kind, _ path: String) -> Bool {
    guard isOn.load(ordering: .relaxed), let code = fault.withLock({ $0 })?(kind, path) else { return false }
    errno = code
    return true
  }

  /// Opens a file that may be made or written.
  package static func open(_ path: String, _ flags: Int32, _ mode: mode_t = 0o644) -> Int32 {
    fails(.open, path) ? -1 : Glibc.open(path, flags, mode)
  }

  /// Writes to a file that was opened at `path`.
  package static func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int, _ path: String) -> Int {
    fails(.write, path) ? -1 : Glibc.write(descriptor, bytes, count)
  }

  /// Writes through to the disk what was written to a file that was opened at `path`.
  package static func sync(_ descriptor: Int32, _ path: String) -> Int32 {
    fails(.sync, path) ? -1 : fsync(descriptor)
  }

  /// Gives a file or folder another name.
  @discardableResult package static func rename(_ from: String, _ to: String) -> Int32 {
    fails(.rename, to) ? -1 : Glibc.rename(from, to)
  }

  /// Exchanges two files or folders in one step.
  package static func exchange(_ one: String, _ other: String) -> Int32 {
    let both: UInt32 = 2
    return fails(.exchange, other) ? -1 : rename_between(AT_FDCWD, one, AT_FDCWD, other, both)
  }

  /// Whether a test wants a folder to be one that cannot be renamed.
  static func countsAsMounted(_ path: String) -> Bool { fails(.mount, path) }

  /// Makes a folder.
  package static func makeFolder(_ path: String) -> Int32 { fails(.makeFolder, path) ? -1 : mkdir(path, 0o755) }

  /// Removes a folder that is empty.
  @discardableResult package static func removeFolder(_ path: String) -> Int32 {
    fails(.removeFolder, path) ? -1 : rmdir(path)
  }

  /// Gives a file a second name.
  package static func link(_ from: String, _ to: String) -> Int32 { fails(.link, to) ? -1 : Glibc.link(from, to) }

  /// Makes a symbolic link.
  package static func symbolicLink(_ target: String, _ place: String) -> Int32 {
    fails(.link, place) ? -1 : symlink(target, place)
  }

  /// Removes a file.
  @discardableResult package static func unlink(_ path: String) -> Int32 {
    fails(.unlink, path) ? -1 : Glibc.unlink(path)
  }

  /// Cuts a file that was opened at `path`.
  package static func truncate(_ descriptor: Int32, _ bytes: Int, _ path: String) -> Int32 {
    fails(.truncate, path) ? -1 : ftruncate(descriptor, bytes)
  }

  /// Copies a file.
  ///
  /// - Throws: What the system says.
  package static func copy(_ from: URL, to: URL) throws {
    if fails(.copy, to.path) { throw CocoaError(.fileWriteUnknown) }
    try FileManager.default.copyItem(at: from, to: to)
  }

  /// Removes a file, or a folder with all that is in it.
  ///
  /// - Throws: What the system says.
  package static func remove(_ place: URL) throws {
    if fails(.remove, place.path) { throw CocoaError(.fileWriteUnknown) }
    try FileManager.default.removeItem(at: place)
  }
}

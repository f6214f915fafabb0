import Foundation

/// A file's metadata: while it is unchanged, the content is unchanged too, but see `isSettled`.
package struct FileState: Codable, Equatable, Sendable {
  package var bytes: Int
  /// Time of the last change of the content, nanoseconds.
  package var modified: Int
  /// Time of the last change of the inode, nanoseconds: every change of the content updates it, and programs cannot set it.
  package var changed: Int
  package var inode: UInt64
  package var isFolder: Bool

  /// The state of what a path leads to; nil, with `errno` set, when it leads nowhere.
  package init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    bytes = Int(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
    inode = UInt64(status.st_ino)
    isFolder = status.st_mode & S_IFMT == S_IFDIR
  }

  /// A state from stored values.
  package init(bytes: Int, modified: Int, changed: Int, inode: UInt64) {
    (self.bytes, self.modified, self.changed, self.inode, isFolder) = (bytes, modified, changed, inode, false)
  }

  /// File times are as coarse as 2 seconds on some file systems; two changes within that can look like one.
  private static let coarsest = 2_000_000_000

  /// Whether a change after `time` would be visible in the state, because the last change was long enough before.
  ///
  /// A file that had not settled when it was read must be read again. A file whose time is beyond the range of numbers
  /// never settles.
  package func isSettled(at time: Int) -> Bool {
    let (settled, overflow) = max(modified, changed).addingReportingOverflow(FileState.coarsest)
    return !overflow && settled <= time
  }

  /// The time of the clock that stamps files, nanoseconds.
  package static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  /// Nanoseconds since 1970, from 1677 to 2262; times outside are clamped.
  static func nanoseconds(_ time: timespec) -> Int {
    let (whole, overflow) = time.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflowAgain) = whole.addingReportingOverflow(time.tv_nsec)
    return overflow || overflowAgain ? (time.tv_sec < 0 ? .min : .max) : sum
  }
}

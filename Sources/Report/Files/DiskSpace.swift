import Foundation

/// Free space on a disk.
package enum DiskSpace {
  /// Bytes that an unprivileged program may still write, `Int.max` when the disk reports more.
  package static func free(_ status: statvfs) -> Int {
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : Int(clamping: bytes)
  }
}

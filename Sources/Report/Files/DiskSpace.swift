import Foundation

/// Room on a disk.
package enum DiskSpace {
  /// Bytes that a program without rights may still write; a disk that says more than numbers hold has that much.
  package static func free(_ status: statvfs) -> Int {
    let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
    return overflow ? .max : Int(clamping: bytes)
  }
}

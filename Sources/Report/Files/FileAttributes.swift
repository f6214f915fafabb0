import CLink
import Foundation

/// Owner, mode and extended attributes of a file or a folder, carried over to what takes its place.
enum FileAttributes {
  /// Gives `to` the owner, the mode and the extended attributes of `from`, access control lists among them.
  ///
  /// - Returns: Whether owner and group are the same afterwards; only the superuser can give a file away.
  @discardableResult static func copy(from: String, to: String) -> Bool {
    var (old, new) = (stat(), stat())
    guard lstat(from, &old) == 0, lstat(to, &new) == 0 else { return true }
    var isSameOwner = true
    if old.st_uid != new.st_uid || old.st_gid != new.st_gid {
      isSameOwner = lchown(to, old.st_uid, old.st_gid) == 0
    }
    copyExtended(from, to)
    // Last: a change of the owner clears bits of the mode, and an access control list sets others.
    if lstat(to, &new) == 0, old.st_mode != new.st_mode { chmod(to, old.st_mode & 0o7777) }
    return isSameOwner
  }

  /// Those that this user may not set stay behind, such as the labels of SELinux.
  private static func copyExtended(_ from: String, _ to: String) {
    let length = attribute_names(from, nil, 0)
    guard length > 0 else { return }
    var names = [CChar](repeating: 0, count: Int(length))
    guard attribute_names(from, &names, UInt(names.count)) == length else { return }
    for name in names.split(separator: 0) {
      let name = Array(name) + [0]
      let size = attribute_value(from, name, nil, 0)
      guard size >= 0 else { continue }
      var value = [UInt8](repeating: 0, count: Int(size))
      guard attribute_value(from, name, &value, UInt(value.count)) == size else { continue }
      _ = set_attribute(to, name, value, UInt(value.count), 0)
    }
  }
}

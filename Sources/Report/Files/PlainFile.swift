import Foundation

/// A file of the program's own, which nobody but the user can have changed.
package enum PlainFile {
  /// The content of a file; nil where there is none, or where a pipe, a device or a folder is in its place: reading a pipe would wait for ever.
  package static func bytes(_ url: URL) -> Data? {
    let descriptor = open(url.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    do { return try file.readToEnd() ?? Data() } catch { return nil }
  }
}

import Foundation
import Words

/// A folder whose content the program writes and removes: a gallery, or the traces beside a spec.
///
/// A gallery can be committed by somebody else, with symbolic links in it. No path through a link is written, and none is removed.
package struct OwnFolder: Sendable {
  package let url: URL

  /// The folder at `url`, which need not be there.
  package init(_ url: URL) { self.url = url }

  /// The place of a file in it.
  ///
  /// - Throws: `Diagnostic` when the path leads out of the folder, or when a folder on the way is a symbolic link.
  package func place(_ path: String) throws(Diagnostic) -> URL {
    switch look(path) {
    case .inside(let place): return place
    case .outside:
      throw Diagnostic(
        place: url.relativePath, "expected a path inside the folder, found '\(VisibleText.inline(path))'",
        category: .cannotWrite)
    case .link(let link):
      throw Diagnostic(
        place: url.relativePath + "/" + link,
        "expected a folder of the program's own, found a symbolic link, which leads to another place",
        hints: ["remove the link, or move it; the program makes the folder anew"], category: .cannotWrite)
    }
  }

  /// What a path in the folder leads to.
  package enum Content: Equatable, Sendable {
    /// The bytes of a plain file.
    case bytes(Data)
    /// Nothing that is read, and what it is: "a symbolic link", "a file of 3000000000 bytes".
    case other(String)
  }

  /// The largest file that is read: no file of a gallery comes near it.
  package static let largestFile = 256 << 20

  /// Reads a plain file; never one that a symbolic link leads to, which may lie anywhere, nor a device or a pipe.
  package func read(_ path: String, most: Int = largestFile) -> Content {
    let place: URL
    switch look(path) {
    case .inside(let found): place = found
    case .outside: return .other("a path that leads elsewhere")
    case .link: return .other("behind a symbolic link")
    }
    switch Self.open(place) {
    case .other(let what): return .other(what)
    case .file(let handle, let size):
      guard size <= most else { return .other("a file of \(size) bytes") }
      guard let data = try? handle.readToEnd() ?? Data() else { return .other("a file that cannot be read") }
      return .bytes(data)
    }
  }

  /// What stands at a path.
  package enum Opened {
    /// A plain file, and how many bytes it has.
    case file(FileHandle, size: Int)
    /// Nothing that is read, and what it is.
    case other(String)
  }

  /// Opens a plain file; never a symbolic link, a device or a pipe.
  package static func open(_ place: URL) -> Opened {
    let descriptor = Foundation.open(place.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      return .other(errno == ELOOP ? "a symbolic link" : String(cString: strerror(errno)).lowercased())
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return .other(status.st_mode & S_IFMT == S_IFDIR ? "a folder" : "a device, pipe or socket")
    }
    return .file(handle, size: Int(status.st_size))
  }

  /// The bytes of a plain file; nil for everything else.
  package func bytes(_ path: String) -> Data? {
    guard case .bytes(let data) = read(path) else { return nil }
    return data
  }

  /// Why nothing can be read from a folder that somebody named: it is not there, or it is a file; nil when it is a folder.
  package static func problem(_ path: String, at url: URL) -> Diagnostic? {
    let state = FileState(path: url.path)
    guard state?.isFolder != true else { return nil }
    return Diagnostic(
      place: path, state == nil ? "no such folder" : "expected a folder, found a file", category: .badInput)
  }

  /// Paths of everything in the folder and below it that is no folder, without hidden names, which belong to the program; links are not
  /// followed.
  ///
  /// - Throws: `Diagnostic` when the folder cannot be read.
  package func files() throws(Diagnostic) -> [String] { try paths { name, _ in !name.hasPrefix(".") } }

  /// The same with hidden names, as somebody finds them who publishes or commits the folder.
  ///
  /// Left out are git's own, the program's notes in `.strata`, and what a running process is writing.
  /// - Throws: `Diagnostic` when the folder cannot be read.
  package func allFiles() throws(Diagnostic) -> [String] {
    let own = "\(Self.notes)/"
    return try paths { _, path in path != ".git" }.filter { path in
      !isBeingWritten(path) && !(path.hasPrefix(own) && isNote(path))
    }
  }

  /// The folder in a gallery in which the program keeps what it needs for the next build.
  package static let notes = ".strata"

  /// Whether a path is one of the program's notes, a plain file without anything that is shown.
  private func isNote(_ path: String) -> Bool {
    guard case .bytes(let data) = read(path) else { return false }
    switch path.dropFirst(Self.notes.count + 1) {
    case "lock": return data.isEmpty
    case ".gitignore": return data == Data("*\n".utf8)
    case "build.json": return data.first == UInt8(ascii: "{") && !data.contains(UInt8(ascii: "<"))
    default: return false
    }
  }

  /// Whether a temporary file is one that this program, in another process, is writing.
  private func isBeingWritten(_ path: String) -> Bool {
    guard let writer = TemporaryFiles.writer(of: (path as NSString).lastPathComponent), writer != getpid() else {
      return false
    }
    func program(_ process: String) -> String? {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/exe")
    }
    return program("self").map { $0 == program("\(writer)") } ?? false
  }

  /// - Parameter isIncluded: Whether a name at a path is listed, or a folder looked into.
  private func paths(_ isIncluded: (_ name: String, _ path: String) -> Bool) throws(Diagnostic) -> [String] {
    var paths: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? url.path : "\(url.path)/\(folder)")
      } catch {
        throw Diagnostic(place: url.relativePath + "/" + folder, "cannot be read", category: .badInput)
      }
      for name in names {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        guard isIncluded(name, path) else { continue }
        var status = stat()
        guard lstat("\(url.path)/\(path)", &status) == 0 else {
          // A name that is no UTF-8 is listed with other letters, under which nothing is found.
          if name.unicodeScalars.contains("\u{FFFD}") { paths.append(path) }
          continue
        }
        if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) } else { paths.append(path) }
      }
    }
    return paths.sorted()
  }

  /// Whether anything stands at a path inside the folder, a link for example.
  package func holds(_ path: String) -> Bool {
    guard case .inside(let place) = look(path) else { return false }
    var status = stat()
    return lstat(place.path, &status) == 0
  }

  /// Removes a file at a path inside the folder; leaves everything else alone.
  ///
  /// - Throws: `Diagnostic` when the file is there and cannot be removed.
  package func remove(_ path: String) throws(Diagnostic) {
    guard case .inside(let place) = look(path) else { return }
    guard FileCalls.unlink(place.path) == 0 || [ENOENT, ENOTDIR, EISDIR].contains(errno) else {
      throw AtomicFile.cannotWrite(place, errno)
    }
  }

  private enum Found {
    case inside(URL)
    case outside
    case link(String)
  }

  private func look(_ path: String) -> Found {
    let parts = path.pathNames
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }) else { return .outside }
    var way: [String] = []
    for part in parts.dropLast() {
      way.append(part)
      var status = stat()
      if lstat(url.path + "/" + way.joined(separator: "/"), &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
        return .link(way.joined(separator: "/"))
      }
    }
    return .inside(url.appending(path: path))
  }
}

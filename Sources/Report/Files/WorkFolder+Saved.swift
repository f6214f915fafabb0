import Foundation
import Words

/// What others save in a folder while a build works on its copy.
extension WorkFolder {
  /// What tells whether a path still leads to the same file with the same content.
  struct Mark: Equatable {
    private let inode: UInt64
    private let device: UInt64
    private let bytes: Int64
    private let modified: Int

    /// The mark of what a path leads to, links not followed; nil when there is nothing.
    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      inode = UInt64(status.st_ino)
      device = UInt64(status.st_dev)
      bytes = Int64(status.st_size)
      modified = FileState.nanoseconds(status.st_mtim)
    }

    /// Whether both are of one file, whatever its content was.
    func isSameFile(as other: Mark?) -> Bool { inode == other?.inode && device == other?.device }
  }

  /// A file of the folder and the file that stands for it in the copy, which is the same one where links are possible.
  struct Copied {
    var original: Mark?
    var copy: Mark?
  }

  /// Brings what was saved in the old folder after it was copied into the new one.
  ///
  /// A file that the build wrote as well is the build's. One that somebody removed meanwhile is removed, unless the build wrote it.
  ///
  /// - Returns: The paths of files that could not be moved.
  func rescue(from old: String, to new: String) -> [String] {
    var found: Set<String> = []
    var lost: [String] = []
    for (path, isFolder) in Self.entries(of: old, withUnfinished: true) {
      let (source, place) = ("\(old)/\(path)", "\(new)/\(path)")
      if isFolder {
        // One that the build removed because nothing was left in it stays away, unless something was saved there.
        if copiedFolders.contains(path), Mark(place) == nil { continue }
        if FileCalls.makeFolder(place) == 0 { FileAttributes.copy(from: source, to: place) }
        continue
      }
      found.insert(path)
      let (was, known, now) = (Mark(source), copied[path], Mark(place))
      // A file that was written in place shows the change in both folders.
      guard was != known?.original, let was, !was.isSameFile(as: now), now == known?.copy else { continue }
      let parent = (path as NSString).deletingLastPathComponent
      if !parent.isEmpty, Mark("\(new)/\(parent)") == nil {
        try? AtomicFile.makeFolder(URL(fileURLWithPath: "\(new)/\(parent)", isDirectory: true))
      }
      if FileCalls.rename(source, place) != 0, errno != ENOENT { lost.append(path) }
    }
    for (path, known) in copied where !found.contains(path) && Mark("\(new)/\(path)") == known.copy {
      FileCalls.unlink("\(new)/\(path)")
    }
    return lost
  }

  /// Brings what the build changed in its copy into the folder, file by file, and removes what the build removed.
  ///
  /// The record of the build comes last: a build that is stopped before leaves the one that names all files, so that the next build removes
  /// those that it does not need.
  ///
  /// - Throws: `Diagnostic` for the first file that cannot be moved or removed.
  func moveChanges(from work: String, to folder: String) throws(Diagnostic) {
    let entries = Self.entries(of: work)
    let found = Set(entries.filter { !$0.isFolder }.map(\.path))
    let isOwn = { (path: String) in path == ".strata" || path.hasPrefix(".strata/") }
    try move(entries.filter { !isOwn($0.path) }, from: work, to: folder)
    for (path, known) in copied where !found.contains(path) && Mark("\(folder)/\(path)") == known.original {
      guard FileCalls.unlink("\(folder)/\(path)") == 0 || errno == ENOENT else {
        throw AtomicFile.cannotWrite(URL(fileURLWithPath: "\(folder)/\(path)"), errno)
      }
      let parent = (path as NSString).deletingLastPathComponent
      if !parent.isEmpty, Mark("\(work)/\(parent)") == nil { FileCalls.removeFolder("\(folder)/\(parent)") }
    }
    try move(entries.filter { isOwn($0.path) }, from: work, to: folder)
  }

  /// Gives files of the copy that the build changed their places.
  private func move(
    _ entries: [(path: String, isFolder: Bool)], from work: String, to folder: String
  ) throws(Diagnostic) {
    for (path, isFolder) in entries {
      let (source, place) = ("\(work)/\(path)", "\(folder)/\(path)")
      if isFolder {
        guard FileCalls.makeFolder(place) == 0 || errno == EEXIST else {
          throw AtomicFile.cannotWrite(URL(fileURLWithPath: place), errno)
        }
        continue
      }
      guard Mark(source) != copied[path]?.copy else { continue }
      guard FileCalls.rename(source, place) == 0 else {
        throw AtomicFile.cannotWrite(URL(fileURLWithPath: place), errno)
      }
    }
  }

  /// Writes the content of every file that the build made to the disk, so that no crash of the machine leaves an empty one behind a name.
  ///
  /// - Throws: `Diagnostic` when the disk refuses, as a full quota does on some file systems only now.
  func writeThrough(_ work: String) throws(Diagnostic) {
    for (path, isFolder) in Self.entries(of: work) {
      let place = "\(work)/\(path)"
      if !isFolder, Mark(place) == copied[path]?.copy { continue }
      try AtomicFile.writeThrough(URL(fileURLWithPath: place))
    }
  }

  /// A path below a folder that is no UTF-8; nil for none.
  ///
  /// Such a name is listed with U+FFFD in it, under which nothing is found.
  static func withoutText(in root: String) -> String? {
    var folders = [""]
    while let folder = folders.popLast() {
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? root : "\(root)/\(folder)")) ?? []
      for name in names {
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else {
          if name.unicodeScalars.contains("\u{FFFD}") { return path }
          continue
        }
        if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) }
      }
    }
    return nil
  }

  /// Everything below a folder, each folder before what is in it, without the copy in a folder that cannot be exchanged.
  ///
  /// - Parameter withUnfinished: Whether files that another program of this kind is writing count; those of killed ones never do.
  static func entries(of root: String, withUnfinished: Bool = false) -> [(path: String, isFolder: Bool)] {
    var (entries, folders): ([(path: String, isFolder: Bool)], [String]) = ([], [""])
    while let folder = folders.popLast() {
      let names =
        (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? root : "\(root)/\(folder)")) ?? []
      for name in names.sorted() {
        if let writer = TemporaryFiles.writer(of: name) {
          guard withUnfinished, TemporaryFiles.isRunning(writer) else { continue }
        }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        guard path != inner else { continue }
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else { continue }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        entries.append((path, isFolder))
        if isFolder { folders.append(path) }
      }
    }
    return entries
  }
}

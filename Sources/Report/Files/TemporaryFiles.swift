import Foundation
import Synchronization

/// Files, folders and child processes that must not outlive the program when it is interrupted.
public enum TemporaryFiles {
  private struct State {
    var paths: Set<String> = []
    var children: Set<pid_t> = []
    var counter = 0
    var hasLooked = false
  }

  /// The program's only global state: the signal handler must find what to remove.
  private static let state = Mutex(State())

  /// A name unique to this process and call: `.name.123-4-5f.tmp` in the same folder as `url`.
  package static func sibling(of url: URL) -> URL {
    let number = state.withLock { state in
      state.counter += 1
      return state.counter
    }
    let unique = "\(getpid())-\(number)-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
    return url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).\(unique).tmp")
  }

  /// Whether nobody has asked before.
  static func isFirstLook() -> Bool {
    state.withLock { state in
      defer { state.hasLooked = true }
      return !state.hasLooked
    }
  }

  /// The process that a name of `sibling(of:)` belongs to; nil for all other names.
  package static func writer(of name: String) -> pid_t? {
    guard name.hasPrefix("."), name.hasSuffix(".tmp"), let unique = name.dropLast(4).split(separator: ".").last else {
      return nil
    }
    let parts = unique.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, Int(parts[1]) != nil, UInt32(parts[2], radix: 16) != nil else { return nil }
    return pid_t(parts[0])
  }

  /// Whether a process of this machine is still there.
  package static func isRunning(_ process: pid_t) -> Bool { kill(process, 0) == 0 || errno == EPERM }

  /// Removes what killed programs were writing in a folder and below it.
  ///
  /// - Parameter age: Seconds that a file must be old, where programs of other machines may write, too.
  package static func removeAbandoned(in folder: URL, isDeep: Bool = true, olderThan age: Int = 0) {
    let names =
      isDeep
      ? FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
      : try? FileManager.default.contentsOfDirectory(atPath: folder.path)
    for name in names ?? [] {
      guard let writer = writer(of: (name as NSString).lastPathComponent), !isRunning(writer) else { continue }
      let path = "\(folder.path)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mtim.tv_sec <= time(nil) - age else { continue }
      FileCalls.unlink(path)
    }
  }

  package static func add(_ url: URL) { state.withLock { _ = $0.paths.insert(url.path) } }
  package static func forget(_ url: URL) { state.withLock { _ = $0.paths.remove(url.path) } }
  package static func add(child: pid_t) { state.withLock { _ = $0.children.insert(child) } }
  package static func forget(child: pid_t) { state.withLock { _ = $0.children.remove(child) } }

  /// Ends the child processes and removes the files; called when the program must stop.
  public static func cleanUp() {
    let (paths, children) = state.withLock { ($0.paths, $0.children) }
    for child in children { kill(child, SIGTERM) }
    for path in paths { try? FileManager.default.removeItem(atPath: path) }
  }
}

import Engine
import Files
import Foundation
import Spec
import Traces
import Words

/// Reads a command's input files and arguments.
enum Input {
  /// The bytes of a file, which may be a pipe; of standard input for `-`.
  ///
  /// - Throws: `Diagnostic`.
  static func data(_ path: String) throws -> Data { try data(path, most: Int.max) }

  /// The bytes of a spec, which may come from somebody else although the user named it: a link to a file outside of its project is
  /// none, and no more is read than a spec may have.
  ///
  /// - Throws: `Diagnostic`.
  static func spec(_ path: String) throws -> Data {
    let file = URL(fileURLWithPath: path)
    // What the system calls /dev/stdin, no project can change.
    if path != "-", !path.hasPrefix("/dev/"),
      let target = InputFolder(file.deletingLastPathComponent()).strayLink(file)
    {
      var status = stat()
      // A shell's <(command) is a link to a pipe.
      guard stat(target, &status) != 0 || status.st_mode & S_IFMT == S_IFIFO else {
        throw Diagnostic(
          place: path, "expected a spec in its own project, found a link to '\(VisibleText.inline(target))'",
          hints: ["name that file itself"], category: .badInput)
      }
    }
    return try data(path, most: SpecSource.largestSize + 1)
  }

  /// The first `most` bytes of a file.
  private static func data(_ path: String, most: Int) throws -> Data {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unreadable(path, EISDIR) }
    do {
      guard most < Int.max else { return try file.readToEnd() ?? Data() }
      var data = Data()
      while data.count < most, let more = try file.read(upToCount: most - data.count), !more.isEmpty { data += more }
      return data
    } catch {
      throw unreadable(path, EIO)
    }
  }

  /// The text of a file, exactly.
  static func text(_ path: String) throws -> String {
    guard let text = String(validating: try data(path), as: UTF8.self) else {
      throw Diagnostic(place: place(path), "expected UTF-8 text, found bytes that are not", category: .badSpec)
    }
    return text
  }

  /// The traces in a file: one, however it is laid out, or one on each line.
  static func traces(_ path: String) throws -> [Trace] {
    try Trace.readAll(try data(path), path: place(path))
  }

  /// The numbers in a file: the summary of a dataset, or traces as in `traces`.
  static func numbers(_ path: String) throws -> [Numbers] {
    let data = try data(path)
    struct Schema: Decodable { var schema: String? }
    let schema = (try? JSONDecoder().decode(Schema.self, from: data))?.schema
    guard schema?.hasPrefix("strata.dataset/") == true else {
      return try Trace.readAll(data, path: place(path)).map { .trace($0) }
    }
    return [.summary(try DatasetSummary.read(data, path: place(path)))]
  }

  /// Refuses arguments that are not UTF-8: their bytes would be replaced silently.
  static func requireText(arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, count: Int) throws {
    for index in 1..<max(1, count) {
      guard let argument = arguments[index], String(validatingCString: argument) == nil else { continue }
      throw Diagnostic(
        "expected UTF-8 text, found bytes that are not in '\(String(cString: argument))'",
        hints: ["--prompt-file takes a text from a file; it must be UTF-8 as well"], category: .usage)
    }
  }

  private static func place(_ path: String) -> String { path == "-" ? "standard input" : path }

  private static func unreadable(_ path: String, _ code: Int32) -> Diagnostic {
    let reason =
      switch code {
      case ENOENT, ENOTDIR: "no such file"
      case EISDIR: "expected a file, found a folder"
      default: "cannot be read: \(String(cString: strerror(code)).lowercased())"
      }
    return Diagnostic(place: place(path), reason, category: .badInput)
  }
}

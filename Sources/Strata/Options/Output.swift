import Files
import Foundation
import Words

/// The files that a command writes.
enum Output {
  /// A file that an option names; nil where the option is not given.
  typealias Named = (option: String, path: String?)

  /// Refuses to write where the command reads, which would lose the user's file, and to write two files to one place.
  ///
  /// - Parameter inputs: Paths that are read; what is no path of a file, such as the name of a model, is passed over.
  /// - Throws: `Diagnostic` before anything is read or written.
  static func require(_ outputs: [Named], apartFrom inputs: [String?]) throws {
    let read = inputs.compactMap(\.self).filter { $0 != "-" }
    var written: [(option: String, path: String)] = []
    for case (let option, let path?) in outputs where path != "-" {
      if let input = read.first(where: { isSame($0, path) }) {
        throw Diagnostic(
          place: path,
          "\(option) names a file that the command reads" + (input == path ? "" : ", '\(VisibleText.inline(input))'"),
          hints: ["give another name; what is there stays"], category: .usage)
      }
      if let other = written.first(where: { isSame($0.path, path) || standardized($0.path) == standardized(path) }) {
        throw Diagnostic(
          place: path,
          other.option == option
            ? "\(option) names the file twice" : "\(other.option) and \(option) name the same file",
          hints: ["give each its own name"], category: .usage)
      }
      written.append((option, path))
    }
  }

  /// Whether two paths are one plain file, by links of either kind too.
  private static func isSame(_ one: String, _ other: String) -> Bool {
    var (a, b) = (stat(), stat())
    guard stat(one, &a) == 0, stat(other, &b) == 0, a.st_mode & S_IFMT == S_IFREG else { return false }
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  private static func standardized(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
}

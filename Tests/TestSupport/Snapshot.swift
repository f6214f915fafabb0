import Foundation
import Testing

/// Compares text with a file under Tests/Fixtures/snapshots.
public enum Snapshot {
  /// Fails with the first line that differs; writes the file and fails when it is missing or `RECORD_GOLDENS` is set, so
  /// that a run that records can never pass.
  public static func expect(
    _ text: String, named name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = Fixtures.url("snapshots/\(name).txt")
    let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDENS"] != nil
    guard !isRecording, let known = try? String(contentsOf: file, encoding: .utf8) else {
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("recorded a new snapshot '\(name)': look at it, then run again", sourceLocation: sourceLocation)
      return
    }
    guard text != known else { return }
    let (found, expected) = (text.components(separatedBy: "\n"), known.components(separatedBy: "\n"))
    let line = zip(found, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(found.count, expected.count)
    func shown(_ lines: [String]) -> String { line < lines.count ? lines[line] : "(nothing)" }
    Issue.record(
      """
      snapshot '\(name)' differs from line \(line + 1) (\(found.count) lines, expected \(expected.count)):
        expected \(shown(expected))
        found    \(shown(found))
      """, sourceLocation: sourceLocation)
  }
}

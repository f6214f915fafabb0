import Foundation
import TestSupport
import Testing

/// The short form of `make fuzz`: damaged files of every kind, each read by the built program.
@Suite struct FuzzTests {
  @Test func damagedFilesEndInAMessageNeverInASignal() throws {
    let script = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(
      path: "Tools/fuzz_files.py")
    // Debug builds on busy machines are slow; what hangs would take longer by far.
    let result = try Tool.run(
      "python3", [script.path, try StrataProgram.path(), "--seed", "tests", "--count", "300", "--seconds", "60"])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains(" 0 faults"))
  }
}

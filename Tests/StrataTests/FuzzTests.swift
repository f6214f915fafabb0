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

  /// The readers by themselves, in child processes: the kept cases of each, then damaged files for about 40 seconds.
  @Test func everyReaderReadsOrRefusesWhatItIsGiven() throws {
    let fuzzer = URL(fileURLWithPath: try StrataProgram.path()).deletingLastPathComponent().appending(
      path: "StrataFuzz")
    let result = try Tool.run(
      fuzzer.path, ["--seconds", "40", "--seed", "tests", "--input-seconds", "120", "--jobs", "2"])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains(" 0 crashes, 0 hangs, "))
    #expect(result.output.contains(" 0 faults"))
  }

  /// A reader without a whole file to begin with would be fuzzed with noise.
  @Test func everyReaderHasSeeds() throws {
    let fuzzer = URL(fileURLWithPath: try StrataProgram.path()).deletingLastPathComponent().appending(
      path: "StrataFuzz")
    let lines = try Tool.run(fuzzer.path, ["--list"]).output.split(separator: "\n")
    #expect(lines.count > 30)
    #expect(lines.filter { $0.hasSuffix(": 0 seeds") } == [])
  }
}

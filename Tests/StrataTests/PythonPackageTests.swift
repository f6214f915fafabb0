import Foundation
import TestSupport
import Testing

/// The short form of `make python`: what the package reads and writes without torch, compared with the built program.
@Suite struct PythonPackageTests {
  @Test func thePackageReadsAndWritesWhatTheProgramDoes() throws {
    let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "python")
    // A machine without them runs everything else.
    guard try Tool.run("python3", ["-c", "import numpy, pytest"]).status == 0 else { return }
    let result = try Tool.run(
      "env",
      [
        "STRATA=\(try StrataProgram.path())", "PYTHONDONTWRITEBYTECODE=1", "python3", "-m", "pytest", "-q", "-p",
        "no:cacheprovider",
        "--rootdir", folder.path, folder.appending(path: "tests/test_files.py").path,
      ])
    #expect(result.status == 0, "\(result.output)")
  }
}

import Foundation
import TestSupport
import Testing

/// The short form of `make soak`.
@Suite struct SoakTests {
  @Test func longUseLeavesNothingBehind() throws {
    let script = Fixtures.repository.appending(path: "Tools/soak.py").path
    let result = try Tool.run(
      "python3", [script, try StrataProgram.path(), "--cells", "60", "--saves", "12", "--minutes", "0.1"])
    print(result.output)
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("60 cells, ") && result.output.contains("12 saves: "))
    #expect(result.output.contains(" checks at once in 6 s: every check found no difference"))
  }
}

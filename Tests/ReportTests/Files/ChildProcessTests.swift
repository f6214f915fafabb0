import Files
import Foundation
import TestSupport
import Testing

/// Programs that this one starts see no more than they need.
struct ChildProcessTests {
  private static let shell = URL(fileURLWithPath: "/bin/sh")

  private func said(
    _ script: String, environment: ChildEnvironment = .plain, limits: ChildProcess.Limits = .short
  ) throws -> (status: Int32, text: String) {
    var data = Data()
    let outcome = try ChildProcess.run(
      Self.shell, ["-c", script], environment: environment, limits: limits, output: { data += $0 })
    return (outcome.status, String(decoding: data, as: UTF8.self))
  }

  @Test func aChildWorksInAnEmptyFolderThatIsRemoved() throws {
    let found = try said("pwd; ls -A; touch left")
    let lines = found.text.split(separator: "\n")
    #expect(lines.count == 1)
    let folder = try #require(lines.first.map(String.init))
    #expect(folder != FileManager.default.currentDirectoryPath)
    #expect(!FileManager.default.fileExists(atPath: folder))
  }

  @Test func noTokenOfTheUserReachesAChild() throws {
    let user = [
      "PATH": "/usr/bin:/bin", "HOME": "/home/user", "HF_TOKEN": "secret", "GITHUB_TOKEN": "secret",
      "AWS_SECRET_ACCESS_KEY": "secret",
      "PYTHONPATH": "/tmp/evil", "LD_PRELOAD": "/tmp/evil.so", "PIP_INDEX_URL": "https://index.example/simple",
      "https_proxy": "http://proxy.example:3128",
    ]
    let found = try said("env", environment: .pip(from: user, temporary: "/tmp/own"))
    let names = Set(found.text.split(separator: "\n").compactMap { $0.split(separator: "=").first.map(String.init) })
    // The shell itself adds where it is.
    #expect(
      names.subtracting(["PWD", "OLDPWD", "SHLVL", "_"]) == ["PATH", "HOME", "PIP_INDEX_URL", "https_proxy", "TMPDIR"])
    #expect(!found.text.contains("secret"))
  }

  @Test func aChildHasLimitsOfTimeAndMemory() throws {
    #expect(try said("sleep 0.2; ulimit -t; ulimit -v").text == "600\n4194304\n")
    let silent = ChildProcess.Limits(first: 0.3, later: 0.3, processor: 5, memory: 1 << 30)
    let begin = ContinuousClock.now
    #expect(try said("sleep 30", limits: silent).status == SIGKILL)
    let waiting = try ChildProcess.run(
      URL(fileURLWithPath: "/bin/sleep"), ["30"], environment: .plain, limits: silent)
    #expect(waiting.status == SIGKILL)
    #expect(ContinuousClock.now - begin < .seconds(20))
  }
}

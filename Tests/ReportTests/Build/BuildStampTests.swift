import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Files

@Suite struct BuildStampTests {
  private func stamp(in folder: URL, time: Int) throws -> BuildStamp {
    try Data("one".utf8).write(to: folder.appending(path: "a b.txt"))
    return try #require(
      BuildStamp(
        key: "key", figures: 7, paths: ["a b.txt"], expected: [:], folder: folder, time: time, threads: 1))
  }

  @Test func aStampIsReadAsItWasWritten() throws {
    try withTemporaryFolder { folder in
      let stamp = try stamp(in: folder, time: 12)
      #expect(BuildStamp(stamp.data) == stamp)
      for count in 0..<stamp.data.count { #expect(BuildStamp(stamp.data.prefix(count)) != stamp) }
      #expect(BuildStamp(Data("strata.stamp/0\nkey\n1\n1\n".utf8)) == nil)
      #expect(BuildStamp(stamp.data + Data("x\n".utf8)) == nil)
    }
  }

  @Test func aFileThatIsNotWhatWasExpectedLeavesNoStamp() throws {
    try withTemporaryFolder { folder in
      try Data("one".utf8).write(to: folder.appending(path: "a"))
      func stamp(_ paths: [String], _ expected: [String: String]) -> BuildStamp? {
        BuildStamp(key: "", figures: 0, paths: paths, expected: expected, folder: folder, time: 0, threads: 2)
      }
      #expect(stamp(["a"], [:]) != nil)
      #expect(stamp(["a"], ["a": "of something else"]) == nil)
      #expect(stamp(["a", "b"], [:]) == nil)
    }
  }

  /// The state alone cannot tell what was written within the same instant.
  @Test func aStateIsTrustedOnlyOnceTheFileHasSettled() throws {
    try withTemporaryFolder { folder in
      let later = FileState.now + 5_000_000_000
      var settled = try stamp(in: folder, time: later)
      #expect(settled.look(in: folder, time: later, threads: 1) == .settled)
      settled.files[0].sha256 = "of something else"
      #expect(settled.look(in: folder, time: later, threads: 1) == .settled, "not read")
      var racy = settled
      racy.time = FileState.now
      #expect(racy.look(in: folder, time: later, threads: 1) == .changed)
      racy = try stamp(in: folder, time: FileState.now)
      var renewed = racy
      renewed.time = later
      #expect(racy.look(in: folder, time: later, threads: 1) == .read(renewed))
      #expect(renewed.look(in: folder, time: later, threads: 1) == .settled)
    }
  }

  @Test func timesBeyondWhatNumbersHoldAreTheLastOnesWithin() throws {
    func nanoseconds(_ seconds: Int) -> Int { FileState.nanoseconds(timespec(tv_sec: seconds, tv_nsec: 5)) }
    #expect(nanoseconds(-1) == -999_999_995)
    #expect(nanoseconds(10_413_792_000) == .max, "the year 2300")
    #expect(nanoseconds(-20_000_000_000) == .min && nanoseconds(.max) == .max && nanoseconds(.min) == .min)
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "f")
      try Data("x".utf8).write(to: file)
      for (seconds, expected) in [(10_413_792_000, Int.max), (-1, -1_000_000_000)] {
        var times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
        #expect(utimensat(AT_FDCWD, file.path, &times, 0) == 0)
        let state = try #require(FileState(path: file.path))
        #expect(state.modified == expected)
        #expect(state.isSettled(at: .max) == (seconds < 0), "a file of the far future is always read again")
      }
    }
  }

  @Test func stateOfInstalledFilesTellsEveryChange() throws {
    try withTemporaryFolder { folder in
      // Not too recent, and on every machine.
      let paths = ["/etc/passwd", "/etc/hosts"].filter { FileState(path: $0)?.isSettled(at: FileState.now) == true }
      let state = InstalledFiles.state(paths, settings: ["FC_DEBUG=1"])
      #expect(state != nil && state == InstalledFiles.state(paths, settings: ["FC_DEBUG=1"]))
      #expect(InstalledFiles.state(paths, settings: []) != state)
      #expect(InstalledFiles.state(paths + ["/etc"], settings: ["FC_DEBUG=1"]) != state)
      #expect(InstalledFiles.state([folder.path + "/none"], settings: []) == nil)
      try Data("new".utf8).write(to: folder.appending(path: "new"))
      #expect(InstalledFiles.state([folder.path + "/new"], settings: []) == nil, "changed too recently")
    }
  }

  @Test func aProgramIsKnownByItsBuildID() throws {
    let id = ProgramIdentity.buildID(ofFile: "/proc/self/exe")
    #expect(id == nil || id?.wholeMatch(of: /[0-9a-f]{32,}/) != nil)
    #expect(ProgramIdentity.buildID(ofFile: "/nonexistent") == nil)
    #expect(ProgramIdentity.buildID(ofFile: "/etc/passwd") == nil)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe"), options: .alwaysMapped).prefix(4096)
    try withTemporaryFolder { folder in
      for count in [0, 3, 16, 63, 64, 70, 200, 700, 4096] {
        let file = folder.appending(path: "cut")
        try bytes.prefix(count).write(to: file)
        let found = ProgramIdentity.buildID(ofFile: file.path)
        #expect(found == nil || found == id)
      }
    }
  }
}

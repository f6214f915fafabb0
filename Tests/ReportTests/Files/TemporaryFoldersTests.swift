import Files
import Foundation
import TestSupport
import Testing

/// What killed programs leave in the system's temporary folder goes, and nothing else does.
struct TemporaryFoldersTests {
  /// The number of a process that has ended.
  private func endedProcess() throws -> pid_t {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/true")
    try process.run()
    process.waitUntilExit()
    return process.processIdentifier
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  private func age(_ place: URL, seconds: Int) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -Double(seconds))], ofItemAtPath: place.path)
  }

  @Test func namesTellTheProcess() throws {
    for purpose in TemporaryFiles.Purpose.allCases {
      let folder = try TemporaryFiles.makeFolder(for: purpose)
      defer { TemporaryFiles.discard(folder: folder) }
      let name = folder.lastPathComponent
      #expect(name.hasPrefix("strata-\(purpose.rawValue)-\(getpid())-"))
      #expect(TemporaryFiles.maker(of: name) == getpid())
      var status = stat()
      #expect(lstat(folder.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
      TemporaryFiles.discard(folder: folder)
      #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
  }

  @Test(arguments: [
    "strata-check-12-abcde", "strata-check-12-abcdefg", "strata-check-12-abc/ef", "strata-check-012-abcdef",
    "strata-check--12-abcdef", "strata-check-0-abcdef", "strata-check-99999999999-abcdef", "strata-other-12-abcdef",
    "strata-check-12-abcdef-", "xstrata-check-12-abcdef", "strata-check-12.abcdef", "strata-test-12-abcdef",
    "strata-abcdef",
    "strata-check-9B6C2F5E-60DD-4FC5-A6E5-6B3F2C1D0E4A", "", "strata", "strata-check-12-äbcde",
  ])
  func otherNamesAreNobodys(name: String) {
    #expect(TemporaryFiles.maker(of: name) == nil)
  }

  @Test func onlyWhatAProcessThatIsGoneHasLeftIsRemoved() throws {
    try withTemporaryFolder { root in
      let gone = try endedProcess()
      func make(_ name: String, mode: Int = 0o700, old: Bool = true) throws {
        let folder = root.appending(path: name, directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        try Data("1".utf8).write(to: folder.appending(path: "file"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
        if old { try age(folder, seconds: TemporaryFiles.staleAge + 60) }
      }
      try make("strata-check-\(gone)-abcdef")
      try make("strata-child-\(gone)-ABC123")
      let input = root.appending(path: "strata-child-\(gone)-input1")
      try Data("1".utf8).write(to: input)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: input.path)
      try age(input, seconds: TemporaryFiles.staleAge + 60)
      // None of these may go.
      try make("kept")
      try make("strata-check-\(gone)-young1", old: false)
      try make("strata-check-\(getpid())-runs12")
      try make("strata-check-\(gone)-others", mode: 0o755)
      try make("strata-other-\(gone)-abcdef")
      try FileManager.default.createSymbolicLink(
        at: root.appending(path: "strata-check-\(gone)-linked"), withDestinationURL: root.appending(path: "kept"))
      // A link in a folder that goes leads nowhere.
      try FileManager.default.createSymbolicLink(
        at: root.appending(path: "strata-check-\(gone)-abcdef/link"), withDestinationURL: root.appending(path: "kept"))
      try age(root.appending(path: "strata-check-\(gone)-abcdef"), seconds: TemporaryFiles.staleAge + 60)
      TemporaryFiles.removeStale(in: root)
      #expect(
        try names(in: root)
          == [
            "kept", "strata-check-\(getpid())-runs12", "strata-check-\(gone)-linked", "strata-check-\(gone)-others",
            "strata-check-\(gone)-young1", "strata-other-\(gone)-abcdef",
          ].sorted())
      #expect(try names(in: root.appending(path: "kept")) == ["file"])
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Files
@testable import Words

@Suite struct AtomicFileTests {
  @Test func aFileIsWrittenWithItsFoldersAndNothingElse() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Data("x".utf8), to: folder.appending(path: "a/b/c.txt"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "a/b").path) == ["c.txt"])
    }
  }

  @Test func aDeviceIsWrittenToAndNotReplaced() throws {
    try AtomicFile.write(Data("x".utf8), to: URL(fileURLWithPath: "/dev/null"))
    let error = try #require(throws: Diagnostic.self) {
      try AtomicFile.write(Data("x".utf8), to: URL(fileURLWithPath: "/dev/full"))
    }
    #expect(
      error.rendered
        == "error: /dev/full: cannot write: no space left on device\n  hint: free some space on this disk")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test func aFailedWriteLeavesTheOldFile() throws {
    try withTemporaryFolder { folder in
      let target = folder.appending(path: "folder")
      try FileManager.default.createDirectory(at: target, withIntermediateDirectories: true)
      #expect(throws: Diagnostic.self) { try AtomicFile.write(Data("x".utf8), to: target) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["folder"])
    }
  }

  @Test func aPathBelowAFileIsRefused() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: folder.appending(path: "file"))
      let error = try #require(throws: Diagnostic.self) {
        try AtomicFile.write(Data("x".utf8), to: folder.appending(path: "file/x/y"))
      }
      #expect(error.category == .cannotWrite)
      #expect(error.hints == ["a part of this path is a file, not a folder"])
    }
  }
}

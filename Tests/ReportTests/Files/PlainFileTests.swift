import Files
import Foundation
import TestSupport
import Testing

/// What is no plain file of the program's own is passed over, and never waited for.
@Suite struct PlainFileTests {
  @Test func aPipeHasNoContent() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "record")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      #expect(PlainFile.bytes(pipe) == nil)
      #expect(SealedFile.read(pipe) == nil)
      #expect(PlainFile.bytes(folder) == nil, "a folder")
      #expect(PlainFile.bytes(folder.appending(path: "none")) == nil)
      let file = folder.appending(path: "file")
      try Data("text".utf8).write(to: file)
      #expect(PlainFile.bytes(file) == Data("text".utf8))
    }
  }

  @Test func aPipeInTheCacheIsReplaced() throws {
    try withTemporaryFolder { folder in
      let pipe = folder.appending(path: "record")
      try #require(mkfifo(pipe.path, 0o600) == 0)
      try SealedFile.write(Data("text".utf8), to: pipe)
      #expect(SealedFile.read(pipe) == Data("text".utf8))
    }
  }

  /// A check runs in one process: a temporary file with its number was there before.
  @Test func aTemporaryFileOfThisProcessIsAFileOfTheFolder() throws {
    try withTemporaryFolder { folder in
      let name = ".x.json.\(getpid())-1-ab.tmp"
      try #require(TemporaryFiles.writer(of: name) == getpid())
      try Data("text".utf8).write(to: folder.appending(path: name))
      #expect(try OwnFolder(folder).allFiles() == [name])
    }
  }
}

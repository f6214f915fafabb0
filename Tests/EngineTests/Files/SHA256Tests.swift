import Engine
import Foundation
import TestSupport
import Testing
import Traces

@Suite struct SHA256Tests {
  // FIPS 180-2, appendix B.
  static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
  static let million = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

  @Test func publishedExamplesHold() {
    #expect(SHA256.hex(of: "abc".utf8) == Self.abc)
    #expect(SHA256.hex(of: [UInt8](repeating: 97, count: 1_000_000)) == Self.million)
    #expect(SHA256.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test(arguments: [1, 7, 64, 999_999]) func piecesMakeNoDifference(_ piece: Int) {
    let hash = SHA256()
    let bytes = [UInt8](repeating: 97, count: 1_000_000)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes { hash.update($0) }
    }
    #expect(hash.finish() == Self.million)
  }

  @Test func aFileIsReadToItsEnd() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "bytes")
      // More than one buffer, and not a multiple of it.
      try Data(repeating: 97, count: 3_000_001).write(to: url)
      let expected = SHA256.hex(of: [UInt8](repeating: 97, count: 3_000_001))
      #expect(try SHA256.hex(ofFile: url.path) == expected)
      #expect(throws: FileError.notFound(path: folder.path + "/none")) { try SHA256.hex(ofFile: folder.path + "/none") }
      #expect(throws: FileError.isFolder(path: folder.path)) { try SHA256.hex(ofFile: folder.path) }
      let pipe = folder.path + "/pipe"
      try #require(mkfifo(pipe, 0o600) == 0)
      #expect(throws: FileError.notRegular(path: pipe)) { try SHA256.hex(ofFile: pipe) }
    }
  }

  @Test func severalFilesAreHashedAsSha256sumListsThem() {
    let lines = "\(Self.million)  a.json\n\(Self.abc)  b.bin\n"
    let files = [("b.bin", Self.abc), ("a.json", Self.million)].map { (name: $0.0, digest: $0.1) }
    #expect(SHA256.combined(files) == SHA256.hex(of: lines.utf8))
    #expect(SHA256.combined(files.reversed()) == SHA256.combined(files))
    #expect(SHA256.combined([files[0]]) == Self.abc)
  }
}

import Foundation
import TestSupport
import Testing
import Traces

@testable import Files
@testable import Words

/// Bytes that wait on the disk, and long lists that are encoded piece by piece.
@Suite(.serialized) struct ByteSpoolTests {
  @Test func bytesComeBackAsTheyWereAndLeaveNoFile() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "new/cache")
      let spool = try ByteSpool(in: place)
      #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [])
      let all = (0..<100).map { Data("entry \($0)".utf8) + Data(count: $0 * 1000) } + [Data()]
      let ranges = try all.map { try spool.append($0) }
      for index in all.indices.reversed() { #expect(try spool.read(ranges[index]) == all[index]) }
      let beyond = #expect(throws: Diagnostic.self) { try spool.read(0..<(ranges[100].upperBound + 1)) }
      #expect(beyond?.category == .badInput)
    }
  }

  @Test func aFullDiskIsAnError() throws {
    try withTemporaryFolder { folder in
      let error = #expect(throws: Diagnostic.self) {
        try FileCalls.withFault({ kind, path in
          kind == .write && path.hasPrefix(folder.path) ? ENOSPC : nil
        }) { _ = try ByteSpool(in: folder).append(Data("x".utf8)) }
      }
      #expect(error?.category == .cannotWrite && error?.message == "cannot write: no space left on device")
      #expect(throws: Diagnostic.self) {
        try FileCalls.withFault({ kind, path in
          kind == .open && path.hasPrefix(folder.path) ? EACCES : nil
        }) { _ = try ByteSpool(in: folder) }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left == [])
    }
  }

  private struct Value: Encodable {
    var name = "a \"list\" : [\n  \"list\" : ["
    var list: [[String: [Int?]]]
    var members: [String: [String: String]]
    var short: [Int] = []
  }

  /// The bytes are those of an encoder that sees everything at once.
  @Test(arguments: [0, 1, 2, 57]) func longJSONHasTheBytesOfTheEncoder(count: Int) throws {
    let list = (0..<count).map { ["k\($0)": [$0, nil], "empty": [], "Ä": Array(repeating: 1, count: $0 % 3)] }
    let members = Dictionary(
      uniqueKeysWithValues: (0..<count).map { ("a-\($0)/é\"", $0 % 2 == 0 ? [:] : ["x": "line\n\($0)", "B": ""]) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let expected = try encoder.encode(Value(list: list, members: members)) + Data("\n".utf8)
    let found = try LongJSON.data(
      Value(list: [], members: [:]),
      [
        "list": .list(count: count) { list[$0] },
        "members": .object(keys: Array(members.keys)) { members[$0] },
      ])
    #expect(String(decoding: found, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
    var longest = 0
    try LongJSON.write(Value(list: [], members: [:]), ["list": .list(count: 1000) { _ in list.first ?? [:] }]) {
      longest = max(longest, $0.count)
    }
    #expect(longest < 300, "no piece has several elements")
  }

  @Test func piecesBecomeAFileWithTheirDigest() throws {
    try withTemporaryFolder { folder in
      let place = folder.appending(path: "new/file.json")
      let pieces = (0..<200).map { Data(repeating: UInt8($0), count: $0 * 50) }
      let whole = pieces.reduce(Data(), +)
      let staged = try AtomicFile.stage(for: place, durable: .later) { write in for piece in pieces { try write(piece) }
      }
      #expect(!FileManager.default.fileExists(atPath: place.path))
      #expect(staged.bytes == whole.count && staged.sha256 == SHA256.hex(of: whole))
      try AtomicFile.move(staged.file, to: place)
      #expect(try Data(contentsOf: place) == whole)
      for kind in [FileCalls.Kind.open, .write] {
        let error = #expect(throws: Diagnostic.self) {
          try FileCalls.withFault({ found, path in found == kind && path.hasPrefix(folder.path) ? ENOSPC : nil }) {
            _ = try AtomicFile.stage(for: place) { try $0(whole) }
          }
        }
        #expect(error?.category == .cannotWrite)
      }
      #expect(throws: CancellationError.self) {
        _ = try AtomicFile.stage(for: place) { write in
          try write(whole)
          throw CancellationError()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "new").path) == ["file.json"])
    }
  }
}

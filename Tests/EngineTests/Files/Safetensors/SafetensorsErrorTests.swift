import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// Files of a folder, and what is said of them; FOLDER stands for its path.
struct SafetensorsDamage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let place: String
  let message: String
  let files: [String: [UInt8]]

  init(_ what: String, at place: String = "FOLDER/model.safetensors", _ message: String, _ files: [String: [UInt8]]) {
    testDescription = what
    self.place = place
    self.message = message
    self.files = ["config.json": RawSafetensors.config].merging(files) { $1 }
  }

  /// One weight file.
  init(
    _ what: String, at place: String = "FOLDER/model.safetensors", _ message: String, header: String, data: Int = 8,
    length: UInt64? = nil
  ) {
    self.init(what, at: place, message, ["model.safetensors": RawSafetensors.file(header, data: data, length: length)])
  }

  private static func one(_ dtype: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]") -> String {
    "{\"a\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}}"
  }

  private static func two(_ first: Range<Int>, _ second: Range<Int>) -> String {
    "{\(RawSafetensors.tensor("a", "F32", [1], first)),\(RawSafetensors.tensor("b", "F32", [1], second))}"
  }

  static let headers: [SafetensorsDamage] = [
    .init("seven bytes", "expected at least 8 bytes, found 7", ["model.safetensors": [UInt8](repeating: 0, count: 7)]),
    .init(
      "length", at: "FOLDER/model.safetensors: byte 0",
      "the file does not begin with the length of a header, of which at most 10 bytes are possible",
      header: "{}", length: 1 << 40),
    .init(
      "no JSON", at: "FOLDER/model.safetensors: byte 9",
      "expected a header in JSON, found a comma, colon or bracket missing or out of place",
      header: "{]"),
    .init("no object", "expected an object, found an array", header: "[]"),
    .init(
      "metadata", at: "FOLDER/model.safetensors: __metadata__", "expected an object, found the number 3",
      header: "{\"__metadata__\":3}"),
    .init("no dtype", at: "FOLDER/model.safetensors: a", "expected the key 'dtype', found none", header: "{\"a\":{}}"),
    .init("dtype", "tensor 'a' is stored as 'F4', which is not supported", header: one("F4")),
    .init(
      "fraction of a dimension", at: "FOLDER/model.safetensors: a.shape[0]",
      "expected a whole number, found the number 2.5",
      header: one("F32", "[2.5]")),
    .init("negative dimension", "tensor 'a' has the impossible shape [-2, -1]", header: one("F32", "[-2,-1]")),
    .init(
      "product", "tensor 'a' has the impossible shape [4294967296, 4294967296]",
      header: one("F32", "[4294967296,4294967296]")),
    .init(
      "one offset", "tensor 'a' has the data offsets [8], expected a beginning and an end",
      header: one("F32", "[2]", "[8]")),
    .init(
      "offsets the wrong way", "tensor 'a' has the data offsets [8, 0], expected a beginning and an end",
      header: one("F32", "[2]", "[8,0]")),
    .init(
      "negative offset", "tensor 'a' has the data offsets [-8, 0], expected a beginning and an end",
      header: one("F32", "[2]", "[-8,0]")),
    .init(
      "absurd offset",
      "tensor 'a' has the data offsets [9223372036854775799, 9223372036854775807], expected a beginning and an end",
      header: one("F32", "[2]", "[9223372036854775799,9223372036854775807]")),
    .init("size", "tensor 'a' takes 8 bytes, expected 4 for its shape and type", header: one("F16")),
    .init("overlap", "the data of tensor 'b' overlaps that of 'a'", header: two(0..<4, 2..<6), data: 6),
    .init("hole", "bytes 120 to 124 belong to no tensor", header: two(0..<4, 8..<12), data: 12),
    .init("hole at the start", "bytes 63 to 67 belong to no tensor", header: one("F32", "[2]", "[4,12]"), data: 12),
    .init("more than tensors", "bytes 70 to 71 belong to no tensor", header: one(), data: 9),
    .init(
      "truncated", "tensor 'a' ends at byte 70, but the file has 67 bytes: 3 are missing", header: one(), data: 5),
    .init(
      "duplicate", "expected every tensor once, found 'a' twice",
      header: "{\(RawSafetensors.tensor("a", "F32", [1], 0..<4)),\(RawSafetensors.tensor("a", "F32", [1], 4..<8))}"),
  ]

  private static func index(_ map: String) -> [UInt8] { Array("{\"weight_map\":{\(map)}}".utf8) }
  private static let indexName = "model.safetensors.index.json"
  private static let shard = RawSafetensors.file("{\(RawSafetensors.tensor("x", "F32", [1], 0..<4))}", data: 4)

  static let folders: [SafetensorsDamage] = [
    .init(
      "shard outside", at: "FOLDER/\(indexName)",
      "expected the name of a file in the same folder, found '../x.safetensors'",
      [indexName: index(#""x": "../x.safetensors""#)]),
    .init(
      "all shards missing", at: "FOLDER/\(indexName)", "the file 'one.safetensors' is listed, but missing",
      [indexName: index(#""x": "one.safetensors", "y": "two.safetensors""#)]),
    .init(
      "tensor twice", at: "FOLDER/two.safetensors",
      "tensor 'x' is also in 'FOLDER/one.safetensors', expected in one file only",
      [
        indexName: index(#""x": "one.safetensors", "y": "two.safetensors""#), "one.safetensors": shard,
        "two.safetensors": shard,
      ]),
    .init(
      "index without map", at: "FOLDER/\(indexName)", "expected the key 'weight_map', found none",
      [indexName: Array("{}".utf8)]),
    .init(
      "duplicate in index", at: "FOLDER/\(indexName): weight_map", "expected every key once, found 'x' twice",
      [indexName: index(#""x": "one.safetensors", "x": "one.safetensors""#), "one.safetensors": shard]),
    .init(
      "several", at: "FOLDER", "expected one weight file or an index, found 'one.safetensors', 'two.safetensors'",
      ["one.safetensors": shard, "two.safetensors": shard]),
    .init(
      "config of no JSON", at: "FOLDER/config.json", "expected JSON, found no JSON at all",
      ["config.json": [], "model.safetensors": shard]),
    .init(
      "config of another kind", at: "FOLDER/config.json", "expected an object, found an array",
      ["config.json": Array("[]".utf8), "model.safetensors": shard]),
    .init(
      "config without type", at: "FOLDER/config.json", "expected the key 'model_type', found none",
      ["config.json": Array("{}".utf8), "model.safetensors": shard]),
  ]
}

@Suite struct SafetensorsErrorTests {
  @Test(arguments: SafetensorsDamage.headers + SafetensorsDamage.folders)
  func damageIsNamedAndLocated(_ damage: SafetensorsDamage) throws {
    try withTemporaryFolder { folder in
      try RawSafetensors.write(damage.files, to: folder)
      let error = #expect(throws: (any Error).self) { try SafetensorsFiles(folder: folder.path) } as? any EngineError
      #expect(error?.message == damage.message.replacing("FOLDER", with: folder.path))
      #expect(error?.place == damage.place.replacing("FOLDER", with: folder.path))
      #expect(error?.category == .badInput)
    }
  }

  @Test func anUnsupportedTypeListsTheSupportedOnes() {
    let error = SafetensorsError.unsupportedType(path: "m.safetensors", tensor: "a", dtype: "F4")
    #expect(error.hints == ["supported: F32, F16, BF16, F64, F8_E4M3, F8_E5M2"])
  }

  @Test func aFileCutAnywhereIsAnErrorAndNoCrash() throws {
    let bytes = RawSafetensors.right
    try withTemporaryFolder { folder in
      for length in 0..<bytes.count {
        try RawSafetensors.write(
          ["config.json": RawSafetensors.config, "model.safetensors": Array(bytes.prefix(length))], to: folder)
        let error = #expect(throws: (any Error).self) { try SafetensorsFiles(folder: folder.path) }
        #expect(error is any EngineError)
      }
    }
  }

  @Test(arguments: [UInt8(0x01), 0x10, 0x80]) func aFileWithAnyByteChangedDoesNotCrash(_ change: UInt8) throws {
    let bytes = RawSafetensors.right
    try withTemporaryFolder { folder in
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= change
        try RawSafetensors.write(["config.json": RawSafetensors.config, "model.safetensors": damaged], to: folder)
        do {
          let files = try SafetensorsFiles(folder: folder.path)
          for tensor in files.tensors.values {
            #expect(tensor.bytes.count == tensor.format.bytes(forElements: tensor.elements))
          }
        } catch {
          #expect(error is any EngineError, "byte \(index): \(error)")
        }
      }
    }
  }
}

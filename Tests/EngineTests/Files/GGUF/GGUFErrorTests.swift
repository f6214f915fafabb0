import Engine
import Foundation
import TestSupport
import Testing
import Traces

/// A way to damage a file, and what is said of it; PATH stands for the path.
struct GGUFDamage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let place: String
  let message: String
  let damage: @Sendable (inout RawGGUF) -> Void

  init(
    _ what: String, at place: String = "PATH", _ message: String, _ damage: @escaping @Sendable (inout RawGGUF) -> Void
  ) {
    testDescription = what
    self.place = place
    self.message = message
    self.damage = damage
  }

  // The first key is at byte 24 and takes 8 + 20 + 4 + 8 + 5 bytes: the first tensor is at byte 69, the second at 110.
  static let all: [GGUFDamage] = [
    GGUFDamage("magic", "expected a GGUF file, which begins with 'GGUF', found the bytes 47 47 4d 4c") {
      $0.magic = "GGML"
    },
    GGUFDamage("overlap", "the data of tensor 'b' overlaps that of 'a'") { $0.tensors[1].offset = 64 },
    GGUFDamage("version 1", "GGUF version 1 is not supported, expected 2 or 3") { $0.version = 1 },
    GGUFDamage("version 4", "GGUF version 4 is not supported, expected 2 or 3") { $0.version = 4 },
    GGUFDamage("big-endian", "big-endian GGUF is not supported, expected little-endian") { $0.version = 3 << 24 },
    GGUFDamage(
      "tensor count", at: "PATH: byte 8",
      "the number of tensors is 18446744073709551615, but the file has space for at most 10"
    ) { $0.tensorCount = .max },
    GGUFDamage(
      "key count", at: "PATH: byte 16", "the number of keys is 4294967296, but the file has space for at most 18"
    ) { $0.keyCount = 1 << 32 },
    GGUFDamage(
      "name of a key", at: "PATH: byte 77", "key 1 is not UTF-8"
    ) {
      $0.keys.append(([0xC0], []))
    },
    GGUFDamage(
      "length of a string", at: "PATH: byte 56",
      "the length of string 0 of key 'general.architecture' is 9223372036854775807, but the file has space for at most 204"
    ) { $0.keys[0].value = RawGGUF.number(UInt32(8)) + RawGGUF.number(UInt64(Int.max)) },
    GGUFDamage(
      "length of an array", at: "PATH: byte 89",
      "the length of array 'many' is 1099511627776, but the file has space for at most 50"
    ) { $0.add("many", RawGGUF.array(5, count: 1 << 40, [])) },
    GGUFDamage(
      "length of an array of strings", at: "PATH: byte 89",
      "the length of array 'many' is 9223372036854775808, but the file has space for at most 25"
    ) { $0.add("many", RawGGUF.array(8, count: 1 << 63, [])) },
    GGUFDamage("value type", at: "PATH: byte 80", "key 'odd' has the unknown value type 13, expected 0 to 12") {
      $0.add("odd", RawGGUF.number(UInt32(13)))
    },
    GGUFDamage(
      "nested array", at: "PATH: byte 181",
      "key 'deep' has arrays nested more than 8 deep, expected an array of numbers, truth values or strings"
    ) { file in
      file.add(
        "deep",
        (0..<9).reduce(RawGGUF.array(5, count: 0, [])) { inner, _ in
          RawGGUF.array(9, count: 1, Array(inner.dropFirst(4)))
        })
    },
    GGUFDamage("truth value", at: "PATH: byte 83", "key 'ok' is the truth value 2, expected 0 or 1") {
      $0.add("ok", RawGGUF.scalar(7, UInt8(2)))
    },
    GGUFDamage(
      "duplicate key", at: "PATH: byte 69", "expected every key once, found 'general.architecture' twice"
    ) { $0.keys.append($0.keys[0]) },
    GGUFDamage("no architecture", "expected the key 'general.architecture', found none") { $0.keys = [] },
    GGUFDamage("alignment zero", "key 'general.alignment' is 0, expected a power of two up to 1073741824") {
      $0.add("general.alignment", RawGGUF.scalar(4, UInt32(0)))
    },
    GGUFDamage("alignment odd", "key 'general.alignment' is 48, expected a power of two up to 1073741824") {
      $0.add("general.alignment", RawGGUF.scalar(4, UInt32(48)))
    },
    GGUFDamage("split", "expected a name that ends with '-00001-of-00003.gguf', because this is part 1 of 3") {
      $0.add("split.count", RawGGUF.scalar(2, UInt16(3)))
    },
    GGUFDamage("rank", at: "PATH: byte 69", "tensor 'a' has 5 dimensions, expected 4 at most") {
      $0.tensors[0].rank = 5
    },
    GGUFDamage(
      "product", at: "PATH: byte 69",
      "tensor 'a' has the dimensions [4294967296, 4294967296], whose product is beyond 63 bits"
    ) { $0.tensors[0].dimensions = [1 << 32, 1 << 32] },
    GGUFDamage(
      "dimension hidden by a zero", at: "PATH: byte 69",
      "tensor 'a' has the dimensions [0, 18446744073709551615], whose product is beyond 63 bits"
    ) { $0.tensors[0].dimensions = [0, .max] },
    GGUFDamage(
      "bytes", at: "PATH: byte 69",
      "tensor 'a' has the dimensions [4611686018427387904], whose product is beyond 63 bits"
    ) {
      $0.tensors[0].dimensions = [1 << 62]; $0.tensors[0].type = 0
    },
    GGUFDamage(
      "known format", at: "PATH: byte 69", "tensor 'a' is stored in Q8_K (type 15), which is not supported"
    ) { $0.tensors[0].type = 15 },
    GGUFDamage(
      "unknown format", at: "PATH: byte 69",
      "tensor 'a' is stored in an unknown number format (type 4000), which is not supported"
    ) { $0.tensors[0].type = 4000 },
    GGUFDamage(
      "blocks", at: "PATH: byte 69", "tensor 'a' has rows of 16 values, expected a multiple of 32 for Q8_0"
    ) { $0.tensors[0].dimensions = [16, 4] },
    GGUFDamage(
      "offset", at: "PATH: byte 110", "the data of tensor 'b' is at offset 100, expected a multiple of 32"
    ) { $0.tensors[1].offset = 100 },
    GGUFDamage(
      "offset beyond all files", at: "PATH: byte 110",
      "the data of tensor 'b' is at offset 18446744073709551584, expected a multiple of 32"
    ) { $0.tensors[1].offset = .max - 31 },
    GGUFDamage(
      "offset that overflows",
      "tensor 'b' is at bytes 9223372036854775807 to 9223372036854775807, but the file has 268 bytes: 9223372036854775539 are missing"
    ) { $0.tensors[1].offset = UInt64(Int.max) - 31 },
    GGUFDamage(
      "truncated", "tensor 'b' is at bytes 256 to 268, but the file has 261 bytes: 7 are missing"
    ) { $0.dataBytes -= 7 },
    GGUFDamage("duplicate tensor", at: "PATH: byte 110", "expected every tensor once, found 'a' twice") {
      $0.tensors[1].name = "a"
    },
  ]
}

@Suite struct GGUFErrorTests {
  @Test(arguments: GGUFDamage.all) func damageIsNamedAndLocated(_ damage: GGUFDamage) throws {
    var file = RawGGUF()
    damage.damage(&file)
    try withTemporaryFolder { folder in
      try withFile(file.bytes, in: folder) { path in
        let error = #expect(throws: (any Error).self) { try GGUFFiles(path: path) } as? any EngineError
        #expect(error?.message == damage.message)
        #expect(error?.place == damage.place.replacing("PATH", with: path))
        #expect(error?.category == .badInput)
      }
    }
  }

  @Test func anUnsupportedFormatListsTheSupportedOnes() {
    let error = GGUFError.unsupportedFormat(path: "m.gguf", offset: 0, tensor: "a", type: 10)
    let known = NumberFormat.all.filter { $0.ggufType != nil }.map(\.name)
    #expect(error.hints == ["supported: " + known.joined(separator: ", ")])
  }

  /// Opens whatever it is and reads all of it.
  private func readEverything(_ path: String) throws {
    let files = try GGUFFiles(path: path)
    var sum = 0
    for tensor in files.tensors.values { for byte in tensor.bytes { sum &+= Int(byte) } }
    for key in files.metadata.keys {
      _ = try? files.metadata.stringArray(key)?.map { $0.count }
      _ = try? files.metadata.integer(key)
      _ = try? files.metadata.real(key)
      _ = try? files.metadata.string(key)
      _ = try? files.metadata.flag(key)
      _ = try? files.metadata.integers(key)
      _ = try? files.metadata.reals(key)
      _ = try? files.metadata.strings(key)
    }
  }

  @Test func aFileCutAnywhereIsAnErrorAndNoCrash() throws {
    let bytes = RawGGUF.rich.bytes
    try withTemporaryFolder { folder in
      for length in 0..<bytes.count {
        try withFile(Array(bytes.prefix(length)), in: folder) { path in
          let error = #expect(throws: (any Error).self, "cut to \(length) bytes") { try readEverything(path) }
          // Bytes that are missing are what it is about, however far the reading came.
          if length >= 4, let error = error as? GGUFError {
            switch error {
            case .ended, .absurdCount, .truncated: break
            default: Issue.record("cut to \(length) bytes: \(error)")
            }
          }
        }
      }
    }
  }

  @Test(arguments: [UInt8(0x01), 0x80, 0xFF]) func aFileWithAnyByteChangedDoesNotCrash(_ change: UInt8) throws {
    let bytes = RawGGUF.rich.bytes
    var refused = 0
    try withTemporaryFolder { folder in
      for index in bytes.indices {
        var damaged = bytes
        damaged[index] ^= change
        try withFile(damaged, in: folder) { path in
          do {
            try readEverything(path)
          } catch {
            #expect(error is any EngineError, "byte \(index): \(error)")
            refused += 1
          }
        }
      }
    }
    // Changes of the counts, lengths, types and offsets at least.
    #expect(refused > 100)
  }
}

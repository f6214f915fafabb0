import Engine
import Foundation
import TestSupport
import Testing

@Suite struct GGUFFilesTests {
  /// A mapped file stays readable when its name is gone.
  private func open(_ file: RawGGUF) throws -> GGUFFiles {
    try withTemporaryFolder { folder in try withFile(file.bytes, in: folder) { try GGUFFiles(path: $0) } }
  }

  @Test(arguments: [UInt32(2), 3]) func tensorsLieWhereTheHeaderSays(_ version: UInt32) throws {
    var file = RawGGUF()
    file.version = version
    let files = try open(file)
    #expect(files.version == Int(version))
    let a = try #require(files.tensors["a"])
    #expect(a.shape == [2, 32] && a.format == .q80 && Array(a.bytes) == (0..<68).map { UInt8($0) })
    let b = try #require(files.tensors["b"])
    #expect(b.shape == [3] && b.format == .f32 && Array(b.bytes) == (96..<108).map { UInt8($0) })
    #expect(files.tensors.count == 2)
  }

  @Test func alignmentOfTheFileIsHeeded() throws {
    var file = RawGGUF()
    file.alignment = 256
    file.add("general.alignment", RawGGUF.scalar(4, UInt32(256)))
    file.tensors[1].offset = 256
    file.dataBytes = 256 + 12
    let files = try open(file)
    #expect(files.tensors["b"]?.bytes.first == 0 && files.tensors["b"]?.bytes.count == 12)
  }

  @Test func wholeNumbersOfEveryWidthAreRead() throws {
    let files = try open(.rich)
    let expected = [
      "u8": 200, "i8": -3, "u16": 60000, "i16": -300, "u32": 4_000_000_000, "i32": -70000, "u64": 1 << 62, "i64": -5,
    ]
    for (key, value) in expected { #expect(try files.configuration.integer(key) == value) }
    #expect(throws: ConfigurationError.tooLarge(path: files.path, key: "huge", found: "18446744073709551615")) {
      try files.configuration.integer("huge")
    }
  }

  @Test func otherScalarsAreRead() throws {
    let files = try open(.rich)
    let look = files.configuration
    #expect(try look.real("f32") == 1.5)
    #expect(try look.real("f64") == 0.1)
    #expect(try look.real("i8") == -3)
    #expect(try look.flag("yes") == true)
    #expect(try look.string("text") == "żółw")
    #expect(look.contains("text") && !look.contains("nothing"))
    #expect(try look.integer("nothing") == nil && look.real("nothing") == nil && look.string("nothing") == nil)
    #expect(try look.flag("nothing") == nil && look.integers("nothing") == nil && look.reals("nothing") == nil)
    #expect(try look.strings("nothing") == nil && files.metadata.stringArray("nothing") == nil)
  }

  @Test func arraysAreRead() throws {
    let files = try open(.rich)
    let look = files.configuration
    #expect(try look.strings("strings") == ["ab", "", "c"])
    #expect(try files.metadata.stringArray("strings")?.map { Array($0) } == [[97, 98], [], [99]])
    #expect(try files.metadata.stringArray("bytes")?.map { Array($0) } == [[0xFF, 0xFE]])
    #expect(try look.integers("ints") == [1, -2, 3])
    #expect(try look.reals("ints") == [1, -2, 3])
    #expect(try look.reals("reals") == [0.5, -1])
    #expect(try look.integers("flags") == [1, 0, 1])
    #expect(try look.strings("none") == [] && look.integers("none") == [] && look.reals("none") == [])
    #expect(try files.metadata.stringArray("none")?.isEmpty == true)
    #expect(files.metadata.keys.prefix(3) == ["general.architecture", "u8", "i8"])
  }

  @Test func aValueOfAnotherTypeIsAnErrorThatSaysWhich() throws {
    let files = try open(.rich)
    func wrong(_ key: String, _ expected: String, _ found: String) -> ConfigurationError {
      .wrongType(path: files.path, key: key, expected: expected, found: found)
    }
    let look = files.configuration
    #expect(throws: wrong("text", "a whole number", "a string")) { try look.integer("text") }
    #expect(throws: wrong("f32", "a whole number", "a real number")) { try look.integer("f32") }
    #expect(throws: wrong("yes", "a whole number", "a truth value")) { try look.integer("yes") }
    #expect(throws: wrong("ints", "a whole number", "an array of 3 whole numbers")) { try look.integer("ints") }
    #expect(throws: wrong("text", "a number", "a string")) { try look.real("text") }
    #expect(throws: wrong("reals", "a number", "an array of 2 real numbers")) { try look.real("reals") }
    #expect(throws: wrong("u8", "a truth value", "a whole number")) { try look.flag("u8") }
    #expect(throws: wrong("strings", "a string", "an array of 3 strings")) { try look.string("strings") }
    #expect(throws: wrong("i8", "an array of whole numbers", "a whole number")) { try look.integers("i8") }
    #expect(throws: wrong("flags", "an array of numbers", "an array of 3 truth values")) { try look.reals("flags") }
    #expect(throws: wrong("ints", "an array of strings", "an array of 3 whole numbers")) { try look.strings("ints") }
    #expect(throws: wrong("text", "an array of strings", "a string")) { try files.metadata.stringArray("text") }
    #expect(throws: ConfigurationError.notUTF8(path: files.path, key: "bytes")) { try look.strings("bytes") }
  }

  @Test func arraysOfArraysArePassedOverAndCountAsNotRead() throws {
    var file = RawGGUF()
    let strings = RawGGUF.array(8, count: 2, RawGGUF.text(Array("ab".utf8)) + RawGGUF.text([]))
    let inner = [strings, RawGGUF.array(5, count: 1, RawGGUF.number(Int32(-2)))].map { Array($0.dropFirst(4)) }
    file.add("deep", RawGGUF.array(9, count: 2, inner[0] + inner[1]))
    file.add("after", RawGGUF.scalar(4, UInt32(7)))
    let files = try open(file)
    #expect(try files.configuration.integer("after") == 7 && files.tensors.count == 2)
    let wrong = ConfigurationError.wrongType(
      path: files.path, key: "deep", expected: "an array of strings", found: "an array of 2 arrays")
    #expect(throws: wrong) { try files.configuration.strings("deep") }
    let account = try open(file).ledger.accounts(family: "llama").first { $0.key == "deep" }
    #expect(account?.outcome == .refused && account?.value == "an array of 2 arrays")
  }

  @Test func anArrayOfStringsKeepsTheFileMapped() throws {
    try withTemporaryFolder { folder in
      let path = folder.appending(path: "m.gguf").path
      try Data(RawGGUF.rich.bytes).write(to: URL(fileURLWithPath: path))
      let strings = try GGUFFiles(path: path).metadata.stringArray("strings")
      // The array keeps the map alive after the files are gone, and after the name is gone, too.
      try FileManager.default.removeItem(atPath: path)
      #expect(strings?.map { Array($0) } == [[97, 98], [], [99]])
    }
  }
}

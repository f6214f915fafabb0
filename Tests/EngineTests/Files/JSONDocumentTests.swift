import Engine
import Foundation
import TestSupport
import Testing
import Traces

@Suite struct JSONDocumentTests {
  @Test func valuesOfEveryKindAreRead() throws {
    let text =
      #"{"n": null, "t": true, "f": false, "i": -7, "u": 18446744073709551615, "d": 1.5, "s": "aé\n", "a": [], "o": {}}"#
    let root = try JSONDocument(text: text).root
    #expect(root.kind == .object)
    #expect(root.count == 9)
    #expect(root["n"]?.kind == .null)
    #expect(root["n"]?.isNull == true)
    #expect(root["t"]?.bool == true)
    #expect(root["f"]?.bool == false)
    #expect(root["i"]?.integer == -7)
    #expect(root["i"]?.real == -7)
    #expect(root["u"]?.kind == .integer)
    #expect(root["u"]?.integer == nil)
    #expect(root["u"]?.real == 0x1p64)
    #expect(root["d"]?.real == 1.5)
    #expect(root["d"]?.integer == nil)
    #expect(root["s"]?.string == "aé\n")
    #expect(root["s"].map { Array($0.utf8 ?? .init(start: nil, count: 0)) } == [0x61, 0xC3, 0xA9, 0x0A])
    #expect(root["a"]?.count == 0)
    #expect(root["o"]?.members?.contains { _ in true } == false)
    #expect(root["absent"] == nil)
  }

  @Test func arraysAndObjectsAreWalkedInOrder() throws {
    let root = try JSONDocument(text: #"{"b": [1, [2, 3], {"x": 4}, 5.5, "six"], "a": 7}"#).root
    #expect(root.members?.map(\.key) == ["b", "a"])
    let elements = try Array(root.member("b").requireElements())
    #expect(elements.map(\.kind) == [.integer, .array, .object, .real, .string])
    #expect(elements[1].elements?.map(\.integer) == [2, 3])
    #expect(try elements[2].member("x").requireInteger() == 4)
  }

  @Test func aRepeatedKeyYieldsItsLastValueAndCanBeRefused() throws {
    let root = try JSONDocument(text: #"{"w": {"a": 1, "b": 2, "a": 3}}"#, path: "x.json").root
    #expect(root["w"]?["a"]?.integer == 3)
    #expect(throws: Never.self) { try root.requireUniqueKeys() }
    #expect(throws: JSONError.duplicateKey(path: "x.json", location: "w", key: "a")) {
      try root.member("w").requireUniqueKeys()
    }
  }

  @Test func canonicallyEquivalentKeysAreTwoKeys() throws {
    let root = try JSONDocument(text: "{\"\u{E9}\": 1, \"e\u{301}\": 2}").root
    #expect(throws: Never.self) { try root.requireUniqueKeys() }
    #expect(root["\u{E9}"]?.integer == 1)
    #expect(root["e\u{301}"]?.integer == 2)
  }

  @Test func errorsSayWhereInTheDocument() throws {
    let root = try JSONDocument(text: #"{"model": {"vocab": {"a": [1, {"k": "v"}]}}}"#, path: "x.json").root
    let value = try root.member("model").member("vocab").member("a").requireElements().map(\.self)[1].member("k")
    #expect(value.location == "model.vocab.a[1].k")
    #expect(
      throws: JSONError.wrongKind(
        path: "x.json", location: "model.vocab.a[1].k", expected: "a whole number", found: "the string 'v'")
    ) { try value.requireInteger() }
    #expect(throws: JSONError.missingKey(path: "x.json", location: "model", key: "merges")) {
      try root.member("model").member("merges")
    }
    let error = JSONError.missingKey(path: "x.json", location: "model", key: "merges")
    #expect(error.place == "x.json: model")
    #expect(error.message == "expected the key 'merges', found none")
  }

  @Test(arguments: [
    (#"{"a": 1,, "b": 2}"#, 8),
    (#"{"a" 1}"#, 5),
    (#"{"a": tru}"#, 6),
    (#"{"a": [1, 2, x]}"#, 13),
    (#"{"a": 01}"#, 6),
  ])
  func mistakesAreLocated(text: String, offset: Int) throws {
    let error = try #require(throws: JSONError.self) { try JSONDocument(text: text, path: "x.json") }
    guard case .malformed("x.json", _, let found) = error else {
      Issue.record("unexpected \(error)")
      return
    }
    #expect(found == offset, "\(error)")
  }

  @Test(arguments: [
    "", "   ", "{", "[1, 2", #"{"a": "b"#, "nul", "[1] 2", "\"\\ud800\"", "[1e400]", "\"a\u{1}b\"", "{\"a\"}",
  ])
  func whatIsNotJSONIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONDocument(text: text) }
  }

  @Test func bytesThatAreNotUTF8AreLocated() throws {
    let bytes: [UInt8] = [0x5B, 0x22, 0xC3, 0xA9, 0xFF, 0x22, 0x5D]
    #expect(throws: JSONError.malformed(path: "b", reason: "bytes that are not UTF-8", offset: 4)) {
      try bytes.withUnsafeBytes { try JSONDocument(bytes: $0, path: "b") }
    }
  }

  @Test func numbersBeyond64BitsAreReadAsReals() throws {
    // As Hugging Face writes it into tokenizer_config.json.
    let text =
      #"{"s": "12345678901234567890123 \" 1", "model_max_length": 1000000000000000019884624838656, "x": [0.12345678901234567890123, 1e5, 7]}"#
    let root = try JSONDocument(text: text).root
    #expect(root["model_max_length"]?.kind == .real)
    #expect(root["model_max_length"]?.real == 1e30)
    #expect(root["s"]?.string == #"12345678901234567890123 " 1"#)
    #expect(root["x"]?.elements?.map(\.real) == [0.12345678901234568, 1e5, 7])
    let error = try #require(throws: JSONError.self) {
      try JSONDocument(text: #"[1000000000000000019884624838656, 2000000000000000019884624838656, x]"#, path: "x.json")
    }
    #expect(error.place == "x.json: byte 67")
  }

  @Test func deepNestingIsRefusedNotACrash() {
    let text = String(repeating: "[", count: 100_000)
    #expect(throws: JSONError.self) { try JSONDocument(text: text + String(repeating: "]", count: 100_000)) }
    #expect(throws: JSONError.self) { try JSONDocument(text: text) }
    #expect(throws: JSONError.self) { try JSONDocument(text: String(repeating: "{\"a\":", count: 100_000)) }
  }

  @Test func filesAreReadAndMissingOnesNamed() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "a.json").path
    try Data("[1, 2, 3]".utf8).write(to: URL(filePath: file))
    #expect(try JSONDocument(path: file).root.elements?.map(\.integer) == [1, 2, 3])
    let missing = folder.appending(path: "none.json").path
    #expect(throws: JSONError.unreadable(path: missing, reason: "no such file or directory")) {
      try JSONDocument(path: missing)
    }
    #expect(throws: JSONError.unreadable(path: folder.path, reason: "is a directory")) {
      try JSONDocument(path: folder.path)
    }
  }

  @Test func aValueKeepsItsDocumentAlive() throws {
    func inner() throws -> JSONValue { try JSONDocument(text: #"["kept"]"#).root.requireElements().map(\.self)[0] }
    #expect(try inner().string == "kept")
  }

  @Test func halfAMillionElementsAreWalked() throws {
    let text = "[" + (0..<500_000).map { "\"\($0)\"" }.joined(separator: ",") + "]"
    let root = try JSONDocument(text: text).root
    #expect(root.count == 500_000)
    var bytes = 0
    let clock = ContinuousClock()
    let elements = try root.requireElements()
    let time = clock.measure { for element in elements { bytes += element.utf8?.count ?? 0 } }
    print("walking 500,000 strings: \(time)")
    #expect(bytes == 2_888_890)
  }

  @Test func pythonsNumbersAreReadInFilesOnly() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "c.json").path
      func read(_ text: String) throws -> JSONValue {
        try Data(text.utf8).write(to: URL(filePath: file))
        return try JSONDocument(path: file).root
      }
      let root = try read(
        #"{"a": [1, NaN, -Infinity, 2.5, Infinity], "NaN": "NaN, \" Infinity", "b": {"c": Infinity}, "n": 1000000000000000019884624838656, "d": NaN}"#
      )
      #expect(root["a"]?.elements?.map { "\($0.real ?? 0)" } == ["1.0", "nan", "-inf", "2.5", "inf"])
      #expect(root["NaN"]?.string == "NaN, \" Infinity")
      #expect(root["b"]?["c"]?.real == .infinity && root["d"]?.real?.isNaN == true && root["n"]?.real == 1e30)
      #expect(try read("Infinity").real == .infinity)
      for (text, offset) in [
        (#"{"a": NaN, "b": x}"#, 16), ("[Infinity, -NaN]", 11), ("[NaN NaN]", 5), ("[+Infinity]", 1),
      ] {
        let error = #expect(throws: JSONError.self) { try read(text) }
        guard case .malformed(_, _, let found)? = error else { Issue.record("\(text)"); continue }
        #expect(found == offset, "\(text)")
      }
    }
    #expect(throws: JSONError.self) { try JSONDocument(text: "[NaN]") }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// A trace is read to the bit, and every fault of one is told with its place, what was expected and what was found.
@Suite struct TraceReaderTests {
  private static let plain = """
    {"schema":"strata.trace/1","compute":"f32","lens":{"kind":"tuned","norm":"none","base_model":"b","sha256":"00"},
    "model":{"name":"M","architecture":"Llama","layers":1,"width":4,"vocabulary":9,"padding":2,"weights":"F32","sha256":"ff",
    "license":null},"prompt":"a\\n\\"é","prompt_length":1,"method":{"generate":1,"decoding":"greedy"},
    "tokens":[{"id":3,"text":"a"},{"id":4,"bytes":"f0"}],"rows":[{"layer":0,"point":"embedding"}],
    "columns":[{"position":0,"target":4}],"rank":[[2]],"logprob":[[-1.5e-05]],"entropy":[[null]],"kl":[[0]],
    "top":{"k":1,"ids":[[[4]]],"logprobs":[[[-0.1]]]},
    "watch":[{"text":"s","ids":[1,2],"texts":["x",{"bytes":"f1"}],"first_of":[["x"],["y","z"]],"rank":[[1]],"logprob":[[-2]]}],
    "texts":{"3":"a","4":{"bytes":"f0"}}}
    """

  private func read(_ text: String) throws -> Trace { try Trace.read(Data(text.utf8), path: "t") }

  private func changed(_ plain: String, to other: String) throws -> String {
    let text = Self.plain.replacing(plain, with: other, maxReplacements: 1)
    try #require(text != Self.plain, "\(plain)")
    return text
  }

  @Test func everyPartOfATraceIsRead() throws {
    var watch = Trace.Watch(
      name: "s", ids: [1, 2], texts: [.text("x"), .bytes("f1")], firstOf: [["x"], ["y", "z"]], rank: [[1]],
      logprob: [[-2]])
    let expected = Trace(
      model: .init(
        name: "M", architecture: "Llama", layers: 1, width: 4, vocabulary: 9, padding: 2, weights: "F32", sha256: "ff",
        license: nil, source: nil),
      lens: .init(kind: .tuned, norm: .none, baseModel: "b", sha256: "00"), prompt: "a\n\"é", promptLength: 1,
      method: .generate(1), tokens: [.init(id: 3, text: "a", bytes: nil), .init(id: 4, text: nil, bytes: "f0")],
      rows: [.init(layer: 0, point: .embedding)], columns: [.init(position: 0, target: 4)], rank: [[2]],
      logprob: [[-1.5e-05]], top: .init(k: 1, ids: [[[4]]], logprobs: [[[-0.1]]]), watch: [watch], entropy: [[nil]],
      kl: [[0]], texts: [3: .text("a"), 4: .bytes("f0")])
    #expect(try read(Self.plain) == expected)
    #expect(try Trace.read(expected.jsonData(), path: "t") == expected)
    watch.rank = [[nil]]
    #expect(try read(changed("\"rank\":[[1]]", to: "\"rank\":[[null]]")).watch == [watch])
    let adapted = try changed(
      "\"license\":null",
      to: """
        "license":"MIT","source":"s","bos":"no","accepted_settings":[{"name":"n","value":"v","file":"f"}],
        "adapter":{"name":"A","sha256":"aa","rank":8,"alpha":1.6e1,"base_model":"B"},"unknown":{"a":[1]}
        """)
    let model = try read(adapted).model
    #expect(model.adapter == .init(name: "A", sha256: "aa", rank: 8, alpha: 16, baseModel: "B"))
    #expect(model.acceptedSettings == [.init(name: "n", value: "v", file: "f")])
    #expect(model.bos == .no && model.license == "MIT" && model.source == "s")
  }

  @Test(arguments: TinyModel.allCases)
  func aTraceOfOursIsReadAndWrittenToTheByte(model: TinyModel) throws {
    let trace = try traceOne(
      try model.open(), TraceRequest(prompt: "the keys", method: .generate(2), watch: ["t"], columns: .all))
    let data = try trace.jsonData()
    #expect(try Trace.read(data, path: "t").jsonData() == data)
  }

  @Test func float32NumbersComeBackToTheBit() throws {
    var state: UInt32 = 1
    var values: [Float] = [
      .greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, 0, -0.0, 1, 0.1, 16_777_217,
      7.038531e-26,
    ]
    while values.count < 20_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let value = Float(bitPattern: state)
      if value.isFinite { values.append(value) }
    }
    var trace = try read(Self.plain)
    // As many cells as the trace then says that it has.
    trace.columns = values.map { _ in trace.columns[0] }
    let (ranks, numbers): ([[Int?]], [[Float?]]) = ([values.map { _ in 1 }], [values])
    (trace.rank, trace.logprob, trace.entropy, trace.kl) = (ranks, numbers, numbers, numbers)
    trace.top = .init(k: 1, ids: [values.map { _ in [4] }], logprobs: [values.map { [$0] }])
    (trace.watch[0].rank, trace.watch[0].logprob) = (ranks, numbers)
    trace.prompt = "-0 and \"1e-40\" and 7.038531e-26"
    let found = try Trace.read(try trace.jsonData(), path: "t")
    for matrix in [found.logprob, found.entropy, found.kl, found.watch[0].logprob] {
      #expect(matrix[0].map(\.?.bitPattern) == values.map(\.bitPattern))
    }
    #expect(found.top.logprobs[0].map { $0[0].bitPattern } == values.map(\.bitPattern))
  }

  @Test(arguments: [
    "-0", "-0.0", "-0e5", "0.0", "1e-40", "-1e-46", "16777217", "9007199791611905", "18446744073709551615",
    "123456789012345678901234567890",
    // Its nearest float64 lies halfway between two float32, and the nearest float32 to the digits is the other one.
    "7.038531e-26",
    // Halfway between two float32 but for the last digit, and halfway.
    "1.00000005960464477539062500001", "1.000000059604644775390625",
    // The last number that rounds to the greatest float32.
    "340282356779733661637539395458142568447.9999",
  ])
  func digitsGiveTheNearestFloat32(digits: String) throws {
    let found = try #require(try read(changed("\"kl\":[[0]]", to: "\"kl\":[[\(digits)]]")).kl[0][0])
    #expect(found.bitPattern == Float(digits)?.bitPattern)
  }

  @Test func wholeNumbersOfOtherProgramsMayHaveAPoint() throws {
    let text = try changed("\"rank\":[[2]]", to: "\"rank\":[[2.0]]")
    #expect(try read(text) == read(Self.plain))
    #expect(try read("\u{FEFF}" + Self.plain) == read(Self.plain))
  }

  @Test(
    "a fault is told with its place, what was expected and what was found",
    arguments: [
      ("\"prompt_length\":1,", "", "expected the key 'prompt_length', found none"),
      ("\"width\":4,", "", "'model': expected the key 'width', found none"),
      ("\"schema\":\"strata.trace/1\",", "", "expected the key 'schema', found none"),
      (
        "strata.trace/1", "strata.trace/3", "schema 'strata.trace/3', expected 'strata.trace/1' or 'strata.trace/2'"
      ),
      ("\"rank\":[[2]]", "\"rank\":[[\"2\"]]", "'rank[0][0]': expected a whole number or null, found the string '2'"),
      ("\"rank\":[[2]]", "\"rank\":[[2.5]]", "'rank[0][0]': expected a whole number or null, found the number 2.5"),
      ("\"rank\":[[2]]", "\"rank\":[2]", "'rank[0]': expected an array, found the number 2"),
      ("\"rank\":[[2]]", "\"rank\":null", "'rank': expected an array, found null"),
      ("\"rank\":[[2]]", "\"rank\":[[2]],\"rank\":[[3]]", "expected every key once, found 'rank' twice"),
      (
        "\"width\":4", "\"width\":123456789012345678901",
        "'model.width': expected a whole number, found the number 1.2345678901234568e+20"
      ),
      (
        "\"width\":4", "\"width\":9223372036854775808",
        "'model.width': expected a whole number, found a number beyond 64 bits"
      ),
      ("\"width\":4", "\"width\":2147483648", "'model.width': 2147483648, expected 0 to 2147483647"),
      ("\"kl\":[[0]]", "\"kl\":[[1e300]]", "'kl[0][0]': expected a number within float32, found the number 1e+300"),
      (
        "\"kl\":[[0]]", "\"kl\":[[3402823567797336616375393954581425684480]]",
        "'kl[0][0]': expected a number within float32, found the number 3.4028235677973366e+39"
      ),
      ("\"kl\":[[0]]", "\"kl\":[[true]]", "'kl[0][0]': expected a number or null, found true"),
      ("\"kl\":[[0]]", "\"kl\":[[NaN]]", "'kl[0][0]': expected JSON, found NaN, which JSON does not have"),
      (
        "\"kl\":[[0]]", "\"kl\":[[-Infinity]]",
        "'kl[0][0]': expected JSON, found -Infinity, which JSON does not have"
      ),
      ("[[[-0.1]]]", "[[[null]]]", "'top.logprobs[0][0][0]': expected a number, found null"),
      (
        "\"kind\":\"tuned\"", "\"kind\":\"other\"",
        "'lens.kind': expected 'logit' or 'tuned' or 'jacobian', found the string 'other'"
      ),
      (
        "\"point\":\"embedding\"", "\"point\":3",
        "'rows[0].point': expected 'embedding' or 'attention' or 'mixer' or 'block', found the number 3"
      ),
      ("{\"id\":4,", "{\"id\":null,", "'tokens[1].id': expected a whole number, found null"),
      ("{\"generate\":1,", "{", "'method': expected either 'generate' or 'continuation', found neither"),
      (
        "{\"generate\":1,", "{\"generate\":1,\"continuation\":\"b\",",
        "'method': expected either 'generate' or 'continuation', found both"
      ),
      ("\"3\":\"a\"", "\"x\":\"a\"", "'texts': expected ids as keys, found the key 'x'"),
      ("\"3\":\"a\"", "\"3\":\"a\",\"03\":\"b\"", "'texts': expected every key once, found '3' twice"),
      ("\"3\":\"a\"", "\"3\":7", "'texts.3': expected a string or an object with 'bytes', found the number 7"),
      ("\"4\":{\"bytes\"", "\"4\":{\"byte\"", "'texts.4': expected the key 'bytes', found none"),
      (
        "[\"y\",\"z\"]", "[\"y\" \"z\"]",
        "'watch[0].first_of[1][0]': expected JSON, found a comma, colon or bracket missing or out of place at byte "
      ),
      ("]]]},", "]]]}", "'top': expected JSON, found a comma, colon or bracket missing or out of place at byte "),
      ("{\"schema\":", "[", "expected an object, found an array"),
    ])
  func fault(plain: String, other: String, message: String) throws {
    let text = other == "[" ? "[]" : try changed(plain, to: other)
    let error = try #require(throws: TraceFileError.self) { try read(text) }
    #expect(message.hasSuffix(" ") ? error.message.hasPrefix(message) : error.message == message, "\(error.message)")
    #expect(error.place == "t")
    #expect(error.hints == ["`strata trace --model ... -o FILE` writes a trace; docs/trace-format.md describes it"])
  }

  @Test func aTraceThatIsCutAnywhereIsRefused() throws {
    let bytes = Array(Self.plain.utf8)
    for count in 0..<bytes.count {
      let error = try #require(throws: TraceFileError.self) { try Trace.read(Data(bytes[..<count]), path: "t") }
      #expect(error.message.contains("expected JSON, found "), "\(count): \(error.message)")
    }
    for (last, place) in [("[[2", "rank[0][0]"), ("[\"y\"", "watch[0].first_of[1][0]"), ("\"top\":", "top")] {
      let cut = try #require(Self.plain.range(of: last)).upperBound
      for mark in ["", "\u{FEFF}"] {
        let part = mark + Self.plain[..<cut]
        let error = try #require(throws: TraceFileError.self) { try read(part + " \n") }
        let end = "expected JSON, found the end of the text at byte \(part.utf8.count)"
        #expect(error.message == "'\(place)': \(end)")
      }
    }
  }

  @Test func textInUTF16IsNamed() throws {
    for encoding in [String.Encoding.utf16LittleEndian, .utf16BigEndian] {
      let data = try #require("\u{FEFF}\(Self.plain)".data(using: encoding))
      let error = try #require(throws: TraceFileError.self) { try Trace.read(data, path: "t") }
      #expect(error.message == "expected text in UTF-8, found UTF-16")
    }
  }

  @Test func deepTextIsRefusedWithoutAPlace() throws {
    for text in [String(repeating: "[", count: 100_000), String(repeating: "{\"a\":", count: 2000)] {
      let error = try #require(throws: TraceFileError.self) { try read(text) }
      #expect(error.message.hasPrefix("expected JSON, found "), "\(error.message)")
    }
  }

  @Test func anyByteMayBeAnother() throws {
    let bytes = Array(Self.plain.utf8)
    var accepted = 0
    for place in bytes.indices {
      for byte in ["\"", "-", "9", "[", "}", "\\"].compactMap(\.utf8.first) + [0xFF] {
        var other = bytes
        other[place] = byte
        // Either a trace that can be written and read, or an error of its kind.
        guard let trace = try? Trace.read(Data(other), path: "t") else { continue }
        #expect(try Trace.read(trace.jsonData(), path: "t") == trace)
        accepted += 1
      }
    }
    #expect((100..<bytes.count * 3).contains(accepted), "\(accepted)")
  }
}

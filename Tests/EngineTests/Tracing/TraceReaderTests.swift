import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Traces read through simdjson are what the decoder reads, to the bit.
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

  private func decoded(_ text: String) throws -> Trace {
    try Trace.decode(Data(text.utf8), schema: Trace.schemaName, path: "t")
  }

  @Test func aPlainTraceIsReadAsTheDecoderReadsIt() throws {
    let read = try #require(TraceReader.trace(Data(Self.plain.utf8)))
    #expect(try read == decoded(Self.plain))
    #expect(try read.jsonData() == decoded(Self.plain).jsonData())
    #expect(try Trace.read(Data(Self.plain.utf8), path: "t") == read)
  }

  @Test(arguments: TinyModel.allCases)
  func aTraceOfOursNeedsNoDecoder(model: TinyModel) throws {
    let trace = try traceOne(
      try model.open(), TraceRequest(prompt: "the keys", method: .generate(2), watch: ["t"], columns: .all))
    let data = try trace.jsonData()
    #expect(try TraceReader.trace(data)?.jsonData() == data)
  }

  @Test func float32NumbersComeBackToTheBit() throws {
    var state: UInt32 = 1
    var values: [Float] = [.greatestFiniteMagnitude, .leastNormalMagnitude, 1, 0.1, 16_777_217, -7.038531e-26]
    while values.count < 20_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      let value = Float(bitPattern: state)
      if value.isFinite { values.append(value) }
    }
    var trace = try decoded(Self.plain)
    (trace.logprob, trace.entropy, trace.kl) = ([values], [values], [values])
    let data = try trace.jsonData()
    let found = try Trace.decode(data, schema: Trace.schemaName, path: "t") as Trace
    #expect(found.logprob[0].map(\.?.bitPattern) == values.map(\.bitPattern))
    // Large and tiny ones may be the decoder's; probabilities and entropies are neither.
    let usual = values.filter { (1e-9..<1e5).contains(abs($0)) }
    (trace.logprob, trace.entropy, trace.kl) = ([usual], [usual], [usual])
    let read = try #require(TraceReader.trace(try trace.jsonData()))
    #expect(read.logprob[0].map(\.?.bitPattern) == usual.map(\.bitPattern))
  }

  @Test(
    "what is out of the ordinary is left to the decoder",
    arguments: [
      ("\"kl\":[[0]]", "\"kl\":[[-0]]"), ("\"kl\":[[0]]", "\"kl\":[[1e-40]]"), ("\"kl\":[[0]]", "\"kl\":[[1e300]]"),
      // Its nearest float64 lies halfway between two float32, and the nearest float32 to the digits is the other one.
      ("\"kl\":[[0]]", "\"kl\":[[7.038531e-26]]"),
      // Halfway between two float32 but for the last digit.
      ("\"kl\":[[0]]", "\"kl\":[[1.00000005960464477539062500001]]"),
      ("\"rank\":[[2]]", "\"rank\":[[2.0]]"), ("\"rank\":[[2]]", "\"rank\":[[2]],\"rank\":[[3]]"),
      ("\"rank\":[[2]]", "\"rank\":[[\"2\"]]"), ("\"rank\":[[2]]", "\"rank\":[2]"), ("\"prompt_length\":1,", ""),
      ("\"kind\":\"tuned\"", "\"kind\":\"other\""), ("strata.trace/1", "strata.trace/2"),
      ("\"3\":\"a\"", "\"x\":\"a\""),
      ("\"3\":\"a\"", "\"3\":\"a\",\"3\":\"b\""), ("]]]},", "]]]}"),
    ])
  func unusual(plain: String, changed: String) throws {
    let text = Self.plain.replacing(plain, with: changed, maxReplacements: 1)
    try #require(text != Self.plain)
    #expect(TraceReader.trace(Data(text.utf8)) == nil)
    let expected = Result { try decoded(text).jsonData() }
    switch expected {
    case .success(let data):
      let read = Result { try Trace.read(Data(text.utf8), path: "t").jsonData() }
      if case .success(let found) = read { #expect(found == data) }
    case .failure:
      #expect(throws: TraceFileError.self) { try Trace.read(Data(text.utf8), path: "t") }
    }
  }
}

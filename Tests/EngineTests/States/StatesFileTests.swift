import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Files of states in vLLM's layout, and what may be wrong with them.
@Suite("Files of states")
struct StatesFileTests {
  private static let path = Fixtures.url("models/llama/llama.gguf").path
  private static let identity = ModelIdentity(name: "tiny", sha256: String(repeating: "0", count: 64))

  /// A text of vLLM's file: the states of every position, [T, R, D], and its tokens.
  private struct Served {
    var states: [[[Float]]]
    var ids: [Int]

    func write(to file: URL, type: String = "F32", rows: ((inout [[Float]]) -> Void)? = nil) throws {
      var states = states
      if let rows { for index in states.indices { rows(&states[index]) } }
      var writer = SafetensorsWriter()
      var bytes = Data()
      for value in states.joined().joined() {
        switch type {
        case "F32": withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        case "BF16":
          withUnsafeBytes(of: UInt16(truncatingIfNeeded: value.bitPattern >> 16).littleEndian) {
            bytes.append(contentsOf: $0)
          }
        default: withUnsafeBytes(of: Float16(value).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
        }
      }
      let tokens = ids.map { Int64($0) }.withUnsafeBytes { Data($0) }
      writer.add(
        "hidden_states", type: type, shape: [states.count, states.first?.count ?? 0, states.first?.first?.count ?? 0],
        bytes)
      writer.add("token_ids", type: "I64", shape: [ids.count], tokens)
      try writer.data().write(to: file)
    }
  }

  /// What a run of the model gives, as a trace and as a server would leave it.
  private func served(_ request: TraceRequest) throws -> (trace: Trace, served: Served) {
    let model = try LanguageModel.open(path: Self.path, identity: Self.identity)
    let captured = CapturedStates()
    let trace = try Tracer(model: model, threads: 1).trace([request], states: captured)[0]
    return try withTemporaryFolder { folder in
      let file = folder.appending(path: "own.safetensors")
      try captured.safetensors([trace]).write(to: file)
      let text = try StatesFile(path: file.path).texts[0]
      var states: [[[Float]]] = []
      for column in text.positions.indices {
        states.append(
          try (0..<text.rows).map { row in
            var state = [Float](repeating: 0, count: text.width)
            try state.withUnsafeMutableBufferPointer {
              if let start = $0.baseAddress { try text.read(row: row, column: column, into: start) }
            }
            return state
          })
      }
      return (trace, Served(states: states, ids: text.ids))
    }
  }

  private func read(_ file: URL, _ change: (inout StatesTracer.Request) -> Void = { _ in }) throws
    -> StatesTracer.Outcome
  {
    var request = StatesTracer.Request()
    change(&request)
    return try StatesTracer(path: Self.path, identity: Self.identity, threads: 1)
      .traces(of: StatesFile(path: file.path), request)
  }

  @Test func aFileOfVLLMGivesTheTraceOfARun() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "v.safetensors")
      let (trace, served) = try served(
        TraceRequest(prompt: "the keys", method: .continuation(" to the"), columns: .all))
      try served.write(to: file)
      let all = try read(file) { ($0.prompt, $0.columns) = ("the keys", .all) }
      #expect(try all.traces[0].jsonData() == trace.jsonData())
      // Without words about the prompt, all tokens are it.
      let plain = try read(file)
      #expect(plain.traces[0].prompt == "the keys to the" && plain.traces[0].columns.count == 1)
      #expect(plain.warnings.count == 1 && plain.warnings[0].contains("no token after the states is known"))
    }
  }

  @Test(arguments: ["F32", "F16", "BF16"])
  func whatWasServedIsComparedWithTheLastRow(type: String) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "v.safetensors")
      let (trace, served) = try served(TraceRequest(prompt: "the keys", method: .generate(1), columns: .generated))
      let whole = try self.served(TraceRequest(prompt: "the keys", columns: .all))
      var text = whole.served
      text.ids = Array(served.ids.prefix(text.states.count))
      try text.write(to: file, type: type)
      let next = try #require(trace.tokens.last?.text)
      let good = try read(file) { ($0.prompt, $0.continuation) = ("the keys", next) }
      #expect(good.warnings == [])
      #expect(good.traces[0].rank.last == [1])
      if type == "F32" { #expect(good.traces[0].rank == trace.rank) }
      let other = try read(file) { $0.continuation = " of" }
      #expect(other.warnings.count == 1 && other.warnings[0].contains("the last row names"), "\(other.warnings)")
      // Rows that are off by one: the last row is the output of the block before the last.
      try text.write(to: file, type: type) { rows in rows = [rows[0]] + rows.dropLast() }
      #expect(try read(file) { $0.continuation = next }.traces.count == 1)
    }
  }

  @Test func rowsInAnotherOrderAreNoticedThoughTheLastIsRight() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "v.safetensors")
      let (_, text) = try served(TraceRequest(prompt: "the keys to the", columns: .all))
      func warns() throws -> Bool {
        try read(file).warnings.contains { $0.contains("row 0 is not the embedding of its tokens") }
      }
      try text.write(to: file) { rows in rows = Array(rows[1..<rows.count - 1]) + [rows[0], rows[rows.count - 1]] }
      #expect(try warns())
      try text.write(to: file)
      #expect(try !warns())
      // States of other tokens.
      var other = text
      other.ids = Array(text.ids.dropLast()) + [9]
      try other.write(to: file)
      #expect(try warns())
    }
  }

  @Test func aNormedLastRowIsNoticed() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "v.safetensors")
      let model = try LanguageModel.open(path: Self.path, identity: Self.identity)
      let norm = try #require(model.network.output.norm)
      let (_, text) = try served(TraceRequest(prompt: "the keys to the", columns: .all))
      try text.write(to: file) { rows in
        let last = rows.count - 1
        var normed = rows[last]
        rows[last].withUnsafeBufferPointer { x in
          normed.withUnsafeMutableBufferPointer { y in
            guard let x = x.baseAddress, let y = y.baseAddress else { return }
            norm.apply(row: x, count: model.width, into: y)
          }
        }
        rows[last] = normed
      }
      #expect(try read(file).warnings.contains { $0.contains("it is normed twice") })
    }
  }

  @Test func everythingThatDoesNotFitIsNamed() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "v.safetensors")
      let (_, text) = try served(TraceRequest(prompt: "the keys", columns: .all))
      let count = text.states.count
      func error(_ change: (inout Served) -> Void, _ ask: (inout StatesTracer.Request) -> Void = { _ in }) throws
        -> String
      {
        var other = text
        change(&other)
        try other.write(to: file)
        let error = #expect(throws: (any Error).self) { try read(file, ask) }
        return (error as? any EngineError).map { "\($0.place): \($0.message); \($0.hints.joined())" }
          ?? "\(String(describing: error))"
      }
      #expect(
        try error { $0.states.removeLast() }.contains(
          "expected \(count), as many as token_ids, found \(count - 1); prefix caching"))
      #expect(try error { for i in 0..<count { $0.states[i].removeFirst() } }.contains("layers for tiny"))
      #expect(
        try error { for i in 0..<count { for r in $0.states[i].indices { $0.states[i][r].removeLast() } } }.contains(
          "of width"))
      #expect(try error { $0.ids[1] = 1 << 40 }.contains("as token 1, found 1099511627776"))
      #expect(try error { $0.ids[0] = -1 }.contains("as token 0, found -1"))
      #expect(
        try error({ $0.states[1][2][3] = .nan }, { $0.columns = .all }).contains(
          "hidden_states[1, 2, 3]: expected a finite number"))
      #expect(
        try error({ $0.states[0][0][0] = 1e30 }, { $0.columns = .all }).contains(
          "hidden_states[0, 0, 0]: expected a finite number below 1e15"))
      #expect(
        try error({ _ in }, { $0.prompt = "of the" }).contains("expected tokens that begin with those of the prompt"))
      #expect(try error({ _ in }, { $0.prompt = "the keys to the keys" }).contains("found no token instead of"))
      #expect(
        try error({ _ in }, { ($0.prompt, $0.continuation) = ("the", " a") }).contains(
          "--continuation says what follows"))
      var writer = SafetensorsWriter()
      writer.add("last_hidden_state", type: "F32", shape: [1], Data(count: 4))
      try writer.data().write(to: file)
      let none = #expect(throws: StatesFileError.self) { try read(file) }
      #expect(none == .noStates(path: file.path, found: ["last_hidden_state"]))
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Through random lenses of six families, and J = I (Tools/make_jacobian_lens_fixtures.py).
@Suite("Jacobian lens")
struct JacobianLensTests {
  static let families = ["gpt2", "llama-untied", "gemma2", "gptneox", "olmo2", "mamba2"]

  /// What PyTorch reads, matrices [row that is read][position].
  struct Expected: Decodable {
    struct Prompt: Decodable {
      let text: String
      let ids: [Int]
      let promptLength: Int
      let layers: [Int]
      let rank: [[Int?]]
      let logprob: [[Double?]]
      let above: [[Int?]]
      let below: [[Int?]]
      let entropy: [[Double]]
      let kl: [[Double]]
      let topIDs: [[[Int]]]

      enum CodingKeys: String, CodingKey {
        case text, ids, layers, rank, logprob, above, below, entropy, kl
        case promptLength = "prompt_length"
        case topIDs = "top_ids"
      }
    }
    let prompts: [Prompt]
    let count: Int
    let sourceLayers: [Int]

    enum CodingKeys: String, CodingKey {
      case prompts
      case count = "n_prompts"
      case sourceLayers = "source_layers"
    }
  }

  static func lens(_ path: String) throws -> JacobianLens {
    try JacobianLens(path: Fixtures.url("jacobian/\(path).pt").path, sha256: "00")
  }

  static func model(_ name: String) throws -> LanguageModel { try ParityModel(name: name, kind: .safetensors).open() }

  @Test("reads what PyTorch reads", arguments: families) func equalsTheReference(_ name: String) throws {
    let expected = try JSONDecoder().decode(Expected.self, from: Fixtures.data("jacobian/\(name).json"))
    let model = try Self.model(name)
    let tracer = try Tracer(model: model, lens: .jacobian(try Self.lens(name)), threads: 2)
    var largest: [String: Double] = [:]
    var (cells, moved) = (0, 0)
    for prompt in expected.prompts {
      let count = prompt.ids.count - prompt.promptLength
      let request = TraceRequest(prompt: prompt.text, method: .generate(count), topK: 3, columns: .all)
      let trace = try tracer.trace([request])[0]
      #expect(trace.tokens.map(\.id) == prompt.ids)
      #expect(trace.schema == "strata.trace/2" && trace.firstFault() == nil)
      let about = Trace.Lens(
        kind: .jacobian, norm: .final, sha256: "00", prompts: expected.count, width: model.width,
        sourceLayers: expected.sourceLayers)
      #expect(trace.lens == about)
      let read = prompt.layers.map { Trace.Row(layer: $0, point: .block) }
      #expect(trace.blankRows == Set(trace.rows.indices.filter { !read.contains(trace.rows[$0]) }))
      for (line, row) in read.enumerated() {
        let row = try #require(trace.rows.firstIndex(of: row))
        for column in prompt.ids.indices {
          cells += 1
          // The program generates no state behind the last token.
          guard trace.columns.indices.contains(column) else { continue }
          func compare(_ what: String, _ mine: Float?, _ theirs: Double?) throws {
            guard let theirs else { return #expect(mine == nil) }
            let difference = abs(Double(try #require(mine)) - theirs) / max(1, abs(theirs))
            largest[what] = max(largest[what] ?? 0, difference)
          }
          try compare("logprob", trace.logprob[row][column], prompt.logprob[line][column])
          try compare("entropy", trace.entropy[row][column], prompt.entropy[line][column])
          try compare("KL", trace.kl[row][column], prompt.kl[line][column])
          guard let rank = prompt.rank[line][column], let above = prompt.above[line][column],
            let below = prompt.below[line][column]
          else { continue }
          let mine = try #require(trace.rank[row][column])
          #expect((rank - above...rank + below).contains(mine), "row \(row), column \(column)")
          if mine != rank { moved += 1 }
        }
      }
    }
    let differences = largest.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print("Jacobian lens, \(name): \(cells) cells, \(moved) ranks moved, largest differences: \(differences)")
    #expect(cells > 40)
    for what in ["logprob", "entropy", "KL"] { #expect(try #require(largest[what]) < 1e-4, "\(what)") }
  }

  /// The trace of the logit lens, with the description of a Jacobian lens and without the row that it does not read.
  private func asJacobian(_ plain: Trace, _ about: Trace.Lens) -> Trace {
    var trace = plain
    (trace.schema, trace.lens) = (Trace.secondSchemaName, about)
    let none = trace.columns.map { _ in Float?.none }
    (trace.rank[0], trace.logprob[0], trace.entropy[0], trace.kl[0]) = (
      trace.columns.map { _ in nil }, none, none, none
    )
    trace.top.ids[0] = trace.columns.map { _ in [] }
    trace.top.logprobs[0] = trace.columns.map { _ in [] }
    for index in trace.watch.indices {
      trace.watch[index].rank[0] = trace.columns.map { _ in nil }
      trace.watch[index].logprob[0] = none
    }
    // Tokens that stand in that row alone do not occur any longer.
    let left = Set(trace.tokens.map(\.id)).union(trace.watch.compactMap(\.id)).union(trace.top.ids.joined().joined())
    trace.texts = trace.texts.filter { left.contains($0.key) }
    return trace
  }

  @Test("J = I gives the bytes of the logit lens", arguments: families) func identityIsTheLogitLens(
    _ name: String
  ) throws {
    let model = try Self.model(name)
    let lens = try Self.lens("identity/\(name)")
    let words = (0..<model.vocabulary).lazy.compactMap { model.tokenizer.text(of: $0) }.filter { $0.count > 2 }
    let request = TraceRequest(
      prompt: "the keys to the cabinet", method: .generate(4), watch: words.prefix(1).map(Watched.token), columns: .all)
    let plain = try Tracer(model: model, threads: 1).trace([request])[0]
    let through = try Tracer(model: model, lens: .jacobian(lens), threads: 2).trace([request])[0]
    #expect(!plain.watch.isEmpty)
    let expected = asJacobian(plain, through.lens)
    #expect(try expected.jsonData() == through.jsonData())
    #expect(try Trace.read(through.jsonData(), path: "t") == through)
    #expect(through.blankRows == [0] && plain.blankRows == [] && plain.schema == "strata.trace/1")
  }

  @Test func anAnswerDoesNotDependOnThreadsOnTheBatchOrOnKeptStates() throws {
    let (model, lens) = (try Self.model("gemma2"), try Self.lens("gemma2"))
    let requests = ["the keys", "London", "a b c"].map { TraceRequest(prompt: $0, method: .generate(3)) }
    let together = try Tracer(model: model, lens: .jacobian(lens), threads: 3).trace(requests)
    let alone = try requests.map { try Tracer(model: model, lens: .jacobian(lens), threads: 1).trace([$0])[0] }
    #expect(together == alone)
    let (plain, through) = (CapturedStates(), CapturedStates())
    let traces = try Tracer(model: model, threads: 1).trace(requests, states: plain)
    #expect(try Tracer(model: model, lens: .jacobian(lens), threads: 1).trace(requests, states: through) == alone)
    let states = try plain.safetensors(traces).numbersOfSafetensors
    #expect(try !states.isEmpty && states == through.safetensors(alone).numbersOfSafetensors)
  }

  @Test func aDatasetHasTheRowsThatAreRead() throws {
    let model = try Self.model("gemma2")
    let words = Array(
      (0..<model.vocabulary).lazy.compactMap { model.tokenizer.text(of: $0) }.filter { $0.count > 2 }.prefix(2))
    let items = ["the keys", "London"].map {
      DatasetRequest.Item(prompt: $0, target: words[0], foil: words[1], line: 1)
    }
    let request = DatasetRequest(name: "two", items: items)
    let through = try Tracer(model: model, lens: .jacobian(try Self.lens("gemma2")), threads: 1).summary(of: request)
    #expect(through.rows == [1, 2].map { Trace.Row(layer: $0, point: .block) } && through.schema == "strata.dataset/2")
    #expect(try DatasetSummary.read(through.jsonData(), path: "d") == through)
    let plain = try Tracer(model: model, threads: 1).summary(of: request)
    #expect(plain.schema == "strata.dataset/1")
    #expect(through.groups[0].logprob.value.last == plain.groups[0].logprob.value.last)
    #expect(through.groups[0].logprob.value[0] != plain.groups[0].logprob.value[2])
  }

  @Test func refusesAnotherModelAndWhatItCannotRead() throws {
    let lens = try Self.lens("gpt2")
    let path = lens.path
    func message(_ name: String, _ lens: JacobianLens) throws -> String? {
      let model = try Self.model(name)
      return #expect(throws: JacobianLensError.self) { try Tracer(model: model, lens: .jacobian(lens), threads: 1) }?
        .message
    }
    #expect(try message("gemma2", lens) == "expected a lens of width 16 for gemma2, found one of width 20")
    // Both have width 20: the lens of three blocks has a matrix of what is the last block of the other model.
    #expect(
      try message("llama-untied", lens)
        == "expected no matrix, or the identity, for the last layer of llama-untied, found another matrix of layer 1")
    #expect(
      try message("llama-untied", try Self.lens("identity/gpt2"))
        == "expected layers below 2 for llama-untied, found layer 2")
    let tracer = try Tracer(model: try Self.model("gpt2"), lens: .jacobian(lens), threads: 1)
    #expect(throws: JacobianLensError.withoutNorm(path: path)) {
      try tracer.check(TraceRequest(prompt: "a", norm: .none))
    }
    #expect(throws: JacobianLensError.attentionRows(path: path)) {
      try tracer.check(TraceRequest(prompt: "a", rows: .attention))
    }
  }

  private static let entries =
    "expected a Jacobian lens (a dictionary with J, n_prompts, source_layers and d_model), found "
  private static let whole = "expected a positive whole number, found "
  private static let under = "expected matrices under whole numbers from 0, found "

  /// Files of jacobian/hostile with what is said of them.
  static let faults: [(name: String, message: String)] = [
    (
      "unfinished",
      "expected a Jacobian lens, found the checkpoint of a fit that is not finished (7 prompts done)"
    ),
    ("no-prompts", "expected the entry 'n_prompts', found none"),
    ("no-layers", "expected the entry 'source_layers', found none"),
    ("no-width", "expected the entry 'd_model', found none"),
    ("no-matrices", entries + "the keys d_model, n_prompts, source_layers"),
    ("zero-prompts", whole + "0"), ("half-prompts", whole + "2.5"), ("true-prompts", whole + "True"),
    ("more", "expected the entries J, n_prompts, source_layers and d_model, found also target_layer"),
    ("other-layers", "expected the layers that J has, 0, 1, found 0, 2"),
    ("twice-listed", "expected the layers that J has, 0, 1, found 0, 1, 1"),
    ("text-layers", "expected a list of whole numbers, found a list with '1'"),
    ("one-layer", "expected a list of whole numbers, found a whole number"),
    ("text-keys", under + "the key '0'"), ("true-key", under + "the key True"), ("below-zero", under + "the key -1"),
    ("list", under + "a list instead of a dictionary"), ("no-tensor", under + "a list under the key 1"),
    ("empty", under + "an empty dictionary"),
    ("wide", "expected the shape [4, 4] as in d_model, found [4, 5]"),
    ("flat", "expected the shape [4, 4] as in d_model, found [16]"),
    ("width", "expected the shape [5, 5] as in d_model, found [4, 4]"),
    ("whole-numbers", "tensor 'J[1]' is stored as I64, expected float32, float16 or bfloat16"),
    ("doubles", "tensor 'J[1]' is stored as F64, expected float32, float16 or bfloat16"),
    ("infinite", "expected finite numbers, found inf at [2, 3]"),
    ("no-number", "expected finite numbers, found nan at [2, 3]"),
    ("expanded", "tensor 'J[1]' of shape [4, 4] has the strides [0, 0], expected one stored value per place"),
    ("state-dict", entries + "the keys 0.weight"), ("tensor", entries + "a tensor instead of a dictionary"),
    ("integer-keys", entries + "a whole number as a key"),
    ("class", "expected a dictionary of tensors, found the instruction 0x81 is not one that tensors are made of"),
  ]

  @Test(arguments: faults) func aFileWithAFaultIsRefusedInWords(_ name: String, _ expected: String) throws {
    do {
      _ = try Self.lens("hostile/\(name)")
      Issue.record("\(name) went unnoticed")
    } catch let error as any EngineError {
      #expect(error.message == expected)
      #expect(error.place.contains("\(name).pt") && !error.hints.isEmpty)
    }
  }

  @Test func everyHostileFileIsTested() throws {
    let names = try Fixtures.names(in: "jacobian/hostile").map { String($0.dropLast(".pt".count)) }
    #expect(Set(names) == Set(Self.faults.map(\.name) + ["sound"]))
    #expect(try Self.lens("hostile/sound").sourceLayers == [0, 1])
  }

  @Test func neverCrashesOnAFileThatIsCutOffOrDamaged() throws {
    let whole = try Data(contentsOf: Fixtures.url("jacobian/hostile/sound.pt"))
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "lens.pt")
      func open(_ data: Data) throws {
        try data.write(to: file)
        _ = try JacobianLens(path: file.path, sha256: "")
      }
      for length in stride(from: 0, to: whole.count, by: 7) {
        #expect(throws: (any Error).self, "\(length)") { try open(whole.prefix(length)) }
      }
      for place in whole.indices {
        var data = whole
        data[place] ^= 0xFF
        try? open(data)
        data[place] = 0
        try? open(data)
      }
    }
  }
}

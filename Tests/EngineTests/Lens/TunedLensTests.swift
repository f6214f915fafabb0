import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Through lenses of the tuned-lens package (Tools/make_tuned_lens_fixtures.py).
@Suite("Tuned lens")
struct TunedLensTests {
  /// What tuned-lens says, matrices [row][position].
  struct Expected: Decodable {
    struct Prompt: Decodable {
      let text: String
      let ids: [Int]
      let promptLength: Int
      let entropy: [[Double]]
      let kl: [[Double]]
      let crossEntropy: [[Double]]
      let rank: [[Double]]
      let largest: [[Double]]

      enum CodingKeys: String, CodingKey {
        case text, ids, entropy, kl, rank, largest
        case promptLength = "prompt_length"
        case crossEntropy = "cross_entropy"
      }
    }
    let prompts: [Prompt]
  }

  static func lens(_ name: String) throws -> TunedLens {
    try TunedLens(path: Fixtures.url("lenses/\(name)").path, sha256: "00")
  }

  static func model(_ name: String) throws -> LanguageModel { try ParityModel(name: name, kind: .safetensors).open() }

  @Test("says what tuned-lens itself says", arguments: ["gpt2", "llama-untied"])
  func equalsTheReference(_ name: String) throws {
    let expected = try JSONDecoder().decode(Expected.self, from: Fixtures.data("lenses/\(name)/expected.json"))
    let tracer = try Tracer(model: try Self.model(name), lens: .tuned(try Self.lens(name)), threads: 2)
    var largest: [String: Double] = [:]
    var cells = 0
    for prompt in expected.prompts {
      let count = prompt.ids.count - prompt.promptLength
      let trace = try tracer.trace([TraceRequest(prompt: prompt.text, method: .generate(count), columns: .all)])[0]
      #expect(trace.tokens.map(\.id) == prompt.ids)
      #expect(trace.lens == Trace.Lens(kind: .tuned, norm: .final, baseModel: "tiny \(name)", sha256: "00"))
      for row in trace.rows.indices {
        for column in prompt.ids.indices.dropLast() {
          cells += 1
          func compare(_ what: String, _ mine: Float?, _ theirs: Double) throws {
            largest[what] = max(largest[what] ?? 0, abs(Double(try #require(mine)) - theirs))
          }
          try compare("entropy", trace.entropy[row][column], prompt.entropy[row][column])
          try compare("KL", trace.kl[row][column], prompt.kl[row][column])
          try compare("cross entropy", trace.logprob[row][column].map { -$0 }, prompt.crossEntropy[row][column])
          try compare("largest probability", exp(trace.top.logprobs[row][column][0]), prompt.largest[row][column])
          try compare("rank", trace.rank[row][column].map(Float.init), prompt.rank[row][column])
        }
      }
    }
    let differences = largest.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    print("tuned-lens, \(name): \(cells) cells, largest differences: \(differences)")
    #expect(cells > 60)
    #expect(largest["rank"] == 0)
    for what in ["entropy", "KL", "cross entropy", "largest probability"] {
      #expect(try #require(largest[what]) < 3e-5, "\(what)")
    }
  }

  @Test func changesEveryRowButTheLast() throws {
    let model = try Self.model("gpt2")
    let request = TraceRequest(prompt: "the keys", method: .generate(3), columns: .all)
    let plain = try Tracer(model: model, threads: 1).trace([request])[0]
    let tuned = try Tracer(model: model, lens: .tuned(try Self.lens("gpt2")), threads: 1).trace([request])[0]
    #expect(plain.tokens == tuned.tokens)
    #expect(plain.logprob.last == tuned.logprob.last)
    for row in plain.rows.indices.dropLast() { #expect(plain.logprob[row] != tuned.logprob[row]) }
  }

  @Test func anAnswerDoesNotDependOnThreadsOrOnTheBatch() throws {
    let (model, lens) = (try Self.model("gpt2"), try Self.lens("gpt2"))
    let requests = ["the keys", "London", "a b c"].map { TraceRequest(prompt: $0, method: .generate(3)) }
    let together = try Tracer(model: model, lens: .tuned(lens), threads: 3).trace(requests)
    let alone = try requests.map { try Tracer(model: model, lens: .tuned(lens), threads: 1).trace([$0])[0] }
    #expect(together == alone)
  }

  @Test func refusesAnotherModelAndWhatItWasNotTrainedFor() throws {
    let lens = try Self.lens("llama-untied")
    #expect {
      try Tracer(model: try Self.model("gpt2"), lens: .tuned(lens), threads: 1)
    } throws: { error in
      (error as? TunedLensError)?.message
        == "expected a lens of 3 layers and width 20 for gpt2, found one of 2 layers and width 20"
    }
    let tracer = try Tracer(model: try Self.model("llama-untied"), lens: .tuned(lens), threads: 1)
    #expect(throws: TunedLensError.withoutNorm(path: lens.path)) {
      try tracer.check(TraceRequest(prompt: "a", norm: .none))
    }
    #expect(throws: TunedLensError.attentionRows(path: lens.path)) {
      try tracer.check(TraceRequest(prompt: "a", rows: .attention))
    }
  }

  @Test func refusesAnUnknownTypeAFolderWithoutALensAndTensorsThatDoNotFit() throws {
    try withTemporaryFolder { folder in
      #expect(throws: TunedLensError.noLens(path: folder.path, found: [])) {
        try TunedLens(path: folder.path, sha256: "")
      }
      let config = try String(contentsOf: Fixtures.url("lenses/gpt2/config.json"), encoding: .utf8)
      func write(_ from: String, _ to: String) throws {
        #expect(config.contains(from))
        let text = config.replacingOccurrences(of: from, with: to)
        try Data(text.utf8).write(to: folder.appending(path: "config.json"))
      }
      try FileManager.default.copyItem(
        at: Fixtures.url("lenses/gpt2/params.pt"), to: folder.appending(path: "params.pt"))
      try write("linear_tuned_lens", "other")
      #expect(throws: TunedLensError.unknownType(path: folder.path + "/config.json", found: "other")) {
        try TunedLens(path: folder.path, sha256: "")
      }
      try write("\"d_model\": 20", "\"d_model\": 21")
      #expect(throws: LoadError.self) { try TunedLens(path: folder.path, sha256: "") }
      try write("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2")
      #expect(
        throws: LoadError.unusedTensors(names: ["2.bias", "2.weight"], path: folder.path + "/params.pt")
      ) { try TunedLens(path: folder.path, sha256: "") }
    }
  }
}

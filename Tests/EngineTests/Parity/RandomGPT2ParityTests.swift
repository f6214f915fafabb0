import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("A GPT-2 with the real vocabulary against transformers and Ecco")
struct RandomGPT2ParityTests {
  private let folder: URL
  private let cleanUp: RemovedAtTheEnd

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-gpt2-\(UUID().uuidString)")
    cleanUp = RemovedAtTheEnd(url: folder)
  }

  @Test func theFormulaGivesTheReferenceWeights() throws {
    struct Recorded: Decodable { let checksum: String }
    let recorded = try JSONDecoder().decode(Recorded.self, from: Fixtures.data("gpt2-random/weights.json"))
    #expect(String(RandomGPT2.weights().checksum, radix: 16) == recorded.checksum)
  }

  @Test func fromSafetensorsEqualsTransformers() throws {
    try compareColumns(of: fromSafetensors(), folder: "gpt2-random/transformers")
  }

  @Test func fromGGUFEqualsTransformers() throws {
    try compareColumns(of: fromGGUF(), folder: "gpt2-random/transformers")
  }

  @Test func bothKindsOfFileGiveTheSameBytes() throws {
    let request = TraceRequest(
      prompt: "The keys to the cabinet", method: .generate(6), watch: [" is", " are"], topK: 10, columns: .all,
      norm: .final)
    let a = try traceOne(fromGGUF(), request)
    var b = try traceOne(fromSafetensors(), request)
    b.model = a.model
    #expect(try a.jsonData() == b.jsonData())
  }

  /// Ecco's rows are the outputs of the blocks: ours without the embedding.
  @Test func rawRanksAreThoseOfEccoButForTies() throws {
    let model = try fromSafetensors()
    let ecco = try JSONDecoder().decode(EccoRanks.self, from: Fixtures.data("gpt2-random/ecco.json"))
    var compared = 0
    var tied = 0
    for prompt in ecco.prompts {
      let watch = try prompt.watch.map { try #require(model.tokenizer.text(of: $0)) }
      let trace = try traceOne(
        model,
        TraceRequest(
          prompt: prompt.text, method: .generate(prompt.generated.count), watch: watch.map(Watched.token), topK: 1,
          columns: .generated,
          norm: .none))
      #expect(trace.tokens.map(\.id) == prompt.ids + prompt.generated)
      let ranks: [[Int?]]
      if prompt.watch.isEmpty {
        ranks = Array(trace.rank.dropFirst())
      } else {
        ranks = (1..<trace.rows.count).map { row in trace.watch.map { $0.rank[row][0] } }
      }
      for (layer, line) in prompt.rank.enumerated() {
        for (column, expected) in line.enumerated() {
          let rank = try #require(ranks[layer][column])
          let ties = (expected - prompt.above[layer][column])...(expected + prompt.below[layer][column])
          #expect(ties.contains(rank), "'\(prompt.text.prefix(20))', layer \(layer), column \(column)")
          compared += 1
          if rank != expected { tied += 1 }
        }
      }
    }
    print("gpt2-random against Ecco: \(compared) ranks compared, \(tied) differ among ties")
    #expect(compared == 172)
    #expect(tied <= 2)
  }

  /// Ecco sorts probabilities, many of which are the same 0 in the raw lens: an id counts only where its probability stands alone.
  @Test func rawPredictionsAreThoseOfEcco() throws {
    let model = try fromSafetensors()
    let ecco = try JSONDecoder().decode(EccoRanks.self, from: Fixtures.data("gpt2-random/ecco.json"))
    var (compared, swapped, largest) = (0, 0, 0.0)
    for prompt in ecco.prompts {
      let trace = try traceOne(
        model, TraceRequest(prompt: prompt.text, method: .generate(1), topK: 10, columns: .last, norm: .none))
      for (layer, ids) in prompt.top.ids.enumerated() {
        let mine = trace.top.ids[layer + 1][0]
        let probabilities = trace.top.logprobs[layer + 1][0].map { exp(Double($0)) }
        for place in ids.indices {
          compared += 1
          let theirs = prompt.top.probabilities[layer][place]
          largest = max(largest, abs(probabilities[place] - theirs))
          guard mine[place] != ids[place] else { continue }
          swapped += 1
          let other = ids.firstIndex(of: mine[place]).map { prompt.top.probabilities[layer][$0] }
          // Not in their list at all: it has the probability of their last.
          let difference = abs((other ?? prompt.top.probabilities[layer].last ?? 1) - theirs)
          #expect(difference <= 1e-5 * theirs + 1e-30, "'\(prompt.text.prefix(20))', layer \(layer), place \(place)")
        }
      }
    }
    print(
      "gpt2-random against Ecco: \(compared) predictions, \(swapped) swapped among ties, probabilities within \(largest)"
    )
    #expect(compared == 320)
    #expect(largest < 1e-4)
  }

  private func fromSafetensors() throws -> LanguageModel {
    let url = folder.appendingPathComponent("hf")
    try RandomGPT2.writeFolder(url, tensors: RandomGPT2.weights().tensors)
    return try openModel(url, name: "gpt2-random")
  }

  private func fromGGUF() throws -> LanguageModel {
    let url = folder.appendingPathComponent("gpt2.gguf")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try RandomGPT2.writeGGUF(url, tensors: RandomGPT2.weights().tensors)
    return try openModel(url, name: "gpt2-random")
  }
}

/// Deletes a folder when it goes.
private final class RemovedAtTheEnd: Sendable {
  let url: URL
  init(url: URL) { self.url = url }
  deinit { try? FileManager.default.removeItem(at: url) }
}

import Foundation
import TestSupport
import Testing

@testable import Engine

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

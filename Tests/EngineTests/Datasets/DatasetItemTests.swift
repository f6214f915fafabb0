import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// Items of datasets that run in parts, and the summaries that are made of them.
@Suite struct DatasetItemTests {
  private func request(_ items: Range<Int>) -> DatasetRequest {
    DatasetRequest(
      name: "pairs",
      items: items.map { item in
        let (one, other) = (item % 9 + 1, (item + 4) % 9 + 1)
        return .init(
          prompt: "\(one) 1, \(one) 2,", target: "a", foil: "o", source: "\(other) 1, \(one) 2,",
          groups: ["k\(item % 2)"], line: item + 2)
      }, groupColumns: ["kind"], bootstrap: Bootstrap(resamples: 200, seed: 3),
      patch: Trace.Patching.Place.allCases, attribute: true)
  }

  @Test func aSummaryOfPartsThatWereWrittenAndReadIsTheSummaryOfTheWhole() throws {
    let model = try LanguageModel.open(
      path: Fixtures.url("models/llama/llama.gguf").path, identity: ModelIdentity(name: "Tiny", sha256: "0"))
    let tracer = try Tracer(model: model, threads: 2)
    let whole = request(0..<11)
    var items: [DatasetItem] = []
    for part in [0..<4, 4..<5, 5..<11] { items += try tracer.items(of: request(part)) }
    let read = try items.map { item -> DatasetItem in
      var cell = ShardCell(key: "k", subject: "pairs", item: 0, groups: [])
      cell.numbers = item
      let again = try ShardCell.read(try cell.line(), path: "line")
      #expect(again == cell)
      return try #require(again.numbers)
    }
    #expect(read.map(\.source) == whole.items.map(\.source))
    let summary = try #require(DatasetSummary(whole, items: read))
    #expect(try summary.jsonData() == (try tracer.summary(of: whole).jsonData()))
    #expect(DatasetSummary(whole, items: Array(read.dropLast())) == nil)
    var other = read
    other[3].rows.removeLast()
    #expect(DatasetSummary(whole, items: other) == nil)
  }

  @Test(arguments: [
    ("{}", "'schema'"),
    ("{\"schema\":\"strata.cell/1\",\"key\":\"k\"}", "expected one of 'trace', 'numbers' and 'problems'"),
    ("{\"schema\":\"strata.cell/1\",\"key\":\"k\",\"problems\":[]}", "'problems': no problems"),
    ("{\"schema\":\"strata.cell/1\",\"key\":\"k\",\"trace\":{}}", "'trace'"), ("{\"sche", "expected JSON"),
  ]) func whatIsNoCellIsNamedWithItsPlace(line: String, words: String) {
    do {
      _ = try ShardCell.read(Data(line.utf8), path: "shard:2")
      Issue.record("\(line) was read")
    } catch {
      #expect("\(error.place): \(error.message)".contains("shard:2: "))
      #expect(error.message.contains(words), "\(error.message)")
    }
  }
}

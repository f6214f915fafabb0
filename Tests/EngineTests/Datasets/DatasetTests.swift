import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// `datasets/*.json` (Tools/make_dataset_fixtures.py).
private struct ExpectedDataset: Decodable {
  struct Item: Decodable {
    let prompt: String
    let target: String
    let foil: String
    let groups: [String]
  }
  let resamples: Int
  let seed: UInt64
  let items: [Item]
  /// Of the targets. [row][item]
  let logprob: [[Double]]
  let rank: [[Int]]
  let difference: [[Double]]
  /// As groups of a summary are read.
  var groups: [DatasetSummary.Group] = []

  enum CodingKeys: CodingKey { case resamples, seed, items, logprob, rank, difference }

  static func read(_ name: String) throws -> ExpectedDataset {
    let data = try Fixtures.data("datasets/\(name).json")
    var expected = try JSONDecoder().decode(ExpectedDataset.self, from: data)
    expected.groups = try data.withUnsafeBytes { bytes in
      let document = try JSONDocument(bytes: bytes, path: name)
      let reader = FieldReader(digits: JSONDigits(document, bytes: bytes))
      return try reader.list(try document.root.member("groups"), reader.group)
    }
    return expected
  }

  var request: DatasetRequest {
    DatasetRequest(
      name: "fixture",
      items: items.enumerated().map {
        .init(prompt: $1.prompt, target: $1.target, foil: $1.foil, groups: $1.groups, line: $0 + 2)
      }, groupColumns: ["side"], bootstrap: Bootstrap(resamples: resamples, seed: seed))
  }
}

extension DatasetSummary.Group {
  fileprivate var curves: [(name: String, curve: DatasetSummary.Curve?)] {
    [
      ("logprob", logprob), ("rank", rank), ("median rank", medianRank), ("top1", top1), ("accuracy", accuracy),
      ("difference", difference),
    ]
  }
}

/// Datasets of prompts: scores against transformers, statistics against numpy.
@Suite struct DatasetTests {
  @Test("targets and foils score as in transformers, at every row", arguments: ["llama", "gpt2"])
  func scores(name: String) throws {
    let expected = try ExpectedDataset.read(name)
    let model = try openModel(Fixtures.url("models/\(name)/hf"), name: name)
    let scores = try Tracer(model: model, threads: 2).scores(of: expected.request)
    #expect(scores.rows.count == expected.rank.count)
    var logprob = 0.0
    var difference = 0.0
    var ranks = 0
    for row in expected.rank.indices {
      for item in expected.items.indices {
        logprob = max(logprob, abs(Double(scores.logprob[row][item]) - expected.logprob[row][item]))
        let found = try #require(scores.difference)[row][item]
        difference = max(difference, abs(Double(found) - expected.difference[row][item]))
        ranks += Int(scores.rank[row][item]) == expected.rank[row][item] ? 0 : 1
      }
    }
    print(
      "dataset on \(name): \(expected.items.count * expected.rank.count) scores, largest differences: logprob "
        + "\(Float(logprob)), to the foil \(Float(difference)); ranks that differ \(ranks)")
    #expect(logprob < 1e-4 && difference < 1e-4 && ranks == 0)
  }

  @Test("means, medians, intervals and histograms are numpy's", arguments: ["llama", "gpt2"])
  func statistics(name: String) throws {
    let expected = try ExpectedDataset.read(name)
    let model = try openModel(Fixtures.url("models/\(name)/hf"), name: name)
    let summary = try Tracer(model: model, threads: 1).summary(of: expected.request)
    #expect(summary.groups.map(\.value) == expected.groups.map(\.value))
    var largest: [String: Double] = [:]
    for (mine, theirs) in zip(summary.groups, expected.groups) {
      #expect(mine.items == theirs.items && mine.column == theirs.column)
      #expect(mine.firstTop1 == theirs.firstTop1 && mine.settled == theirs.settled)
      for (a, b) in zip(mine.curves, theirs.curves) {
        let (a, b, name) = (try #require(a.curve), try #require(b.curve), a.name)
        for (x, y) in zip(a.value + a.low + a.high, b.value + b.low + b.high) {
          largest[name] = max(largest[name] ?? 0, abs(x - y))
        }
      }
    }
    let line = largest.sorted { $0.key < $1.key }.map { "\($0.key) \(Float($0.value))" }.joined(separator: ", ")
    print("dataset statistics on \(name), largest differences from numpy: \(line)")
    for (name, difference) in largest {
      // Those of whole numbers have only their own rounding; the others that of the scores.
      #expect(difference < (["logprob", "difference"].contains(name) ? 1e-4 : 1e-12), "\(name)")
    }
  }

  @Test("the same bytes on any number of threads and in any company")
  func bytes() throws {
    let expected = try ExpectedDataset.read("llama")
    let model = try openModel(Fixtures.url("models/llama/hf"), name: "llama")
    let one = try Tracer(model: model, threads: 1).summary(of: expected.request).jsonData()
    let three = try Tracer(model: model, threads: 3).summary(of: expected.request).jsonData()
    #expect(one == three)
    // A group alone gives the numbers it has among the others: its resamples are its own.
    var part = expected.request
    part.items = part.items.filter { $0.groups == ["x"] }
    let alone = try Tracer(model: model, threads: 2).summary(of: part).groups[0]
    let inside = try #require(try DatasetSummary.read(one, path: "memory").groups.first { $0.value == "x" })
    #expect(alone.curves.map(\.curve) == inside.curves.map(\.curve))
    #expect(try DatasetSummary.read(one, path: "memory").jsonData() == one)
  }

  @Test("another seed gives other intervals around the same values; an equal foil counts half")
  func seeds() throws {
    var request = try ExpectedDataset.read("llama").request
    let model = try openModel(Fixtures.url("models/llama/hf"), name: "llama")
    let tracer = try Tracer(model: model, threads: 2)
    let first = try tracer.summary(of: request).groups[0]
    request.bootstrap.seed += 1
    let second = try tracer.summary(of: request).groups[0]
    #expect(first.logprob.value == second.logprob.value && first.logprob.low != second.logprob.low)
    var scores = DatasetScores(rows: [.init(layer: 0, point: .embedding)], items: 3, hasFoils: true)
    for (item, foil) in ([1, 2, 3] as [Float]).enumerated() {
      let reading = LogitLens.Reading(
        logSumExp: 3, entropy: 1, divergence: 0, logits: [2, foil], ranks: [2, 1], topIDs: [], topLogits: [])
      scores.put(LensCapture.Column(position: 0, target: nil, readings: [reading]), item: item)
    }
    request.items = Array(request.items.prefix(3))
    let group = DatasetSummary(
      request, scores: scores, model: Trace.Model(model), lens: Trace.Lens(kind: .logit, norm: .final)
    ).groups[0]
    #expect(group.accuracy?.value == [0.5] && group.difference?.value == [0])
    #expect(group.logprob.value == [-1] && group.rank?.value == [2])
    #expect(group.firstTop1 == .init(rows: [0], never: 3))
  }

  @Test("every item that cannot be run is told with its line, before anything runs")
  func faults() throws {
    let model = try openModel(Fixtures.url("models/llama/hf"), name: "llama")
    let tracer = try Tracer(model: model, threads: 1)
    let items: [DatasetRequest.Item] = [
      .init(prompt: "a", target: "t", foil: "e", line: 2), .init(prompt: "a", target: " keys to", foil: "e", line: 3),
      .init(prompt: "a", target: "t", foil: "", line: 4), .init(prompt: "", target: "t", foil: "e", line: 5),
      .init(prompt: "a", target: "t", foil: "t", line: 6),
      .init(prompt: String(repeating: "zq", count: 99), target: "t", foil: "e", line: 7),
    ]
    let error = #expect(throws: DatasetError.self) {
      try tracer.summary(of: DatasetRequest(name: "d", items: items))
    }
    let faults = try #require(error).faults
    #expect(faults.map(\.line) == [3, 4, 5, 6, 7])
    #expect(faults[0].message.hasPrefix("the target ' keys to' is"))
    #expect(faults[0].hints.joined().contains("first_token"))
    #expect(faults[1].message == "the foil is empty, expected a word")
    #expect(faults[3].message == "target 't' and foil 't' are the same token")
    let lenient = DatasetRequest(name: "d", items: [items[1]], firstToken: true)
    #expect(try tracer.summary(of: lenient).dataset.firstToken)
  }

  @Test("numbers that no dataset gives are refused by name")
  func relations() throws {
    let model = try openModel(Fixtures.url("models/llama/hf"), name: "llama")
    let summary = try Tracer(model: model, threads: 1).summary(of: try ExpectedDataset.read("llama").request)
    func fault(_ change: (inout DatasetSummary) -> Void) throws -> String {
      var damaged = summary
      change(&damaged)
      return try #require(throws: TraceFileError.self) { try DatasetSummary.read(damaged.jsonData(), path: "d") }
        .message
    }
    let items = Double(summary.groups[0].items)
    #expect(try fault { $0.groups[0].top1?.value[0] = 0.5 / items }.hasPrefix("'groups[0].top1.value[0]'"))
    #expect(try fault { $0.groups[0].accuracy?.value[0] = 0.25 / items }.hasPrefix("'groups[0].accuracy.value[0]'"))
    #expect(
      try fault {
        $0.groups[0].accuracy?.value[0] = 1
        $0.groups[0].difference?.value[0] = -1
      }.hasPrefix("'groups[0].difference.value[0]'"))
    #expect(try fault { $0.groups[0].top1?.value[0] = 1 }.contains("have rank 1"))
    #expect(try fault { $0.groups[0].logprob.value[0] -= 1 }.contains("weighted by their numbers"))
    #expect(try fault { $0.rows.swapAt(0, 1) }.hasPrefix("'rows[0]': block 0, expected the embedding"))
    #expect(try fault { $0.rows[1] = $0.rows[2] }.hasPrefix("'rows[1]': block 1, expected block 0"))
    #expect(try fault { $0.groups[0].itemsSHA256 = "x" }.hasPrefix("'groups[0].items_sha256'"))
    // The only target that ever has rank 1 has it from the second row on, so it is settled there.
    #expect(
      try fault { summary in
        for row in summary.rows.indices {
          summary.groups[0].top1?.value[row] = row == 0 ? 0 : 1 / items
          summary.groups[0].firstTop1?.rows[row] = row == 1 ? 1 : 0
          summary.groups[0].settled?.rows[row] = row == summary.rows.count - 1 ? 1 : 0
          summary.groups[0].medianRank?.value[row] = 9
        }
        summary.groups[0].firstTop1?.never = Int(items) - 1
        summary.groups[0].settled?.never = Int(items) - 1
      }.hasPrefix("'groups[0].settled.rows[1]': 0 up to here, expected 1 or more"))
  }

  @Test("damaged files are refused by name")
  func files() throws {
    let model = try openModel(Fixtures.url("models/llama/hf"), name: "llama")
    let summary = try Tracer(model: model, threads: 1).summary(of: try ExpectedDataset.read("llama").request)
    func fault(_ change: (inout DatasetSummary) -> Void) throws -> String {
      var damaged = summary
      change(&damaged)
      return try #require(throws: TraceFileError.self) { try DatasetSummary.read(damaged.jsonData(), path: "d") }
        .message
    }
    #expect(
      try fault { $0.schema = "strata.trace/1" }
        == "schema 'strata.trace/1', expected 'strata.dataset/1' or 'strata.dataset/2' or 'strata.dataset/3'")
    #expect(try fault { $0.groups = [] }.hasPrefix("'groups': expected first a group of all 24 items"))
    #expect(try fault { $0.groups[1].rank?.low = [] }.hasPrefix("'groups[1].rank.low': 0 numbers, expected"))
    #expect(try fault { $0.groups[1].accuracy = nil }.hasPrefix("'groups[1]': 'accuracy'"))
    #expect(try fault { $0.groups[0].settled?.never += 1 }.hasPrefix("'groups[0].settled'"))
    #expect(try fault { $0.groups[0].settled?.never = .max }.hasPrefix("'groups[0].settled'"))
    let text = String(decoding: try summary.jsonData(), as: UTF8.self)
    for (pattern, other, message) in [
      (#"("seed":)\d+"#, "-1", "'bootstrap.seed': expected a whole number from 0 to 2^64 - 1, found the number -1"),
      (#"("first_token":)\w+"#, "0", "'dataset.first_token': expected true or false, found the number 0"),
      (#"("accuracy":\{"high":\[)[-\d.e]+"#, "null", "'groups[0].accuracy.high[0]': expected a number, found null"),
      (#"("median_rank":)"#, "0,\"median_rank\":", "'groups[0]': expected every key once, found 'median_rank' twice"),
      (
        #"("never":)\d+"#, "NaN",
        "'groups[0].first_top1.never': expected JSON, found NaN, which JSON does not have"
      ),
      (#"("layer":)0"#, "\"0\"", "'rows[0].layer': expected a whole number, found the string '0'"),
    ] {
      let match = try #require(try text.firstMatch(of: Regex(pattern)))
      let kept = try #require(match.output[1].substring)
      let damaged = text.replacingCharacters(in: match.range, with: kept + other)
      let error = try #require(throws: TraceFileError.self) {
        try DatasetSummary.read(Data(damaged.utf8), path: "d")
      }
      #expect(error.message == message)
      #expect(error.hints.joined().contains("docs/dataset-format.md"))
    }
    var odd = summary
    // The mean of the groups would be another one.
    odd.groups.removeLast(odd.groups.count - 1)
    (odd.bootstrap.seed, odd.groups[0].logprob.value[0]) = (.max, -0.0)
    let again = try DatasetSummary.read(odd.jsonData(), path: "d")
    #expect(again.bootstrap.seed == .max && again.groups[0].logprob.value[0].sign == .minus)
    let csv = summary.csv().split(separator: "\n")
    #expect(csv.count == 1 + summary.groups.count * summary.rows.count)
    #expect(csv[0].hasPrefix("column,value,items,layer,point,logprob,logprob_low,logprob_high,rank,"))
    #expect(Set(csv.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }) == [25])
  }

  @Test("numbers below a bound are equally likely, and SplitMix64 is the published one")
  func generator() {
    var known = SplitMix64(seed: 1_234_567)
    #expect(
      (0..<5).map { _ in known.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
    var generator = SplitMix64(seed: 3)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[Int(generator.next(below: 7))] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
  }
}

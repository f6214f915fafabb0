import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

@Suite("Means over pairs are those of their traces")
struct PairTests {
  private static let pairs = [
    ("a t e", "a e e", "t", "e", "x"), ("a e e", "a t e", "e", "t", "x"), ("t e t e", "t t t e", "a", "t", "y"),
    ("a t", "a e", "t", "e", "y"), ("a e", "a e", "t", "e", "y"),
  ]

  private func request(_ places: [Trace.Patching.Place] = Trace.Patching.Place.allCases) -> DatasetRequest {
    DatasetRequest(
      name: "pairs",
      items: Self.pairs.enumerated().map {
        .init(prompt: $1.0, target: $1.2, foil: $1.3, source: $1.1, groups: [$1.4], line: $0 + 2)
      }, groupColumns: ["kind"], bootstrap: Bootstrap(resamples: 200, seed: 3), patch: places, attribute: true)
  }

  private func traces(_ model: LanguageModel) throws -> [Trace] {
    try trace(
      model,
      Self.pairs.map {
        TraceRequest(
          prompt: $0.0, attribute: AttributionRequest(target: $0.2, foil: $0.3),
          patch: PatchRequest(source: $0.1, target: $0.2, foil: $0.3))
      }, threads: 2)
  }

  @Test func positionsHaveTheirRoles() {
    #expect(PairEffects.roles(base: [1, 2, 3, 4], source: [1, 9, 3, 4]) == [nil, .differing, .between, .last])
    #expect(PairEffects.roles(base: [1, 2], source: [1, 3]) == [nil, .last])
    #expect(
      PairEffects.roles(base: [1, 2, 3, 4, 5], source: [7, 2, 8, 4, 6])
        == [.differing, .between, .differing, .between, .last])
    #expect(PairEffects.roles(base: [1, 2], source: [1, 2]) == [nil, .last])
  }

  @Test(arguments: ["gpt2", "gemma3"])
  func aMeanIsThatOfTheEffectsOfItsPairs(_ name: String) throws {
    let model = try ParityModel(name: name, kind: .safetensors).open()
    let (summary, traces) = (try Tracer(model: model, threads: 2).summary(of: request()), try traces(model))
    let all = try #require(summary.groups[0].patching)
    let patchings = traces.compactMap(\.patching)
    try #require(patchings.count == 5)
    #expect(all.items == 4 && all.undefined == 1)
    #expect(all.sourceRight == patchings.count { $0.sourceDifference > 0 })
    #expect(all.baseRight == patchings.count { $0.baseDifference < 0 })
    #expect(all.bothRight == patchings.count { $0.sourceDifference > 0 && $0.baseDifference < 0 })
    var compared = 0
    for means in all.means where means.baselines == .all {
      let lines = zip(traces, patchings).compactMap { trace, patching -> [Double]? in
        guard patching.isDefined else { return nil }
        let roles = PairEffects.roles(
          base: trace.tokens.prefix(trace.promptLength).map(\.id), source: patching.sourceTokens.map(\.id))
        let positions = roles.indices.filter { roles[$0] == means.role }
        guard !positions.isEmpty, let effects = patching.effects(at: means.place) else { return nil }
        return effects.map { row in positions.reduce(0) { $0 + (row[$1] ?? 0) } / Double(positions.count) }
      }
      #expect(means.items == lines.count && means.effect.value.count == lines[0].count)
      #expect(means.layers.first == (means.place == .stream ? -1 : 0))
      for row in means.effect.value.indices {
        let mean = lines.reduce(0) { $0 + $1[row] } / Double(lines.count)
        #expect(abs(means.effect.value[row] - mean) < 1e-9)
        #expect(means.effect.low[row] <= mean + 1e-9 && means.effect.high[row] >= mean - 1e-9)
        compared += 1
      }
    }
    #expect(compared >= 3 * 2 * model.layers)
    // The last state of the source is the source itself.
    let last = all.means(of: .stream).first { $0.role == .last }
    #expect(abs((last?.effect.value.last ?? 0) - 1) < 1e-9 && last?.items == 4)

    let attribution = try #require(summary.groups[0].attribution)
    let own = traces.compactMap(\.attribution)
    for (index, part) in attribution.parts.enumerated() {
      let values = own.map { Double($0.parts[index].value) }
      #expect(abs(part.adds.value - values.reduce(0, +) / 5) < 1e-9 && part.part == own[0].parts[index].part)
    }
    #expect(abs((attribution.parts.last?.sum.value ?? 0) - attribution.difference.value) < 1e-3)
    let mean = own.reduce(0) { $0 + Double($1.difference) } / 5
    #expect(abs(attribution.difference.value - mean) < 1e-9 && attribution.difference.low < mean)
  }

  @Test func theBytesDoNotDependOnThreadsAndOthersStay() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let summary = try Tracer(model: model, threads: 1).summary(of: request())
    let bytes = try summary.jsonData()
    #expect(try Tracer(model: model, threads: 3).summary(of: request()).jsonData() == bytes)
    #expect(try DatasetSummary.read(bytes, path: "s") == summary)
    var plain = request()
    (plain.patch, plain.attribute) = (nil, nil)
    let without = try Tracer(model: model, threads: 1).summary(of: plain)
    var bare = summary
    for index in bare.groups.indices {
      (bare.groups[index].patching, bare.groups[index].attribution) = (nil, nil)
      // Other texts are part of what patched runs ask.
      #expect(bare.groups[index].itemsSHA256 != without.groups[index].itemsSHA256)
      bare.groups[index].itemsSHA256 = without.groups[index].itemsSHA256
    }
    #expect(try without.jsonData() == bare.jsonData())
    // A group alone is the group among the others.
    var part = request()
    part.items.removeAll { $0.groups != ["x"] }
    let alone = try Tracer(model: model, threads: 1).summary(of: part).groups[0]
    #expect(alone.patching == summary.groups[1].patching && alone.attribution == summary.groups[1].attribution)
  }

  @Test func pairsThatCannotBeRunAreNamedWithTheirLines() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    var wrong = request()
    wrong.items[1].source = "a much longer text"
    wrong.items[3].source = ""
    let error = #expect(throws: DatasetError.self) { try Tracer(model: model, threads: 1).summary(of: wrong) }
    #expect(error?.faults.map(\.line) == [3, 5])
    #expect(error?.faults.allSatisfy { $0.message.hasPrefix("source of patch is ") } == true)
    let encoder = try ParityModel(name: "t5", kind: .safetensors).open()
    var asked = DatasetRequest(
      name: "m", items: [.init(prompt: "a", target: "a", foil: "e", line: 2)], firstToken: true, attribute: true)
    let refused = #expect(throws: DatasetError.self) { try Tracer(model: encoder, threads: 1).summary(of: asked) }
    #expect(
      refused?.faults.first?.message.contains("'attribute' is not defined") == true, "\(String(describing: refused))")
    asked.attribute = nil
    asked.patch = [.stream]
    asked.items[0].source = "e"
    let pair = #expect(throws: DatasetError.self) { try Tracer(model: encoder, threads: 1).summary(of: asked) }
    #expect(pair?.faults.first?.message.contains("'source' is not defined") == true)
  }

  @Test func aSummaryThatContradictsItselfIsNamedWithItsPlace() throws {
    let model = try ParityModel(name: "gpt2", kind: .safetensors).open()
    let summary = try Tracer(model: model, threads: 1).summary(of: request([.stream]))
    func key(_ change: (inout DatasetSummary.Group) -> Void) throws -> String? {
      var wrong = summary
      change(&wrong.groups[0])
      let error = #expect(throws: TraceFileError.self) { try DatasetSummary.read(wrong.jsonData(), path: "s") }
      guard case .malformed(_, _, let key, _)? = error else { return nil }
      return key
    }
    #expect(try key { $0.patching = nil } == "groups[1]")
    #expect(try key { $0.patching?.undefined += 1 } == "groups[0].patching.items")
    #expect(try key { $0.patching?.bothRight = 9 } == "groups[0].patching.both_right")
    #expect(try key { $0.patching?.means[0].layers[0] = -2 } == "groups[0].patching.means[0].layers")
    #expect(try key { $0.patching?.means[0].effect.low.removeLast() } == "groups[0].patching.means[0].effect.low")
    #expect(
      try key { group in group.patching?.means.first.map { group.patching?.means.insert($0, at: 1) } }
        == "groups[0].patching.means[1]")
    #expect(try key { $0.patching?.means[0].items = 99 } == "groups[0].patching.means[0].items")
    let means = try #require(summary.groups[0].patching?.means)
    for (index, mean) in means.enumerated() {
      let last = mean.layers.count - 1
      #expect(
        try key { $0.patching?.means[index].effect.value[last] = 0.5 }
          == "groups[0].patching.means[\(index)].effect.value[\(last)]", "\(mean.role)")
    }
    #expect(try key { $0.attribution?.parts[1].adds.value += 5 } == "groups[0].attribution.parts")
    #expect(try key { $0.attribution?.parts[1].layer = nil } == "groups[0].attribution.parts[1]")
  }
}

import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Models
@testable import Spec

@Suite struct PlanTests {
  private func plan(_ yaml: String, only: String? = nil) throws -> Plan {
    try Plan(SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test), only: only)
  }

  private let spec = """
    models: {One: ./one.gguf, "Ône!": ./two.gguf}
    prompts:
      - {id: a, text: A, generate: 2, watch: [x], top: 3}
      - {id: b, text: B}
    figures: [top-tokens, rank-heatmap, {kind: top-tokens, layer: 1, models: [One]}]
    lens: {norm: none}
    """

  @Test func figuresAreInReadingOrderWithNamesOfTheirOwn() throws {
    let plan = try plan(spec)
    #expect(
      plan.figures.map(\.id) == [
        "a-top-tokens-one", "a-top-tokens-one-2", "a-rank-heatmap-one", "a-rank-heatmap-one-2", "a-top-tokens-2-one",
        "b-top-tokens-one", "b-top-tokens-one-2", "b-top-tokens-2-one",
      ])
    #expect(
      plan.figures.map(\.group) == [
        "a-top-tokens", "a-top-tokens", "a-rank-heatmap", "a-rank-heatmap", "a-top-tokens-2", "b-top-tokens",
        "b-top-tokens", "b-top-tokens-2",
      ])
  }

  @Test func aModelAndAPromptAreOneCellWhateverIsDrawnOfThem() throws {
    let plan = try plan(spec)
    let read = try SpecReader.read(Data(spec.utf8), name: "r.yaml", vocabulary: .test)
    #expect(plan.cells.map(\.subject) == [.prompt(0), .prompt(1), .prompt(0), .prompt(1)])
    #expect(plan.cells.map(\.file) == ["one-a", "one-b", "one-a-2", "one-b-2"].map { "traces/\($0).json" })
    #expect(
      read.request(for: plan.cells[0].subject)
        == TraceRequest(
          prompt: "A", method: .generate(2), watch: ["x"], topK: 3, columns: .generated, norm: Trace.Lens.Norm.none))
  }

  @Test(arguments: [
    ("b", ["b-top-tokens-one", "b-top-tokens-one-2", "b-top-tokens-2-one"]),
    ("*-2-one", ["a-top-tokens-2-one", "b-top-tokens-2-one"]),
    ("rank-heatmap", ["a-rank-heatmap-one", "a-rank-heatmap-one-2"]),
    (
      "One", ["a-top-tokens-one", "a-rank-heatmap-one", "a-top-tokens-2-one", "b-top-tokens-one", "b-top-tokens-2-one"]
    ),
  ])
  func aPatternChoosesByIdPromptModelOrKindAndNamesStay(pattern: String, ids: [String]) throws {
    #expect(try plan(spec, only: pattern).figures.map(\.id) == ids)
  }

  @Test func everyExampleIsACleanSpec() throws {
    let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yaml" }
    #expect(!files.isEmpty)
    let vocabulary = SpecVocabulary.current(catalog: try ModelCatalog(environment: [:]))
    for file in files {
      let spec = try SpecReader.read(Data(contentsOf: file), name: file.lastPathComponent, vocabulary: vocabulary)
      #expect(throws: Never.self) { try Plan(spec) }
    }
  }
}

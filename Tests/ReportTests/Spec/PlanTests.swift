import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Build
@testable import Models
@testable import Spec
@testable import Words

@Suite struct PlanTests {
  private func plan(_ yaml: String, only: String? = nil) throws -> Plan {
    try Plan(SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test), only: only)
  }

  private let spec = """
    models: {One: ./one.gguf, "Ône!": ./two.gguf}
    prompts:
      - {id: a, text: A, generate: 2, watch: [x], top: 3}
      - {id: b, text: B}
    figures: [top-tokens, rank-heatmap, {kind: top-tokens, id: first, layer: 1, models: [One]}]
    lens: {norm: none}
    """

  @Test func figuresAreInReadingOrderWithNamesOfTheirOwn() throws {
    let plan = try plan(spec)
    #expect(
      plan.figures.map(\.id) == [
        "a-top-tokens-one", "a-top-tokens-one-2", "a-rank-heatmap-one", "a-rank-heatmap-one-2", "first-a",
        "b-top-tokens-one", "b-top-tokens-one-2", "first-b",
      ])
    #expect(
      plan.figures.map(\.group) == [
        "a-top-tokens", "a-top-tokens", "a-rank-heatmap", "a-rank-heatmap", "first-a", "b-top-tokens",
        "b-top-tokens", "first-b",
      ])
  }

  @Test func aModelAndAPromptAreOneCellWhateverIsDrawnOfThem() throws {
    let plan = try plan(spec)
    let read = try SpecReader.read(Data(spec.utf8), name: "r.yaml", vocabulary: .test)
    #expect(plan.cells.map(\.subject) == [.prompt(0), .prompt(1), .prompt(0), .prompt(1)])
    #expect(plan.cells.map(\.file) == ["one-a", "one-b", "one-a-2", "one-b-2"].map { "traces/\($0).json" })
    #expect(
      read.request(for: plan.cells[0].subject, of: 0)
        == TraceRequest(
          prompt: "A", method: .generate(2), watch: ["x"], topK: 3, columns: .generated, norm: Trace.Lens.Norm.none))
  }

  @Test(arguments: [
    ("b", ["b-top-tokens-one", "b-top-tokens-one-2", "first-b"]),
    ("first-*", ["first-a", "first-b"]),
    ("rank-heatmap", ["a-rank-heatmap-one", "a-rank-heatmap-one-2"]),
    (
      "One", ["a-top-tokens-one", "a-rank-heatmap-one", "first-a", "b-top-tokens-one", "first-b"]
    ),
  ])
  func aPatternChoosesByIdPromptModelOrKindAndNamesStay(pattern: String, ids: [String]) throws {
    #expect(try plan(spec, only: pattern).figures.map(\.id) == ids)
  }

  @Test func noFigureRenamesAnother() throws {
    let entries = [
      "rank-heatmap", "{kind: top-tokens, id: late, layer: 1}", "top-tokens",
      "{kind: rank-heatmap, id: one-cell, prompts: [a], models: [One]}", "{kind: rank-heatmap, id: few, prompts: a}",
    ]
    func names(_ entries: [String]) throws -> Set<String> {
      Set(
        try plan(
          "models: {One: ./one.gguf, Two: ./two.gguf}\nprompts: [{id: a, text: A, generate: 2}, {id: b, text: B}]\n"
            + "figures: [\(entries.joined(separator: ", "))]\n"
        ).figures.map(\.id))
    }
    let all = try names(entries)
    #expect(
      all.sorted() == [
        "a-rank-heatmap-one", "a-rank-heatmap-two", "a-top-tokens-one", "a-top-tokens-two", "b-top-tokens-one",
        "b-top-tokens-two", "few-one", "few-two", "late-a-one", "late-a-two", "late-b-one", "late-b-two", "one-cell",
      ])
    for left in entries.indices {
      let rest = try names(entries.indices.filter { $0 != left }.map { entries[$0] })
      #expect(rest.isSubset(of: all), "without \(entries[left])")
    }
    #expect(try names(entries.reversed()) == all)
  }

  @Test(arguments: [
    (
      "top-tokens, {kind: top-tokens, layer: 2}",
      "r.yaml:3:23: 'a' has a second figure of the kind top-tokens, first at r.yaml:3:11",
      "give one of them an id, which names its files: id: top-tokens-layer-2"
    ),
    (
      "{kind: top-tokens, id: x}, {kind: rank-heatmap, id: x}",
      "r.yaml:3:38: files of this figure would be called 'x-a-one' like those of r.yaml:3:11",
      "give one of them another id"
    ),
    (
      "{kind: top-tokens, label: tab}", "r.yaml:3:11: label 'tab' stands for several figures",
      "write {prompt} or {model} in the label, or choose one prompt and one model"
    ),
  ])
  func figuresThatWouldShareNamesAreRefused(figures: String, message: String, hint: String) throws {
    let error = #expect(throws: DiagnosticList.self) {
      try plan(
        "models: {One: ./1.gguf, Two: ./2.gguf}\nprompts: [{id: a, text: A, generate: 2}]\nfigures: [\(figures)]\n")
    }
    #expect(error?.diagnostics.map(\.rendered) == ["error: \(message)\n  hint: \(hint)"])
  }

  @Test func everyExampleIsACleanSpec() throws {
    let folder = Fixtures.folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: "examples")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yaml" }
    #expect(!files.isEmpty)
    let vocabulary = SpecVocabulary.current(catalog: try ModelCatalog(environment: [:]))
    for file in files {
      let spec = try SpecReader.read(
        Data(contentsOf: file), name: file.lastPathComponent, vocabulary: vocabulary,
        files: .beside(file.deletingLastPathComponent()))
      #expect(throws: Never.self) { try Plan(spec) }
    }
  }
}

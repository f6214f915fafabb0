import Engine
import Foundation
import TestSupport
import Testing
import Traces

@testable import Figures
@testable import Models
@testable import Spec
@testable import Words

/// Datasets in specs.
@Suite struct DatasetSpecTests {
  private func spec(_ datasets: String, more: String = "") throws -> ReportSpec {
    let yaml = "models: {a: smollm2-135m}\n" + more + "datasets:\n" + datasets
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test)
  }

  private func problem(_ datasets: String, more: String = "") -> String {
    #expect(throws: DiagnosticList.self) { try spec(datasets, more: more) }?.diagnostics.map(\.rendered)
      .joined(separator: "\n") ?? ""
  }

  @Test func everyKeyIsRead() throws {
    let datasets = try spec(
      "  - {id: one, file: d.csv, prompt: p, target: t, foil: f, group: [g, h], first_token: true, resamples: 200, seed: 7, by: model}\n"
        + "  - {id: two, file: e.jsonl, group: g}\n  - {id: three, file: f.csv}\n"
    ).datasets
    #expect(
      datasets[0]
        == ReportSpec.Dataset(
          id: "one", file: "d.csv",
          columns: DatasetColumns(prompt: "p", target: "t", foil: "f", groups: ["g", "h"]), firstToken: true,
          bootstrap: Bootstrap(resamples: 200, seed: 7), by: .model, place: "r.yaml:3:5",
          filePlace: "r.yaml:3:21"))
    #expect(datasets.map(\.by) == [.model, .group, .model])
    #expect(datasets[2].bootstrap == Bootstrap(resamples: 1000, seed: 1) && datasets[2].columns == DatasetColumns())
  }

  @Test func mistakesHavePlaces() {
    #expect(problem("  - {file: d.csv}\n") == "error: r.yaml:3:5: 'id' is missing in a dataset")
    #expect(
      problem("  - {id: a}\n").hasPrefix("error: r.yaml:3:5: 'file' is missing in dataset 'a'\n  hint: name a .csv"))
    #expect(problem("  - d.csv\n").contains("a dataset must be a mapping with id and file, found 'd.csv'"))
    #expect(problem("  - {id: a, file: d.csv, resamples: 5}\n").contains("must be between 100 and 100000, found 5"))
    #expect(problem("  - {id: a, file: d.csv, by: layer}\n").contains("unknown by of dataset 'a' 'layer'"))
    #expect(
      problem("  - {id: a, file: d.csv}\n  - {id: a, file: e.csv}\n").hasPrefix(
        "error: r.yaml:4:10: id 'a' is given twice"))
    #expect(
      problem("  - {id: one, file: d.csv}\n", more: "prompts: [{id: one, text: A}]\nfigures: [top-tokens]\n")
        .contains("id 'one' is given twice"))
    #expect(
      problem("  - {id: a, file: d.csv}\n", more: "prompts: [{id: one, text: A}]\n").contains("'figures' is missing"))
  }

  private func whole(_ figures: String, more: String = "", models: String = "{a: smollm2-135m, b: smollm2-135m}") throws
    -> ReportSpec
  {
    let yaml = """
      models: \(models)
      \(more)
      datasets: [{id: x, file: d.csv, group: g}, {id: y, file: d.csv}]
      figures: \(figures)
      """
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .current(catalog: ModelCatalog()))
  }

  @Test func aFigureMayNameDatasets() throws {
    let spec = try whole(
      "[{kind: dataset-profile, prompts: [x], by: model}, {kind: dataset-profile, id: groups, models: [b]}]")
    #expect(spec.figures.map(\.subjects) == [["x"], ["x"], ["y"]])
    #expect(spec.figures.map(\.together) == [true, false, true])
    #expect(spec.figures.map { $0.options["by"] } == [.text("model"), .text("group"), .text("model")])
    let plan = try Plan(spec)
    #expect(plan.figures.map(\.id) == ["x-dataset-profile", "groups-x", "groups-y"])
    #expect(plan.figures.map(\.cells) == [[0, 1], [1], [2]])
    #expect(plan.cells.map(\.file) == ["a-x", "b-x", "b-y"].map { "datasets/\($0).json" })
  }

  @Test func aDatasetThatNoFigureNamesHasItsProfile() throws {
    let prompts = "prompts: [{id: p, text: A}]"
    let spec = try whole("[top-tokens, {kind: dataset-profile, prompts: y}]", more: prompts)
    #expect(spec.figures.map(\.kind) == ["top-tokens", "dataset-profile", "dataset-profile"])
    #expect(spec.figures.map(\.subjects) == [["p"], ["y"], ["x"]])
    #expect(
      try Plan(spec).figures.map(\.id) == [
        "p-top-tokens-a", "p-top-tokens-b", "x-dataset-profile-a", "x-dataset-profile-b", "y-dataset-profile",
      ])
    #expect(try Plan(spec).runs == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5, 5..<6])
  }

  @Test func mistakesInFiguresOfDatasetsHavePlaces() {
    func message(_ figures: String, more: String = "") -> String {
      #expect(throws: DiagnosticList.self) { try whole(figures, more: more) }?.diagnostics.map(\.rendered)
        .joined(separator: "\n") ?? ""
    }
    let prompts = "prompts: [{id: p, text: A}]"
    #expect(
      message("[{kind: dataset-profile, prompts: [z]}]").hasPrefix(
        "error: r.yaml:4:45: unknown dataset 'z'"))
    #expect(
      message("[{kind: dataset-profile, prompts: [p]}]", more: prompts).hasPrefix(
        "error: r.yaml:4:44: dataset-profile shows datasets, and 'p' is a prompt\n  hint: datasets of this spec: x, y"))
    #expect(message("[dataset-profile, top-tokens]").contains("'prompts' is missing in the spec"))
    #expect(
      problem("  - {id: a, file: d.csv}\n", more: "figures: [{kind: dataset-profile}]\n").contains(
        "unknown figure kind"))
  }

  @Test func planAndOnly() throws {
    let yaml = """
      models: {a: smollm2-135m, b: smollm2-135m}
      datasets: [{id: x, file: d.csv, group: g}, {id: y, file: d.csv}]
      """
    let spec = try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test)
    let plan = try Plan(spec)
    #expect(plan.cells.map(\.file) == ["a-x", "b-x", "a-y", "b-y"].map { "datasets/\($0).json" })
    #expect(plan.cells.map(\.subject) == [.dataset(0), .dataset(0), .dataset(1), .dataset(1)])
    #expect(plan.figures.map(\.id) == ["x-dataset-profile-a", "x-dataset-profile-b", "y-dataset-profile"])
    #expect(plan.figures.map(\.cells) == [[0], [1], [2, 3]])
    let part = try Plan(spec, only: "y")
    #expect(part.cells.map(\.file) == ["datasets/a-y.json", "datasets/b-y.json"])
    #expect(part.figures.map(\.cells) == [[0, 1]])
    #expect(throws: Diagnostic.self) { try Plan(spec, only: "nothing") }
  }
}

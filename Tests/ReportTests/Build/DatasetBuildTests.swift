import Engine
import Foundation
import TestSupport
import Testing
import Traces

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
          bootstrap: Bootstrap(resamples: 200, seed: 7), by: .model, place: "r.yaml:3:5"))
    #expect(datasets.map(\.by) == [.model, .group, .model])
    #expect(datasets[2].bootstrap == Bootstrap(resamples: 1000, seed: 1) && datasets[2].columns == DatasetColumns())
  }

  @Test func mistakesHavePlaces() {
    #expect(problem("  - {file: d.csv}\n") == "error: r.yaml:3:5: 'id' is missing in a dataset")
    #expect(problem("  - {id: a}\n") == "error: r.yaml:3:5: 'file' is missing in dataset 'a'")
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

  @Test func planAndOnly() throws {
    let yaml = """
      models: {a: smollm2-135m, b: smollm2-135m}
      datasets: [{id: x, file: d.csv, group: g}, {id: y, file: d.csv}]
      """
    let spec = try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test)
    let plan = try Plan(spec)
    #expect(plan.cells.isEmpty && plan.figures.isEmpty)
    #expect(plan.datasetCells.map(\.file) == ["datasets/a-x", "datasets/b-x", "datasets/a-y", "datasets/b-y"])
    #expect(plan.datasetFigures.map(\.id) == ["x-dataset-profile-a", "x-dataset-profile-b", "y-dataset-profile"])
    #expect(plan.datasetFigures.map(\.cells) == [[0], [1], [2, 3]])
    let part = try Plan(spec, only: "y")
    #expect(part.datasetCells.map(\.file) == ["datasets/a-y", "datasets/b-y"])
    #expect(part.datasetFigures.map(\.cells) == [[0, 1]])
    #expect(throws: Diagnostic.self) { try Plan(spec, only: "nothing") }
  }
}

import Engine
import Foundation
import Testing
import Traces

@testable import Spec
@testable import Words

/// Datasets of pairs and of attributions in specs.
@Suite struct PairSpecTests {
  private func spec(_ dataset: String, figures: String, prompts: String = "") throws -> ReportSpec {
    let yaml =
      "models: {a: smollm2-135m}\n\(prompts)datasets: [{id: set, file: d.csv, \(dataset)}]\nfigures: \(figures)\n"
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary)
  }

  private func problem(_ dataset: String, figures: String = "[dataset-profile]", prompts: String = "") -> String {
    #expect(throws: DiagnosticList.self) { try spec(dataset, figures: figures, prompts: prompts) }?
      .diagnostics.map(\.rendered).joined(separator: "\n") ?? ""
  }

  @Test func aDatasetNeedsNoPromptForTheseKinds() throws {
    let read = try spec(
      "foil: f, source: s, of: mlp, attribute: true", figures: "[attribution, {kind: patching, of: mlp}]")
    #expect(read.datasets[0].patch == [.mlp] && read.datasets[0].attribute && read.datasets[0].columns.source == "s")
    #expect(
      read.figures.map(\.kind) == ["attribution", "patching"] && read.figures.allSatisfy { $0.subjects == ["set"] })
    #expect(try spec("foil: f, source: s", figures: "[patching]").datasets[0].patch == Trace.Patching.Place.allCases)
  }

  @Test func promptsAndDatasetsAreDrawnBySeparateFigures() throws {
    let prompts = "prompts: [{id: one, text: A, patch: {source: B}}, {id: two, text: A}]\n"
    let read = try spec("foil: f, source: s", figures: "[patching, top-tokens]", prompts: prompts)
    #expect(read.figures.map(\.subjects) == [["one"], ["set"], ["one", "two"]])
    let chosen = try spec(
      "foil: f, source: s", figures: "[{kind: patching, prompts: set}, top-tokens]", prompts: prompts)
    #expect(chosen.figures.map(\.subjects) == [["set"], ["one", "two"]])
    #expect(
      problem("foil: f, attribute: true", figures: "[{kind: patching, prompts: [set, two]}]", prompts: prompts)
        .contains("dataset 'set' does not have what patching shows: another text to patch from"))
  }

  @Test func whatIsMissingIsNamedWithItsPlace() {
    #expect(problem("source: s").contains("dataset 'set' has source without foil, so there is no difference of logits"))
    #expect(problem("attribute: true").contains("dataset 'set' has attribute without foil"))
    #expect(problem("foil: f, of: stream").contains("dataset 'set' has of without source, so no states are put in"))
    #expect(problem("foil: f, source: s, of: heads").contains("heads"))
    #expect(problem("foil: f, attribute: maybe").contains("attribute of dataset 'set'"))
    #expect(problem("foil: f", figures: "[patching]").contains("no prompt and no dataset has what patching shows"))
  }
}

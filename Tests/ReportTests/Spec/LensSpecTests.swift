import Figures
import Foundation
import Models
import Testing
import Words

@testable import Spec

/// `lenses` of a model in a spec.
@Suite struct LensSpecTests {
  private func read(_ model: String, figures: String = "[top-tokens]") throws -> ReportSpec {
    let yaml = "models:\n  a: \(model)\nprompts: [{id: p, text: x, generate: 1}]\nfigures: \(figures)\n"
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: .test)
  }

  private func problems(_ model: String, figures: String = "[top-tokens]") throws -> [String] {
    try #require(throws: DiagnosticList.self) { try read(model, figures: figures) }.diagnostics.map(\.rendered)
  }

  @Test func theyStandForAnEntryEach() throws {
    let spec = try read("{path: ./m, lenses: [logit, {tuned: ./t}, {jacobian: 'org/name:x.pt'}]}")
    #expect(spec.models.map(\.name) == ["a (logit lens)", "a (tuned lens)", "a (Jacobian lens)"])
    #expect(spec.models.map(\.lens) == [nil, .tuned("./t"), .jacobian("org/name:x.pt")])
    #expect(spec.models.allSatisfy { $0.entry == "a" && $0.reference == .path("./m") })
    // A list of one is no list of models.
    let one = try read("{path: ./m, lenses: [{jacobian: ./j.pt}]}")
    #expect(one.models.map(\.name) == ["a"] && one.models[0].lens == .jacobian("./j.pt") && one.models[0].entry == nil)
  }

  @Test func figuresChooseAllOfThemByTheEntryOrOneByItsName() throws {
    let spec = try read(
      "{path: ./m, lenses: [logit, {jacobian: ./j.pt}]}\n  b: ./n.gguf",
      figures:
        "[{kind: rank-heatmap, models: [a]}, {kind: top-tokens, models: ['a (Jacobian lens)']}, {kind: rank-heatmap, id: all}]"
    )
    #expect(
      spec.figures.map(\.models) == [
        ["a (logit lens)", "a (Jacobian lens)"], ["a (Jacobian lens)"], ["a (logit lens)", "a (Jacobian lens)", "b"],
      ])
  }

  @Test func mistakesAreToldInTheirWords() throws {
    let form = "expected logit, {tuned: FOLDER} or {jacobian: FILE}, found "
    #expect(
      try problems("{path: ./m, lenses: [raw]}") == ["error: r.yaml:2:27: lenses of model 'a': \(form)'raw'"])
    #expect(
      try problems("{path: ./m, lenses: [{jacob: ./j.pt}]}") == [
        "error: r.yaml:2:28: unknown lens 'jacob' in lenses of model 'a'\n"
          + "  hint: known lenses: tuned, jacobian"
      ])
    #expect(
      try problems("{path: ./m, lenses: [logit, logit]}") == [
        "error: r.yaml:2:34: lenses of model 'a' has the logit lens twice\n"
          + "  hint: list the model twice to see two lenses of one kind"
      ])
    #expect(
      try problems("{path: ./m, tuned_lens: ./t, lenses: [logit]}") == [
        "error: r.yaml:2:35: model 'a' has both tuned_lens and lenses\n"
          + "  hint: keep one of them, or list them: lenses: [{tuned: FOLDER}, {jacobian: FILE}]"
      ])
    #expect(
      try problems("{path: ./m, lenses: [logit, {jacobian: ./j.pt}]}\n  a (logit lens): ./n.gguf") == [
        "error: r.yaml:3:3: the model 'a (logit lens)' is there already\n  hint: give one of the entries another name"
      ])
  }
}

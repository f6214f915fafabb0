import Engine
import Foundation
import Testing
import Traces

@testable import Figures
@testable import Spec
@testable import Words

@Suite struct SpecReaderTests {
  private func read(_ yaml: String) throws -> ReportSpec {
    try SpecReader.read(Data(yaml.utf8), name: "specs/My report.yaml", vocabulary: .test)
  }

  @Test func aCompleteSpecIsReadFieldByField() throws {
    let yaml = """
      title: Finding the words to say
      models:
        SmolLM2 135M: smollm2-135m
        mine: {path: ../models/mine}
        file: ./tiny.gguf
      prompts:
        - id: heathrow
          text: "Heathrow airport is located in the city of"
          generate: 1
        - id: eu
          text: "A\\n1."
          continuation: " Austria"
          top: 5
        - id: keys
          text: "The keys to the cabinet"
          watch: [" is", " are"]
      figures:
        - rank-heatmap
        - {kind: top-tokens, position: last, layer: 5, size: 1, models: [mine]}
        - {kind: token-ranks, prompts: [keys]}
        - {kind: top-tokens, id: third, position: 3, prompts: [eu]}
      lens: {norm: none}
      style: {venue: neurips, span: full, width: 300}
      output: {figures: [svg, pdf], gallery: none, report: pdf}
      """
    let spec = try read(yaml)
    let all = ["SmolLM2 135M", "mine", "file"]
    #expect(spec.name == "my-report")
    #expect(spec.title == "Finding the words to say")
    #expect(spec.sha256 == SHA256.hex(of: Data(yaml.utf8)))
    #expect(spec.models.map(\.name) == all)
    #expect(spec.models.map(\.reference) == [.catalog("smollm2-135m"), .path("../models/mine"), .path("./tiny.gguf")])
    #expect(spec.models[1].place == "specs/My report.yaml:4:3")
    #expect(
      spec.prompts.map(\.text) == ["Heathrow airport is located in the city of", "A\n1.", "The keys to the cabinet"])
    #expect(spec.prompts.map(\.method) == [.generate(1), .continuation(" Austria"), .generate(0)])
    #expect(spec.prompts.map(\.watch) == [[], [], [" is", " are"]])
    #expect(spec.prompts.map(\.top) == [10, 5, 10])
    #expect(spec.figures.map(\.kind) == ["rank-heatmap", "top-tokens", "token-ranks", "top-tokens"])
    #expect(
      spec.figures.map(\.subjects) == [["heathrow", "eu"], ["heathrow", "eu", "keys"], ["keys"], ["eu"]])
    #expect(spec.figures.map(\.models) == [all, ["mine"], all, all])
    #expect(spec.figures[1].options == ["position": .text("last"), "layer": .integer(5), "size": .number(1)])
    #expect(spec.figures[3].options == ["position": .integer(3)])
    #expect(spec.norm == .none)
    #expect(spec.style == FigureStyle(venue: "neurips", span: "full", width: 300))
    #expect(spec.output == ReportSpec.Output(figures: ["pdf", "svg"], gallery: false, report: true))
  }

  @Test func whatIsNotGivenHasItsUsualValue() throws {
    let spec = try read(
      """
      models: {a: smollm2-135m}
      prompts: [{id: one, text: One}]
      figures: [top-tokens]
      """)
    #expect(spec.title == "My report")
    #expect(spec.norm == .final)
    #expect(spec.style == FigureStyle())
    #expect(spec.output == ReportSpec.Output(figures: ["pdf", "svg", "png"], gallery: true, report: true))
  }

  @Test func aByteOrderMarkIsNoPartOfTheFirstKey() throws {
    let yaml = "\u{FEFF}title: T\nmodels: {a: smollm2-135m}\nprompts: [{id: one, text: One}]\nfigures: [top-tokens]\n"
    #expect(try read(yaml).title == "T")
  }

  @Test func everyProblemIsReportedAtOnce() throws {
    let yaml = """
      titel: A
      models: {a: smollm}
      prompts:
        - id: One
          text: ""
        - {id: two, text: Two, generate: -1}
      figures: [heatmap]
      """
    let error = try #require(throws: DiagnosticList.self) { try read(yaml) }
    #expect(
      error.diagnostics.map(\.rendered).map { $0.split(separator: "\n").first.map(String.init) } == [
        "error: specs/My report.yaml:1:1: unknown key 'titel' in the spec",
        "error: specs/My report.yaml:2:13: unknown model 'smollm'",
        "error: specs/My report.yaml:4:9: id 'One' must be lower-case letters, digits and single dashes",
        "error: specs/My report.yaml:5:11: text of a prompt must not be empty",
        "error: specs/My report.yaml:6:36: generate of prompt 'two' must be between 0 and 4096, found -1",
        "error: specs/My report.yaml:7:11: unknown figure kind 'heatmap'",
      ])
    #expect(error.diagnostics.allSatisfy { $0.category == .badSpec })
  }
}

import Foundation
import TestSupport
import Testing

@testable import Figures
@testable import Models
@testable import Spec
@testable import Words

/// Mistakes of figures that a spec alone shows: all of them are found when it is read.
@Suite struct ImpossibleFigureTests {
  private func messages(_ yaml: String) throws -> [String] {
    do {
      _ = try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: try SpecContext.vocabulary)
      return []
    } catch let problems as DiagnosticList {
      return problems.diagnostics.map(\.rendered)
    }
  }

  private static func models(_ count: Int) -> String {
    "models:\n" + (1...count).map { "  m\($0): {path: ./m\($0)}\n" }.joined()
  }

  private static let prompt =
    "prompts: [{id: one, text: One, generate: 2, top: 5, watch: [a, b, c]}]\n"

  static let mistakes: [(spec: String, messages: [String])] = [
    (
      models(1) + prompt + "figures: [top-tokens]\noutput: {figures: [svg], latex: paper}\n",
      [
        "error: r.yaml:5:19: latex: paper needs every figure as pdf and tex, found no pdf and tex in the figure formats\n"
          + "  hint: add pdf and tex, or leave out latex"
      ]
    ),
    (
      models(1) + prompt + "figures: [top-tokens]\noutput: {figures: [pdf, tex, png, typ], latex: paper}\n",
      [
        "error: r.yaml:5:19: latex: paper needs every figure as pdf, tex and svg, found no svg in the figure formats\n"
          + "  hint: add svg, or leave out latex"
      ]
    ),
    (
      models(7) + "datasets: [{id: d, file: d.csv}]\n",
      [
        "error: r.yaml:9:12: dataset-profile: 7 lines, expected at most 6 (figure of 'd')\n"
          + "  hint: choose fewer models, or by: group"
      ]
    ),
    (
      models(8) + "datasets: [{id: d, file: d.csv}]\nfigures: [{kind: dataset-comparison, by: model}]\n",
      [
        "error: r.yaml:11:11: dataset-comparison: 7 lines, expected at most 6 (figure of 'd')\n"
          + "  hint: choose fewer models"
      ]
    ),
    (
      models(3) + prompt + "figures: [{kind: trajectory, together: true}]\n",
      [
        "error: r.yaml:6:40: trajectory: 9 lines, expected at most 8 (figure of 'one')\n"
          + "  hint: watch fewer tokens, or sets of them, or show fewer models together"
      ]
    ),
    (
      models(7) + prompt + "figures: [{kind: profile, together: true}]\n",
      [
        "error: r.yaml:10:37: profile: 7 lines, expected at most 6 (figure of 'one')\n"
          + "  hint: show fewer models together"
      ]
    ),
    (
      models(1) + prompt + "figures: [{kind: top-tokens, position: 3}]\n",
      [
        "error: r.yaml:4:40: top-tokens: position 3 is not there, as the prompt has fewer positions (figure of 'one')\n"
          + "  hint: generate at least 3 tokens (generate: 3), or look at all (columns: all)"
      ]
    ),
    (
      models(1) + prompt + "figures: [{kind: lens-grid, start: 9}]\n",
      [
        "error: r.yaml:4:36: lens-grid: start 9 is not there, as the prompt has fewer positions (figure of 'one')\n"
          + "  hint: generate at least 9 tokens (generate: 9), or look at all (columns: all)"
      ]
    ),
    (
      models(1) + prompt + "figures: [{kind: vocabulary, k: 6}]\n",
      [
        "error: r.yaml:4:33: vocabulary: option 'k' expects at most 5, as the trace keeps so many tokens (top: 6 keeps more), found 6 (figure of 'one')"
      ]
    ),
    (
      models(1) + prompt + "figures: [{kind: top-tokens, layer: 1, mark: {cities: [a]}}]\n",
      [
        "error: r.yaml:4:46: top-tokens: option 'mark' expects no value beside layer, which shows bars, found {cities: ['a']} (figure of 'one')"
      ]
    ),
    (
      models(1) + "datasets: [{id: d, file: d.csv, foil: foil, attribute: true}]\n"
        + "figures: [{kind: attribution, by: head}]\n",
      [
        "error: r.yaml:4:35: attribution: option 'by' expects 'part' for a dataset, whose summary has no heads (prompts: of an entry leaves datasets out), found 'head' (figure of 'd')"
      ]
    ),
    (
      models(2) + prompt + "figures: [{kind: vocabulary, between: lenses}]\n",
      [
        "error: r.yaml:5:39: vocabulary: between: lenses compares two lenses of one model, and 'm1' and 'm2' have the same (figure of 'one')\n"
          + "  hint: give one of them another lens (lens: of the model), or compare the models: between: models"
      ]
    ),
    (
      models(1) + prompt + "figures: [top-tokens]\nstyle: {strict: true}\n",
      [
        "error: r.yaml:5:9: strict applies the rules of a venue, and style names none\n"
          + "  hint: name it: venue: icml; or leave out strict"
      ]
    ),
    (
      models(1)
        + "prompts: [{id: one, text: One, generate: 2, sample: {seed: 18446744073709551616}}]\nfigures: [top-tokens]\n",
      ["error: r.yaml:3:60: seed must be between 0 and 2147483647, found 18446744073709551616"]
    ),
    (
      models(1)
        + "prompts: [{id: one, chat: One, date: 2025-13-31}, {id: two, chat: Two, date: \"2025-02-30\"}]\nfigures: [top-tokens]\n",
      [
        "error: r.yaml:3:38: date of prompt 'one' must be a day such as 2025-01-31, found the date 2025-13-31: there is no month 13",
        "error: r.yaml:3:78: date of prompt 'two' must be a day such as 2025-01-31, found '2025-02-30': month 2 of 2025 has 28 days",
      ]
    ),
  ]

  @Test(arguments: mistakes.indices) func eachIsFoundWhenTheSpecIsRead(index: Int) throws {
    #expect(try messages(Self.mistakes[index].spec) == Self.mistakes[index].messages)
  }

  @Test func severalAreToldAtOnce() throws {
    let found = try messages(
      Self.models(7) + Self.prompt + "datasets: [{id: d, file: d.csv}]\n"
        + "figures: [{kind: profile, together: true}, {kind: top-tokens, position: 3}, dataset-profile]\n"
        + "output: {figures: [svg], latex: paper}\n")
    #expect(found.count == 4, "\(found)")
  }

  @Test func checkpointsOfOneRunHaveAnAxisOfTheirOwn() throws {
    let run = "models: {run: {checkpoints: {1: ./a, 2: ./b, 3: ./c, 4: ./d, 5: ./e, 6: ./f, 7: ./g}}}\n"
    let found = try messages(run + Self.prompt + "figures: [{kind: profile, together: true}]\n")
    #expect(!found.contains { $0.contains("lines, expected") }, "\(found)")
  }
}

import Foundation
import Testing

@testable import Spec
@testable import Words

/// Datasets of sentences, of corpora and of answers of several tokens: what goes together, and how texts are cut.
@Suite struct DatasetFormSpecTests {
  private func spec(_ dataset: String, models: String = "a: smollm2-135m", figures: String = "") throws -> ReportSpec {
    let yaml = "models: {\(models)}\ndatasets:\n  - {id: d, \(dataset)}\n\(figures)"
    return try SpecReader.read(Data(yaml.utf8), name: "r.yaml", vocabulary: SpecContext.vocabulary)
  }

  private func problem(_ dataset: String, figures: String = "") -> String {
    #expect(throws: DiagnosticList.self) { try spec(dataset, figures: figures) }?
      .diagnostics.map(\.rendered).joined(separator: "\n") ?? ""
  }

  @Test func aFormFollowsFromTheKeys() throws {
    let pairs = try spec("file: d.csv, sentence: good, foil: bad").datasets[0]
    #expect(
      pairs.form == .sentences && pairs.score == .sum && pairs.columns.target == nil && pairs.columns.prompt == "good")
    #expect(try spec("file: d.csv, sentence: good, foil: bad, score: mean").datasets[0].score == .mean)
    let texts = try spec("file: d.csv, sentence: text, words: true").datasets[0]
    #expect(texts.form == .corpus && texts.score == nil && texts.words && texts.passage == nil)
    let corpus = try spec("corpus: story.txt").datasets[0]
    #expect(corpus.form == .corpus && corpus.passage == 1000 && corpus.file == "story.txt" && corpus.by == .model)
    let answers = try spec("file: d.csv, foil: foil, score: sum").datasets[0]
    #expect(answers.form == nil && answers.score == .sum && !answers.keepsItems)
  }

  @Test func aComparisonKeepsTheNumbersOfItems() throws {
    let figures = "figures: [{kind: dataset-comparison, prompts: [d], by: model}]\n"
    let read = try spec("file: d.csv", models: "a: smollm2-135m, b: gemma-3-270m", figures: figures)
    #expect(read.datasets[0].keepsItems && read.figures[0].together)
    #expect(problem("file: d.csv", figures: figures).contains("compares two models or more, found 1"))
    #expect(
      problem("file: d.csv, group: g", figures: "figures: [{kind: dataset-comparison, by: group}]\n").contains(
        "dataset 'd' has no pair"))
  }

  @Test func whatDoesNotGoTogetherIsSaidWithItsPlace() {
    #expect(problem("foil: f").contains("'file' is missing in dataset 'd'"))
    #expect(problem("file: d.csv, corpus: c.txt").contains("dataset 'd' has file and corpus, and one is read"))
    let all = problem("corpus: c.txt, foil: f, sentence: s, score: sum, group: g, first_token: true")
    for key in ["foil", "sentence", "score", "group", "first_token"] {
      #expect(all.contains("dataset 'd' is a corpus, which has no \(key)"), "\(key)")
    }
    #expect(problem("file: d.csv, passage: 300").contains("has passage without corpus"))
    #expect(problem("file: d.csv, sentence: s, target: t").contains("has whole sentences, which have no target"))
    #expect(problem("file: d.csv, sentence: s, score: sum").contains("has score without foil"))
    #expect(problem("file: d.csv, foil: f, score: sum, first_token: true").contains("has first_token and score"))
    #expect(problem("file: d.csv, foil: f, score: sum, attribute: true").contains("has attribute and score"))
    #expect(
      problem("file: d.csv, words: true").contains("has words, and the surprisal of words is that of whole texts"))
    #expect(problem("file: d.csv, sentence: s, foil: f, words: true").contains("has words"))
    #expect(problem("file: d.csv, pair: p").contains("has pair without group"))
    #expect(problem("file: d.csv, foil: f, score: most").contains("score"))
  }

  @Test func aTextIsCutAtEndsOfLinesAndAtSpaces() throws {
    func cut(_ text: String, _ most: Int) throws -> [String] {
      try DatasetReader.passages(Data(text.utf8), name: "t.txt", most: most).map { "\($0.line):\($0.prompt)" }
    }
    #expect(try cut("one\ntwo\n\nthree\r\n", 100) == ["1:one\ntwo\n\nthree"])
    #expect(try cut("one\ntwo\nthree\n", 8) == ["1:one\ntwo", "3:three"])
    #expect(try cut("one two three\nfour", 8) == ["1:one two", "1:three", "2:four"])
    #expect(try cut("abcdefghij", 4) == ["1:abcd", "1:efgh", "1:ij"])
    #expect(try cut("  \n\n a \n", 10) == ["1:a"] || cut("  \n\n a \n", 10) == ["3:a"])
    #expect(throws: Diagnostic.self) { try cut(" \n\n", 10) }
  }
}

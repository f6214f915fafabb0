import Foundation
import TestSupport
import Testing

@testable import Build
@testable import Findings
@testable import Words

/// What a check says of findings that changed.
@Suite struct FindingsFileTests {
  private static let file = """
    {"strongest": ["One.", "Two."],
     "rows": [
      {"prompt": "keys", "model": "SmolLM2", "finding": "“␣are” (16 %) is ahead.",
       "values": {"last_layer": 29, "predicted": "␣are", "probability": 0.162, "predicted_settled": 29, "gap": 3.4,
                  "leader": "␣are", "ahead": 26},
       "watched": [{"text": "␣is", "probability": 0.0052, "rank": 28},
                   {"text": "␣are", "probability": 0.162, "rank": 1, "settled": 12}]},
      {"prompt": "list", "model": "SmolLM2", "finding": "The 2 output tokens are settled.",
       "values": {"tokens": 2, "settled": 20, "settled_earliest": 20, "settled_latest": 25, "settled_depth": 0.7,
                  "settled_digit": 20, "never": 0},
       "tokens": [{"position": 5, "text": "␣1", "class": "digit", "probability": 0.41234, "rank": 1, "settled": 20,
                   "first": 18, "rank_before": 1234},
                  {"position": 6, "text": ".", "class": "punctuation", "probability": 0.9, "rank": 1, "settled": 25,
                   "first": -1}]},
      {"prompt": "agreement", "model": "SmolLM2", "values": {"group": "plural", "share": 0.93, "half": 4}}],
     "contrasts": [{"prompt": "keys", "models": ["SmolLM2", "Gemma"], "layer": 3, "token": "␣are",
                    "probabilities": [0.1, 0.2], "finding": "They differ."}],
     "comparisons": [{"prompt": "agreement", "sides": ["SmolLM2", "Gemma"], "items": 40, "measure": "accuracy", "unit": "nats",
                      "finding": "SmolLM2 is ahead.",
                      "layers": [{"layers": [-1, -1], "mean": {"value": 0, "low": -0.5, "high": 0.5}},
                                 {"layers": [29, 17], "share": {"value": 0.125, "low": 0.05, "high": 0.2},
                                  "mean": {"value": 1.5, "low": 1.25, "high": 1.75}, "alone": [7, 2], "p": 0.18, "holm": 0.36}]}]}
    """

  /// The findings of the file above with other texts in places of those, against itself.
  private func changes(_ edits: [(String, String)], tolerance: Double = 0) throws -> [FindingChange] {
    try withTemporaryFolder { folder in
      var text = Self.file
      for (old, new) in edits {
        #expect(text.contains(old), "\(old)")
        text = text.replacing(old, with: new)
      }
      let files = try [("old", Self.file), ("new", text)].map { name, text in
        let place = folder.appending(path: name)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place.appending(path: "findings.json"))
        return try #require(FindingsFile(in: place))
      }
      return files[0].changes(to: files[1], tolerance: tolerance)
    }
  }

  /// What is printed of the changes.
  private func lines(_ edits: [(String, String)], tolerance: Double = 0) throws -> String {
    CheckSummary(try report(changes(edits, tolerance: tolerance))).lines(files: false)
  }

  private func report(_ changes: [FindingChange]) -> CheckJob.Report {
    var result = CheckJob.Result(spec: "w.yaml", gallery: "out/w", isCompared: false, findings: [], failures: [])
    result.changedFindings = changes
    return CheckJob.Report(results: [result], requirements: [])
  }

  @Test func pagesShowWhatCannotBeSeenByItsLabel() {
    var result = CheckJob.Result(
      spec: "w\u{202E}.yaml", gallery: "out/w\u{1B}[2J", isCompared: true,
      findings: [
        DiffFinding(name: "figures/a\u{202E}gnp.svg", isEqual: false, lines: ["a\u{9}b\u{7}<"]),
        DiffFinding(name: "figures/\u{1B}]0;x\u{7}.png", isEqual: false, lines: []),
      ], failures: [])
    result.causes = [
      CheckCause(
        kind: .extra, headline: "\u{202E}files", notes: ["\u{8}"], files: result.findings.map(\.name), place: "x")
    ]
    let pages = [
      CheckPage.html(CheckJob.Report(results: [result], requirements: [])),
      DiffPage.html(result.findings, first: "a\u{202E}", second: "b\u{1B}"),
    ]
    for page in pages {
      #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || VisibleText.label(of: $0) == nil })
      #expect(page.contains("figures/a‹U+202E›gnp.svg") && page.contains("a⇥b‹U+0007›&lt;"))
    }
  }

  @Test func theSameFileHasNoChanges() throws {
    #expect(try changes([]) == [])
  }

  @Test func aValueThatIsLostIsSaidInWords() throws {
    #expect(
      try lines([(#", "settled": 12"#, "")]) == """
        finding of keys, SmolLM2
          settled of “␣are”: layer 12 → none

        """)
    #expect(
      try lines([(#", "ahead": 26"#, "")]) == """
        finding of keys, SmolLM2
          layer from which the most probable watched token is ahead for good: layer 26 → none

        """)
    #expect(
      try lines([(#""first": -1"#, #""rank_before": 7"#)]) == """
        finding of list, SmolLM2
          first layer with rank 1 of “.”, token 2 after the prompt: the embedding → none
          rank just before of “.”, token 2 after the prompt: none → 7

        """)
    #expect(
      try lines([(#", "half": 4"#, ""), (#""share": 0.93"#, #""share": 0.9301"#)]) == """
        finding of agreement/plural, SmolLM2
          share of prompts for which the measure holds: 0.93 → 0.9301
          layer from which the share stays half-way from chance: layer 4 → none

        """)
  }

  @Test func aSentenceAndItsValuesAreSaidTogether() throws {
    #expect(
      try lines([("“␣are” (16 %) is ahead.", "“␣are” (9 %) is ahead."), (#""gap": 3.4"#, #""gap": 3"#)]) == """
        finding of keys, SmolLM2
          before: “␣are” (16 %) is ahead.
          after: “␣are” (9 %) is ahead.
          gap between the two most probable watched tokens, in nats: 3.4 → 3

        """)
  }

  @Test func whatFollowsFromAnotherValueIsNotSaidAgain() throws {
    let edits = [
      (#""settled": 20, "settled_earliest": 20"#, #""settled": 21, "settled_earliest": 21"#),
      (#""settled_depth": 0.7"#, #""settled_depth": 0.73"#), (#""settled_digit": 20"#, #""settled_digit": 22"#),
    ]
    #expect(
      try lines(edits) == """
        finding of list, SmolLM2
          settled of the tokens after the prompt (median): layer 20 → layer 21
          settled of numbers (median): layer 20 → layer 22

        """)
  }

  @Test func otherTokensAreNamedWithoutTheirNumbers() throws {
    #expect(
      try lines([(#""text": "␣1", "class": "digit", "probability": 0.41234"#, #""text": "␣2", "class": "digit""#)])
        == """
        finding of list, SmolLM2
          token 1 after the prompt: “␣1” → “␣2”

        """)
  }

  @Test func aToleranceForgivesNumbersAndNoRanks() throws {
    let edits = [
      (#""probability": 0.41234, "rank": 1"#, #""probability": 0.41236, "rank": 2"#),
      (#""rank_before": 1234"#, #""rank_before": 1235"#),
    ]
    let ranks = """
        rank of “␣1”, token 1 after the prompt: 1 → 2
        rank just before of “␣1”, token 1 after the prompt: 1,234 → 1,235

      """
    #expect(try lines(edits, tolerance: 0.001) == "finding of list, SmolLM2\n\(ranks)")
    // Both shares are 41 % in a sentence.
    #expect(
      try lines(edits)
        == "finding of list, SmolLM2\n  probability of “␣1”, token 1 after the prompt: 0.41234 → 0.41236\n\(ranks)")
  }

  @Test func pairsOfModelsAndTheStrongestFindingsAreCompared() throws {
    #expect(
      try lines([
        (#""layer": 3"#, #""layer": 4"#), ("[0.1, 0.2]", "[0.1, 0.25]"), (#"["One.", "Two."]"#, #"["One.", "Three."]"#),
      ]) == """
        finding of keys, SmolLM2 and Gemma
          layer of the widest difference: layer 3 → layer 4
          probability of that token in Gemma: 20 % → 25 %
        finding of the gallery, strongest findings
          before: Two.
          after: Three.

        """)
  }

  @Test func aPromptThatIsNewIsSaidByItsSentence() throws {
    let row = #"{"prompt": "more", "model": "SmolLM2", "finding": "New.", "values": {"tokens": 2}}, "#
    #expect(
      try lines([(#""rows": ["#, #""rows": [\#(row)"#)]) == """
        finding of more, SmolLM2
          before: none
          after: New.

        """)
    let group = #"{"prompt": "more", "model": "SmolLM2", "values": {"group": "x", "items": 2000}}, "#
    #expect(
      try lines([(#""rows": ["#, #""rows": [\#(group)"#)]) == """
        finding of more/x, SmolLM2
          number of prompts: none → 2,000

        """)
  }

  @Test func manyValuesAreCountedAndTheSummaryIsATable() throws {
    let values = (1...12).map { FindingChange.Value(what: "value \($0)", before: "1", after: "2") }
    let change = FindingChange(whose: "keys, Tiny", before: "Old.", after: "New.", values: values)
    let summary = CheckSummary(report([change]))
    #expect(summary.lines(files: false).hasSuffix("  value 10: 1 → 2\n  and 2 more values\n"))
    #expect(CheckPage.html(report([change])).contains("<td>value 12</td><td>1</td><td>2</td>") == false)
    var compared = report([change])
    compared.results[0].isCompared = true
    #expect(CheckPage.html(compared).contains("<td>keys, Tiny</td><td>value 12</td><td>1</td><td>2</td></tr>"))
    #expect(CheckSummary.cell("\u{600}@bob `\u{301}") == "\u{600}\\@bob \\`\u{301}")
    #expect(CheckSummary.code("`\u{301}") == "'\u{301}")
    let text = CheckSummary(compared).markdown
    #expect(
      text.contains(
        "| finding of | what | before | after |\n|---|---|---|---|\n| keys, Tiny | sentence | Old. | New. |\n"))
    #expect(text.contains("| keys, Tiny | value 10 | 1 | 2 |\n| keys, Tiny | and 2 more | | |\n"))
  }

  @Test func everyFieldHasWords() {
    for field in FindingField.all { #expect(field.words != field.name || ["group", "measure"].contains(field.name)) }
    #expect(Set(FindingField.all.map(\.words)).count == FindingField.all.count)
  }

  /// The sentence names only some of them.
  @Test func numbersOfComparisonsAreComparedThemselves() throws {
    #expect(
      try lines([(#""value": 1.5"#, #""value": 1.75"#), (#""alone": [7, 2]"#, #""alone": [7, 1]"#)]) == """
        finding of agreement, SmolLM2 against Gemma
          mean difference after layer 29 and layer 17: 1.5 → 1.75
          items that Gemma alone has right after layer 29 and layer 17: 2 → 1

        """)
    #expect(
      try lines([(#""low": -0.5"#, #""low": -0.25"#), (#""p": 0.18, "#, "")]) == """
        finding of agreement, SmolLM2 against Gemma
          lower end of the mean difference after the embedding: -0.5 → -0.25
          p of McNemar's test after layer 29 and layer 17: 0.18 → none

        """)
    #expect(try changes([(#""p": 0.18"#, #""p": 0.1801"#)], tolerance: 0.001) == [])
    #expect(try changes([(#""p": 0.18"#, #""p": 0.1801"#)]).count == 1)
    #expect(try changes([(#""items": 40"#, #""items": 41"#)], tolerance: 5).count == 1)
  }
}

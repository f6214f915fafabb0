import Foundation
import TestSupport
import Testing

/// `strata check --require` on examples/first.yaml and on small specs.
@Suite struct CheckRequirementTests {
  private static let first = Fixtures.repository.appending(path: "examples/first.yaml").path

  private func check(_ strata: StrataProgram, _ specs: [String], _ conditions: String...) throws
    -> StrataProgram.Result
  {
    try strata.run(["check", "-q", "--no-compare"] + specs + conditions.flatMap { ["--require", $0] })
  }

  @Test func conditionsAreTestedOverTheFindingsOfTheExample() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      let good = try check(
        strata, [Self.first], "settled <= 3", "leader of keys in first == '␣are'",
        "ahead of keys == 2 and probability of heathrow > 99 %")
      #expect(good.status == 0, "\(good.err)")
      #expect(
        good.out == """
          holds: settled <= 3 (4 values)
          holds: leader of keys in first == '␣are' (1 value)
          holds: ahead of keys == 2 and probability of heathrow > 99 % (2 values)

          """)
      #expect(strata.files(in: ".").allSatisfy { $0.hasPrefix("cache/") }, "a check leaves nothing behind")

      let bad = try check(strata, [Self.first], "ahead < 2", "settled_latest <= 3")
      #expect(bad.status == 2)
      #expect(
        bad.out == """
          does not hold: ahead < 2
            keys, first: ahead is 2
          holds: settled_latest <= 3 (4 values)

          """)
    }
  }

  @Test func aConditionThatDoesNotHoldIsInTheSummaryAndAnnotated() throws {
    try withTemporaryFolder { folder in
      var strata = StrataProgram(folder: folder)
      let summary = folder.appending(path: "summary.md")
      strata.environment = ["GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": summary.path]
      let result = try check(strata, [Self.first], "gap of doctor > 2", "settled <= 3")
      #expect(result.status == 2)
      let text = try String(contentsOf: summary, encoding: .utf8)
      #expect(
        text == """
          ## Conditions

          **1** of 2 conditions does not hold.

          | condition | holds | where it does not |
          |---|---|---|
          | gap of doctor \\> 2 | **no** | doctor, first: gap is 1.26889 |
          | settled \\<= 3 | yes (4 values) |  |


          """)
      let file = Self.first.replacing(":", with: "%3A")
      #expect(
        result.out.contains(
          "::error file=\(file),title=does not hold%3A gap of doctor > 2::doctor, first: gap is 1.26889\n"),
        "\(result.out)")
    }
  }

  @Test func wrongConditionsAndUnknownNamesAreRefusedBeforeAModelIsOpened() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      // There is no such model: a build would end with 66.
      try strata.write(
        """
        models: {Tiny: ./absent.gguf}
        prompts: [{id: cat, text: the cat, generate: 1}]
        figures: [rank-heatmap]

        """, to: "words.yaml")
      func refusal(_ condition: String) throws -> String {
        let result = try check(strata, ["words.yaml"], condition)
        #expect(result.status == 64, "\(result)")
        return result.err
      }
      #expect(
        try refusal("setled <= 3").hasPrefix(
          "error: --require: unknown field 'setled' in 'setled <= 3'\n  hint: did you mean 'settled'?"))
      #expect(
        try refusal("settled of cot <= 3")
          == "error: --require: 'settled of cot <= 3': there is no prompt or dataset 'cot'\n"
          + "  hint: did you mean 'cat'? known prompts and datasets: cat\n")
      #expect(
        try refusal("settled in tiny <= 3").contains("there is no model 'tiny'\n  hint: did you mean 'Tiny'?"))
      #expect(try refusal("share > 0.5").contains("'share > 0.5': nothing here has 'share'\n  hint: share: The share"))
      #expect(try refusal("settled <=").contains("expected a number or a text in quotes"))
      #expect(try check(strata, ["words.yaml"], "settled of cat <= 3").status == 66)
      let all = try check(strata, ["words.yaml"], "setled <= 3", "settled <")
      #expect(all.status == 64 && all.err.components(separatedBy: "error: --require").count == 3, "\(all.err)")
    }
  }

  @Test func aTokenThatIsNotSettledDoesNotFulfilAConditionOnSettled() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {Tiny: ./tiny.gguf}
        prompts:
          - {id: cat, text: the cat, continuation: " zebra"}
          - {id: dog, text: the dog, generate: 1}
        figures: [rank-heatmap]

        """, to: "words.yaml")
      let result = try check(strata, ["words.yaml"], "settled <= 100")
      #expect(result.status == 2)
      #expect(result.out == "does not hold: settled <= 100\n  cat, Tiny: settled has no value\n")
    }
  }

  @Test func aValueThatCouldNotBeMadeFulfilsNoCondition() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      try strata.write(
        """
        models: {Tiny: ./tiny.gguf}
        prompts: [{id: cat, text: the cat, generate: 1, watch: [a, zzz]}]
        figures: [rank-heatmap, token-ranks]

        """, to: "words.yaml")
      let result = try check(strata, ["words.yaml"], "ahead >= 0", "tokens == 1")
      #expect(result.status == 2)
      #expect(
        result.out == """
          does not hold: ahead >= 0
            nothing has ahead, and something could not be made
          holds: tokens == 1 (1 value)
          not made: Tiny, cat: the watched word 'zzz' is 3 tokens (z | z | z), expected one

          """, "\(result.out)")
    }
  }

  @Test func withSeveralSpecsANameMustExistInOneOfThem() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for name in ["cat", "dog"] {
        try strata.write(
          """
          models: {Tiny: ./tiny.gguf}
          prompts: [{id: \(name), text: the \(name), generate: 1}]
          figures: [rank-heatmap]

          """, to: "\(name)s.yaml")
      }
      let specs = ["cats.yaml", "dogs.yaml"]
      let good = try check(strata, specs, "tokens of cat == 1", "tokens == 1")
      #expect(good.status == 0, "\(good.err)")
      #expect(good.out == "holds: tokens of cat == 1 (1 value)\nholds: tokens == 1 (2 values)\n")
      let bad = try check(strata, specs, "tokens of dog > 1")
      #expect(bad.status == 2)
      #expect(bad.out == "does not hold: tokens of dog > 1\n  dogs.yaml: dog, Tiny: tokens is 1\n")
      #expect(try check(strata, specs, "tokens of bird == 1").status == 64)
    }
  }

  @Test func galleriesAreComparedToo() throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      #expect(try strata.run("build", Self.first, "-q").status == 0)
      let both = try strata.run("check", Self.first, "-q", "--require", "settled <= 3")
      #expect(both.status == 0, "\(both.err)")
      #expect(both.out.hasPrefix("holds: settled <= 3 (4 values)\nout/first: "), "\(both.out)")
      let none = try strata.run("check", Self.first, "-q", "--out", "nowhere", "--require", "settled <= 3")
      #expect(none.status == 66)
      #expect(none.err.hasSuffix("  hint: --no-compare tests the conditions without a gallery\n"), "\(none.err)")
      let nothing = try strata.run("check", Self.first, "--no-compare")
      #expect(nothing.status == 64 && nothing.err.contains("--no-compare leaves nothing to check without --require"))
      let page = try strata.run("check", Self.first, "--no-compare", "--require", "never == 0", "--html", "x.html")
      #expect(page.status == 64 && page.err.contains("so --html has no effect"))
    }
  }
}

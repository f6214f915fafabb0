import Figures
import Foundation
import TestSupport
import Testing

/// Several traces in one figure, the files that come with figures, and `strata diff`, as a whole.
@Suite struct TogetherAndDiffTests {
  private func run(_ body: (StrataProgram) throws -> Void) throws {
    try withTemporaryFolder { folder in
      let strata = StrataProgram(folder: folder)
      try strata.addTinyModel()
      for (name, prompt) in [("a", "the"), ("b", "the cat")] {
        let trace = try strata.run(
          "trace", "--model", "tiny.gguf", "--prompt", prompt, "--generate", "2", "--watch", "a", "--watch", "b", "-q",
          "-o", "\(name).json")
        try #require(trace.status == 0, "\(trace.err)")
      }
      try body(strata)
    }
  }

  @Test func modelsOfAPromptShareAFigureInABuild() throws {
    try run { strata in
      try strata.write(
        """
        models: {One: ./tiny.gguf, Two: ./tiny.gguf}
        prompts: [{id: cat, text: the cat, generate: 2, watch: [a, b], columns: all}]
        figures: [comparison, {kind: trajectory, together: true}, lens-grid]
        output: {figures: [svg, csv, tex], report: none}

        """, to: "s.yaml")
      let build = try strata.run("build", "s.yaml", "-q")
      #expect(build.status == 0, "\(build.err)")
      #expect(
        strata.files(in: "out/s/figures").filter { $0.hasSuffix(".svg") }
          == ["cat-comparison.svg", "cat-lens-grid-one.svg", "cat-lens-grid-two.svg", "cat-trajectory.svg"])
      let page = try String(contentsOf: strata.folder.appending(path: "out/s/index.html"), encoding: .utf8)
      #expect(page.contains("One, Two") && page.contains("cat-comparison.tex"))
      #expect(page.contains("LaTeX"))
    }
  }

  @Test func whatADifferenceNeedsDependsOnWhatItCompares() throws {
    try run { strata in
      func build(_ figure: String) throws -> StrataProgram.Result {
        try strata.write(
          """
          models: {One: ./tiny.gguf, Two: ./tiny.gguf}
          prompts: [{id: cat, text: the, continuation: " cat"}]
          figures: [\(figure)]
          output: {figures: [svg], report: none}

          """, to: "s.yaml")
        return try strata.run("build", "s.yaml", "-q")
      }
      let tokens = try build("difference")
      #expect(tokens.status == 65 && tokens.err.contains("no prompt has what difference shows: two watched words"))
      let models = try build("{kind: difference, between: models}")
      #expect(models.status == 0, "\(models.err)")
      let one = try build("{kind: difference, between: models, models: [One]}")
      #expect(
        one.status == 65 && one.err.contains("s.yaml:3:11: difference with these options shows 2 models, found 1"))
      #expect(one.err.contains("hint: choose them: models: [One, Two]"), "\(one.err)")
      let third = try build("{kind: difference, target: 3}")
      #expect(third.status == 65 && third.err.contains("no prompt has what difference shows: 3 watched words"))
      try strata.write(
        """
        models: {One: ./tiny.gguf}
        prompts: [{id: cat, text: the, generate: 2}]
        figures: [first-layer]

        """, to: "f.yaml")
      let histogram = try strata.run("build", "f.yaml", "-q")
      #expect(histogram.status == 65 && histogram.err.contains("no prompt has what first-layer shows: 5 positions"))
      try strata.write(
        """
        models: {One: ./tiny.gguf}
        prompts: [{id: cat, text: the, generate: 2}]
        figures: [{kind: difference, between: models}]

        """, to: "o.yaml")
      let alone = try strata.run("build", "o.yaml", "-q")
      #expect(alone.status == 65 && alone.err.contains("hint: add a second model to the models of the spec"))
    }
  }

  @Test func severalTracesAreDrawnTogetherOrEachForItself() throws {
    try run { strata in
      let together = try strata.run("draw", "a.json", "b.json", "--kind", "comparison", "-o", "c.pdf", "-o", "c.csv")
      #expect(together == .init(status: 0, out: "", err: ""))
      let table = try String(contentsOf: strata.folder.appending(path: "c.csv"), encoding: .utf8)
      #expect(table.hasPrefix("panel,layer,column,") && table.contains("“the”") && table.contains("“the cat”"))
      let each = try strata.run("draw", "a.json", "b.json", "--kind", "lens-grid", "-o", "l.tex", "-o", "l@2x.png")
      #expect(each == .init(status: 0, out: "", err: ""))
      #expect(strata.files(in: ".").filter { $0.hasPrefix("l") } == ["l-1.tex", "l-1@2x.png", "l-2.tex", "l-2@2x.png"])
      let snippet = try String(contentsOf: strata.folder.appending(path: "l-2.tex"), encoding: .utf8)
      #expect(snippet.contains("{l-2.pdf}"))
    }
  }

  @Test func aStrictVenueIsAnErrorThatNamesTheRule() throws {
    try run { strata in
      let strict = try strata.run(
        "draw", "a.json", "--kind", "token-strip", "--venue", "icml", "--strict", "-o", "s.pdf")
      #expect(strict.status == 65)
      #expect(strict.err.contains("breaks rules of icml (ICML 2026") && strict.err.contains("shaded ground"))
      #expect(strata.files(in: ".").filter { $0.hasSuffix(".pdf") }.isEmpty)
      let narrow = try strata.run("draw", "a.json", "--kind", "token-strip", "--width", "5", "-o", "s.pdf")
      #expect(narrow.status == 64 && narrow.err.contains("expected a width from 72 to 2000"))
    }
  }

  @Test func diffEndsWithTwoWhenSomethingDiffers() throws {
    try run { strata in
      #expect(try strata.run("diff", "a.json", "a.json") == .init(status: 0, out: "1 compared, 0 differ\n", err: ""))
      let traces = try strata.run("diff", "a.json", "b.json")
      #expect(traces.status == 2 && traces.out.contains("prompt: different text"))
      for (trace, folder) in [("a", "one"), ("b", "two")] {
        try #require(
          try strata.run("draw", "\(trace).json", "--kind", "rank-heatmap", "-o", "\(folder)/f.png").status == 0)
      }
      let pictures = try strata.run("diff", "one", "two", "--html", "d.html")
      #expect(pictures.status == 2 && pictures.out.contains("f.png"))
      let page = try String(contentsOf: strata.folder.appending(path: "d.html"), encoding: .utf8)
      #expect(page.components(separatedBy: "data:image/png;base64,").count == 4)
      #expect(try strata.run("diff", "a.json", "none.json").status == 66)
      #expect(try strata.run("diff", "a.json", "b.json", "--tolerance", "-1").status == 64)
    }
  }

  @Test func kindsAreListedWithTheirOptions() throws {
    try run { strata in
      let all = try strata.run("kinds")
      #expect(all.status == 0)
      let names = all.out.split(separator: "\n").map { String($0.prefix { $0 != " " }) }
      #expect(names == FigureKind.all.map(\.name))
      let one = try strata.run("kinds", "lens-grid")
      #expect(one.out.hasPrefix("lens-grid: ") && one.out.contains("  color: probability, logprob, rank, entropy, kl"))
      let unknown = try strata.run("kinds", "lens-gird")
      #expect(unknown.status == 64 && unknown.err.hasPrefix("error: unknown figure kind 'lens-gird'"))
    }
  }
}

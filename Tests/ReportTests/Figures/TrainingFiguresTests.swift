import Foundation
import Plot
import TestSupport
import Testing
import Traces

@testable import Figures
@testable import Words

/// Figures of the checkpoints of one training.
@Suite struct TrainingFiguresTests {
  static let kinds = FigureKind.all.filter(\.schema.showsSteps)
  static let numbers = [0, 64, 128, 256, 512, 1024, 2048, 4096]

  private func steps(_ numbers: [Int]) -> [TrainingStep] { numbers.map { TrainingStep(run: "First", number: $0) } }

  private func traces(_ numbers: [Int], watch: [String] = [" is", " are"]) -> [Trace] {
    steps(numbers).map { SampleTraces.trace(layers: 6, columns: 3, name: $0.name, watch: watch) }
  }

  private func draw(
    _ kind: FigureKind, _ numbers: [Int], watch: [String] = [" is", " are"], venue: String? = nil, span: String? = nil
  ) throws -> DrawnFigure {
    var style = FigureStyle(venue: venue, span: span)
    style.steps = steps(numbers)
    return try FigureRecipes().draw(
      kind.name, traces(numbers, watch: watch), options: ["together": .flag(true)], style: style)
  }

  @Test func threeKindsHaveAnAxisOfTraining() {
    #expect(Self.kinds.map(\.name) == ["rank-heatmap", "trajectory", "profile"])
  }

  @Test(arguments: kinds, [("neurips", "full"), ("acl", "column")])
  func everyStepIsThereAndNothingLeavesThePage(kind: FigureKind, page: (String, String)) throws {
    let drawn = try draw(kind, Self.numbers, venue: page.0, span: page.1)
    #expect(drawn.caption.contains("at 8 checkpoints, steps 0 to 4,096"))
    let cells = Set(drawn.table.rows.flatMap(\.self))
    #expect(steps(Self.numbers).allSatisfy { cells.contains($0.phrase) })
    let texts = drawn.scene.items.compactMap { item -> String? in
      if case .text(let run) = item { run.text } else { nil }
    }
    if kind.name != "rank-heatmap" {
      #expect(texts.contains("Training step (log scale)") || texts.contains("(log scale)"))
      for number in Self.numbers { #expect(texts.contains(Wording.grouped(number)), "\(number)") }
      #expect(drawn.caption.contains("on a logarithmic scale, with step 0 at its lower end"))
    } else {
      for step in steps(Self.numbers) { #expect(texts.contains(step.phrase)) }
      #expect(drawn.caption.contains("Panels stand in the order of the training steps"))
    }
    for item in drawn.scene.items {
      guard case .text(let run) = item else { continue }
      let box = try SceneBoxes.box(of: run)
      #expect(
        box.x >= -0.01 && box.maxX <= drawn.scene.size.width + 0.01 && box.y >= -0.01
          && box.maxY <= drawn.scene.size.height + 0.01, "“\(run.text)” leaves the page")
    }
  }

  @Test func coloursOfLinesAreThoseOfTheBarAndHaveAContrastOf3() throws {
    for numbers in [Self.numbers, [1000, 2000, 3000], [0, 10]] {
      let axis = try #require(TrainingAxis(steps(numbers)))
      let colors = axis.gradation.values.map { axis.gradation.scale.color(of: $0) }
      #expect(axis.gradation.scale == axis.bar.scale)
      #expect(Set(colors.map(\.luminance)).count == numbers.count)
      for color in colors { #expect(1.05 / (color.luminance + 0.05) >= 3, "\(color)") }
      // Later is darker, also in grey.
      #expect(zip(colors, colors.dropFirst()).allSatisfy { $0.luminance > $1.luminance })
    }
    #expect(TrainingAxis(steps([5])) == nil)
  }

  @Test func evenStepsHaveALinearScale() throws {
    let drawn = try draw(.trajectory, [1000, 2000, 3000, 4000])
    #expect(drawn.caption.contains("on a linear scale."))
    let many = try draw(.trajectory, Array(stride(from: 1000, through: 143_000, by: 1000)))
    let labels = many.scene.items.compactMap { item -> String? in
      if case .text(let run) = item { run.text } else { nil }
    }
    #expect(labels.contains("1,000") && labels.contains("143,000") && !labels.contains("2,000"))
  }

  @Test func ofManyStepsTwelveHavePanelsAndTheCaptionSaysSo() throws {
    let numbers = Array(stride(from: 0, through: 39_000, by: 1000))
    let drawn = try draw(.rankHeatmap, numbers)
    let panels = drawn.table.rows.map { $0[0] }.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
    #expect(panels.count == 12 && panels.first == "step 0" && panels.last == "step 39,000")
    #expect(drawn.caption.contains("Shown are 12 of the 40 checkpoints, at equal distances in their list."))
    #expect(drawn.caption.contains("at 40 checkpoints, steps 0 to 39,000"))
    let texts = drawn.scene.items.compactMap { item -> String? in
      if case .text(let run) = item { run.text } else { nil }
    }
    #expect(panels.allSatisfy(texts.contains))
    // A cell is read from the trace of its own checkpoint.
    #expect(drawn.readouts.count == 12)
  }

  @Test func checkpointsThatGoOnDifferentlyShareAChartWhoseLinesAreNamed() throws {
    var all = traces([0, 64], watch: [])
    for column in all[1].columns.indices { all[1].columns[column].target = 1000 + (column + 3) }
    for column in all[1].columns.indices { all[1].tokens[all[1].promptLength + column].id = 1000 + column + 3 }
    var style = FigureStyle()
    style.steps = steps([0, 64])
    let drawn = try FigureRecipes().draw("trajectory", all, options: ["together": .flag(true)], style: style)
    #expect(drawn.caption.contains("Rank of each checkpoint's own choice"))
    #expect(drawn.caption.contains("The lines are of different tokens: “␣London” at 0; "))
  }

  @Test func theSameModelsWithoutStepsAreShownAsModels() throws {
    let drawn = try FigureRecipes().draw(
      "rank-heatmap", traces([0, 64]), options: ["together": .flag(true)], style: FigureStyle())
    #expect(drawn.title == "Ranks of output tokens in models side by side")
    #expect(throws: FigureError.self) {
      try FigureRecipes().draw(
        "profile", traces(Self.numbers), options: ["together": .flag(true)], style: FigureStyle())
    }
  }
}

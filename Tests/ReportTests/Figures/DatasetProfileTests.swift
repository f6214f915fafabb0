import Engine
import Foundation
import Testing

@testable import Figures
@testable import Plot

/// The figure of a dataset: what it shows, that it stays on its page, and what it refuses.
@Suite struct DatasetProfileTests {
  private func lines(_ description: FigureDescription) throws -> LineMarks {
    guard case .lines(let marks) = description.figure.panel.marks else {
      throw FigureError.badTrace(model: "", reason: "")
    }
    return marks
  }

  @Test func groupsAreLinesWithTheirOwnBands() throws {
    let summary = SampleSummaries.summary(SampleSummaries.request(groups: 2))
    let description = try DatasetProfile.describe([summary], by: .group)
    let marks = try lines(description)
    #expect(marks.series == ["all (n = 8)", "kind: g0 (n = 4)", "kind: g1 (n = 4)"])
    #expect(marks.charts.map(\.lines.count) == [3, 3])
    #expect(marks.charts.map(\.reference) == [0.5, nil])
    let point = marks.charts[0].lines[2].points[6]
    let curve = try #require(summary.groups[2].accuracy)
    #expect(
      point == .init(place: 1, value: curve.value[6], low: curve.low[6], high: curve.high[6], name: "5"))
    #expect(marks.ticks.map(\.label) == ["emb.", "1", "2", "3", "4", "5"] || marks.ticks.first?.label == "emb.")
    #expect(description.caption.text.contains("95 % bootstrap intervals (1,000 resamples, seed 1)"))
    #expect(description.alt.contains("all (n = 8) 80.0 % (76.0 % to 84.0 %), mean log-probability -2.00"))
    #expect(marks.charts.map(\.referenceName) == ["chance", nil])
  }

  @Test func modelsAreLinesOverTheShareOfLayers() throws {
    let request = SampleSummaries.request(groups: 0, foils: false)
    let summaries = [
      SampleSummaries.summary(request, model: "A", layers: 4), SampleSummaries.summary(request, model: "B", layers: 9),
    ]
    let description = try DatasetProfile.describe(summaries, by: .model)
    let marks = try lines(description)
    #expect(marks.series == ["A (n = 4)", "B (n = 4)"] && marks.title == "Share of layers passed")
    #expect(
      marks.charts[0].lines.map { $0.points.map(\.place) }
        == [4, 9].map { n in (0...n).map { Double($0) / Double(n) } })
    #expect(marks.charts[0].reference == nil)
    #expect(description.figure.panel.rows.labels[0].text == "Target first")
  }

  @Test func moreLinesThanCanBeToldApartAreRefused() throws {
    let summary = SampleSummaries.summary(SampleSummaries.request(groups: 6))
    #expect(
      throws: FigureError.tooManyLines(
        kind: "dataset-profile", found: 7, most: 6, hint: "group by a column with fewer values first")
    ) { try DatasetProfile.describe([summary], by: .group) }
  }

  @Test(arguments: [(1, "neurips", Theme.Span.full), (5, "acl", .column), (3, "nature", .column)])
  func everythingLiesOnThePage(groups: Int, venue: String, span: Theme.Span) throws {
    for layers in [1, 6, 48] {
      let summary = SampleSummaries.summary(SampleSummaries.request(groups: groups), layers: layers)
      let theme = try Theme(venue: venue, span: span)
      let scene = try layout(DatasetProfile.describe([summary], by: .group).figure, theme: theme)
      #expect(scene.size.width <= theme.width + 1e-6 && scene.size.height <= theme.height)
      var boxes: [Rect] = []
      for item in scene.items {
        if case .text(let run) = item {
          let box = try SceneBoxes.box(of: run)
          #expect(
            box.x >= -0.01 && box.y >= -0.01 && box.maxX <= scene.size.width + 0.01
              && box.maxY <= scene.size.height + 0.01, "\(run.text)")
          boxes.append(box)
        } else if case .path(let path, _, _) = item {
          for case .line(let point) in path.segments {
            #expect((0...scene.size.width).contains(point.x) && (0...scene.size.height).contains(point.y))
          }
        }
      }
      // No two words overlap.
      for (index, a) in boxes.enumerated() {
        for b in boxes.dropFirst(index + 1) {
          let overlaps = a.x < b.maxX - 0.5 && b.x < a.maxX - 0.5 && a.y < b.maxY - 0.5 && b.y < a.maxY - 0.5
          #expect(!overlaps)
        }
      }
    }
  }

  @Test func valuesBelowTheScaleAreDrawnAtItsEndAndSaidSo() {
    let line = LineMarks.Line(series: 0, points: [.init(place: 0, value: -132, low: -140, high: -120)])
    let chart = LineMarks.Chart(scale: .below(-20), lines: [line])
    #expect(chart.fraction(of: -132) == 0 && chart.fraction(of: 0) == 1 && chart.fraction(of: -5) == 0.75)
    #expect(chart.ticks.first?.label == "≤ −20" && chart.ticks.last?.label == "0")
    #expect(LineMarks.Chart(scale: .below(-20), lines: []).ticks.first?.label == "−20")
  }
}

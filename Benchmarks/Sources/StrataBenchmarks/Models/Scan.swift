import Foundation
import Plot

/// Time and peak memory of a job at several sizes, as scaling.py writes them.
struct Scan: Decodable {
  /// Becomes the files' names: "prompt".
  let name: String
  let title: String
  let description: String
  /// What goes across: "Prompt length (tokens)".
  let axis: String
  let lines: [Line]

  /// One kind of job.
  struct Line: Decodable {
    let name: String
    let points: [Point]
  }

  /// A job of one size.
  struct Point: Decodable {
    let size: Double
    let seconds: [Double]
    /// Peak resident memory, bytes.
    let peak: Double
    /// Size of the model's file, bytes.
    let file: Double
    /// Floating-point operations of the products.
    let operations: Double

    var median: Double { Timing.median(of: seconds.sorted()) }
  }

  /// Two charts over a logarithmic axis: time beside the amount of work, memory beside the model's file.
  ///
  /// - Throws: `CheckFailed` when there is nothing to draw.
  func figure() throws -> Figure {
    let points = lines.flatMap(\.points)
    guard let least = points.map(\.size).min(), let most = points.map(\.size).max(), least > 0, least < most else {
      throw CheckFailed("the scan '\(name)' needs at least two sizes above 0")
    }
    func place(_ size: Double) -> Double { log(size / least) / log(most / least) }
    func line(
      _ series: Int, _ points: [Point], dots: Bool = false, _ values: (Point) -> [Double]
    ) -> LineMarks.Line {
      LineMarks.Line(
        series: series,
        points: points.map {
          let sorted = values($0).sorted()
          let middle = Timing.median(of: sorted)
          return .init(
            place: place($0.size), value: middle, low: sorted.first ?? middle, high: sorted.last ?? middle)
        }, hasDots: dots)
    }
    var times: [LineMarks.Line] = []
    for one in lines {
      guard let last = one.points.last else { continue }
      times.append(line(lines.count, one.points) { [last.median * $0.operations / last.operations] })
    }
    times += lines.enumerated().map { index, one in line(index, one.points, dots: true, \.seconds) }
    let files = lines.first.map { line(lines.count + 1, $0.points) { [$0.file / 1e6] } }
    let memory = lines.enumerated().map { index, one in line(index, one.points, dots: true) { [$0.peak / 1e6] } }
    let sizes = Set(points.map(\.size)).sorted()
    return Figure(
      title: title, description: description,
      panel: Panel(
        rows: RowAxis(labels: [Label("Time (s)"), Label("Peak memory (MB)")]),
        marks: .lines(
          LineMarks(
            series: lines.map(\.name) + ["amount of work, scaled", "model file"],
            charts: [chart(times), chart([files].compactMap(\.self) + memory)],
            ticks: sizes.map { .init(place: place($0), label: CountFormat.full(Int($0))) }, title: axis))))
  }

  /// A chart from one round number to another, beyond its lines.
  private func chart(_ lines: [LineMarks.Line]) -> LineMarks.Chart {
    let values = lines.flatMap(\.points).flatMap { [$0.low, $0.high] }
    let (least, most) = (values.min() ?? 1, values.max() ?? 10)
    let rounds = (-6...9).flatMap { power in [1, 2, 5].map { $0 * pow(10, Double(power)) } }
    let low = rounds.last { $0 < least * 0.97 } ?? least
    let high = rounds.first { $0 > most * 1.03 } ?? most
    return LineMarks.Chart(scale: .logarithmic(low...high), lines: lines)
  }
}

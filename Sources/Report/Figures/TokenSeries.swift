import Foundation
import Plot
import Traces
import Words

/// A token, or a set of tokens, followed through the layers at one position.
struct TokenSeries {
  /// As in legends and sentences.
  let name: String
  /// By row of the trace.
  let rank: [Int?]
  /// By row of the trace.
  let logprob: [Float?]

  /// The tokens that a trace watches at a column, or the token that came next when it watches nothing.
  ///
  /// - Throws: `FigureError.nothingToShow` when there is neither.
  static func all(_ trace: Trace, column: Int, kind: String) throws -> [TokenSeries] {
    guard trace.watch.isEmpty else {
      return trace.watch.map { watched in
        TokenSeries(
          name: watched.label, rank: watched.rank.map { $0[column] }, logprob: watched.logprob.map { $0[column] })
      }
    }
    guard let target = trace.columns[column].target else {
      throw FigureError.nothingToShow(
        kind: kind, model: trace.model.name, needs: "watched tokens and no output tokens",
        hint: "name words to watch, such as watch: [\" is\", \" are\"], or generate at least one token (generate: 1)")
    }
    return [
      TokenSeries(
        name: trace.tokenLabel(id: target).text, rank: trace.rank.map { $0[column] },
        logprob: trace.logprob.map { $0[column] })
    ]
  }

  /// What a line shows.
  enum Scale: String, CaseIterable {
    case rank, probability, logprob
  }

  /// The line through shown rows, in pieces where values are missing.
  func lines(_ scale: Scale, of trace: Trace, rows: [Int], series: Int) -> [LineMarks.Line] {
    let values = rows.map { row -> Double? in
      switch scale {
      case .rank: rank[row].map(Double.init)
      case .probability: logprob[row].map { exp(Double($0)) }
      case .logprob: logprob[row].map(Double.init)
      }
    }
    return LineMarks.Line.pieces(
      values.map { $0.map { ($0, $0, $0) } }, names: rows.map(trace.rowName), series: series)
  }

  /// "“is” has rank 1 (43.00 %) after the last layer, for good from layer 12".
  func ending(_ trace: Trace, rows: [Int]) -> String {
    let last = rows.last ?? 0
    var text = "“\(name)” has " + (rank[last].map { "rank \(CountFormat.full($0))" } ?? "no rank")
    text += logprob[last].map { " (\(Percent.text(logprob: $0)))" } ?? ""
    let rows = trace.read(rows)
    if let row = Trace.settles(rows.map { rank[$0] }) { text += ", for good from \(trace.rowPhrase(rows[row]))" }
    return text
  }
}

extension LineMarks.Line {
  /// The pieces of a line over evenly spaced places, with gaps where values are missing, and dots when places are few.
  package static func pieces(
    _ values: [(value: Double, low: Double, high: Double)?], names: [String], series: Int
  ) -> [LineMarks.Line] {
    var pieces: [[Point]] = []
    var isOpen = false
    for (index, value) in values.enumerated() {
      guard let value, [value.value, value.low, value.high].allSatisfy(\.isFinite) else {
        isOpen = false
        continue
      }
      if !isOpen { pieces.append([]) }
      isOpen = true
      pieces[pieces.count - 1].append(
        Point(
          place: LayerTicks.place(index, of: values.count), value: value.value, low: value.low, high: value.high,
          name: names[index]))
    }
    return pieces.map { LineMarks.Line(series: series, points: $0, hasDots: values.count <= 20 || $0.count == 1) }
  }
}

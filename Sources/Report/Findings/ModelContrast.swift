import Foundation
import Traces
import Words

/// Where two models, or two lenses, differ most on one prompt.
public struct ModelContrast: Equatable, Sendable {
  /// The models' names, with their lenses where the models are the same.
  public var names: [String]
  /// The cell in which their log-probabilities of the same next token differ most; nil where the traces have no equal
  /// rows and tokens.
  public var widest: Cell?

  /// A cell of both traces.
  public struct Cell: Equatable, Sendable {
    /// The row.
    public var row: Trace.Row
    /// The next token, made visible.
    public var label: String
    /// Its log-probabilities in the two traces.
    public var logprobs: [Float]
    /// How far they lie apart, in nats.
    public var distance: Double { abs(Double(logprobs[0]) - Double(logprobs[1])) }
  }

  /// Two traces of one prompt.
  package init(_ one: Trace, _ other: Trace, names: [String]) {
    self.names = names
    guard one.rows == other.rows, one.columns.map(\.position) == other.columns.map(\.position),
      one.tokens.map(\.text) == other.tokens.map(\.text)
    else { return }
    for (index, row) in one.rows.enumerated() where !row.point.isWithinBlock {
      for (column, place) in one.columns.enumerated() {
        guard let first = one.logprob[index][column], let second = other.logprob[index][column],
          first.isFinite, second.isFinite
        else { continue }
        let cell = Cell(
          row: row, label: TokenDisplay.label(place.target.flatMap { one.text(of: $0) }), logprobs: [first, second])
        if cell.distance > (widest?.distance ?? 0) { widest = cell }
      }
    }
  }
}

extension TraceFindings {
  /// How far through the layers the output tokens are settled (median): 0 for the embedding, 1 for the last layer.
  package var settledDepth: Double? {
    let row = settled == nil ? prediction?.settling.settled : settled?.median
    return row.map { depth(of: $0) }
  }

  /// How far through the layers a row lies.
  package func depth(of row: Trace.Row) -> Double { Double(row.layerNumber + 1) / Double(lastRow.layerNumber + 1) }
}

import Plot
import Traces

/// Marks on an axis that goes through the layers.
enum LayerTicks {
  /// Layers by their numbers, the embedding and the last among them, at most about ten.
  ///
  /// A layer stays when it is more than half a step away from the last: a gap at the end has at most one step and a half.
  static func numbers(_ rows: [Trace.Row]) -> [LineMarks.Tick] {
    let last = rows.count - 1
    let step = [1, 2, 5, 10, 20, 50].first { last / $0 <= 10 } ?? 100
    let shown = rows.indices.filter { index in
      rows[index].point == .embedding || index == last
        // Layer 0 stands beside the embedding; an axis too short for both leaves it out.
        || rows[index].layer % step == 0 && (index > 1 || rows[index].point == .block) && 2 * (last - index) > step
    }
    return shown.map {
      .init(place: place($0, of: rows.count), label: rows[$0].point == .embedding ? "emb." : "\(rows[$0].layer)")
    }
  }

  /// The share of layers passed, by which models of different depth are compared.
  static let shares = [0, 0.25, 0.5, 0.75, 1].map { LineMarks.Tick(place: $0, label: "\(Int($0 * 100)) %") }

  /// Where a row lies between the first and the last, 0...1.
  static func place(_ row: Int, of count: Int) -> Double { Double(row) / Double(max(1, count - 1)) }
}

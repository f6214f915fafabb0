import Traces

/// What requests share when their states are projected together: the norm, and the rows that are looked at.
struct LensView: Hashable {
  var norm: Trace.Lens.Norm
  var rows: TraceRequest.Rows

  /// Every point that the forward pass shows, from the bottom of the network to the top.
  static func points(layers: Int) -> [Trace.Row] {
    [Trace.Row(layer: 0, point: .embedding)]
      + (0..<layers).flatMap { [Trace.Row(layer: $0, point: .attention), Trace.Row(layer: $0, point: .block)] }
  }

  /// The points of this view.
  func points(layers: Int) -> [Trace.Row] {
    LensView.points(layers: layers).filter { rows == .attention || $0.point != .attention }
  }
}

extension TraceRequest {
  /// How its states are looked at.
  var view: LensView { LensView(norm: norm, rows: rows) }
}

import Traces

/// The properties shared by requests whose states are projected together: the norm, and the captured rows.
struct LensView: Hashable {
  var norm: Trace.Lens.Norm
  var rows: TraceRequest.Rows

  /// Every point of the forward pass, from the bottom of the network to the top.
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
  /// The view of its request.
  var view: LensView { LensView(norm: norm, rows: rows) }
}

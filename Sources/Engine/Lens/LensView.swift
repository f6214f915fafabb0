import Traces

/// The properties shared by requests whose states are projected together: the norm, and the captured rows.
struct LensView: Hashable {
  var norm: Trace.Lens.Norm
  var rows: TraceRequest.Rows

  /// Every point of the forward pass, from the bottom of the network to the top.
  static func points(_ network: Network) -> [Trace.Row] {
    [Trace.Row(layer: 0, point: .embedding)]
      + network.blocks.enumerated().flatMap { layer, block in
        let isAttention = block.attention != nil && block.recurrent == nil
        return [
          Trace.Row(layer: layer, point: isAttention ? .attention : .mixer), Trace.Row(layer: layer, point: .block),
        ]
      }
  }

  /// The points of this view.
  func points(_ network: Network) -> [Trace.Row] {
    LensView.points(network).filter { rows == .attention || !$0.point.isWithinBlock }
  }
}

extension TraceRequest {
  /// The view of its request.
  var view: LensView { LensView(norm: norm, rows: rows) }
}

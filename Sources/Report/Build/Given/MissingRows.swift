import Traces
import Words

/// Rows that a trace from elsewhere lacks: points of the network that nobody captured.
struct MissingRows {
  /// "the embedding, layer 3 and 2 more".
  let words: String

  /// Nil where the trace has them all.
  ///
  /// - Parameter within: Whether the points within blocks are expected, too.
  init?(_ trace: Trace, within: Bool) {
    let found = Set(trace.rows)
    let layers = max(0, trace.model.layers)
    // A lens that does not read every block may leave out the others.
    let read = trace.lens.sourceLayers.map { Set($0 + [layers - 1]) }
    func lacks(_ layer: Int) -> [Trace.Row] {
      guard read?.contains(layer) ?? true else { return [] }
      let block = Trace.Row(layer: layer, point: .block)
      let points = [Trace.Row.Point.attention, .mixer].map { Trace.Row(layer: layer, point: $0) }
      let isWithin = !within || read != nil || points.contains { found.contains($0) }
      return (isWithin ? [] : [points[0]]) + (found.contains(block) ? [] : [block])
    }
    let embedding = Trace.Row(layer: 0, point: .embedding)
    var missing = read == nil && !found.contains(embedding) ? [embedding] : []
    // A file can state any number of blocks.
    let shown = 5
    for layer in 0..<layers {
      missing += lacks(layer)
      if missing.count > shown { break }
    }
    guard !missing.isEmpty else { return nil }
    let named = missing.prefix(shown).map(\.phrase)
    words = missing.count > shown ? named.joined(separator: ", ") + " and more" : Wording.enumeration(named)
  }
}

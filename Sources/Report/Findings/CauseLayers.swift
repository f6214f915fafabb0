import Traces

/// Layers in findings about what moved an answer, of one prompt or as means over a dataset; −1 is the embedding.
enum CauseLayers {
  /// "layer 8".
  static func name(_ layer: Int) -> String { layer < 0 ? "the embedding" : "layer \(layer)" }

  /// The first of the layers that follow each other up to the last one; nil without layers.
  static func startOfLastRun(_ layers: [Int]) -> Int? {
    guard var first = layers.last else { return nil }
    for layer in layers.reversed() where layer == first - 1 { first = layer }
    return first
  }

  /// The layer from which the sum of the embedding and all parts stays at least half of the lead; nil without a lead.
  ///
  /// Parts come in the order of the model, each with the sum up to it; those without a layer belong to the layer before them.
  static func half(of lead: Double, _ parts: [(layer: Int?, sum: Double)]) -> Int? {
    guard lead > 0 else { return nil }
    var sums: [(layer: Int, sum: Double)] = [(-1, 0)]
    for part in parts {
      if let layer = part.layer, layer != sums[sums.count - 1].layer { sums.append((layer, 0)) }
      sums[sums.count - 1].sum = part.sum
    }
    guard let below = sums.lastIndex(where: { $0.sum < lead / 2 }) else { return sums[0].layer }
    // Rounding of the parts' sum can leave the last one below half of a lead that is nearly nothing.
    return below + 1 < sums.count ? sums[below + 1].layer : nil
  }

  /// The sentence about the largest effect, such as "Of all MLPs, the MLP of layer 3 at the last token has the largest effect, 0.52".
  static func largest(
    of place: Trace.Patching.Place, layer: Int, at token: String, _ what: String, _ effect: String
  ) -> String {
    let (all, part) = place == .mlp ? ("MLPs", "MLP") : ("attentions", "attention")
    return "Of all \(all), the \(part) of layer \(layer) at \(token) has the largest \(what), \(effect)."
  }
}

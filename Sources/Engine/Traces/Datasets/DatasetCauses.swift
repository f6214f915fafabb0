extension DatasetSummary {
  /// A mean over prompts, with the ends of its interval.
  public struct Mean: Encodable, Equatable, Sendable {
    /// Over all prompts.
    public var value: Double
    /// Lower end of the interval.
    public var low: Double
    /// Upper end of the interval.
    public var high: Double

    /// From its parts.
    package init(value: Double, low: Double, high: Double) {
      (self.value, self.low, self.high) = (value, low, high)
    }
  }

  /// What the parts of a model add to the logit of the target less that of the foil, as means over the prompts of a group.
  public struct Attribution: Encodable, Equatable, Sendable {
    /// The model's own difference, logits; before a softcap.
    public var difference: Mean
    /// Size to which the model bounds its logits after this point; nil for none.
    public var softcap: Float?
    /// In the order in which the model adds them; their means sum to that of the difference.
    public var parts: [Part]

    /// From its parts.
    package init(difference: Mean, softcap: Float?, parts: [Part]) {
      self.difference = difference
      self.softcap = softcap
      self.parts = parts
    }

    /// What one part adds.
    public struct Part: Encodable, Equatable, Sendable {
      /// What kind of part.
      public var part: Trace.Attribution.Kind
      /// The block, counted from 0; nil outside of blocks.
      public var layer: Int?
      /// What it adds to the difference, logits.
      public var adds: Mean
      /// The sum of this part and all parts before it.
      public var sum: Mean
      /// The logit lens's own difference after this part; nil where the state is no point of the network.
      public var lens: Mean?

      /// From its parts.
      package init(part: Trace.Attribution.Kind, layer: Int?, adds: Mean, sum: Mean, lens: Mean?) {
        self.part = part
        self.layer = layer
        self.adds = adds
        self.sum = sum
        self.lens = lens
      }
    }
  }

  /// The effects of states of a source text on the runs of the prompts, as means over the pairs of a group.
  public struct Patching: Encodable, Equatable, Sendable {
    /// Pairs whose effects are defined.
    public var items: Int
    /// Pairs that are left out, because source and base have the same difference of logits.
    public var undefined: Int
    /// Pairs whose source prefers the target; those without defined effects count as well.
    public var sourceRight: Int
    /// Pairs whose base prefers the foil.
    public var baseRight: Int
    /// Pairs of which both are so.
    public var bothRight: Int
    /// By place, role and baselines; those without pairs are left out.
    public var means: [Means]

    /// From its parts.
    package init(items: Int, undefined: Int, sourceRight: Int, baseRight: Int, bothRight: Int, means: [Means]) {
      self.items = items
      self.undefined = undefined
      self.sourceRight = sourceRight
      self.baseRight = baseRight
      self.bothRight = bothRight
      self.means = means
    }

    enum CodingKeys: String, CodingKey {
      case items, undefined, means
      case sourceRight = "source_right"
      case baseRight = "base_right"
      case bothRight = "both_right"
    }

    /// What a position is in its pair, so that texts of different lengths can be compared.
    public enum Role: String, Codable, Sendable, CaseIterable {
      /// A token before the last that is another one in the source.
      case differing
      /// A token after the first that differs and before the last, the same in both texts.
      case between
      /// The last token, whether it differs or not.
      case last
    }

    /// Of which pairs a mean is.
    public enum Baselines: String, Codable, Sendable, CaseIterable {
      /// All whose effects are defined.
      case all
      /// Those whose source prefers the target and whose base prefers the foil.
      case right
    }

    /// Mean effects by layer.
    public struct Means: Encodable, Equatable, Sendable {
      /// Which states were put in.
      public var place: Trace.Patching.Place
      /// At which positions; a pair counts with the mean over its positions of this role.
      public var role: Role
      /// Over which pairs.
      public var baselines: Baselines
      /// Number of pairs.
      public var items: Int
      /// Layers that have such a part, counted from 0; −1 is the embedding.
      public var layers: [Int]
      /// 0 is the base's difference of logits, 1 the source's. [layer]
      public var effect: Curve

      /// From its parts.
      package init(
        place: Trace.Patching.Place, role: Role, baselines: Baselines, items: Int, layers: [Int], effect: Curve
      ) {
        self.place = place
        self.role = role
        self.baselines = baselines
        self.items = items
        self.layers = layers
        self.effect = effect
      }
    }

    /// The means of a place over some pairs, by role.
    package func means(of place: Trace.Patching.Place, _ baselines: Baselines = .all) -> [Means] {
      means.filter { $0.place == place && $0.baselines == baselines }
    }
  }
}

extension DatasetSummary.Attribution {
  /// The first number that contradicts the rest.
  func fault(of model: Trace.Model) -> (key: String, reason: String)? {
    guard let last = parts.last else { return ("parts", "no parts, expected one or more") }
    for (index, part) in parts.enumerated() {
      let isOfBlock = [.attention, .recurrent, .mlp, .perLayer, .normBias].contains(part.part)
      if isOfBlock != (part.layer != nil) {
        return (
          "parts[\(index)]",
          isOfBlock ? "no 'layer', expected that of the block" : "a 'layer', expected none for this part"
        )
      }
      if let layer = part.layer, !(0..<max(1, model.layers)).contains(layer) {
        return ("parts[\(index)].layer", "\(layer), expected 0 to \(model.layers - 1)")
      }
    }
    let size = parts.reduce(0) { $0 + abs($1.adds.value) }
    let sum = parts.reduce(0) { $0 + $1.adds.value }
    // Parts that cancel over the prompts hide how much each prompt may miss by rounding.
    let bound = 1e-3 * (1 + size)
    guard abs(sum - difference.value) <= bound else {
      return ("parts", "a sum of \(sum), expected \(difference.value) as 'difference'")
    }
    guard abs(last.sum.value - sum) <= bound else {
      return ("parts[\(parts.count - 1)].sum", "\(last.sum.value), expected \(sum), the sum of all parts")
    }
    return nil
  }
}

extension DatasetSummary.Patching {
  /// The first number that contradicts the rest.
  func fault(items all: Int, model: Trace.Model) -> (key: String, reason: String)? {
    guard (0...all).contains(items), items + undefined == all else {
      return ("items", "\(items), expected with 'undefined' (\(undefined)) \(all) as in the group")
    }
    for (key, count) in [("source_right", sourceRight), ("base_right", baseRight)] where !(0...all).contains(count) {
      return (key, "\(count), expected 0 to \(all)")
    }
    guard (0...min(sourceRight, baseRight)).contains(bothRight) else {
      return ("both_right", "\(bothRight), expected 0 to \(min(sourceRight, baseRight))")
    }
    for (index, means) in means.enumerated() {
      let key = "means[\(index)]"
      let isKnown = self.means[..<index].contains {
        $0.place == means.place && $0.role == means.role && $0.baselines == means.baselines
      }
      if isKnown { return (key, "place, role and baselines for the second time") }
      let most = means.baselines == .all ? items : min(items, bothRight)
      guard (1...max(1, most)).contains(means.items) else {
        return (key + ".items", "\(means.items), expected 1 to \(most)")
      }
      let lowest = means.place == .stream ? -1 : 0
      if let layer = means.layers.first(where: { !(lowest..<max(1, model.layers)).contains($0) }) {
        return (key + ".layers", "\(layer), expected \(lowest) to \(model.layers - 1)")
      }
      if zip(means.layers, means.layers.dropFirst()).contains(where: { $0 >= $1 }) || means.layers.isEmpty {
        return (key + ".layers", "expected numbers that rise, at least one")
      }
      for (part, values) in [
        ("value", means.effect.value), ("low", means.effect.low), ("high", means.effect.high),
      ] where values.count != means.layers.count {
        return ("\(key).effect.\(part)", "\(values.count) numbers, expected \(means.layers.count) as in 'layers'")
      }
    }
    return nil
  }
}

extension Trace {
  /// What the parts of a model add to the difference of two logits at one position: direct logit attribution.
  ///
  /// The final residual state is a sum of parts. With the statistics of the norms fixed at their values at this position, logits are
  /// linear in the state, so the difference is the sum of what the parts add to it (Elhage and others 2021). Logits are those before a
  /// softcap.
  public struct Attribution: Encodable, Equatable, Sendable {
    /// Index into `tokens` of the position whose next token is predicted.
    public var position: Int
    /// The token whose logit counts.
    public var target: Int
    /// The token whose logit is subtracted.
    public var foil: Int
    /// Which of the two the program chose; empty where the user gave both.
    public var chosen: [Choice]
    /// The model's logit of the target.
    public var targetLogit: Float
    /// The model's logit of the foil.
    public var foilLogit: Float
    /// Size to which the model bounds its logits after this point; nil for none.
    public var softcap: Float?
    /// In the order in which the model adds them; their values sum to the difference of the two logits.
    public var parts: [Part]

    /// A token that the program chose.
    public enum Choice: String, Codable, Sendable, CaseIterable {
      /// The target: the most probable token.
      case target
      /// The foil: the most probable token other than the target.
      case foil
    }

    /// What one part adds.
    public struct Part: Encodable, Equatable, Sendable {
      /// What kind of part.
      public var part: Kind
      /// The block, counted from 0; nil outside of blocks.
      public var layer: Int?
      /// What it adds to the difference, logits.
      public var value: Float
      /// The logit lens's own difference after this part, which divides by the norm of the state there; nil where the state is no point of the network.
      public var lens: Float?
      /// What each head of attention adds; nil for other parts. [H]
      public var heads: [Float]?

      /// A part with what it adds.
      public init(_ part: Kind, layer: Int? = nil, value: Float, lens: Float? = nil, heads: [Float]? = nil) {
        self.part = part
        self.layer = layer
        self.value = value
        self.lens = lens
        self.heads = heads
      }
    }

    /// The kinds of parts.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// The first state: the token's embedding with its position.
      case embedding
      /// The output of attention, with its bias.
      case attention
      /// The output of a recurrent layer.
      case recurrent
      /// The output of an MLP or of experts, with its bias.
      case mlp
      /// What a further input of the block adds (Gemma 4).
      case perLayer = "per_layer"
      /// The bias of a norm of the stream itself, within a block.
      case normBias = "norm_bias"
      /// The bias of the final norm.
      case finalNormBias = "final_norm_bias"
      /// The bias of the head.
      case headBias = "head_bias"
    }

    /// The difference of the two logits that the model itself computes.
    public var difference: Float { targetLogit - foilLogit }

    /// An attribution of a difference of two logits to parts.
    public init(
      position: Int, target: Int, foil: Int, chosen: [Choice], targetLogit: Float, foilLogit: Float, softcap: Float?,
      parts: [Part]
    ) {
      self.position = position
      self.target = target
      self.foil = foil
      self.chosen = chosen
      self.targetLogit = targetLogit
      self.foilLogit = foilLogit
      self.softcap = softcap
      self.parts = parts
    }

    enum CodingKeys: String, CodingKey {
      case position, target, foil, chosen, softcap, parts
      case targetLogit = "target_logit"
      case foilLogit = "foil_logit"
    }
  }
}

extension Trace.Attribution {
  /// How far the sum of parts may lie from the model's own difference, given the sum of the sizes of all parts.
  ///
  /// Float32 rounds each addition to the stream; large parts that cancel leave more of it.
  package static func bound(difference: Double, size: Double) -> Double {
    1e-4 * abs(difference) + 1e-5 * size + 1e-6
  }

  /// The first number that contradicts the trace or another number of the attribution.
  func fault(tokens: Int, model: Trace.Model) -> (key: String, reason: String)? {
    guard (0..<tokens).contains(position) else { return ("position", "\(position), expected 0 to \(tokens - 1)") }
    for (key, id) in [("target", target), ("foil", foil)] where !(0..<max(1, model.vocabulary)).contains(id) {
      return (key, "\(id), expected 0 to \(model.vocabulary - 1)")
    }
    guard target != foil else { return ("foil", "\(foil), expected another token than 'target'") }
    for (index, part) in parts.enumerated() {
      let key = "parts[\(index)]"
      let isOfBlock = [.attention, .recurrent, .mlp, .perLayer, .normBias].contains(part.part)
      if isOfBlock != (part.layer != nil) {
        return (key, isOfBlock ? "no 'layer', expected that of the block" : "a 'layer', expected none for this part")
      }
      if let layer = part.layer, !(0..<max(1, model.layers)).contains(layer) {
        return (key + ".layer", "\(layer), expected 0 to \(model.layers - 1)")
      }
      if part.heads != nil, part.part != .attention { return (key + ".heads", "heads, expected none for this part") }
    }
    let sum = parts.reduce(0) { $0 + Double($1.value) }
    let size = parts.reduce(0) { $0 + abs(Double($1.value)) }
    guard abs(sum - Double(difference)) <= 2 * Self.bound(difference: Double(difference), size: size) else {
      return ("parts", "a sum of \(Float(sum)), expected \(difference) as 'target_logit' less 'foil_logit'")
    }
    return nil
  }
}

extension Trace {
  /// What becomes of the difference of two logits when one state of another text is put into the run of this one: activation patching.
  ///
  /// The base is the prompt of the trace. Logits are the model's own, at the end of the texts.
  public struct Patching: Encodable, Equatable, Sendable {
    /// The text from which states are taken.
    public var source: String
    /// Its tokens, as many as the prompt has.
    public var sourceTokens: [Token]
    /// The token whose logit counts.
    public var target: Int
    /// The token whose logit is subtracted.
    public var foil: Int
    /// Which of the two the program chose; empty where the user gave both.
    public var chosen: [Attribution.Choice]
    /// The difference of logits after the source.
    public var sourceDifference: Float
    /// The same after the base, unpatched.
    public var baseDifference: Float
    /// The difference after each patched run, by place.
    public var differences: [Differences]

    /// Where states are taken and put.
    public enum Place: String, Codable, Sendable, CaseIterable {
      /// The residual stream after the embedding and after every block.
      case stream
      /// What attention, or another mixer, adds in a block.
      case attention
      /// What the MLP adds in a block.
      case mlp
    }

    /// The runs patched at one sort of place.
    public struct Differences: Encodable, Equatable, Sendable {
      /// Which states.
      public var place: Place
      /// The logit of the target less that of the foil; nil where a block has no such part. [row][position]
      ///
      /// Rows of the stream are the embedding and every block; other rows are blocks.
      public var values: [[Float?]]

      /// Runs at a place. [row][position]
      public init(place: Place, values: [[Float?]]) {
        self.place = place
        self.values = values
      }
    }

    /// Runs of a base patched from a source.
    public init(
      source: String, sourceTokens: [Token], target: Int, foil: Int, chosen: [Attribution.Choice],
      sourceDifference: Float, baseDifference: Float, differences: [Differences]
    ) {
      self.source = source
      self.sourceTokens = sourceTokens
      self.target = target
      self.foil = foil
      self.chosen = chosen
      self.sourceDifference = sourceDifference
      self.baseDifference = baseDifference
      self.differences = differences
    }

    enum CodingKeys: String, CodingKey {
      case source, target, foil, chosen, differences
      case sourceTokens = "source_tokens"
      case sourceDifference = "source_difference"
      case baseDifference = "base_difference"
    }
  }
}

extension Trace.Patching {
  /// The least distance of source and base, logits, at which an effect has a meaning.
  package static let leastDistance: Float = 1e-3

  /// The normalised effects of the runs at a place: 0 for the base's difference, 1 for the source's. [row][position]
  ///
  /// Nil where a block has no such part, and everywhere if source and base agree; nil for a place without runs.
  public func effects(at place: Place) -> [[Double?]]? {
    guard let runs = differences.first(where: { $0.place == place }) else { return nil }
    let distance = Double(sourceDifference) - Double(baseDifference)
    guard isDefined else { return runs.values.map { $0.map { _ in nil } } }
    return runs.values.map { $0.map { $0.map { (Double($0) - Double(baseDifference)) / distance } } }
  }

  /// Whether source and base differ enough for effects to have a meaning.
  public var isDefined: Bool { abs(sourceDifference - baseDifference) >= Self.leastDistance }

  /// The first number that contradicts the trace.
  func fault(promptLength: Int, model: Trace.Model) -> (key: String, reason: String)? {
    for (key, id) in [("target", target), ("foil", foil)] where !(0..<max(1, model.vocabulary)).contains(id) {
      return (key, "\(id), expected 0 to \(model.vocabulary - 1)")
    }
    guard target != foil else { return ("foil", "\(foil), expected another token than 'target'") }
    guard sourceTokens.count == promptLength else {
      return ("source_tokens", "\(sourceTokens.count) tokens, expected \(promptLength) as in 'prompt_length'")
    }
    if let found = Trace.unknownToken(sourceTokens, model) { return ("source_tokens" + found.key, found.reason) }
    for (index, runs) in differences.enumerated() {
      let key = "differences[\(index)]"
      if differences[..<index].contains(where: { $0.place == runs.place }) {
        return (key + ".place", "'\(runs.place.rawValue)' for the second time")
      }
      let rows = model.layers + (runs.place == .stream ? 1 : 0)
      guard runs.values.count == rows else {
        return (key + ".values", "\(runs.values.count) rows, expected \(rows)")
      }
      if let row = runs.values.firstIndex(where: { $0.count != promptLength }) {
        return ("\(key).values[\(row)]", "\(runs.values[row].count) positions, expected \(promptLength)")
      }
    }
    return nil
  }
}

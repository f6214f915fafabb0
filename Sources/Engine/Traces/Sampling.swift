/// How tokens are drawn from the model's probabilities instead of taking the most probable one.
///
/// Parameters have the names and the order of effect of transformers: temperature, then `top_k`, then `top_p`.
public struct Sampling: Hashable, Sendable, Codable {
  /// Logits are divided by this; greater than 0.
  public var temperature: Double
  /// Only tokens whose logits are at least the k-th largest can be drawn; nil for all.
  public var topK: Int?
  /// Only the most probable tokens whose probabilities together reach this can be drawn, above 0 and at most 1; nil for all.
  public var topP: Double?
  /// Where the random numbers begin; the same seed gives the same text.
  public var seed: Int

  /// The values that each parameter can have.
  public enum Limits {
    /// Of the temperature.
    public static let temperature = 0.01...100.0
    /// Of `topK`.
    public static let topK = 1...Int(Int32.max)
    /// Of the seed.
    public static let seed = 0...Int(Int32.max)
  }

  /// Draws from all tokens, with the model's own probabilities, unless parameters say otherwise.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil, seed: Int) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.seed = seed
  }

  /// The first parameter that is out of its range: its key, what was found and what is expected; nil if all are valid.
  public var problem: (key: String, found: String, expected: String)? {
    if !(Limits.temperature.contains(temperature)) {
      return ("temperature", "\(temperature)", "0.01 to 100")
    }
    if let topK, !Limits.topK.contains(topK) { return ("top_k", "\(topK)", "1 or more") }
    if let topP, !(topP > 0 && topP <= 1) { return ("top_p", "\(topP)", "above 0, at most 1") }
    if !Limits.seed.contains(seed) { return ("seed", "\(seed)", "0 to \(Int32.max)") }
    return nil
  }

  enum CodingKeys: String, CodingKey {
    case temperature, seed
    case topK = "top_k"
    case topP = "top_p"
  }
}

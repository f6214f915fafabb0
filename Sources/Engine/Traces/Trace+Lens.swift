extension Trace {
  /// Which lens.
  public struct Lens: Codable, Equatable, Sendable {
    /// What kind of lens.
    public enum Kind: String, Codable, Sendable, CaseIterable {
      /// The logit lens: the state itself.
      case logit
      /// A tuned lens: the state after an affine map of its own layer.
      case tuned
      /// A Jacobian lens: the state times the mean derivative of the last block's output by it.
      case jacobian
    }
    /// Whether the model's final norm is applied to every captured state.
    public enum Norm: String, Codable, Sendable, CaseIterable {
      /// It is applied to every state.
      case final
      /// It is applied to no state, the last one excepted.
      case none
    }
    /// What is applied to a state before the unembedding.
    public var kind: Kind
    /// Which states are normed.
    public var norm: Norm
    /// The model a tuned lens was trained for, as its configuration names it.
    public var baseModel: String?
    /// SHA-256 over a fitted lens's files, hex.
    public var sha256: String?
    /// Number of prompts that a Jacobian lens was fitted on.
    public var prompts: Int?
    /// D, width of the states that a Jacobian lens was fitted to.
    public var width: Int?
    /// Blocks that a Jacobian lens has a matrix for, in ascending order.
    public var sourceLayers: [Int]?

    /// A lens of a kind; base model and digest belong to a tuned one, the digest and the last three to a Jacobian one.
    public init(
      kind: Kind, norm: Norm, baseModel: String? = nil, sha256: String? = nil, prompts: Int? = nil, width: Int? = nil,
      sourceLayers: [Int]? = nil
    ) {
      self.kind = kind
      self.norm = norm
      self.baseModel = baseModel
      self.sha256 = sha256
      self.prompts = prompts
      self.width = width
      self.sourceLayers = sourceLayers
    }

    enum CodingKeys: String, CodingKey {
      case kind, norm, sha256
      case baseModel = "base_model"
      case prompts = "n_prompts"
      case width = "d_model"
      case sourceLayers = "source_layers"
    }
  }
}

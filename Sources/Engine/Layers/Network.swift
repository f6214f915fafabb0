/// A decoder-only transformer as a value: which norm, which positions, which attention, which MLP, which head.
///
/// An architecture builds it once from a file; `ForwardPass` is its only reader.
struct Network: Sendable {
  var embedding: Embedding
  var blocks: [Block]
  /// Applied to the last block's output before the head.
  var finalNorm: Norm
  var head: Head

  /// D, width of the residual stream.
  var width: Int { embedding.tokens.columns }
  /// V, rows of the head.
  var vocabulary: Int { head.weights.rows }
}

/// From token ids to the first residual state.
struct Embedding: Sendable {
  /// Shape [V, D].
  var tokens: WeightMatrix
  /// Every embedding is multiplied by this (Gemma: the root of D).
  var scale: Float = 1
  /// Learned positions [context, D], added (GPT-2).
  var positions: WeightMatrix?
}

/// A product with stored weights and an optional bias: y = W x + b.
struct Projection: Sendable {
  /// Shape [out, in].
  var weights: WeightMatrix
  /// Shape [out].
  var bias: [Float]?

  /// Width of the result.
  var outputs: Int { weights.rows }

  /// Some of the outputs of a fused projection.
  func slice(_ range: Range<Int>) -> Projection {
    Projection(weights: weights.slice(range), bias: bias.map { Array($0[range]) })
  }
}

/// Layer norm or root-mean-square norm, statistics over the last axis.
struct Norm: Sendable {
  /// How the statistics are taken.
  enum Kind: Sendable { case layer, rootMeanSquare }
  var kind: Kind
  /// [width], with any `+1` of the family already added.
  var weight: [Float]
  var bias: [Float]?
  var epsilon: Float
}

/// One block: attention and MLP, each added to the residual stream.
struct Block: Sendable {
  var attentionNorm: Norm
  var attention: Attention
  /// Applied to attention's output before it is added (Gemma's sandwich).
  var attentionPostNorm: Norm?
  var mlpNorm: Norm
  var mlp: MLP
  /// Applied to the MLP's output before it is added.
  var mlpPostNorm: Norm?
}

/// Attention with shared key and value heads.
struct Attention: Sendable {
  var query: Projection
  var key: Projection
  var value: Projection
  var output: Projection
  /// H, query heads.
  var heads: Int
  /// Key and value heads; divides H.
  var kvHeads: Int
  /// Width of one head.
  var headWidth: Int
  /// Norms over each head's width, before the rotation.
  var queryNorm: Norm?
  var keyNorm: Norm?
  /// Rotary positions; nil where positions are learned.
  var rotation: Rotation?
  /// The file stores the rows of each query and key head interleaved, as llama.cpp's converter leaves Llama's.
  var interleavedRows = false
  /// Positions a query sees, itself included; nil for all before it.
  var window: Int?
  /// Scores are multiplied by this.
  var scale: Float
}

/// Gated or plain feed-forward network.
struct MLP: Sendable {
  /// The gate of a gated MLP, down(f(gate x) * up x); nil for down(f(up x)).
  var gate: Projection?
  var up: Projection
  var down: Projection
  var activation: Activation
}

/// The non-linearity of an MLP.
enum Activation: Sendable {
  case silu
  /// GELU by its tanh approximation (`gelu_new`, `gelu_pytorch_tanh`).
  case geluTanh
}

/// From a normed state to logits.
struct Head: Sendable {
  /// [V, D]; the token embedding itself where the two are tied.
  var weights: WeightMatrix
}

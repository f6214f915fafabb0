/// A transformer as a value: which norm, which positions, which attention, which MLP, which head.
///
/// An architecture builds it once from a file; `ForwardPass` is its only reader.
struct Network: Sendable {
  var embedding: Embedding
  var blocks: [Block]
  var output: Output
  /// Reads a text of its own, to which the blocks' cross attention looks; nil for a decoder that stands alone.
  var encoder: TextEncoder?
  /// What the state at a position predicts.
  var objective = Objective.nextToken
  /// The most tokens of a text that this network describes: in longer ones, attention leaves out positions (DeepSeek V3.2); nil for any.
  var longestDescribed: Int?

  /// What the state at a position predicts.
  enum Objective: Sendable {
    /// The token at the next position.
    case nextToken
    /// The token at the position itself, which a mask hides (BERT).
    case maskedToken
  }

  /// What runs over the tokens of a text.
  var stack: Stack { Stack(embedding: embedding, blocks: blocks) }
  /// D, width of the residual stream.
  var width: Int { stack.width }
  /// V, rows of the head.
  var vocabulary: Int { output.head.weights.rows }
}

/// An embedding and blocks: what runs over the tokens of a text.
struct Stack: Sendable {
  var embedding: Embedding
  var blocks: [Block]

  /// D, width of the residual stream.
  var width: Int { embedding.projection?.outputs ?? embedding.tokens.columns }
  /// Whether blocks pass on states beside the stream.
  var passesOnMore: Bool {
    blocks.contains { block in
      block.junction != nil || block.later != nil || block.depth != nil
        || block.mlps.flatMap(\.mixtures).contains { $0.router.mlp?.keep != nil }
    }
  }
  /// Whether a block sees the whole text from every position, so that all its tokens have to be run together.
  var seesWholeText: Bool { blocks.contains { $0.cachedAttention?.seesWholeText ?? false } }
}

/// The part of an encoder-decoder network that reads a whole text before the decoder begins.
struct TextEncoder: Sendable {
  var stack: Stack
  /// Applied to the states after the last block.
  var norm: Norm?
  /// The token with which every text of the decoder begins.
  var decoderStart: Int
}

/// From token ids to the first residual state.
struct Embedding: Sendable {
  /// Shape [V, embedding width].
  var tokens: WeightMatrix
  /// Every embedding is multiplied by this (Gemma: the root of D).
  var scale: Float = 1
  /// An adapter's change of embeddings, added before they are scaled.
  var update: EmbeddingUpdate?
  /// Stands behind every token's embedding as the projection's further input (RoCBert).
  var appended: [Float] = []
  /// From the embedding's width to D, if they differ (OPT-350m).
  var projection: Projection?
  /// Whether the projection follows segment, positions and norm (ELECTRA) instead of preceding them (OPT-350m).
  var projectsLast = false
  /// Applied to the tokens, before anything is added (Blenderbot Small).
  var tokenNorm: Norm?
  /// The vector [D] of the first segment of a text, added to every token (BERT).
  var segment: [Float]?
  /// Learned positions, added (GPT-2).
  var positions: LearnedPositions?
  /// Applied to the sum (BLOOM).
  var norm: Norm?
  /// Applied to the first state (ZAYA1).
  var rescaled: ShiftedScale?
  /// A further input of every block (Gemma 4).
  var perLayer: PerLayerInputs?
  /// What makes several streams of the first state, and one state of them for the head (Gemma 3n); nil for one stream.
  var streams: AlternatingStreams?
  /// Several streams of which every part of a block reads a weighted sum (DeepSeek V4); nil for one stream.
  var hyper: HyperStreams?
  /// What the head reads of the stream and of states of earlier blocks (Inkling 2); nil for the stream alone.
  var depth: DepthReading?
}

/// A table of positions [rows, D]; position p has row p + offset (OPT: 2).
struct LearnedPositions: Sendable {
  var table: WeightMatrix
  var offset = 0
  /// The padding token, which is not counted among the positions of a text (RoBERTa); nil where every token counts.
  var padding: Int?
}

/// A product with stored weights, an optional bias and an adapter's change: y = W x + b.
struct Projection: Sendable {
  /// Shape [rank, in]; applied to the input first (Kimi Linear).
  var first: WeightMatrix?
  /// Shape [out, in].
  var weights: WeightMatrix
  /// Shape [out].
  var bias: [Float]?
  /// A change of the product that belongs to the model: of one use of shared weights (Zamba 2).
  var ownUpdate: LowRankUpdate?
  /// An adapter's change of the product.
  var update: LowRankUpdate?
  /// The result is multiplied by this (Falcon-H1).
  var scale: Float = 1
  /// Shape [out]; each value of the result is multiplied by its own (Dory).
  var scales: [Float]?
  /// Whether the factor is one of the weights, so that it does not reach an adapter's change (RWKV).
  var scalesWeightsAlone = false

  /// Width of the result.
  var outputs: Int { weights.rows }

  /// Some of the outputs of a fused projection.
  func slice(_ range: Range<Int>) -> Projection {
    var projection = self
    projection.weights = weights.slice(range)
    projection.bias = bias.map { Array($0[range]) }
    projection.scales = scales.map { Array($0[range]) }
    projection.ownUpdate = ownUpdate?.slice(range)
    projection.update = update?.slice(range)
    return projection
  }

  /// The same with a result that is multiplied by another factor.
  func scaled(_ factor: Float) -> Projection {
    var projection = self
    projection.scale *= factor
    return projection
  }
}

/// A change of low rank that is added to a product: scale * (B (A x) + b).
///
/// Hu and others 2021, LoRA.
struct LowRankUpdate: Sendable {
  /// A, shape [rank, in].
  var down: WeightMatrix
  /// B, shape [out, rank].
  var up: WeightMatrix
  /// b, shape [out]; nil for none.
  var bias: [Float]?
  var scale: Float

  /// Some of the outputs.
  func slice(_ range: Range<Int>) -> LowRankUpdate {
    LowRankUpdate(down: down, up: up.slice(range), bias: bias.map { Array($0[range]) }, scale: scale)
  }
}

/// A change of low rank that is added to an embedding: scale * B a, where a is the token's row of a table.
struct EmbeddingUpdate: Sendable {
  /// Shape [V, rank].
  var table: WeightMatrix
  /// B, shape [embedding width, rank].
  var up: WeightMatrix
  var scale: Float
}

/// Layer norm or root-mean-square norm, statistics over `span` neighbouring values.
struct Norm: Sendable {
  /// How the statistics are taken.
  enum Kind: Sendable { case layer, rootMeanSquare }
  var kind: Kind
  /// Weights, with any `+1` of the family already added; if there are more than `span`, each span has its own.
  var weight: [Float]
  var bias: [Float]?
  var epsilon: Float
  /// Values that share statistics; nil for all weights.
  var span: Int?
}

/// One block: a mixer of positions, which is attention, a recurrent layer, or both side by side, and an MLP, each added to the
/// residual stream.
///
/// Either may be missing; the stream then passes it unchanged.
struct Block: Sendable {
  /// Whether the MLP reads the stream after attention was added, or attention's input.
  enum Order: Sendable { case sequential, parallel }
  var order = Order.sequential
  /// What happens to the stream before anything else (HRM-Text).
  var junction: Junction?
  /// Applied to the mixer's input; nil if it reads the stream itself (OLMo 2).
  var attentionNorm: Norm?
  /// Multiplies the mixer's normed input (A.X K2).
  var attentionNormGate: NormGate?
  var attention: Attention?
  /// Reads the same input as attention; where both are there, their outputs are summed (Falcon-H1).
  var recurrent: Recurrent?
  /// Adds to the mixer's input, but not to the stream (Zamba).
  var side: SideBranch?
  /// Applied to the mixer's output, before any norm of it (Inkling).
  var mixerConvolution: ShortConvolution?
  /// Applied to the mixer's output before it is added (Gemma's sandwich).
  var attentionPostNorm: Norm?
  /// Passes the mixer's input around it (Gemma 3n).
  var augmented: AugmentedResidual?
  /// Applied to the stream after the mixer was added (OPT-350m, as in the first transformers).
  var attentionStreamNorm: Norm?
  /// Looks at what the encoder read, after the mixer was added and before the MLP; nil in a network without an encoder.
  var cross: CrossAttention?
  /// Applied to the MLP's input; nil if the MLP reads the stream itself or, in a parallel block, attention's input.
  var mlpNorm: Norm?
  /// Multiplies the MLP's normed input.
  var mlpNormGate: NormGate?
  var mlp: FeedForward?
  /// Reads the MLP's input, too; its output is added at the end of the next block (LongCat Flash).
  var later: FeedForward?
  /// Applied to the MLP's output, before any norm of it.
  var mlpConvolution: ShortConvolution?
  /// Applied to the MLP's output before it is added.
  var mlpPostNorm: Norm?
  /// What the MLP reads in the place of its input, and what multiplies its output (RWKV).
  var shiftedMLP: ShiftedMLP?
  /// Reads the stream after the MLP was added (X-MOD).
  var follower: Follower?
  /// Applied to the stream after the MLP, and what follows it, was added.
  var mlpStreamNorm: Norm?
  /// Both outputs are multiplied by this before they are added (Granite).
  var residualScale: Float = 1
  /// The stream, or the normed input, is multiplied by these before the outputs are added (Doge); nil for one.
  var keeps: StreamFactors?
  /// What is done to an output and to the stream before they are added, for the mixer and for the MLP (ZAYA1).
  var mixerScaling: ResidualScaling?
  var mlpScaling: ResidualScaling?
  /// Outputs are added to their normed input instead of the stream (an option of BLOOM).
  var addsToNormed = false
  /// The normed input of the mixer, and that of the MLP, is multiplied by this before outputs are added to it (MiniMax).
  var normedScales: (mixer: Float, mlp: Float) = (1, 1)
  /// How the block uses its own input, after the MLP was added (Gemma 4).
  var perLayer: PerLayerUse?
  /// The stream is multiplied by this at the end (Gemma 4).
  var outputScale: Float = 1
  /// How the block meets several streams (Gemma 3n).
  var alternating: AlternatingUpdate?
  /// How its parts meet several streams (DeepSeek V4).
  var hyper: HyperConnections?
  /// Which states of earlier blocks its parts read beside the stream (Inkling 2).
  var depth: DepthConnections?

  /// Width of what later tokens read of the outputs of its parts.
  var keptOutputs: Int { (mixerConvolution?.channels ?? 0) + (mlpConvolution?.channels ?? 0) }
  /// The attention whose keys and values the cache holds for the block: its own, or that beside it.
  var cachedAttention: Attention? { attention ?? side?.attention }
  /// Its MLP and those beside it.
  var mlps: [FeedForward] { [mlp, later, side?.mlp, follower.map { .dense($0.mlp) }].compactMap { $0 } }
}

/// A second MLP of a block, which reads the stream behind the first (X-MOD's part for a language).
///
/// Pfeiffer and others 2022. `Attributor` does not know it: the families that have one have heads with an activation.
struct Follower: Sendable {
  /// Applied to its input; nil if it reads the stream itself.
  var norm: Norm?
  /// Whether its output is added to its normed input instead of the stream.
  var addsToNormed = false
  var mlp: MLP
}

/// Factors [D] of the stream before the output of the mixer, and before that of the MLP, is added to it.
struct StreamFactors: Sendable {
  var mixer: [Float]
  var mlp: [Float]
}

/// From a residual state to logits.
struct Output: Sendable {
  /// The final norm; nil if the family has none (OPT-350m).
  var norm: Norm?
  /// From D to the head's width, if they differ (OPT-350m), or the first part of a head of two layers (BERT).
  var projection: Projection?
  /// Applied to the projection's result.
  var activation: Activation?
  /// Applied after the activation.
  var projectedNorm: Norm?
  var head: Head
}

/// The unembedding.
struct Head: Sendable {
  /// Shape [V, D]; the token embedding itself if the two are tied.
  var weights: WeightMatrix
  /// Shape [V].
  var bias: [Float]?
  /// Shape [V]; each logit is multiplied by its own, before an adapter's change is added (Dory).
  var scales: [Float]?
  /// Logits are multiplied by this (Cohere, Granite).
  var scale: Float = 1
  /// Logits become cap * tanh(logit / cap) (Gemma 2).
  var softcap: Float?
  /// An adapter's change of the product, added before logits are scaled.
  var update: LowRankUpdate?

  /// The first `rows` rows only.
  func first(_ rows: Int) -> Head {
    Head(
      weights: weights.slice(0..<rows), bias: bias.map { Array($0.prefix(rows)) },
      scales: scales.map { Array($0.prefix(rows)) }, scale: scale, softcap: softcap, update: update?.slice(0..<rows))
  }
}

import Foundation

/// Attention with shared key and value heads.
struct Attention: Sendable {
  /// How queries, keys and values are projected.
  enum Inputs: Sendable {
    case separate(query: Projection, key: Projection, value: Projection)
    /// One projection whose rows come in a group for each key head: its query heads, the key, the value (GPT-NeoX, Falcon).
    case grouped(Projection)
    /// One projection whose rows come in equal shards: the queries of some heads, their values, their keys (CodeGen).
    case sharded(Projection, count: Int)
    /// Keys as they are projected, before their norm and rotation, are the values, too (Gemma 4).
    case keysAsValues(query: Projection, key: Projection)
    /// Keys and values are those of an earlier block (Gemma 4).
    case shared(query: Projection, block: Int)
    /// Latent attention: a short vector per position holds the keys and values of all heads (DeepSeek V2).
    case latent(LatentInputs)
    /// Queries of low rank, and one key head, whose keys are the values, after norm and rotation (DeepSeek V4).
    case oneKey(OneKeyInputs)
    /// Queries and keys pass convolutions, and half of the values are those of the token before (ZAYA1).
    case convolved(ConvolvedInputs)
    /// Queries of the experts that a token uses; keys and values are the same for all of them (JetMoE).
    case chosen(AttentionExperts, key: Projection, value: Projection)
    /// The rows of queries come with those of a gate, for each head: its query, its gate; the sigmoid of the gate multiplies what the
    /// head attended to (Qwen3-Next).
    case gated(queriesAndGates: Projection, key: Projection, value: Projection)
  }

  var inputs: Inputs
  /// From the input to a gate that multiplies what the heads attended to: each value (Muse Glimmer), or, with as many outputs as
  /// heads, each head (Laguna).
  var gate: Projection?
  /// What the gate becomes first.
  var gateActivation = Activation.sigmoid
  /// Applied to what all heads attended to, before `output` (BitNet).
  var outputNorm: Norm?
  /// Applied to equal parts of what all heads attended to, before `output` (DeepSeek V4).
  var groups: SplitProjection?
  var output: Projection
  /// The input is multiplied by this (Falcon-H1).
  var inputScale: Float = 1
  /// H, query heads.
  var heads: Int
  /// Key and value heads; divides H.
  var kvHeads: Int
  /// Width of one head's queries and keys.
  var headWidth: Int
  /// Width of one head's values, if it differs from that of keys.
  var ownValueWidth: Int?
  /// Queries, keys and values are clipped to this size (MPT, OLMo).
  var clip: Float?
  /// Whether queries and keys are clipped after their norms (OLMoE) instead of before them.
  var clipFollowsNorms = false
  /// Norms of queries and keys.
  var queryNorm: Norm?
  var keyNorm: Norm?
  /// Bounds of the length of queries and keys, in the place of norms (Inkling 2).
  var queryBound: LengthBound?
  var keyBound: LengthBound?
  /// Applied to keys and values as they are projected (Inkling).
  var keyConvolution: ShortConvolution?
  var valueConvolution: ShortConvolution?
  /// Whether these norms are applied after the rotation (HunYuan, Llama 4) instead of before it.
  var normsFollowRotation = false
  /// Rotary positions; nil if positions are learned, biases, or absent.
  var rotation: Rotation?
  /// Whether the last values of a head turn instead of the first ones.
  var turnsLast = false
  /// Whether what heads attended to is turned back by the query's position, because keys that turned are the values.
  var turnsBack = false
  /// The file stores the rows of each query and key head interleaved, as llama.cpp's converter leaves Llama's.
  var interleavedRows = false
  /// Norm of values.
  var valueNorm: Norm?
  /// Whether a query sees the positions after its own, too: the whole text, as in an encoder.
  var seesWholeText = false
  /// Positions a query sees, itself included; nil for all before it.
  var window: Int?
  /// Positions are cut into pieces of this length, and a query sees those of its own piece up to itself (Llama 4).
  var chunk: Int?
  /// Scores are multiplied by this.
  var scale: Float
  /// A factor of queries that grows with their position (Ministral 3, Llama 4).
  var temperature: AttentionTemperature?
  /// Scores become cap * tanh(score / cap) (Gemma 2).
  var softcap: Float?
  /// The bias of a score by its key's position (ALiBi, T5).
  var positionBias: PositionBias?
  /// A bias by the distance of the key that the query chooses (Inkling).
  var relativeBias: RelativeBias?
  /// What a key adds to its scores, besides its product with a query (Doge).
  var keyScores: KeyScores?
  /// The second half of heads is taken away from the first (DiffLlama).
  var difference: HeadDifference?
  /// [H] one more score of each head's softmax, whose share no value gets (gpt-oss; Xiao and others 2023).
  var sinks: [Float]?
  /// From the input to such a score of each head, which differs from query to query (Inkling 2).
  var ownSinks: Projection?

  /// Further keys, each of which stands for several tokens.
  var compression: Compression?

  /// Width of all queries of a token.
  var queryWidth: Int { heads * headWidth }
  /// Width of all keys of a token.
  var keyWidth: Int { kvHeads * headWidth }
  /// Width of one head's queries and keys as they are multiplied and kept: a key's own score stands behind it.
  var storedHeadWidth: Int { headWidth + (keyScores == nil ? 0 : 1) }
  /// Width of all keys of a token as they are kept.
  var storedKeyWidth: Int { kvHeads * storedHeadWidth }
  /// Width of all values of a token; none where keys contain them.
  var valueWidth: Int { valuesInKeys == nil ? kvHeads * valueHeadWidth : 0 }
  /// Where the value begins in a row of keys that contains it; nil where values are kept beside keys.
  var valuesInKeys: Int? {
    switch inputs {
    case .latent(let inputs): inputs.turned
    case .oneKey: 0
    case .separate, .grouped, .sharded, .keysAsValues, .shared, .convolved, .chosen, .gated: nil
    }
  }
  /// Width of what is kept of a token besides its keys and values, because later tokens read it.
  var keptWidth: Int {
    if case .convolved(let inputs) = inputs { return inputs.keptWidth }
    return (keyConvolution?.channels ?? 0) + (valueConvolution?.channels ?? 0)
  }
  /// The block whose keys and values are used; nil for the block's own.
  var source: Int? { if case .shared(_, let block) = inputs { block } else { nil } }

  /// The first position that a query sees.
  func first(position: Int) -> Int {
    max(window.map { position - $0 + 1 } ?? 0, chunk.map { position / $0 * $0 } ?? 0, 0)
  }

  /// The last position that a query sees, in a text of a number of positions.
  func last(position: Int, textLength: Int) -> Int { seesWholeText ? textLength - 1 : position }

  /// Width of one head's values.
  var valueHeadWidth: Int { ownValueWidth ?? headWidth }
  /// Heads of which `output` reads the values.
  var outputHeads: Int { difference == nil ? heads : heads / 2 }
  /// Width of the values that all query heads of a token attend to.
  var attendedWidth: Int { heads * valueHeadWidth }
}

/// What a key adds to its scores, by its values: exp(strength * softplus(W v)), one number for each key head.
struct KeyScores: Sendable {
  /// From all values of a token to the key heads.
  var projection: Projection
  /// A number for each key head.
  var strengths: [Float]
}

/// The difference of two halves of heads: norm(first - factor * second), a head of one half with its partner in the other.
///
/// Ye and others 2024, Differential Transformer. The values of a key head are those of two projected heads, one of each half, which
/// its partner in the other half of key heads has, too.
struct HeadDifference: Sendable {
  var factor: Float
  /// Over the values of one head.
  var norm: Norm
}

/// Attention of a decoder's block to what the encoder read: queries come from the stream, keys and values from the encoder's states.
///
/// Every query sees the encoder's whole text.
struct CrossAttention: Sendable {
  /// Applied to the stream before it is projected to queries.
  var norm: Norm?
  /// Applied to the stream after the output was added (BART).
  var streamNorm: Norm?
  var query: Projection
  var key: Projection
  var value: Projection
  var output: Projection
  /// H, heads of queries, keys and values.
  var heads: Int
  /// Width of one head.
  var headWidth: Int
  /// Scores are multiplied by this.
  var scale: Float

  /// Width of all heads.
  var width: Int { heads * headWidth }
}

/// A factor of queries that grows with their position: 1 + strength * ln(1 + floor((position + offset) / span)), a power, or a logarithm
/// without steps.
///
/// Called temperature tuning in Llama 4. It keeps the attention of long texts sharp.
struct AttentionTemperature: Sendable {
  /// Whether it is (1 + (position + offset) / span) to the power of `strength` instead (Beam).
  var isPower = false
  /// Whether it is 1 + strength * ln(max(1, (position + offset) / span)) instead (Inkling).
  var isSmooth = false
  /// Growth for each step of the logarithm.
  var strength: Float
  /// Positions per step; the factor of the first `span` positions is 1.
  var span: Float
  /// Added to the position first (Llama 4: 1).
  var offset: Float = 0

  /// The factor at a position.
  func factor(position: Int) -> Float {
    guard !isPower else { return expf(strength * log1pf((Float(position) + offset) / span)) }
    guard !isSmooth else { return 1 + strength * logf(max(1, (Float(position) + offset) / span)) }
    return 1 + strength * logf(1 + ((Float(position) + offset) / span).rounded(.down))
  }
}

/// Latent attention: a vector of low rank per position from which every head's keys and values follow, and one rotated key that
/// all heads share.
///
/// DeepSeek-AI 2024, DeepSeek-V2. The cache holds the latent vector and the shared key, not the keys and values of every head.
/// A head's score is q · (W_K c) = (W_Kᵀ q) · c, and its output W_V Σ p c: so queries are multiplied by W_Kᵀ and what is attended to
/// by W_V, and attention between them has one key head, which is the stored row itself. Prefill and decoding take the same
/// steps, so their bytes are the same.
struct LatentInputs: Sendable {
  /// From the input to the queries [H * (plain + turned)], or to their vector of low rank.
  var query: Projection
  /// The second step of queries of low rank; nil if `query` gives them at once.
  var queryRise: Rise?
  /// From the input to the latent vector and the shared key [rank + turned].
  var compression: Projection
  /// The norm of the latent vector.
  var norm: Norm
  /// W_Kᵀ of each head [rank, plain].
  var keys: [Projection]
  /// W_V of each head [width of a value, rank].
  var values: [Projection]
  /// Width of the part of a head that turns by position.
  var turned: Int

  /// From a vector of low rank to queries.
  struct Rise: Sendable {
    /// Applied to the vector first.
    var norm: Norm
    /// Whether the vector itself follows the normed one in what is projected (A.X K2).
    var readsRaw = false
    var projection: Projection
  }
  /// Numbers behind each head's query that are a gate: their sigmoids multiply the head's values (A.X K2).
  var gateWidth = 0

  /// Width of the latent vector.
  var rank: Int { norm.weight.count }
  /// Width of the part of a head that does not turn.
  var plain: Int { keys.first?.weights.columns ?? 0 }
  /// Width of one head's values.
  var valueWidth: Int { values.first?.outputs ?? 0 }
  /// Width of all queries of a token before they are multiplied by the keys' weights.
  var queryWidth: Int { keys.count * (plain + turned + gateWidth) }
  /// Width of all gates of a token.
  var gatesWidth: Int { keys.count * gateWidth }
  /// Width of all heads' values of a token.
  var expandedWidth: Int { values.count * valueWidth }
}

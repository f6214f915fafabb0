import Kernels

/// Cross attention of a batch of tokens, each to what the encoder read for its sequence.
final class CrossPass {
  private let pool: ThreadPool
  private let query: FloatMatrix  // [T, H * headWidth]
  private let attended: FloatMatrix  // [T, H * headWidth]

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Stack, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let width = network.blocks.compactMap(\.cross?.width).max() ?? 0
    query = FloatMatrix(rows: width > 0 ? capacity : 0, columns: width)
    attended = FloatMatrix(rows: width > 0 ? capacity : 0, columns: width)
  }

  /// `change` = cross attention of `x` [T, D] to the encoded texts of the tokens' caches.
  func run(
    _ cross: CrossAttention, block: Int, _ tokens: [ForwardPass.BatchToken], _ x: FloatMatrix, into change: FloatMatrix
  ) {
    cross.query.apply(x, count: tokens.count, into: query, pool: pool)
    let rows = tokens.enumerated().compactMap { t, token -> strata_attention_row? in
      guard let encoded = token.cache.encoded else { return nil }
      return strata_attention_row(
        query: query.row(t), keys: encoded.keys[block].start, values: encoded.values[block].start, biases: nil,
        sinks: nil, output: attended.row(t), first: 0, last: encoded.length - 1)
    }
    precondition(rows.count == tokens.count, "a text was run before its encoder's")
    var heads = strata_heads(
      heads: cross.heads, kv_heads: cross.heads, key_width: cross.headWidth, value_width: cross.headWidth,
      key_stride: cross.width, value_stride: cross.width)
    var scores = strata_scores(scale: cross.scale, softcap: 0, bias_stride: 0, sinks: nil)
    strata_attend(pool.handle, rows, rows.count, &heads, &scores)
    cross.output.apply(attended, count: tokens.count, into: change, pool: pool)
  }
}

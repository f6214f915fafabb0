/// Attention and an MLP beside the stream, whose weights several blocks share: what they make of the stream and of the text's first state
/// is added to the mixer's input alone.
///
/// Glorioso and others 2024, Zamba. Inside it nothing is added to what a part reads.
struct SideBranch: Sendable {
  /// Applied to the stream and the state after the embedding, one behind the other [2 D].
  var norm: Norm
  /// From 2 D to D.
  var attention: Attention
  var mlpNorm: Norm
  var mlp: FeedForward
  /// Applied to the MLP's output.
  var output: Projection
}

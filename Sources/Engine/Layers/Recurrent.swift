/// A layer with a state: what it adds for a token depends on its input, and on what the tokens before it left in the state.
///
/// Its inputs pass a causal convolution of a few tokens, then a scan over all tokens of the text, then a gate. `RecurrentPass` is its
/// only reader, and `RecurrentState` is what it keeps of a text.
struct Recurrent: Sendable {
  /// The input is multiplied by this (Falcon-H1).
  var inputScale: Float = 1
  /// The mixtures that its projections read in the place of the input: one for each part of the channels, then that of the gate (RWKV).
  var shift: TokenShift?
  /// What passes the convolution and the scan, [channels].
  var channels: JoinedProjection
  /// Whether they stand among those of the gate: outputs 2i are channels, outputs 2i + 1 the gate (Zamba).
  var interleavesGate = false
  /// Multiplies the channels before the convolution (LFM2).
  var inputGate: Projection?
  var convolution: Convolution
  /// nil for a convolution alone (LFM2).
  var scan: Scan?
  /// nil if the output of the scan is not gated.
  var gate: Gate?
  /// From the layer's inner width to D.
  var output: Projection

  /// Width of what the scan, or the convolution, gives.
  var innerWidth: Int {
    switch scan {
    case .channels, .gated, nil: convolution.channels
    case .weighted: convolution.channels / 2
    case .heads(let scan): scan.heads * scan.valueWidth
    case .exponential(let scan): scan.heads * scan.valueWidth
    }
  }
}

/// Projections of the same input whose outputs stand side by side.
struct JoinedProjection: Sendable {
  var parts: [Projection]

  /// Width of all outputs.
  var outputs: Int { parts.reduce(0) { $0 + $1.outputs } }
}

/// A causal convolution of each channel by itself.
struct Convolution: Sendable {
  /// Shape [kernel, channels], the weight of the oldest input first.
  var weights: [Float]
  /// Shape [channels].
  var bias: [Float]?
  var channels: Int
  /// Number of inputs that an output reads, its own token's included.
  var kernel: Int
  var activation = Activation.linear
}

/// A recurrence over the tokens of a text.
enum Scan: Sendable {
  /// Each channel has a state of several numbers (Mamba).
  case channels(ChannelScan)
  /// Each head has a matrix (Mamba 2, gated delta rule).
  case heads(HeadScan)
  /// Each channel has one number, and gates say what is kept and what is written (RecurrentGemma).
  case gated(GatedScan)
  /// Each channel has a mean of its values, weighed by their keys (RWKV).
  case weighted(WeightedScan)
  /// Each head has a matrix, whose gates are exponentials (xLSTM).
  case exponential(ExponentialScan)
}

/// state = kept · state + root of (1 - kept²) · gate · value; output = state, for each channel, where kept = exp(keep · decay).
///
/// De and others 2024, Griffin: the real-gated linear recurrent unit. The first token of a text is written whole.
struct GatedScan: Sendable {
  /// From the convolved channels to numbers whose sigmoid is the gate of values.
  var gate: SplitProjection
  /// The same for how fast the state decays.
  var keep: SplitProjection
  /// Shape [channels], negative.
  var decays: [Float]
}

/// Projections of equal parts of the input, whose outputs stand side by side.
struct SplitProjection: Sendable {
  var parts: [Projection]

  /// Width of all outputs.
  var outputs: Int { parts.reduce(0) { $0 + $1.outputs } }
}

/// state = exp(step · decay) · state + key · step · value; output = query · state + skip · value, for each channel.
///
/// Gu and Dao 2023, Mamba: steps are Δ, keys B, queries C.
struct ChannelScan: Sendable {
  /// From the convolved channels of each head to its [rank of steps | states | states]: steps before their projection, keys, queries.
  ///
  /// Mamba has one head, Zamba several.
  var inputs: SplitProjection
  /// Norms of these three parts (Falcon-Mamba, Jamba).
  var stepNorm: Norm?
  var keyNorm: Norm?
  var queryNorm: Norm?
  /// From the rank of steps to the channels, for each head; its bias is added before the softplus.
  var steps: SplitProjection
  /// Shape [heads, states, channels of a head], negative.
  var decays: [Float]
  /// Shape [channels].
  var skips: [Float]?
  /// Number of states of a channel.
  var states: Int
}

/// S = exp(step · decay) · S + key ⊗ strength · v; output = Sᵀ query + skip · value, for each head.
///
/// v is the value, or by the delta rule the value minus what S holds for the key (Yang and others 2024, Gated Delta Networks). Mamba 2
/// (Dao and Gu 2024) has the steps as strengths, B as keys, C as queries.
struct HeadScan: Sendable {
  /// The order in which value heads share key heads.
  enum Sharing: Sendable {
    /// Neighbours share a key head.
    case neighbours
    /// Head h has key head h modulo their number (llama.cpp's Qwen3.5).
    case tiled
  }

  var heads: Int
  /// Heads of keys and queries; divides `heads`.
  var keyHeads: Int
  var keyWidth: Int
  var valueWidth: Int
  var sharing = Sharing.neighbours
  /// Where queries, keys and values begin among the channels.
  var queryStart: Int
  var keyStart: Int
  var valueStart: Int
  /// Epsilon of the L2 norm of queries and keys; nil for none.
  var unitNorm: Float?
  /// Queries are multiplied by this after the norm.
  var queryScale: Float = 1
  /// One number per head, of which softplus makes the step; nil for steps of one (MiniMax).
  var steps: JoinedProjection?
  /// Whether every value of a head's key decays by itself (Kimi Linear); then there are as many steps, biases and decays.
  var decaysByKey = false
  /// Shape [heads]; added to it before.
  var stepBias: [Float] = []
  /// Shape [heads], positive: a step is the sigmoid of its rate times the number instead of the softplus (Ling 3).
  var stepRates: [Float]?
  /// Limits of steps.
  var stepLimits: ClosedRange<Float> = 0...Float.infinity
  /// Shape [heads], negative.
  var decays: [Float]
  /// One number per head whose sigmoid is the strength; nil if the step is.
  var strengths: JoinedProjection?
  /// The sigmoid is multiplied by this (OLMo Hybrid: 2).
  var strengthScale: Float = 1
  /// Whether v is a correction of what the state holds (delta rule).
  var corrects: Bool
  /// Shape [heads].
  var skips: [Float]?

  /// Steps of a head.
  var ownSteps: Int { decaysByKey ? keyWidth : 1 }

  /// The key head of a value head.
  func keyHead(_ head: Int) -> Int {
    switch sharing {
    case .neighbours: head / (heads / keyHeads)
    case .tiled: head % keyHeads
    }
  }
}

/// What multiplies the output of a recurrent layer.
struct Gate: Sendable {
  /// Empty if its rows stand among the channels.
  var projection: JoinedProjection
  var activation: Activation
  /// The norm of the gated output, or of the output before it is gated.
  var norm: Norm?
  var normsFirst = false
}

extension Network {
  /// Whether a block keeps a state that cannot return to an earlier position.
  var isRecurrent: Bool { blocks.contains { $0.recurrent != nil } }
}

import Foundation

/// The part of a block that processes each token separately.
enum FeedForward: Sendable {
  case dense(MLP)
  case experts(Experts)
  /// Several side by side, whose outputs are added: experts and the expert that every token uses.
  case sum([Summand])

  /// Width of its hidden layer.
  var innerWidth: Int {
    switch self {
    case .dense(let mlp): mlp.up.outputs
    case .experts(let experts): (experts.all + experts.shared).map(\.up.outputs).max() ?? 0
    case .sum(let summands): summands.map(\.part.innerWidth).max() ?? 0
    }
  }

  /// Its mixtures.
  var mixtures: [Experts] {
    switch self {
    case .dense: []
    case .experts(let experts): [experts]
    case .sum(let summands): summands.flatMap(\.part.mixtures)
    }
  }
}

/// One of several parts of a block that read the same input.
struct Summand: Sendable {
  /// Applied to its input (Gemma 4).
  var norm: Norm?
  var part: FeedForward
  /// Shape [1, D]; its sigmoid multiplies the output (Qwen2-MoE).
  var gate: Projection?
  /// Applied to its output (Gemma 4).
  var postNorm: Norm?
}

/// Gated or plain feed-forward network.
struct MLP: Sendable {
  /// The gate of a gated MLP, down(f(gate x) * up x); nil for down(f(up x)).
  var gate: Projection?
  var up: Projection
  var down: Projection
  var activation: Activation
  /// `up` holds gate and up: outputs 2i and 2i + 1 (gpt-oss).
  var hasInterleavedGate = false
  /// Gates are at most this large, ups lie between it and its negative (gpt-oss).
  var limit: Float?
  /// Added to the ups of a gated MLP (gpt-oss: 1).
  var upOffset: Float = 0
  /// Closes most gates before their activation (Gemma 3n).
  var threshold: GateThreshold?
  /// Takes the place of the activation (Inkling 2).
  var caps: GateCaps?
  /// Applied to the hidden layer, before `down` (BitNet).
  var hiddenNorm: Norm?
}

/// A SiLU whose linear part is capped, as are the ups: sigmoid(g) * cap(g) * cap(u), where cap(x) = size * tanh(x / size).
struct GateCaps: Sendable {
  /// The size of capped gates.
  var gate: Float
  /// The size of capped ups.
  var up: Float

  /// gates = the hidden layer, for `count` gates and ups.
  func apply(_ gates: UnsafeMutablePointer<Float>, _ ups: UnsafePointer<Float>, count: Int) {
    for i in 0..<count {
      let capped = gate * tanhf(gates[i] / gate) * (up * tanhf(ups[i] / up))
      gates[i] = capped / (1 + expf(-gates[i]))
    }
  }
}

/// A mixture of MLPs of which each token uses a few.
///
/// Shazeer et al. 2017.
struct Experts: Sendable {
  var router: Router
  /// Applied to the input of experts, not to the router's (Gemma 4).
  var norm: Norm?
  var all: [MLP]
  /// Experts behind these that give what they read (LongCat Flash).
  var passing = 0
  /// Experts behind these that give nothing (ZAYA1).
  var skipping = 0
  /// Experts behind these that every token uses, with shares of their own (Inkling).
  var shared: [MLP] = []
  /// Shape [D], added to the sum of experts (JetMoE).
  var bias: [Float]?
  /// The weight of an expert multiplies its input instead of its output (Llama 4).
  var weighsInput = false

  /// The number of experts that have a number of the router.
  var count: Int { all.count + passing + skipping + shared.count }
}

/// The non-linearity of an MLP; the kernels' header has the formulas.
enum Activation: Sendable, Equatable {
  case silu
  /// GELU by its tanh approximation (`gelu_new`, `gelu_pytorch_tanh`).
  case geluTanh
  /// GELU with the exact error function.
  case gelu
  case relu
  case leakyReLU
  case relu6
  case squaredReLU
  case sigmoid
  case tanh
  case linear
  case clippedGELU
  case quickGELU
  case mish
  case hardswish
  case laplace
  case rootSoftplus
  case softplus
  /// xIELU, whose parameters are stored for each block (Apertus).
  case xIELU(XIELU)
}

import Foundation

/// Single logits of the model's own output, from a residual state [D] by plain loops in double precision.
///
/// It shares no product and no norm with the kernels, so that a fault of the head or of the final norm shows as a difference.
struct PlainOutput {
  /// A logit, and how far one that was summed in float32 may be from it.
  struct Logit {
    var value: Double
    var bound: Double
  }

  /// What rounding to float32 changes at most, as a share, with room for two roundings.
  static let rounding = 4 * Double(Float.ulpOfOne) / 2

  private let head: Head
  /// What the head reads, [width of the head].
  private let input: [Double]

  /// Norms and projects a state.
  init(_ state: UnsafePointer<Float>, width: Int, output: Output) {
    head = output.head
    var x = (0..<width).map { Double(state[$0]) }
    if let norm = output.norm { x = PlainOutput.norm(x, norm) }
    if let projection = output.projection {
      x = (0..<projection.outputs).map { row in
        PlainOutput.product(projection.weights, row, x).sum + Double(projection.bias?[row] ?? 0)
          + (projection.update.map { PlainOutput.change($0, row, x).sum } ?? 0)
      }
      if let activation = output.activation { x = x.map(activation.value) }
      if let norm = output.projectedNorm { x = PlainOutput.norm(x, norm) }
    }
    input = x
  }

  /// The logit of a token.
  func logit(_ id: Int) -> Logit {
    let own = PlainOutput.product(head.weights, id, input)
    let added = head.update.map { PlainOutput.change($0, id, input) } ?? (sum: 0, size: 0)
    let bias = Double(head.bias?[id] ?? 0)
    let factor = Double(head.scales?[id] ?? 1)
    var value = factor * (own.sum + bias) + added.sum
    value *= Double(head.scale)
    if let cap = head.softcap.map(Double.init) { value = cap * tanh(value / cap) }
    // A sum of D products in float32, and the rounding of the norm before it: far below what a wrong epsilon or row changes.
    // A bias is added once: the sum is rounded to a neighbour among float32, which lie far apart where the bias is large.
    let size = 2e-5 * (abs(factor) * own.size + added.size) + Self.rounding * abs(factor * bias)
    return Logit(value: value, bound: 1e-4 + size * abs(Double(head.scale)))
  }

  private static func norm(_ x: [Double], _ norm: Norm) -> [Double] {
    let span = norm.span ?? norm.weight.count
    return stride(from: 0, to: x.count, by: span).flatMap { start -> [Double] in
      let part = x[start..<start + span]
      let mean = norm.kind == .layer ? part.reduce(0, +) / Double(span) : 0
      let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(span)
      let root = (variance + Double(norm.epsilon)).squareRoot()
      return part.enumerated().map { place, value in
        let own = (start + place) % norm.weight.count
        return (value - mean) / root * Double(norm.weight[own]) + Double(norm.bias?[own] ?? 0)
      }
    }
  }

  /// A row of weights times a vector, and the sum of the sizes of its terms.
  private static func product(_ weights: WeightMatrix, _ row: Int, _ x: [Double]) -> (sum: Double, size: Double) {
    let decoded = FloatMatrix(rows: 1, columns: weights.columns)
    weights.decodeRow(row, into: decoded.start)
    var (sum, size) = (0.0, 0.0)
    for column in 0..<weights.columns {
      let term = Double(decoded.start[column]) * x[column]
      sum += term
      size += abs(term)
    }
    return (sum, size)
  }

  /// What an update of low rank adds to an output.
  private static func change(_ update: LowRankUpdate, _ row: Int, _ x: [Double]) -> (sum: Double, size: Double) {
    let low = (0..<update.down.rows).map { product(update.down, $0, x).sum }
    let up = product(update.up, row, low)
    let scale = Double(update.scale)
    return (scale * (up.sum + Double(update.bias?[row] ?? 0)), abs(scale) * up.size)
  }
}

extension Activation {
  /// The function in double precision; the formulas are those of the kernels' header.
  func value(_ x: Double) -> Double {
    func gelu(_ x: Double) -> Double { 0.5 * x * (1 + erf(x / 2.0.squareRoot())) }
    switch self {
    case .silu: return x / (1 + exp(-x))
    case .geluTanh: return 0.5 * x * (1 + Foundation.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .gelu: return gelu(x)
    case .relu: return max(0, x)
    case .leakyReLU: return x > 0 ? x : 0.01 * x
    case .relu6: return min(6, max(0, x))
    case .squaredReLU: return max(0, x) * max(0, x)
    case .sigmoid: return 1 / (1 + exp(-x))
    case .tanh: return Foundation.tanh(x)
    case .linear: return x
    case .clippedGELU: return min(10, max(-10, gelu(x)))
    case .quickGELU: return x / (1 + exp(-1.702 * x))
    case .mish: return x * Foundation.tanh(log1p(exp(x)))
    case .hardswish: return x * min(6, max(0, x + 3)) / 6
    case .laplace: return 0.5 * (1 + erf((x - 0.707107) / (0.282095 * 2.0.squareRoot())))
    case .rootSoftplus: return log1p(exp(x)).squareRoot()
    case .softplus: return log1p(exp(x))
    case .xIELU(let shape):
      let (positive, negative) = (Double(shape.positive), Double(shape.negative))
      let (beta, epsilon) = (Double(shape.beta), Double(shape.epsilon))
      return x > 0 ? positive * x * x + beta * x : negative * (expm1(min(x, epsilon)) - x) + beta * x
    }
  }
}

extension ModelOutput {
  /// How the logits of the best token and of the target differ from plain sums over the same state; nil when they agree.
  func difference(from plain: PlainOutput, target id: Int?) -> String? {
    for (id, found) in [(largest, logit)] + (id.flatMap { id in target.map { [(id, $0)] } } ?? []) {
      let expected = plain.logit(id)
      // Written so that NaN differs.
      guard abs(Double(found) - expected.value) <= expected.bound else {
        return "logit \(found) of token \(id) instead of \(Float(expected.value))"
      }
    }
    return nil
  }
}

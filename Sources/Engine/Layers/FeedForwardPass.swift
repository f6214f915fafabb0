import Foundation
import Kernels

/// The feed-forward part of a block for a batch of tokens.
final class FeedForwardPass {
  private let pool: ThreadPool
  private let inner: FloatMatrix  // [T, inner width]
  private let gate: FloatMatrix  // [T, inner width]
  private let routed: FloatMatrix?  // [T, D] the tokens of one expert
  private let answer: FloatMatrix?  // [T, D] what the expert says
  private let scores: FloatMatrix?  // [T, experts]

  /// A workspace for up to `capacity` tokens per call.
  init(_ network: Network, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let width = network.blocks.compactMap(\.mlp?.innerWidth).max() ?? 0
    inner = FloatMatrix(rows: capacity, columns: width)
    gate = FloatMatrix(rows: capacity, columns: width)
    let experts = network.blocks.compactMap { if case .experts(let experts) = $0.mlp { experts } else { nil } }
    let most = experts.map(\.all.count).max()
    routed = most.map { _ in FloatMatrix(rows: capacity, columns: network.width) }
    answer = most.map { _ in FloatMatrix(rows: capacity, columns: network.width) }
    scores = most.map { FloatMatrix(rows: capacity, columns: $0) }
  }

  /// `change` = f(x) for the first `count` rows of `x` [T, D].
  func run(_ part: FeedForward, count: Int, _ x: FloatMatrix, into change: FloatMatrix) {
    switch part {
    case .dense(let mlp): run(mlp, count: count, x, into: change)
    case .experts(let experts): run(experts, count: count, x, into: change)
    }
  }

  private func run(_ mlp: MLP, count: Int, _ x: FloatMatrix, into change: FloatMatrix) {
    mlp.up.apply(x, count: count, into: inner, pool: pool)
    guard let projection = mlp.gate else {
      mlp.activation.apply(inner, times: nil, count: count, width: mlp.up.outputs, pool: pool)
      mlp.down.apply(inner, count: count, into: change, pool: pool)
      return
    }
    projection.apply(x, count: count, into: gate, pool: pool)
    mlp.activation.apply(gate, times: inner, count: count, width: projection.outputs, pool: pool)
    mlp.down.apply(gate, count: count, into: change, pool: pool)
  }

  /// Runs the experts in order, each for all tokens that chose it; a token's sum does not depend on other tokens.
  private func run(_ experts: Experts, count: Int, _ x: FloatMatrix, into change: FloatMatrix) {
    guard let routed, let answer, let scores else { return }
    experts.router.apply(x, count: count, into: scores, pool: pool)
    let shares = (0..<count).map { share(experts, scores.row($0)) }
    (change.start).update(repeating: 0, count: count * change.columns)
    for (index, expert) in experts.all.enumerated() {
      let tokens = (0..<count).filter { shares[$0][index] != nil }
      guard !tokens.isEmpty else { continue }
      for (place, t) in tokens.enumerated() { routed.row(place).update(from: x.row(t), count: x.columns) }
      run(expert, count: tokens.count, routed, into: answer)
      for (place, t) in tokens.enumerated() {
        strata_add(change.row(t), answer.row(place), shares[t][index] ?? 0, change.columns)
      }
    }
  }

  /// The weight of each chosen expert for a token: the largest values of the softmax over all scores.
  private func share(_ experts: Experts, _ scores: UnsafeMutablePointer<Float>) -> [Int: Float] {
    let all = (0..<experts.all.count).map { scores[$0] }
    let best = all.max() ?? 0
    let weights = all.map { expf($0 - best) }
    let sum = weights.reduce(0, +)
    let chosen = all.indices.sorted { (all[$0], $1) > (all[$1], $0) }.prefix(experts.chosen)
    let kept = chosen.map { weights[$0] / sum }
    let scale = experts.normalised ? 1 / kept.reduce(0, +) : 1
    return Dictionary(uniqueKeysWithValues: zip(chosen, kept.map { $0 * scale }))
  }
}

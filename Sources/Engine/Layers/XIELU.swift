import Foundation

/// The parameters of xIELU: positive * x^2 + beta * x above zero, negative * (expm1(min(x, epsilon)) - x) + beta * x below it.
///
/// Huang and Schlag 2024.
struct XIELU: Sendable, Equatable {
  var positive: Float
  var negative: Float
  var beta: Float
  var epsilon: Float

  /// From the stored parameters, of which the softplus and, below zero, its sum with `beta` count.
  init(storedPositive: Float, storedNegative: Float, beta: Float, epsilon: Float) {
    func softplus(_ x: Float) -> Float { x > 20 ? x : log1pf(expf(x)) }
    positive = softplus(storedPositive)
    negative = beta + softplus(storedNegative)
    self.beta = beta
    self.epsilon = epsilon
  }
}

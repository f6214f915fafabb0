import Foundation

/// How a token's experts are chosen, and how much each of them counts.
///
/// Shazeer and others 2017; the cases name the models that brought them.
struct Router: Sendable {
  /// What the logits of the router become before experts are chosen and weighed.
  enum Scores: Sendable, Equatable {
    /// The softmax over all experts.
    case softmax
    /// The softmax over the chosen experts, which are those of the largest logits (gpt-oss, Granite).
    case softmaxOfChosen
    /// A function of each logit by itself (DeepSeek V3: the sigmoid).
    case each(Activation)
    /// One expert after the other: the largest logit that is left, and of the softmax over logits near it the expert's share
    /// (Phi-MoE's SparseMixer). Near means that the distance, relative to the larger size, is at most `2 * jitter`.
    case sparseMixer(jitter: Float)
  }

  /// How the weights of the chosen experts are made to sum to about one.
  enum Normalisation: Sendable, Equatable {
    /// They are divided by their sum plus a small number.
    case sum(plus: Float)
    /// They are divided by their sum, or by this number if it is larger (ERNIE 4.5).
    case sumAtLeast(Float)
  }

  /// Experts are first narrowed down to the best of equal groups (DeepSeek).
  struct Groups: Sendable, Equatable {
    /// What ranks a group.
    enum Rank: Sendable { case largest, sumOfTwoLargest }
    /// Number of groups.
    var count: Int
    /// Groups that are kept.
    var kept: Int
    var rank: Rank
  }

  /// Shape [experts, D], or [experts, width] behind an MLP.
  var projection: Projection
  /// Applied to the router's own input; nil if it reads what the experts read.
  var norm: Norm?
  /// What the projection reads a result of; nil if it reads the input itself.
  var mlp: RouterMLP?
  /// Logits become cap * tanh(logit / cap) first (Laguna).
  var softcap: Float?
  var scores = Scores.softmax
  /// Added to the scores of all experts but those that every token uses, for the choice, not for the weights (DeepSeek V3).
  var correction: [Float]?
  /// Whether the correction is added to logits instead of scores (Kolibri).
  var correctsLogits = false
  var groups: Groups?
  /// Experts per token, besides those that every token uses.
  var chosen: Int
  /// Experts at the end that every token uses, and that share the normalisation with the chosen ones (Inkling).
  var always = 0
  /// [V * chosen] the experts of each token by its id, whatever the scores (DeepSeek V4's first blocks).
  var table: [Int32]?
  var normalisation: Normalisation?
  /// All weights are multiplied by this.
  var scale: Float = 1
  /// [experts] each weight is multiplied by its expert's own number (Gemma 4).
  var expertScales: [Float]?

  /// An expert that a token uses, and its weight.
  struct Share: Equatable {
    var expert: Int
    var weight: Float
  }

  /// The experts of a token by its logits [experts], the best one first, of equal ones the first; or by its id.
  func shares(_ found: [Float], id: Int = 0) -> [Share] {
    let logits = softcap.map { cap in found.map { cap * tanhf($0 / cap) } } ?? found
    if case .sparseMixer(let jitter) = scores { return mixed(logits, jitter: jitter) }
    let values = values(logits)
    var best = table.map { $0[(id * chosen)..<((id + 1) * chosen)].map(Int.init) } ?? best(logits, values)
    best += values.indices.suffix(always)
    var weights = best.map { values[$0] }
    if scores == .softmaxOfChosen { weights = Router.softmax(weights) }
    switch normalisation {
    case .sum(let small):
      let factor = 1 / (weights.reduce(0, +) + small)
      weights = weights.map { $0 * factor }
    case .sumAtLeast(let least):
      let factor = 1 / max(weights.reduce(0, +), least)
      weights = weights.map { $0 * factor }
    case nil: break
    }
    let shares = zip(best, weights).map { expert, weight in
      Share(expert: expert, weight: weight * scale * (expertScales?[expert] ?? 1))
    }
    return table == nil ? shares : Router.merged(shares)
  }

  /// The same with one share for an expert that a table names twice, because memory is laid out for one row of a token.
  private static func merged(_ shares: [Share]) -> [Share] {
    shares.reduce(into: []) { merged, share in
      if let place = merged.firstIndex(where: { $0.expert == share.expert }) {
        merged[place].weight += share.weight
      } else {
        merged.append(share)
      }
    }
  }

  /// The score of each expert.
  private func values(_ logits: [Float]) -> [Float] {
    switch scores {
    case .softmax: return Router.softmax(logits)
    case .softmaxOfChosen, .sparseMixer: return logits
    case .each(let activation):
      var values = logits
      values.withUnsafeMutableBufferPointer { values in
        if let start = values.baseAddress { activation.apply(start, times: nil, count: values.count) }
      }
      return values
    }
  }

  /// The chosen experts, the best one first.
  ///
  /// Functions of a single logit rise with it, so that without a correction the logits themselves are compared, which differ
  /// where scores are rounded to the same number.
  private func best(_ logits: [Float], _ values: [Float]) -> [Int] {
    guard correction != nil || groups != nil else {
      return Array(Router.order(Array(logits.indices.dropLast(always)), by: logits).prefix(chosen))
    }
    let values = correction.map { zip(correctsLogits ? logits : values, $0).map(+) } ?? values
    let candidates = groups.map { kept($0, values) } ?? Array(values.indices)
    return Array(Router.order(candidates, by: values).prefix(chosen))
  }

  /// The experts of the best groups.
  private func kept(_ groups: Groups, _ values: [Float]) -> [Int] {
    let size = values.count / groups.count
    let ranks = (0..<groups.count).map { group -> Float in
      let own = values[(group * size)..<((group + 1) * size)].sorted(by: >)
      return own.prefix(groups.rank == .largest ? 1 : 2).reduce(0, +)
    }
    let best = Router.order(Array(ranks.indices), by: ranks).prefix(groups.kept)
    return best.sorted().flatMap { Array(($0 * size)..<(($0 + 1) * size)) }
  }

  private func mixed(_ logits: [Float], jitter: Float) -> [Share] {
    var left = logits
    // An expert has at most one row of each token, also where logits are no numbers and none is the largest: memory is laid out for that.
    var free = Array(logits.indices)
    return (0..<min(chosen, logits.count)).map { _ in
      let largest = left.max() ?? 0
      let place = free.firstIndex { left[$0] == largest } ?? 0
      let expert = free.remove(at: place)
      let near = zip(left, logits).map { own, logit in
        (largest - logit) / max(abs(logit), largest) > 2 * jitter ? -Float.infinity : own
      }
      left[expert] = -.infinity
      return Share(expert: expert, weight: Router.softmax(near)[expert])
    }
  }

  /// Indices by falling value; of equal ones the first one first.
  private static func order(_ indices: [Int], by values: [Float]) -> [Int] {
    indices.sorted { (values[$0], $1) > (values[$1], $0) }
  }

  private static func softmax(_ logits: [Float]) -> [Float] {
    let best = logits.max() ?? 0
    let weights = logits.map { expf($0 - best) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}

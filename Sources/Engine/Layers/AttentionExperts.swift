import Kernels

/// Query heads of which each token uses those of some experts, with keys and values for all of them (JetMoE).
///
/// Zhang and others 2022, Mixture of Attention Heads. An expert has a query head for each key head, and rows of the output projection for
/// what its heads attend to; its share multiplies what these rows give.
struct AttentionExperts: Sendable {
  var router: Router
  /// For each expert, from the input to the queries of its heads, one for each key head.
  var queries: [Projection]
  /// Shape [D], added to the sum of the experts' outputs.
  var bias: [Float]
}

extension Attention {
  /// The chosen heads of every token; nil where all tokens have the same heads.
  var experts: AttentionExperts? { if case .chosen(let experts, _, _) = inputs { experts } else { nil } }

  /// The output projection of an expert: rows of `output`, which has those of all experts, one after the other.
  func output(_ experts: AttentionExperts, of expert: Int) -> Projection {
    let width = output.outputs / experts.queries.count
    return output.slice(expert * width..<(expert + 1) * width)
  }
}

/// The queries and outputs of chosen heads for a batch of tokens.
///
/// While queries meet keys, heads with the same key stand side by side; as parts of a network they stand expert after expert, the best
/// one of a token first.
final class ChosenHeadsPass {
  private let pool: ThreadPool
  private let scores: FloatMatrix  // [T, experts]
  private let routed: FloatMatrix  // [T, D or an expert's heads] the tokens of one expert
  private let answer: FloatMatrix  // [T, D or an expert's heads] what the expert says
  private let joined: FloatMatrix  // [T, chosen heads]
  private let choice: FloatMatrix  // [T, 2 * chosen experts] number and share of each
  private var shares: [[Router.Share]] = []

  /// A workspace for up to `capacity` tokens per call of a network of some width.
  init(_ all: [Attention], width: Int, pool: ThreadPool, capacity: Int) {
    self.pool = pool
    let own = all.filter { $0.experts != nil }
    func widest(_ width: (Attention) -> Int) -> FloatMatrix {
      FloatMatrix(rows: capacity, columns: own.map(width).max() ?? 0)
    }
    scores = widest { $0.experts?.queries.count ?? 0 }
    routed = widest { max(width, $0.keyWidth) }
    answer = widest { max(width, $0.keyWidth) }
    joined = widest(\.attendedWidth)
    choice = widest { 2 * ($0.experts?.router.chosen ?? 0) }
  }

  /// Computes the queries [T, H * head width] of `x` [T, D].
  func project(
    _ experts: AttentionExperts, _ attention: Attention, _ x: FloatMatrix, count: Int, into query: FloatMatrix
  ) {
    experts.router.projection.apply(x, count: count, into: scores, pool: pool)
    shares = (0..<count).map { t in
      experts.router.shares(Array(UnsafeBufferPointer(start: scores.row(t), count: experts.queries.count)))
    }
    let (each, width) = (experts.router.chosen, attention.headWidth)
    for (expert, users) in users(experts).enumerated() where !users.isEmpty {
      for (place, user) in users.enumerated() { routed.row(place).update(from: x.row(user.token), count: x.columns) }
      experts.queries[expert].apply(routed, count: users.count, into: answer, pool: pool)
      for (place, user) in users.enumerated() {
        for head in 0..<attention.kvHeads {
          (query.row(user.token) + (head * each + user.slot) * width).update(
            from: answer.row(place) + head * width, count: width)
        }
      }
    }
  }

  /// `change` [T, D] = what the experts make of what their heads attended to, times their shares.
  func finish(
    _ experts: AttentionExperts, _ attention: Attention, _ attended: FloatMatrix, block: Int, count: Int,
    into change: FloatMatrix, visit: ForwardPass.Visit?
  ) {
    let (each, width, own) = (experts.router.chosen, attention.headWidth, attention.keyWidth)
    for t in 0..<count {
      for head in 0..<attention.kvHeads {
        for slot in 0..<each {
          (joined.row(t) + slot * own + head * width).update(
            from: attended.row(t) + (head * each + slot) * width, count: width)
        }
      }
      for (slot, share) in shares[t].enumerated() {
        choice.row(t)[2 * slot] = Float(share.expert)
        choice.row(t)[2 * slot + 1] = share.weight
      }
      experts.bias.withUnsafeBufferPointer { bias in
        if let start = bias.baseAddress { change.row(t).update(from: start, count: bias.count) }
      }
    }
    visit?(.heads, block, joined, attention.attendedWidth)
    visit?(.choice, block, choice, 2 * each)
    for (expert, users) in users(experts).enumerated() where !users.isEmpty {
      for (place, user) in users.enumerated() {
        routed.row(place).update(from: joined.row(user.token) + user.slot * own, count: own)
      }
      attention.output(experts, of: expert).apply(routed, count: users.count, into: answer, pool: pool)
      for (place, user) in users.enumerated() {
        strata_add(change.row(user.token), answer.row(place), shares[user.token][user.slot].weight, experts.bias.count)
      }
    }
  }

  /// For each expert, the tokens that use it, and at which place among their experts.
  private func users(_ experts: AttentionExperts) -> [[(token: Int, slot: Int)]] {
    var users = [[(token: Int, slot: Int)]](repeating: [], count: experts.queries.count)
    for (t, own) in shares.enumerated() {
      for (slot, share) in own.enumerated() { users[share.expert].append((t, slot)) }
    }
    return users
  }
}

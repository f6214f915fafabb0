/// A norm whose statistics are fixed at those of one state, in double precision: a linear map and a bias.
struct FrozenNorm {
  private let norm: Norm
  private let span: Int
  /// One for each span.
  private let means: [Double]
  private let roots: [Double]

  /// The norm at a state [n].
  init(_ norm: Norm, at state: [Double]) {
    self.norm = norm
    let span = norm.span ?? norm.weight.count
    self.span = span
    var (means, roots): ([Double], [Double]) = ([], [])
    for start in stride(from: 0, to: state.count, by: span) {
      let part = state[start..<start + span]
      let mean = norm.kind == .layer ? part.reduce(0, +) / Double(span) : 0
      let variance = part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(span)
      means.append(mean)
      roots.append((variance + Double(norm.epsilon)).squareRoot())
    }
    (self.means, self.roots) = (means, roots)
  }

  /// The normed state itself [n].
  func value(_ state: [Double]) -> [Double] {
    state.enumerated().map { place, value in
      (value - means[place / span]) / roots[place / span] * weight(place) + bias(place)
    }
  }

  /// The direction before the norm whose product with a state is that of `direction` with the normed state, less the bias [n].
  func before(_ direction: [Double]) -> [Double] {
    var result = direction.indices.map { direction[$0] * weight($0) / roots[$0 / span] }
    guard norm.kind == .layer else { return result }
    // The mean is removed from every part, which is the same as removing it from the direction.
    for start in stride(from: 0, to: result.count, by: span) {
      let mean = result[start..<start + span].reduce(0, +) / Double(span)
      for place in start..<start + span { result[place] -= mean }
    }
    return result
  }

  /// The product of a direction with the bias; nil for a norm without one.
  func bias(along direction: [Double]) -> Double? {
    norm.bias == nil ? nil : direction.indices.reduce(0) { $0 + direction[$1] * bias($1) }
  }

  private func weight(_ place: Int) -> Double { Double(norm.weight[place % norm.weight.count]) }
  private func bias(_ place: Int) -> Double { Double(norm.bias?[place % norm.weight.count] ?? 0) }
}

extension Array where Element == Double {
  /// The sum of products.
  func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for (a, b) in zip(self, other) { sum += a * b }
    return sum
  }

  /// Every value times a factor.
  func times(_ factor: Double) -> [Double] { factor == 1 ? self : map { $0 * factor } }
}

extension WeightMatrix {
  /// Rows times a direction, summed: [columns] from [rows], in double precision.
  func before(_ direction: [Double]) -> [Double] {
    var sums = [Double](repeating: 0, count: columns)
    let row = FloatMatrix(rows: 1, columns: columns)
    for index in 0..<rows where direction[index] != 0 {
      decodeRow(index, into: row.start)
      let factor = direction[index]
      for column in 0..<columns { sums[column] += factor * Double(row.start[column]) }
    }
    return sums
  }
}

extension LowRankUpdate {
  /// Adds what the update contributes to a direction before the product; returns its bias along the direction.
  func before(_ direction: [Double], into sums: inout [Double]) -> Double {
    let own = down.before(up.before(direction)).times(Double(scale))
    for place in sums.indices { sums[place] += own[place] }
    return Double(scale) * (bias.map { direction.dot($0.map(Double.init)) } ?? 0)
  }
}

extension Projection {
  /// The direction before the product, and the product's bias along the direction after it.
  func before(_ direction: [Double]) -> (direction: [Double], bias: Double) {
    var scaled = direction.times(Double(scale))
    if let scales { scaled = zip(scaled, scales).map { $0 * Double($1) } }
    var sums = weights.before(scaled)
    var constant = bias.map { scaled.dot($0.map(Double.init)) } ?? 0
    if let update { constant += update.before(scaled, into: &sums) }
    return (sums, constant)
  }
}

extension Attention {
  /// The direction of what all heads of a token attended to, one after the other; `choice` has its experts and their shares, where it
  /// chooses.
  func headsBefore(_ direction: [Double], choice: [Double]) -> [Double] {
    guard let experts else { return output.before(direction).direction }
    return stride(from: 0, to: choice.count, by: 2).flatMap { place in
      output(experts, of: Int(choice[place])).before(direction).direction.times(choice[place + 1])
    }
  }
}

extension Head {
  /// The direction of the head's input along which the logit of one token grows compared with that of another, before a softcap,
  /// and the difference of their biases.
  func direction(_ target: Int, less foil: Int) -> (direction: [Double], bias: Double?) {
    var rows = [Double](repeating: 0, count: weights.rows)
    rows[target] = Double(scale)
    rows[foil] = -Double(scale)
    let own = scales.map { zip(rows, $0).map { $0 * Double($1) } } ?? rows
    var sums = weights.before(own)
    var constant = bias.map { own[target] * Double($0[target]) + own[foil] * Double($0[foil]) }
    if let update {
      let added = update.before(rows, into: &sums)
      if update.bias != nil { constant = (constant ?? 0) + added }
    }
    return (sums, constant)
  }
}

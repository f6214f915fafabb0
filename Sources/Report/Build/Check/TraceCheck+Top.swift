import Foundation
import Traces

/// Numbers that the most probable tokens of a row bound.
extension TraceCheck {
  /// A single watched word follows its token, whose place among the most probable ones is known.
  mutating func watched() {
    for (index, watched) in trace.watch.enumerated() where watched.id != nil {
      for row in trace.rows.indices {
        for column in trace.columns.indices {
          compare(watched.id, watched.rank, watched.logprob, row, column, key: "watch[\(index)].")
        }
      }
    }
  }

  /// Compares the rank and the log-probability of a token with the list of a row.
  mutating func compare(
    _ id: Int?, _ ranks: [[Int?]], _ logprobs: [[Float?]], _ row: Int, _ column: Int, key: String
  ) {
    guard let id, let rank = ranks[row][column], let logprob = logprobs[row][column] else { return }
    let place = "[\(row)][\(column)]"
    let noun = key.isEmpty ? "target" : "token"
    let (ids, known) = (trace.top.ids[row][column], trace.top.logprobs[row][column])
    if let index = ids.firstIndex(of: id) {
      if rank > index + 1 {
        add("\(key)rank\(place)", "\(rank), expected at most \(index + 1), the \(noun)'s place in top.ids")
      }
      if abs(logprob - known[index]) > Self.slack {
        add("\(key)logprob\(place)", "\(logprob), expected \(known[index]) as in top.logprobs")
      }
      return
    }
    guard let least = known.last else { return }
    if logprob > least + Self.slack {
      add(
        "\(key)logprob\(place)",
        "\(logprob), expected at most \(least), the last of top.logprobs, where the \(noun) is not")
    }
    let above = known.count { $0 > logprob + Self.slack }
    if rank <= above {
      add("\(key)rank\(place)", "\(rank), expected more than \(above): as many in top.ids are more probable")
    }
  }

  /// Compares an entropy with the least and the most that the probabilities of the list allow: what they leave may be one token, or all
  /// others alike.
  mutating func entropy(_ row: Int, _ column: Int) {
    // What no distribution has is told already.
    guard let found = trace.entropy[row][column], !trace.top.logprobs[row][column].isEmpty, found >= -Self.slack,
      found <= log(Float(max(2, trace.model.vocabulary))) + Self.slack
    else { return }
    let known = trace.top.logprobs[row][column].map(Double.init)
    let listed = known.map { $0.isFinite ? -exp($0) * $0 : 0 }.reduce(0, +)
    let rest = max(0, 1 - known.map(exp).reduce(0, +))
    let others = max(1, trace.model.vocabulary - known.count)
    let most = listed + (rest > 0 ? -rest * log(rest / Double(others)) : 0)
    let slack = 0.01 + 0.01 * most
    if Double(found) < listed - slack || Double(found) > most + slack {
      add(
        "entropy[\(row)][\(column)]",
        "\(found), expected \(Float(max(0, listed - slack))) to \(Float(most + slack)), as top.logprobs allow")
    }
  }

  /// Compares the divergence of a row from the last one with the least that the tokens known of both rows allow.
  ///
  /// Whatever the other tokens are, a divergence of sums over tokens is at most that of the tokens (the log sum inequality; Cover and
  /// Thomas 2006, theorem 2.7.1).
  mutating func divergence(_ row: Int, _ column: Int) {
    guard let last = trace.rows.indices.last, row != last, let found = trace.kl[row][column], found >= -Self.slack,
      let least = trace.top.logprobs[row][column].last
    else { return }
    let (own, its) = (logprobs(last, column), logprobs(row, column))
    let slack = Double(Self.slack)
    var (bound, shared, alone) = (0.0, (own: 0.0, its: 0.0), (own: 0.0, count: 0))
    for (id, logprob) in own.sorted(by: { $0.key < $1.key }) {
      let probability = exp(Double(logprob))
      if let other = its[id] {
        shared.own += probability
        shared.its += exp(Double(other))
        if probability > 0 { bound += probability * (Double(logprob) - Double(other) - slack) }
      } else {
        alone.own += probability
        alone.count += 1
      }
    }
    // Rounding may hide a little of what is left; then the bound is lower than it could be.
    let left = min(1, max(0, 1 - shared.its) + slack)
    let rest = max(0, 1 - shared.own - alone.own)
    if alone.own > 0 {
      // Each of them has at most the probability of the last one in the row's list; the divergence is least where they share alike.
      let share = min(left * alone.own / (alone.own + rest), Double(alone.count) * exp(Double(least) + slack))
      bound += alone.own * log(alone.own / share)
      if rest > 0 { bound += rest * log(rest / (left - share)) }
    } else if rest > 0 {
      bound += rest * log(rest / left)
    }
    bound -= 0.03 + 0.02 * abs(bound)
    guard Double(found) < bound else { return }
    add(
      "kl[\(row)][\(column)]",
      "\(found), expected \(Float(bound)) or more, as top.logprobs of this row and of the last one allow")
  }

  /// Log-probabilities of tokens that a row has.
  func logprobs(_ row: Int, _ column: Int) -> [Int: Float] {
    let listed = zip(trace.top.ids[row][column], trace.top.logprobs[row][column])
    var known = Dictionary(listed.map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
    let others =
      trace.watch.map { ($0.id, $0.logprob[row][column]) } + [
        (trace.columns[column].target, trace.logprob[row][column])
      ]
    for case (let id?, let value?) in others { known[id] = known[id] ?? value }
    return known
  }
}

@testable import Engine
@testable import Traces

/// Compares traces with another program's numbers; keeps the largest differences and every disagreement beyond tolerance.
struct LensComparison {
  /// Largest difference of the logits that the comparison puts up with, absolute.
  let tolerance: Double
  private(set) var cells = 0
  private(set) var ranksThatDiffer = 0
  private(set) var largestRankShift = 0
  private(set) var largestLogprob = 0.0
  private(set) var largestTopLogprob = 0.0
  private(set) var largestEntropy = 0.0
  private(set) var largestKL = 0.0
  private(set) var swappedTops = 0
  /// Sentences, at most 20.
  private(set) var disagreements: [String] = []

  init(tolerance: Double) { self.tolerance = tolerance }

  /// One line for people.
  var summary: String {
    func short(_ x: Double) -> String { String(Float(x)) }
    return
      "\(cells) cells, largest differences: logprob \(short(largestLogprob)), top logprobs \(short(largestTopLogprob)), "
      + "entropy \(short(largestEntropy)), KL \(short(largestKL)); ranks that differ \(ranksThatDiffer) "
      + "(by \(largestRankShift) at most), close calls swapped in top lists \(swappedTops)"
  }

  /// Compares columns of a trace with all columns of `expected`; `columns[i]` is the trace's index of expected column i.
  mutating func compare(_ trace: Trace, columns: [Int], with expected: ExpectedLens, context: String) {
    guard trace.rows.count == expected.rank.count else {
      disagree("\(context): \(trace.rows.count) rows, expected \(expected.rank.count)")
      return
    }
    for row in expected.rank.indices {
      for (there, here) in columns.enumerated() {
        let place = "\(context) row \(row) position \(trace.columns[here].position)"
        cells += 1
        if let rank = expected.rank[row][there], let logprob = expected.logprob[row][there] {
          let band = Band(rank: rank, above: expected.above[row][there], below: expected.below[row][there])
          compare(trace.rank[row][here], trace.logprob[row][here], band, logprob, place)
        } else if trace.rank[row][here] != nil || trace.logprob[row][here] != nil {
          disagree("\(place): a rank without a target")
        }
        if let entropy = expected.entropy, let kl = expected.kl {
          compareSums(trace, row, here, entropy: entropy[row][there], kl: kl[row][there], place)
        }
        if let ids = expected.topIds, let logits = expected.topLogits {
          compareTop(trace, row, here, ids: ids[row][there], logits: logits[row][there], place)
          if let sum = expected.logsumexp?[row][there] {
            compareTopLogprobs(trace, row, here, logits: logits[row][there], sum: sum, place)
          }
        }
        for watched in expected.watch ?? [] {
          guard let mine = trace.watch.first(where: { $0.id == watched.id }) else {
            disagree("\(place): token \(watched.id) is not watched")
            continue
          }
          let band = Band(
            rank: watched.rank[row][there], above: watched.above[row][there], below: watched.below[row][there])
          compare(
            mine.rank[row][here], mine.logprob[row][here], band, watched.logprob[row][there],
            "\(place) watch \(watched.id)")
        }
      }
    }
  }

  /// A rank and how far a difference of the logits within the tolerance can move it.
  private struct Band {
    let rank: Int
    let allowed: ClosedRange<Int>
    init(rank: Int, above: Int?, below: Int?) {
      self.rank = rank
      allowed = (rank - (above ?? 0))...(rank + (below ?? 0))
    }
  }

  private mutating func compare(_ rank: Int?, _ logprob: Float?, _ band: Band, _ expected: Double, _ place: String) {
    guard let rank, let logprob else { return disagree("\(place): no rank or log-probability") }
    if rank != band.rank {
      ranksThatDiffer += 1
      largestRankShift = max(largestRankShift, abs(rank - band.rank))
    }
    if !band.allowed.contains(rank) { disagree("\(place): rank \(rank), expected \(band.rank) within \(band.allowed)") }
    let difference = abs(Double(logprob) - expected)
    largestLogprob = max(largestLogprob, difference)
    if !(difference <= tolerance) { disagree("\(place): logprob \(logprob), expected \(expected)") }
  }

  private mutating func compareSums(
    _ trace: Trace, _ row: Int, _ column: Int, entropy: Double, kl: Double, _ place: String
  ) {
    guard let h = trace.entropy[row][column], let d = trace.kl[row][column] else {
      return disagree("\(place): no entropy or KL")
    }
    // Both are means of log-probabilities, KL of two rows; a mean's weights move as well.
    largestEntropy = max(largestEntropy, abs(Double(h) - entropy))
    largestKL = max(largestKL, abs(Double(d) - kl))
    if !(abs(Double(h) - entropy) <= 5 * tolerance) { disagree("\(place): entropy \(h), expected \(entropy)") }
    if !(abs(Double(d) - kl) <= 5 * tolerance) { disagree("\(place): KL \(d), expected \(kl)") }
  }

  private mutating func compareTop(
    _ trace: Trace, _ row: Int, _ column: Int, ids: [Int], logits: [Double], _ place: String
  ) {
    let mine = trace.top.ids[row][column]
    for (i, id) in mine.enumerated() where i < ids.count - 1 && id != ids[i] {
      // In place i stands another token: fine if both logits moved by no more than the tolerance.
      let logit = ids.firstIndex(of: id).map { logits[$0] } ?? logits[ids.count - 1]
      swappedTops += 1
      if abs(logit - logits[i]) > 2 * tolerance { disagree("\(place): top \(i + 1) is \(id), expected \(ids[i])") }
    }
    let logprobs = trace.top.logprobs[row][column]
    for i in mine.indices.dropFirst() where i < ids.count - 1 {
      let gap = Double(logprobs[0]) - Double(logprobs[i])
      if !(abs(gap - (logits[0] - logits[i])) <= 2 * tolerance) {
        disagree("\(place): top \(i + 1) is \(gap) below the first, expected \(logits[0] - logits[i])")
      }
    }
  }

  private mutating func compareTopLogprobs(
    _ trace: Trace, _ row: Int, _ column: Int, logits: [Double], sum: Double, _ place: String
  ) {
    for (i, logprob) in trace.top.logprobs[row][column].enumerated() where i < logits.count - 1 {
      let difference = abs(Double(logprob) - (logits[i] - sum))
      largestTopLogprob = max(largestTopLogprob, difference)
      if !(difference <= tolerance) {
        disagree("\(place): top \(i + 1) logprob \(logprob), expected \(logits[i] - sum)")
      }
    }
  }

  private mutating func disagree(_ sentence: String) {
    if disagreements.count < 20 { disagreements.append(sentence) }
  }
}

import Kernels

/// The model's own output at a position, from its whole logits: decoding follows it, and the last row of a lens must
/// repeat it.
struct ModelOutput {
  /// Most probable token; of equal ones the smaller id.
  var largest: Int
  var logit: Float
  var logSumExp: Double
  /// Logit of the column's target, if it has one.
  var target: Float?
  /// The token that was drawn, if one was asked for.
  var drawn: Int?

  /// Outputs for head inputs [count, D]; `targets`, `counted`, the number of counted rows of the head, and `draws` are [count].
  ///
  /// At most 64 MB of logits exist at a time.
  static func of(
    _ states: FloatMatrix, targets: [Int?], counted: [Int], draws: [TokenDraw?], head: Head, pool: ThreadPool
  ) -> [ModelOutput] {
    let vocabulary = head.weights.rows
    let together = max(1, (16 << 20) / vocabulary)
    let logits = FloatMatrix(rows: min(together, targets.count), columns: vocabulary)
    var outputs: [ModelOutput] = []
    for first in stride(from: 0, to: targets.count, by: together) {
      let count = min(together, targets.count - first)
      head.withKernel { strata_logits(pool.handle, &$0, states.row(first), count, logits.start) }
      let summaries = [strata_output_summary](unsafeUninitializedCapacity: count) { summaries, filled in
        let start = summaries.baseAddress
        pool.forRanges(count, work: vocabulary) { part in
          for i in part { start?[i] = strata_summarise(logits.row(i), counted[first + i]) }
        }
        filled = count
      }
      for (i, summary) in summaries.enumerated() {
        outputs.append(
          ModelOutput(
            largest: summary.largest, logit: summary.logit, logSumExp: summary.log_sum_exp,
            target: targets[first + i].map { logits.row(i)[$0] },
            drawn: draws[first + i].map { $0.token(from: logits.row(i), counted: counted[first + i]) }))
      }
    }
    return outputs
  }

  /// How a lens reading of the same state differs; nil when it agrees: the same best token, the same logits to the bit,
  /// log sum exp within the rounding of float32 sums.
  func difference(from reading: LogitLens.Reading, hasTarget: Bool) -> String? {
    if let best = reading.topIDs.first, best != largest || reading.topLogits.first != logit {
      return "best token \(best) with logit \(reading.topLogits.first ?? .nan) instead of \(largest) with \(logit)"
    }
    if hasTarget, let target, reading.logits.first != target {
      return "logit \(reading.logits.first ?? .nan) of the target instead of \(target)"
    }
    guard abs(Double(reading.logSumExp) - Double(logSumExp)) <= 1e-4 + PlainOutput.rounding * abs(Double(logSumExp))
    else {
      return "log sum exp \(reading.logSumExp) instead of \(logSumExp)"
    }
    return nil
  }
}

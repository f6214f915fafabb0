import Foundation
import Kernels
import Testing

@Suite("Summary of the model's own logits")
struct SummaryTests {
  @Test("is the largest and the log sum exp of a plain sum in double", arguments: [1, 2, 7, 8, 9, 31, 1000, 50257])
  func agreesWithPlainSum(count: Int) {
    let logits = hashed(count, seed: 21).map { $0 * 9 }
    let summary = strata_summarise(logits, count)
    let best = logits.max() ?? 0
    #expect(summary.logit == best)
    #expect(summary.largest == logits.firstIndex(of: best))
    let exact = Double(best) + log(logits.reduce(0.0) { $0 + exp(Double($1) - Double(best)) })
    print("log sum exp of \(count): difference \(summary.log_sum_exp - exact)")
    #expect(abs(summary.log_sum_exp - exact) < 1e-12)
  }

  @Test("takes the first of equals, and shows what is not a number")
  func edges() {
    var logits = [Float](repeating: -3, count: 100)
    logits[40] = 5
    logits[77] = 5
    #expect(strata_summarise(logits, 100).largest == 40)
    for place in [0, 50, 99] {
      var broken = logits
      broken[place] = .nan
      #expect(strata_summarise(broken, 100).log_sum_exp.isNaN)
    }
  }
}

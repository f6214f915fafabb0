import Foundation
import Traces

/// A draw of one token from whole logits.
///
/// Follows transformers' TemperatureLogitsWarper, TopKLogitsWarper and TopPLogitsWarper (generation/logits_process.py) and their order
/// in `generate`; sums are in double precision, and the random number is our own, so a text depends on its seed alone.
struct TokenDraw: Hashable {
  let sampling: Sampling
  /// Which of the text's drawn tokens it is, from 0.
  let index: Int

  /// The token drawn from the first `counted` of some logits.
  func token(from logits: UnsafePointer<Float>, counted: Int) -> Int {
    let kept = Self.distribution(logits, counted: counted, sampling)
    let aim = Self.uniform(seed: sampling.seed, index: index) * kept.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    for candidate in kept {
      sum += candidate.weight
      if sum > aim { return candidate.id }
    }
    return kept.last?.id ?? 0
  }

  /// The tokens that can be drawn, by rising id, with weights that are their probabilities but for a common factor.
  static func distribution(
    _ logits: UnsafePointer<Float>, counted: Int, _ sampling: Sampling
  ) -> [(id: Int, weight: Double)] {
    let all = UnsafeBufferPointer(start: logits, count: counted)
    let largest = Double(all.max() ?? 0)
    var kept = Array(0..<counted)
    if let k = sampling.topK, k < counted {
      // Equal logits stay together, as in transformers.
      let least = all.sorted(by: >)[k - 1]
      kept = kept.filter { all[$0] >= least }
    }
    var weighted = kept.map { (id: $0, weight: exp((Double(all[$0]) - largest) / sampling.temperature)) }
    if let p = sampling.topP, p < 1 {
      // Tokens are left out from the least probable one on, while what they hold together is at most 1 - p.
      let room = (1 - p) * weighted.reduce(0) { $0 + $1.weight }
      var out = 0.0
      var left: Set<Int> = []
      // Of equal tokens the larger id is left out first.
      for token in weighted.sorted(by: { ($0.weight, $1.id) < ($1.weight, $0.id) }).dropLast() {
        out += token.weight
        guard out <= room else { break }
        left.insert(token.id)
      }
      weighted = weighted.filter { !left.contains($0.id) }
    }
    return weighted
  }

  /// The `index`-th number of SplitMix64 (Steele, Lea and Flood 2014) from a seed, in [0, 1) with 53 bits.
  static func uniform(seed: Int, index: Int) -> Double {
    var z = UInt64(truncatingIfNeeded: seed) &+ (UInt64(truncatingIfNeeded: index) &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Double(z >> 11) / Double(1 << 53)
  }
}

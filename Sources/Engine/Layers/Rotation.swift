import Foundation
import Kernels

/// Rotary positions: pairs of each head are turned by position times a frequency.
///
/// Su et al. 2021, RoFormer.
struct Rotation: Sendable, Hashable {
  /// Which values of a head make a pair.
  enum Pairs: Sendable {
    /// Values i and i + half (GPT-NeoX, Llama).
    case halves
    /// Values 2i and 2i + 1 (GPT-J).
    case adjacent
  }

  /// Angle per position of each pair; a head's values beyond these pairs do not change.
  var frequencies: [Float]
  var pairs = Pairs.halves
  /// Cosines and sines are multiplied by this (YaRN, LongRoPE).
  var scale: Float = 1
  /// Other frequencies for texts longer than a number of tokens (LongRoPE, dynamic scaling).
  var long: Long?

  /// Other frequencies for long texts.
  struct Long: Sendable, Hashable {
    /// The frequencies of a long text.
    enum Rule: Sendable, Hashable {
      /// The same for all long texts (LongRoPE).
      case fixed([Float])
      /// From a base that grows with the text's length by `factor` (dynamic NTK scaling).
      case growing(base: Float, factor: Double, width: Int)
    }
    var from: Int
    var rule: Rule
    /// The factor of cosines and sines of long texts; nil if it is that of short ones (Phi-MoE).
    var scale: Float?
  }

  /// Frequencies base^(-2i/width) for the first `width` values of a head, divided by `factor` for stretched positions.
  ///
  /// Computed in float32 step by step as in transformers, because models were trained with exactly these numbers.
  init(width: Int, base: Float, factor: Float = 1, pairs: Pairs = .halves) {
    frequencies = (0..<(width / 2)).map { i in
      1 / powf(base, Float(2 * i) / Float(width)) / factor
    }
    self.pairs = pairs
  }

  /// Angles per position in a text of a number of tokens.
  func frequencies(textLength: Int) -> [Float] {
    guard let long, textLength > long.from else { return frequencies }
    switch long.rule {
    case .fixed(let frequencies): return frequencies
    case .growing(let base, let factor, let width):
      // In float32 step by step, as transformers' _compute_dynamic_ntk_parameters.
      let growth = Float(factor) * Float(textLength) / Float(long.from) - Float(factor - 1)
      let grown = base * powf(growth, Float(Double(width) / Double(width - 2)))
      return Rotation(width: width, base: grown).frequencies
    }
  }

  /// Cosines and sines of one position in a text, appended to the arrays; each grows by half the rotated width.
  func append(position: Int, textLength: Int, cosines: inout [Float], sines: inout [Float]) {
    let scale = long.flatMap { textLength > $0.from ? $0.scale : nil } ?? scale
    for frequency in frequencies(textLength: textLength) {
      // The angle is rounded to float32 first, its cosine taken exactly.
      let angle = Double(Float(position) * frequency)
      cosines.append(Float(cos(angle)) * scale)
      sines.append(Float(sin(angle)) * scale)
    }
  }

  /// Turns the heads of a row by one position: their first values, or with `isLast` their last ones.
  func turn(
    _ row: UnsafeMutablePointer<Float>, heads: Int, width: Int, isLast: Bool, cosines: UnsafePointer<Float>,
    sines: UnsafePointer<Float>
  ) {
    let half = frequencies.count
    strata_rotate(
      row + (isLast ? width - 2 * half : 0), heads, width, half, pairs == .adjacent ? 1 : 0, cosines, sines)
  }
}

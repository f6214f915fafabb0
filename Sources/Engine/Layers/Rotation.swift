import Foundation

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

  /// Angle per position of each pair; a head's values past two for each stay as they are.
  var frequencies: [Float]
  var pairs = Pairs.halves
  /// Cosines and sines are multiplied by this (YaRN, LongRoPE).
  var scale: Float = 1
  /// Frequencies for texts that are longer than so many tokens (LongRoPE).
  var long: Long?

  /// Other frequencies for long texts.
  struct Long: Sendable, Hashable {
    var from: Int
    var frequencies: [Float]
  }

  /// Frequencies base^(-2i/width) for the first `width` values of a head, divided by `factor` for stretched positions.
  ///
  /// Computed in float32 step by step as transformers does, because models were trained on those very numbers.
  init(width: Int, base: Float, factor: Float = 1, pairs: Pairs = .halves) {
    frequencies = (0..<(width / 2)).map { i in
      1 / powf(base, Float(2 * i) / Float(width)) / factor
    }
    self.pairs = pairs
  }

  /// Cosines and sines of one position in a text, appended to the arrays; each grows by half the rotated width.
  func append(position: Int, textLength: Int, cosines: inout [Float], sines: inout [Float]) {
    let isLong = long.map { textLength > $0.from } ?? false
    for frequency in isLong ? long?.frequencies ?? frequencies : frequencies {
      // The angle is rounded to float32 first, its cosine taken exactly.
      let angle = Double(Float(position) * frequency)
      cosines.append(Float(cos(angle)) * scale)
      sines.append(Float(sin(angle)) * scale)
    }
  }
}

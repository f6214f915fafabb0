import Foundation

/// Rotary positions: pairs (i, i + width/2) of each head are turned by position times a frequency.
///
/// Su et al. 2021, RoFormer.
struct Rotation: Sendable, Hashable {
  /// Angle per position of each pair; half the rotated width.
  let frequencies: [Float]

  /// Frequencies base^(-2i/width), divided by `factor` for linearly stretched positions.
  ///
  /// Computed in float32 step by step as transformers does, because models were trained on those very numbers.
  init(width: Int, base: Float, factor: Float = 1) {
    frequencies = (0..<(width / 2)).map { i in
      1 / powf(base, Float(2 * i) / Float(width)) / factor
    }
  }

  /// Cosines and sines of one position, appended to the arrays; each grows by half the rotated width.
  func append(position: Int, cosines: inout [Float], sines: inout [Float]) {
    for frequency in frequencies {
      // The angle is rounded to float32 first, its cosine taken exactly.
      let angle = Double(Float(position) * frequency)
      cosines.append(Float(cos(angle)))
      sines.append(Float(sin(angle)))
    }
  }
}

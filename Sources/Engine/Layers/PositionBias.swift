/// A bias of scores by the key's position: a slope for each head, times the position.
///
/// Press and others 2022. Positions from the query or from the start of the text give the same softmax, except for rounding.
struct PositionBias: Sendable, Hashable {
  /// The origin of positions, and the rounding.
  enum Count: Sendable {
    /// The distance from the query, in float32.
    case fromQuery
    /// The position in the text; slope, position and product are rounded to bfloat16.
    case fromStartRounded
  }

  /// Growth of the bias per position, for each head [H].
  var slopes: [Float]
  var count = Count.fromQuery
  /// Factor of the product.
  var scale: Float = 1

  /// Biases [H, length] of keys in a text of `length` tokens; if counted from the query, those of the last query.
  func table(length: Int) -> FloatMatrix {
    let table = FloatMatrix(rows: slopes.count, columns: length)
    for (head, slope) in slopes.enumerated() {
      for position in 0..<length {
        table.row(head)[position] =
          switch count {
          case .fromQuery: slope * Float(position - (length - 1)) * scale
          case .fromStartRounded: (slope.inBFloat16 * Float(position).inBFloat16).inBFloat16 * scale
          }
      }
    }
    return table
  }

  /// The first key's column in a table of `length`, for a query.
  func start(query position: Int, length: Int) -> Int {
    switch count {
    case .fromQuery: length - 1 - position
    case .fromStartRounded: 0
    }
  }
}

extension Float {
  /// The nearest number with eight significant bits, ties to even.
  fileprivate var inBFloat16: Float {
    let rounded = bitPattern &+ 0x7FFF &+ ((bitPattern >> 16) & 1)
    return Float(bitPattern: rounded & 0xFFFF_0000)
  }
}

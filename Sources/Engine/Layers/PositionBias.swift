/// What is added to a score for where its key stands: a slope for each head, times positions.
///
/// Press and others 2022. Counted from the query or from the start of the text is the same to a softmax, unless it is rounded.
struct PositionBias: Sendable, Hashable {
  /// Where positions are counted from, and how exactly.
  enum Count: Sendable {
    /// The distance from the query, in float32.
    case fromQuery
    /// The position in the text; slope, position and product are rounded to bfloat16.
    case fromStartRounded
  }

  /// How much the bias grows from one position to the next, for each head [H].
  var slopes: [Float]
  var count = Count.fromQuery
  /// The product is multiplied by this.
  var scale: Float = 1

  /// Biases [H, length] of keys in a text of `length` tokens; the last query's where they are counted from the query.
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

  /// The column of a table of `length` that is the first key's, for a query.
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

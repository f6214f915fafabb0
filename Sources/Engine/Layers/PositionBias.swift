import Foundation

/// A bias of scores by the key's position, seen from the query.
enum PositionBias: Sendable, Hashable {
  /// A slope for each head (ALiBi).
  case slopes(PositionSlopes)
  /// A value for each head and bucket of distances (T5).
  case buckets(PositionBuckets)

  /// Biases of keys in a text of `length` tokens, from which every query of such a text takes its own by `start`. [H, columns]
  func table(length: Int) -> FloatMatrix {
    switch self {
    case .slopes(let slopes): slopes.table(length: length)
    case .buckets(let buckets): buckets.table(length: length)
    }
  }

  /// The first key's column in a table of `length`, for a query.
  func start(query position: Int, length: Int) -> Int {
    switch self {
    case .slopes(let slopes): slopes.start(query: position, length: length)
    case .buckets: length - 1 - position
    }
  }
}

/// A bias that grows with the key's position: a slope for each head, times the position.
///
/// Press and others 2022. Positions from the query or from the start of the text give the same softmax, except for rounding.
struct PositionSlopes: Sendable, Hashable {
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

/// A bias that is stored for each head and bucket of distances between key and query.
///
/// Raffel and others 2020. Half of the buckets hold one distance each, the others wider and wider ranges up to `farthest`. Follows
/// transformers' `_relative_position_bucket` (modeling_t5.py), whose logarithms are float32.
struct PositionBuckets: Sendable, Hashable {
  /// Shape [buckets, H], row after row.
  var values: [Float]
  /// H, heads.
  var heads: Int
  /// Distances from here on share the last bucket.
  var farthest: Int
  /// Whether keys after the query have buckets of their own, one half of all.
  var isTwoSided: Bool

  /// The number of buckets.
  var count: Int { values.count / heads }

  /// The bucket of a key at a distance from the query, negative before it.
  func bucket(distance: Int) -> Int {
    let side = isTwoSided ? count / 2 : count
    let first = isTwoSided && distance > 0 ? side : 0
    let far = isTwoSided ? abs(distance) : max(0, -distance)
    let exact = side / 2
    guard far >= exact else { return first + far }
    let share = logf(Float(far) / Float(exact)) / Float(log(Double(farthest) / Double(exact)))
    return first + min(side - 1, exact + Int(share * Float(side - exact)))
  }

  /// Biases of keys from `length - 1` before a query to as many after it. [H, 2 length - 1]
  func table(length: Int) -> FloatMatrix {
    let table = FloatMatrix(rows: heads, columns: max(1, 2 * length - 1))
    for column in 0..<table.columns {
      let bucket = bucket(distance: column - (length - 1))
      for head in 0..<heads { table.row(head)[column] = values[bucket * heads + head] }
    }
    return table
  }
}

extension Float {
  /// The nearest number with eight significant bits, ties to even.
  var inBFloat16: Float {
    let rounded = bitPattern &+ 0x7FFF &+ ((bitPattern >> 16) & 1)
    return Float(bitPattern: rounded & 0xFFFF_0000)
  }
}

/// The wanted states of one step: for each token all points of a view, the last one alone, or none.
struct StepStates {
  /// The kept states of a token.
  enum Wanted: Int, Comparable {
    /// None: only its keys and values are needed.
    case nothing
    /// The last point, for the model's own output.
    case last
    /// The points of a lens on blocks.
    case blocks
    /// Every point.
    case all

    static func < (a: Wanted, b: Wanted) -> Bool { a.rawValue < b.rawValue }
  }

  private let values: FloatMatrix  // [kept, D]
  /// The first row of each token.
  private let firsts: [Int]
  private let wanted: [Wanted]
  private let lastPoint: Int

  /// Space for the wanted states of each token, in a network of a number of layers.
  init(_ wanted: [Wanted], layers: Int, width: Int) {
    self.wanted = wanted
    lastPoint = 2 * layers
    var count = 0
    var firsts: [Int] = []
    for one in wanted {
      firsts.append(count)
      switch one {
      case .nothing: break
      case .last: count += 1
      case .blocks: count += layers + 1
      case .all: count += 2 * layers + 1
      }
    }
    self.firsts = firsts
    values = FloatMatrix(rows: count, columns: width)
  }

  /// Whether the states of some token at a point are kept.
  func keeps(point: Int) -> Bool { wanted.indices.contains { row($0, point: point) != nil } }

  /// Keeps the wanted rows of the residual stream [T, D] at a point of `LensView.points`.
  func keep(point: Int, _ stream: FloatMatrix) {
    for token in wanted.indices {
      guard let row = row(token, point: point) else { continue }
      values.row(row).update(from: stream.row(token), count: values.columns)
    }
  }

  /// A kept state; nil for any other.
  func state(_ token: Int, point: Int) -> UnsafePointer<Float>? {
    row(token, point: point).map { UnsafePointer(values.row($0)) }
  }

  private func row(_ token: Int, point: Int) -> Int? {
    switch wanted[token] {
    case .nothing: nil
    case .last: point == lastPoint ? firsts[token] : nil
    // The embedding is point 0, block i is point 2 i + 2.
    case .blocks: point % 2 == 0 ? firsts[token] + point / 2 : nil
    case .all: firsts[token] + point
    }
  }
}

extension TraceRequest.Rows {
  /// The kept states of a token that is captured in these rows.
  var wanted: StepStates.Wanted {
    switch self {
    case .blocks: .blocks
    case .attention: .all
    }
  }
}

/// The values at all places of some tokens of one step.
final class PartStates {
  private struct Key: Hashable {
    var token: Int
    var block: Int
    var place: PartPlace
  }

  /// Indices in the step.
  private let tokens: [Int]
  private var values: [Key: [Float]] = [:]
  /// The residual stream by point. [token][point]
  private var streams: [Int: [[Float]]] = [:]

  /// Nothing kept yet of these tokens.
  init(tokens: [Int]) { self.tokens = tokens }

  /// Keeps the tokens' rows [T, columns] at a place of a block.
  func keep(_ place: PartPlace, block: Int, _ matrix: FloatMatrix, columns: Int) {
    for token in tokens {
      values[Key(token: token, block: block, place: place)] = Array(
        UnsafeBufferPointer(start: matrix.row(token), count: columns))
    }
  }

  /// Keeps the residual stream at the next point of `LensView.points`.
  func keep(stream: FloatMatrix) {
    for token in tokens {
      streams[token, default: []].append(
        Array(UnsafeBufferPointer(start: stream.row(token), count: stream.columns)))
    }
  }

  /// Kept values; empty for what was not kept.
  func values(_ place: PartPlace, block: Int, token: Int) -> [Double] {
    (values[Key(token: token, block: block, place: place)] ?? []).map(Double.init)
  }

  /// The stream at a point.
  func stream(_ point: Int, token: Int) -> [Double] { (streams[token] ?? [])[point].map(Double.init) }
}

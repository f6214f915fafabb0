/// What the recurrent layer of one block keeps of a text: the last inputs of the convolution, and the state of the scan.
///
/// It belongs to one position. Other texts with the same beginning take a copy when it passes the position that they share.
final class RecurrentState {
  /// The number of tokens that it has seen.
  private(set) var position = 0
  /// Shape [kernel - 1, channels].
  let past: FloatMatrix
  /// [states, channels], [heads * key width, value width], [heads * (key width + 1), value width + 1], [1, channels] or [3, channels]; nil
  /// for a convolution alone.
  let scan: FloatMatrix?

  /// The state before the first token.
  init(_ layer: Recurrent) {
    past = FloatMatrix(rows: layer.convolution.kernel - 1, columns: layer.convolution.channels)
    let (rows, columns) = RecurrentState.scanSize(layer)
    scan = rows > 0 ? FloatMatrix(rows: rows, columns: columns) : nil
  }

  /// Bytes of the state of a text.
  static func bytes(_ layer: Recurrent) -> Int {
    let (rows, columns) = scanSize(layer)
    return ((layer.convolution.kernel - 1) * layer.convolution.channels + rows * columns) * MemoryLayout<Float>.size
  }

  private static func scanSize(_ layer: Recurrent) -> (rows: Int, columns: Int) {
    switch layer.scan {
    case .channels(let scan): (scan.states, layer.convolution.channels)
    case .heads(let scan): (scan.heads * scan.keyWidth, scan.valueWidth)
    case .gated: (1, layer.convolution.channels)
    case .weighted: (WeightedScan.rows, layer.innerWidth)
    case .exponential(let scan): scan.stateSize
    case nil: (0, 0)
    }
  }

  /// Notes that some tokens have been seen.
  func advance(_ count: Int) { position += count }

  /// Becomes the state of another text at the same position.
  func copy(_ other: RecurrentState) {
    position = other.position
    past.start.update(from: other.past.start, count: past.rows * past.columns)
    guard let scan, let others = other.scan else { return }
    scan.start.update(from: others.start, count: scan.rows * scan.columns)
  }
}

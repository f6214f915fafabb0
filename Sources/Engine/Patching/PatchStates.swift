import Traces

/// What a text leaves at every place of the network where a state can be taken from it or put into it.
final class PatchStates {
  /// The stream by row: after the embedding and after every block, each [T, D].
  let stream: [FloatMatrix]
  /// What the mixer and the MLP of every block add, each [T, D]; zeros where a block has none.
  let mixer: [FloatMatrix]
  let mlp: [FloatMatrix]

  /// Space for a text of some tokens.
  init(_ network: Network, tokens: Int) {
    func space(_ count: Int) -> [FloatMatrix] {
      (0..<count).map { _ in FloatMatrix(rows: tokens, columns: network.width) }
    }
    stream = space(network.blocks.count + 1)
    mixer = space(network.blocks.count)
    mlp = space(network.blocks.count)
  }

  /// Keeps a row of a step as a token's state at a point of `LensView.points`; points within blocks are left out.
  func keep(point: Int, _ states: FloatMatrix, row: Int, token: Int) {
    guard point.isMultiple(of: 2) else { return }
    PatchStates.copy(states.row(row), to: stream[point / 2].row(token), stream[0].columns)
  }

  /// Keeps a row of a step as what a block adds at a token.
  func keep(_ place: PartPlace, block: Int, _ rows: FloatMatrix, row: Int, token: Int) {
    guard let own = changes(place) else { return }
    PatchStates.copy(rows.row(row), to: own[block].row(token), stream[0].columns)
  }

  /// What blocks add at a place; nil for places that are not kept.
  func changes(_ place: PartPlace) -> [FloatMatrix]? {
    switch place {
    case .mixerChange: mixer
    case .mlpChange: mlp
    default: nil
    }
  }

  static func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, _ count: Int) {
    to.update(from: from, count: count)
  }
}

import Traces

/// A Jacobian lens: the state after block l is multiplied by J_l, the mean derivative of the last block's output by it.
///
/// The model's own norm and head follow: `head(norm(J_l h))`. "Verbalizable Representations Form a Global Workspace in Language
/// Models" (Transformer Circuits, 2026). The file is that of its authors' package: `torch.save` of a dictionary with `J` (matrices
/// [D, D] by the number of the block, counted from 0), `n_prompts`, `source_layers` and `d_model`.
public final class JacobianLens: Sendable {
  /// The file.
  public let path: String
  /// SHA-256 of the file, hex.
  public let sha256: String
  /// Number of prompts that it was fitted on.
  public let prompts: Int
  /// Blocks that have a matrix, in ascending order.
  public let sourceLayers: [Int]
  /// D, width of the states.
  public let width: Int
  /// Matrices [D, D] by block, stored as in the file.
  let maps: [Int: Projection]

  /// Opens a lens; matrices are mapped and used as stored.
  ///
  /// Their values are read once, to check that all are finite.
  ///
  /// - Throws: `JacobianLensError`, or `FileError`, `TorchError` for the file.
  public init(path: String, sha256: String) throws {
    let file = try TorchFile(path: path)
    let entries = try JacobianEntries(file.root, path: path)
    var maps: [Int: Projection] = [:]
    for (layer, tensor) in entries.matrices {
      let stored = try file.tensor("J[\(layer)]", tensor)
      let expected = [entries.width, entries.width]
      guard stored.shape == expected else {
        throw JacobianLensError.badShape(path: path, layer: layer, found: stored.shape, width: entries.width)
      }
      let matrix = try WeightMatrix(stored, transposed: false, owner: file.owner)
      if stored.mayHoldNonFinite, let place = matrix.firstNonFinite() {
        throw JacobianLensError.notFinite(
          path: path, layer: layer, index: "[\(place.row), \(place.column)]", value: place.value.plainDescription)
      }
      maps[layer] = Projection(weights: matrix, bias: nil)
    }
    self.maps = maps
    self.path = path
    self.sha256 = sha256
    prompts = entries.prompts
    sourceLayers = maps.keys.sorted()
    width = entries.width
  }

  /// Checks that the lens fits a model: the width, and blocks that the model has.
  ///
  /// A matrix of the last block can only be the identity, the derivative of its output by itself.
  /// - Throws: `JacobianLensError`.
  func require(fits model: LanguageModel) throws(JacobianLensError) {
    guard width == model.width else {
      throw .wrongWidth(path: path, model: model.identity.name, width: model.width, found: width)
    }
    guard let top = sourceLayers.last, top < model.layers else {
      throw .wrongLayers(path: path, model: model.identity.name, layers: model.layers, found: sourceLayers.last ?? 0)
    }
    if top == model.layers - 1, maps[top]?.weights.isIdentity != true {
      throw .lastLayer(path: path, model: model.identity.name, layer: top)
    }
  }

  /// Checks that the lens supports a request's rows and norm.
  ///
  /// - Throws: `JacobianLensError`.
  func require(canShow request: TraceRequest) throws(JacobianLensError) {
    if request.rows == .attention { throw .attentionRows(path: path) }
    if request.norm == .none { throw .withoutNorm(path: path) }
  }

  /// Whether the lens can read a row of a network of so many blocks: the last block is the model itself.
  func reads(_ row: Trace.Row, layers: Int) -> Bool {
    row.point == .block && (row.layer == layers - 1 || maps[row.layer] != nil)
  }

  /// Replaces the states of whole columns, [columns * rows.count, D], by their images; the last state does not change.
  func apply(to states: FloatMatrix, columns: Int, rows: [Trace.Row], pool: ThreadPool) {
    let gathered = FloatMatrix(rows: columns, columns: states.columns)
    let image = FloatMatrix(rows: columns, columns: states.columns)
    for (index, row) in rows.dropLast().enumerated() {
      guard let map = maps[row.layer] else { preconditionFailure("a row without a matrix is not read") }
      for column in 0..<columns {
        gathered.row(column).update(from: states.row(column * rows.count + index), count: states.columns)
      }
      map.apply(gathered, count: columns, into: image, pool: pool)
      for column in 0..<columns {
        states.row(column * rows.count + index).update(from: image.row(column), count: states.columns)
      }
    }
  }
}

extension StoredTensor {
  /// Whether some 16- or 32-bit float may be infinite or no number: its exponent has ones alone.
  ///
  /// A lens can be as large as the model, so four or two values are looked at together.
  fileprivate var mayHoldNonFinite: Bool {
    let (mask, carry): (UInt64, UInt64)
    switch format {
    case .f16: (mask, carry) = (0x7C00_7C00_7C00_7C00, 0x0400_0400_0400_0400)
    case .bf16: (mask, carry) = (0x7F80_7F80_7F80_7F80, 0x0080_0080_0080_0080)
    case .f32: (mask, carry) = (0x7F80_0000_7F80_0000, 0x0080_0000_0080_0000)
    default: return true
    }
    // Adding the lowest bit of an exponent of ones carries into the bit of the sign, and nowhere else.
    let tops = (mask &+ carry) & ~mask
    var found: UInt64 = 0
    let whole = bytes.count / 8 * 8
    for offset in stride(from: 0, to: whole, by: 8) {
      found |= ((bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & mask) &+ carry) & tops
    }
    return found != 0 || whole != bytes.count
  }
}

extension WeightMatrix {
  /// Whether it is square with ones on the diagonal and zeros elsewhere.
  fileprivate var isIdentity: Bool {
    guard rows == columns else { return false }
    let values = FloatMatrix(rows: 1, columns: columns)
    return (0..<rows).allSatisfy { row in
      decodeRow(row, into: values.start)
      return (0..<columns).allSatisfy { values.start[$0] == ($0 == row ? 1 : 0) }
    }
  }
}

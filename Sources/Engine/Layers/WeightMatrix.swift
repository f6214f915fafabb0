import Kernels

/// A matrix of weights in the file, [rows, columns] = [out, in]; decoded in panels on use.
struct WeightMatrix: @unchecked Sendable {
  /// Keeps the memory map alive as long as the matrix.
  private let owner: any AnyObject & Sendable
  /// Name in the file, for messages.
  private(set) var name: String
  let rows: Int
  let columns: Int
  let format: NumberFormat
  /// The first row in the stored matrix, and the stored number of rows; for a slice these differ from 0 and `rows`.
  private(set) var firstRow: Int
  private(set) var storedRows: Int
  private let base: UnsafeRawPointer
  private let rowBytes: Int
  private let transposed: Bool

  /// Wraps a two-dimensional stored tensor; `transposed` when the file holds it as [in, out].
  ///
  /// - Throws: `LoadError.badShape` when the shape is not two-dimensional or blocks do not fill a row.
  init(_ tensor: StoredTensor, transposed: Bool, owner: any AnyObject & Sendable) throws {
    guard tensor.shape.count == 2, let base = tensor.bytes.baseAddress,
      let rowBytes = tensor.format.bytes(forElements: tensor.shape[1])
    else {
      throw LoadError.badShape(
        tensor: tensor.name, path: tensor.path, found: tensor.shape, expected: "two dimensions in whole blocks")
    }
    guard !transposed || tensor.format.blockElements == 1 else {
      throw LoadError.badShape(
        tensor: tensor.name, path: tensor.path, found: tensor.shape,
        expected: "plain numbers, because it is stored as [in, out]; it is in \(tensor.format.name)")
    }
    self.owner = owner
    self.name = tensor.name
    self.rows = transposed ? tensor.shape[1] : tensor.shape[0]
    self.columns = transposed ? tensor.shape[0] : tensor.shape[1]
    firstRow = 0
    storedRows = rows
    self.format = tensor.format
    self.base = base
    self.rowBytes = rowBytes
    self.transposed = transposed
  }

  /// A matrix of float32 values in memory.
  init(_ values: FloatMatrix, name: String) {
    owner = values
    self.name = name
    rows = values.rows
    columns = values.columns
    firstRow = 0
    storedRows = values.rows
    format = .f32
    base = UnsafeRawPointer(values.start)
    rowBytes = values.columns * MemoryLayout<Float>.stride
    transposed = false
  }

  private init(slicing matrix: WeightMatrix, rows range: Range<Int>) {
    owner = matrix.owner
    name = matrix.name
    firstRow = matrix.firstRow + range.lowerBound
    storedRows = matrix.storedRows
    rows = range.count
    columns = matrix.columns
    format = matrix.format
    rowBytes = matrix.rowBytes
    transposed = matrix.transposed
    base = matrix.base + range.lowerBound * (matrix.transposed ? matrix.format.blockBytes : matrix.rowBytes)
  }

  /// Every `step`-th row from the first or a later one on, under a name of its own, where rows of several matrices alternate in a file.
  ///
  /// Nil where the file holds the matrix as [in, out].
  func every(_ step: Int, from first: Int, named name: String) -> WeightMatrix? {
    transposed ? nil : WeightMatrix(every: step, of: self, from: first, named: name)
  }

  private init(every step: Int, of matrix: WeightMatrix, from first: Int, named name: String) {
    owner = matrix.owner
    self.name = name
    firstRow = 0
    rows = matrix.rows / step
    storedRows = rows
    columns = matrix.columns
    format = matrix.format
    rowBytes = matrix.rowBytes * step
    transposed = false
    base = matrix.base + first * matrix.rowBytes
  }

  /// Some rows of the same weights (for example the queries of a fused projection).
  func slice(_ range: Range<Int>) -> WeightMatrix { WeightMatrix(slicing: self, rows: range) }

  /// The same weights with rows and columns exchanged, read in place or, if the format stores several numbers together, decoded.
  ///
  /// It keeps the place of the stored rows, so that a change of these finds them.
  var flipped: WeightMatrix {
    guard format.blockElements == 1 else {
      let values = FloatMatrix(rows: rows, columns: columns)
      for row in 0..<rows { decodeRow(row, into: values.row(row)) }
      return WeightMatrix(flipping: WeightMatrix(values, name: name), storedAs: self)
    }
    return WeightMatrix(flipping: self, storedAs: self)
  }

  /// The same weights under the name of a matrix of which they are rows, where a file stores these rows by themselves.
  func standing(for name: String, from first: Int, of rows: Int) -> WeightMatrix {
    var matrix = self
    (matrix.name, matrix.firstRow, matrix.storedRows) = (name, first, rows)
    return matrix
  }

  private init(flipping matrix: WeightMatrix, storedAs stored: WeightMatrix) {
    owner = matrix.owner
    name = matrix.name
    firstRow = stored.firstRow
    storedRows = stored.storedRows
    rows = matrix.columns
    columns = matrix.rows
    format = matrix.format
    rowBytes = matrix.rowBytes
    transposed = !matrix.transposed
    base = matrix.base
  }

  /// The matrix in the kernels' form.
  var kernel: strata_matrix {
    var matrix = strata_matrix()
    matrix.data = base
    if format != .f32 { matrix.decode = format.decode }
    matrix.blocks = format.blocks
    matrix.row_bytes = rowBytes
    matrix.rows = rows
    matrix.columns = columns
    matrix.transposed = transposed ? 1 : 0
    matrix.value_bytes = Int32(format.blockBytes)
    return matrix
  }

  /// Decodes one row into `destination` [columns].
  func decodeRow(_ row: Int, into destination: UnsafeMutablePointer<Float>) {
    var matrix = kernel
    strata_decode_row(&matrix, row, destination)
  }

  /// The first value that is not finite, if any; reads all values.
  func firstNonFinite() -> (row: Int, column: Int, value: Float)? {
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: columns)
    defer { values.deallocate() }
    for row in 0..<rows {
      if let start = values.baseAddress { decodeRow(row, into: start) }
      if let column = values.firstIndex(where: { !$0.isFinite }) { return (row, column, values[column]) }
    }
    return nil
  }
}

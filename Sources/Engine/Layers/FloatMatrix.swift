import Kernels

/// A workspace of float32 values [rows, columns], row after row, allocated once.
final class FloatMatrix: @unchecked Sendable {
  let rows: Int
  let columns: Int
  private let storage: UnsafeMutablePointer<Float>

  /// A matrix of zeros.
  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    // Rows that start at a cache line are read faster.
    let bytes = max(1, rows * columns) * MemoryLayout<Float>.stride
    storage = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64).bindMemory(
      to: Float.self, capacity: max(1, rows * columns))
    storage.initialize(repeating: 0, count: rows * columns)
  }

  /// Adds a row to other values of the same number.
  func add(row index: Int, to values: UnsafeMutablePointer<Float>) { strata_add(values, row(index), 1, columns) }

  /// Adds a vector of so many columns times a factor to a row.
  func add(_ vector: [Float], times factor: Float, toRow index: Int) {
    vector.withUnsafeBufferPointer { values in
      if let start = values.baseAddress { strata_add(row(index), start, factor, values.count) }
    }
  }

  /// Puts a vector of so many columns in the place of a row.
  func put(_ vector: [Float], intoRow index: Int) {
    vector.withUnsafeBufferPointer { values in
      if let start = values.baseAddress { row(index).update(from: start, count: values.count) }
    }
  }

  /// Multiplies some values of a row, from a column on, by a factor.
  func scale(row index: Int, by factor: Float, column: Int = 0, count: Int) {
    let values = row(index) + column
    for i in 0..<count { values[i] *= factor }
  }

  deinit { UnsafeMutableRawPointer(storage).deallocate() }

  /// The first value of a row.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { storage + index * columns }

  /// The first value.
  var start: UnsafeMutablePointer<Float> { storage }

  /// The same rows from a column on, and from a row on.
  func part(from column: Int, row: Int = 0) -> FloatRows {
    FloatRows(start: storage + row * columns + column, stride: columns)
  }

  /// All rows.
  var all: FloatRows { part(from: 0) }
}

/// Rows of float32 values in a workspace, which must outlive them.
struct FloatRows {
  /// The first value.
  let start: UnsafeMutablePointer<Float>
  /// Values from one row to the next.
  let stride: Int

  /// The first value of a row.
  func row(_ index: Int) -> UnsafeMutablePointer<Float> { start + index * stride }
}

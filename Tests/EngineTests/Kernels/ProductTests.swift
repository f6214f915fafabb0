import Kernels
import Testing

@testable import Engine

/// Numbers that are the same everywhere and far from round.
func hashed(_ count: Int, seed: UInt64 = 1) -> [Float] {
  (0..<count).map { i in
    var z = (UInt64(i) &+ seed &* 0x1_0000_0001) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float(Int64(bitPattern: z >> 11) % 2001 - 1000) / 777
  }
}

@Suite("Products")
struct ProductTests {
  static let sizes = [1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 64, 100]

  private func matrix(_ data: UnsafeRawPointer, rows: Int, columns: Int, transposed: Bool = false) -> strata_matrix {
    var matrix = strata_matrix()
    matrix.data = data
    matrix.blocks = strata_blocks_f32
    matrix.rows = rows
    matrix.columns = columns
    matrix.row_bytes = (transposed ? rows : columns) * 4
    matrix.transposed = transposed ? 1 : 0
    matrix.value_bytes = 4
    return matrix
  }

  private func multiply(
    _ x: [Float], _ w: [Float], rows: Int, outputs: Int, width: Int, threads: Int, transposed: Bool = false
  ) throws -> [Float] {
    let pool = try ThreadPool(threads: threads)
    var y = [Float](repeating: .nan, count: rows * outputs)
    w.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      var weights = matrix(start, rows: outputs, columns: width, transposed: transposed)
      strata_multiply(pool.handle, x, width, rows, &weights, nil, &y, outputs)
    }
    return y
  }

  @Test("agree with a plain sum in double at every awkward width", arguments: sizes)
  func agreesWithPlainSum(width: Int) throws {
    var largest = 0.0
    for (rows, outputs) in [(1, 1), (2, 3), (3, 7), (5, 13), (9, 25), (17, 49)] {
      let x = hashed(rows * width)
      let w = hashed(outputs * width, seed: 2)
      let y = try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 2)
      for m in 0..<rows {
        for n in 0..<outputs {
          let exact = (0..<width).reduce(0.0) { $0 + Double(x[m * width + $1]) * Double(w[n * width + $1]) }
          largest = max(largest, abs(Double(y[m * outputs + n]) - exact))
        }
      }
    }
    print("product, width \(width): largest difference from a double sum \(largest)")
    #expect(largest < 1e-5 * Double(width).squareRoot() + 1e-6)
  }

  @Test("are the same bytes for any batch, tile and number of threads")
  func doNotDependOnBatchOrThreads() throws {
    let (rows, outputs, width) = (23, 101, 77)
    let x = hashed(rows * width)
    let w = hashed(outputs * width, seed: 3)
    let together = try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 1)
    #expect(try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 3) == together)
    for m in 0..<rows {
      let alone = try multiply(
        Array(x[(m * width)..<((m + 1) * width)]), w, rows: 1, outputs: outputs, width: width, threads: 2)
      #expect(alone == Array(together[(m * outputs)..<((m + 1) * outputs)]))
    }
    let dots = (0..<outputs).map { n in
      strata_dot(Array(x[0..<width]), Array(w[(n * width)..<((n + 1) * width)]), width)
    }
    #expect(dots == Array(together[0..<outputs]))
  }

  /// Tiles of equal and of different heights, more of them than stay in cache, groups that are not whole, strips of one and of
  /// several groups (of one thread's share: of a quarter), and widths of one to sixteen phases.
  @Test(
    "are the same bytes however they are cut",
    arguments: [
      (74, 250, 1600), (145, 1500, 1040), (29, 50, 2064), (50, 400, 4100), (130, 400, 4112), (300, 50, 1600),
      (190, 70, 9000), (16, 33, 17_000),
    ])
  func doNotDependOnTheCut(rows: Int, outputs: Int, width: Int) throws {
    let x = hashed(rows * width)
    let w = hashed(outputs * width, seed: 5)
    let together = try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 1)
    for m in [0, 1, rows / 2, rows - 3, rows - 2, rows - 1] {
      let row = Array(x[(m * width)..<((m + 1) * width)])
      for n in [0, 1, outputs / 2, outputs - 2, outputs - 1] {
        let alone = strata_dot(row, Array(w[(n * width)..<((n + 1) * width)]), width)
        #expect(together[m * outputs + n].bitPattern == alone.bitPattern, "row \(m), output \(n)")
      }
    }
  }

  /// Random rows of a format that stand for finite numbers.
  private func stored(_ format: NumberFormat, rows: Int, columns: Int) throws -> (bytes: [UInt8], values: [Float]) {
    let rowBytes = try #require(format.bytes(forElements: columns))
    var (bytes, values, seed) = ([UInt8](), [Float](), UInt64(1))
    while values.count < rows * columns {
      seed += 1
      var row = hashed(rowBytes, seed: seed).map { UInt8(truncatingIfNeeded: Int($0 * 100_000)) }
      // Of random doubles most are beyond what a float holds: exponents near 1.
      if format == .f64 { for end in stride(from: 7, to: rowBytes, by: 8) { row[end] = row[end] & 0x80 | 0x3F } }
      var decoded = [Float](repeating: 0, count: columns)
      row.withUnsafeBytes { format.decode($0.baseAddress, &decoded, columns) }
      guard decoded.allSatisfy({ abs($0) < 1e30 }) else { continue }
      bytes += row
      values += decoded
    }
    return (bytes, values)
  }

  @Test("with stored blocks are those with their decoded values, to the byte", arguments: NumberFormat.all.map(\.name))
  func storedBlocksAreTheirValues(name: String) throws {
    let format = try #require(NumberFormat.all.first { $0.name == name })
    let (outputs, columns) = (37, 2 * max(format.blockElements, 32))
    let weights = try stored(format, rows: outputs, columns: columns)
    let pool = try ThreadPool(threads: 2)
    for rows in Array(1...9) + [13, 16, 17] {
      let x = hashed(rows * columns, seed: UInt64(rows))
      var y = [Float](repeating: .nan, count: rows * outputs)
      weights.bytes.withUnsafeBytes { bytes in
        var matrix = strata_matrix()
        matrix.data = bytes.baseAddress
        if format != .f32 { matrix.decode = format.decode }
        matrix.blocks = format.blocks
        matrix.rows = outputs
        matrix.columns = columns
        matrix.row_bytes = weights.bytes.count / outputs
        matrix.value_bytes = Int32(format.blockBytes)
        strata_multiply(pool.handle, x, columns, rows, &matrix, nil, &y, outputs)
      }
      let plain = try multiply(x, weights.values, rows: rows, outputs: outputs, width: columns, threads: 1)
      #expect(y.map(\.bitPattern) == plain.map(\.bitPattern), "\(rows) rows")
    }
  }

  @Test("read rows that alternate with those of another matrix, to the byte", arguments: ["F32", "F16", "Q8_0"])
  func readAlternatingRows(name: String) throws {
    let format = try #require(NumberFormat.all.first { $0.name == name })
    let (outputs, columns) = (37, 64)
    let weights = try stored(format, rows: 2 * outputs, columns: columns)
    let rowBytes = weights.bytes.count / (2 * outputs)
    let pool = try ThreadPool(threads: 2)
    for (rows, first) in [1, 2, 3, 5, 8, 9, 17].flatMap({ [($0, 0), ($0, 1)] }) {
      let x = hashed(rows * columns, seed: UInt64(rows))
      var y = [Float](repeating: .nan, count: rows * outputs)
      weights.bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        var matrix = self.matrix(start + first * rowBytes, rows: outputs, columns: columns)
        if format != .f32 { matrix.decode = format.decode }
        matrix.blocks = format.blocks
        matrix.row_bytes = 2 * rowBytes
        strata_multiply(pool.handle, x, columns, rows, &matrix, nil, &y, outputs)
      }
      var own: [Float] = []
      for row in stride(from: first, to: 2 * outputs, by: 2) {
        own += weights.values[(row * columns)..<((row + 1) * columns)]
      }
      let plain = try multiply(x, own, rows: rows, outputs: outputs, width: columns, threads: 1)
      #expect(y.map(\.bitPattern) == plain.map(\.bitPattern), "\(rows) rows from row \(first)")
    }
  }

  /// Few rows are read along the stored ones, many are put into groups; widths and numbers of outputs that are no whole ones.
  @Test("read transposed weights as their transpose, to the byte", arguments: sizes + [130, 1600])
  func readTransposedWeights(width: Int) throws {
    let outputs = 317
    let w = hashed(outputs * width, seed: 4)
    let turned = (0..<width).flatMap { k in (0..<outputs).map { n in w[n * width + k] } }
    for rows in [1, 2, 3, 4, 5, 9, 50] {
      let x = hashed(rows * width)
      let found = try multiply(x, turned, rows: rows, outputs: outputs, width: width, threads: 2, transposed: true)
      let plain = try multiply(x, w, rows: rows, outputs: outputs, width: width, threads: 2)
      #expect(found.map(\.bitPattern) == plain.map(\.bitPattern), "\(rows) rows")
    }
  }

  @Test("read transposed halves as their values, to the byte", arguments: ["F16", "BF16"])
  func readTransposedHalves(name: String) throws {
    let format = try #require(NumberFormat.all.first { $0.name == name })
    let (outputs, width) = (75, 90)
    let weights = try stored(format, rows: width, columns: outputs)
    let pool = try ThreadPool(threads: 2)
    for rows in [1, 3, 4, 11] {
      let x = hashed(rows * width, seed: UInt64(rows))
      var y = [Float](repeating: .nan, count: rows * outputs)
      weights.bytes.withUnsafeBytes { bytes in
        guard let start = bytes.baseAddress else { return }
        var matrix = self.matrix(start, rows: outputs, columns: width, transposed: true)
        matrix.decode = format.decode
        matrix.blocks = format.blocks
        matrix.row_bytes = outputs * 2
        matrix.value_bytes = 2
        strata_multiply(pool.handle, x, width, rows, &matrix, nil, &y, outputs)
      }
      let plain = try multiply(
        x, weights.values, rows: rows, outputs: outputs, width: width, threads: 1, transposed: true)
      #expect(y.map(\.bitPattern) == plain.map(\.bitPattern), "\(rows) rows")
    }
  }
}

import Engine
import Kernels

/// A stored number format and where its blocks have scales, which random bits would make infinite.
struct StoredFormat {
  let format: NumberFormat
  /// Offsets of half-precision numbers in a block.
  let halves: [Int]
  let blocks: strata_blocks

  var name: String { format.name }

  /// The formats that are timed.
  static let all = counted + [q40, q6K]
  /// Those whose instructions are counted.
  static let counted = [f32, f16, q80, q41, q4K]
  static let f32 = StoredFormat(format: .f32, halves: [], blocks: strata_blocks_f32)
  static let f16 = StoredFormat(format: .f16, halves: [0], blocks: strata_blocks_f16)
  static let q80 = StoredFormat(format: .q80, halves: [0], blocks: strata_blocks_q8_0)
  static let q41 = StoredFormat(format: .q41, halves: [0, 2], blocks: strata_blocks_q4_1)
  static let q40 = StoredFormat(format: .q40, halves: [0], blocks: strata_blocks_q4_0)
  static let q6K = StoredFormat(format: .q6K, halves: [208], blocks: strata_blocks_q6_k)
  static let q4K = StoredFormat(format: .q4K, halves: [0, 2], blocks: strata_blocks_q4_k)
}

/// A weight matrix of random numbers as a file would store it.
final class StoredMatrix {
  let stored: StoredFormat
  let rows: Int
  let columns: Int
  let bytes: Int
  private let data: UnsafeMutableRawPointer

  /// Random weights; the same for the same seed.
  ///
  /// - Throws: `CheckFailed` when blocks do not fill a row.
  init(_ stored: StoredFormat, rows: Int, columns: Int, seed: UInt64) throws {
    guard let bytes = stored.format.bytes(forElements: rows * columns), columns % stored.format.blockElements == 0
    else {
      throw CheckFailed("\(columns) columns are no whole blocks of \(stored.name)")
    }
    self.stored = stored
    self.rows = rows
    self.columns = columns
    self.bytes = bytes
    data = .allocate(byteCount: bytes, alignment: 64)
    fill(seed)
  }

  deinit { data.deallocate() }

  /// As the kernels see it.
  var kernel: strata_matrix {
    var matrix = strata_matrix()
    matrix.data = UnsafeRawPointer(data)
    if stored.format != .f32 { matrix.decode = stored.format.decode }
    matrix.blocks = stored.blocks
    matrix.row_bytes = bytes / rows
    matrix.rows = rows
    matrix.columns = columns
    matrix.value_bytes = Int32(stored.format.blockBytes)
    return matrix
  }

  /// A row decoded by the format's own decoder, which tests compare with the `gguf` package.
  func row(_ index: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: columns) { buffer, count in
      stored.format.decode(data + index * (bytes / rows), buffer.baseAddress, columns)
      count = columns
    }
  }

  private func fill(_ seed: UInt64) {
    var random = RandomNumbers(seed: seed)
    if stored.format == .f32 {
      let values = data.assumingMemoryBound(to: Float.self)
      for i in 0..<(rows * columns) { values[i] = random.value() * 0.0625 }
      return
    }
    for offset in stride(from: 0, to: bytes - 7, by: 8) {
      (data + offset).storeBytes(of: random.next(), as: UInt64.self)
    }
    for offset in (bytes & ~7)..<bytes { (data + offset).storeBytes(of: 7, as: UInt8.self) }
    for block in stride(from: 0, to: bytes, by: stored.format.blockBytes) {
      for half in stored.halves {
        // Sign and fraction stay random; the size is 2^-8 to 2^-5, quantised values being whole multiples of it.
        let bits = random.next()
        let exponent = UInt16(7 + (bits >> 62))
        let number = UInt16(truncatingIfNeeded: bits) & 0x83FF | exponent << 10
        (data + block + half).storeBytes(of: number, as: UInt16.self)
      }
    }
  }
}

/// Random numbers that are the same everywhere (splitmix64, Steele, Lea and Flood 2014).
struct RandomNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Between -1 and 1.
  mutating func value() -> Float { Float(Int32(truncatingIfNeeded: next() >> 32)) * 0x1p-31 }

  /// Below `bound`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// Values between -`scale` and `scale`.
  mutating func values(_ count: Int, scale: Float) -> [Float] { (0..<count).map { _ in value() * scale } }
}

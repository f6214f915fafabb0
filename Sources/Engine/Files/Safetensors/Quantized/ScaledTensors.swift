/// Which values of a matrix share a scale.
enum ScaleLayout: Equatable, Sendable {
  /// All.
  case tensor
  /// Each row.
  case channel
  /// Blocks of these rows and columns; those at the edges may be smaller.
  case block(rows: Int, columns: Int)

  /// Rows and columns that share a scale, in a matrix [rows, columns].
  func block(in rows: Int, _ columns: Int) -> (rows: Int, columns: Int) {
    switch self {
    case .tensor: (rows, columns)
    case .channel: (1, columns)
    case .block(let rows, let columns): (rows, columns)
    }
  }

  /// Whether scales of this shape fit a tensor [.., rows, columns].
  func fits(_ shape: [Int], for tensor: [Int]) -> Bool {
    let (leading, rows, columns) = (tensor.dropLast(2), tensor[tensor.count - 2], tensor[tensor.count - 1])
    return switch self {
    case .tensor: leading.isEmpty && (shape.isEmpty || shape == [1] || shape == [1, 1])
    case .channel: shape == leading + [rows, 1] || leading.isEmpty && shape == [rows]
    case .block(let high, let wide): shape == leading + [(rows + high - 1) / high, (columns + wide - 1) / wide]
    }
  }

  /// The expected shape, for messages.
  func expected(for tensor: [Int]) -> String {
    let (leading, rows, columns) = (tensor.dropLast(2), tensor[tensor.count - 2], tensor[tensor.count - 1])
    return switch self {
    case .tensor: "one scale for a matrix"
    case .channel: "shape \(leading + [rows, 1])"
    case .block(let high, let wide): "shape \(leading + [(rows + high - 1) / high, (columns + wide - 1) / wide])"
    }
  }
}

extension QuantizedTensors {
  /// The number formats of scales.
  private static let scaleFormats: [NumberFormat] = [.f32, .bf16, .f16]

  /// The names that the scales of `X.weight` have in published files; the first is transformers' own.
  ///
  /// Its quantizer_finegrained_fp8.py renames the others: those of DeepSeek V4 and of Mistral Large 4.
  private func scaleNames(of weight: String) -> [String] {
    guard weight.hasSuffix(".weight") else { return ["\(weight)_scale_inv"] }
    let module = weight.dropLast("weight".count)
    return ["\(weight)_scale_inv", "\(module)scale", "\(module)qscale_weight"]
  }

  /// The name of a tensor's scales; transformers' own if there are none.
  func scales(of name: String) -> String {
    let names = scaleNames(of: name)
    return names.first { plain[$0] != nil || raw[$0] != nil } ?? names[0]
  }

  /// Whether a tensor has scales.
  func hasScales(_ name: String) -> Bool { scaleNames(of: name).contains { plain[$0] != nil || raw[$0] != nil } }

  /// Scales as float32 values: stored as floats, or as powers of two (E8M0, which MXFP8 files call U8).
  ///
  /// Throws `QuantizationError` when they are missing or of another type.
  private func scaleValues(_ name: String, of codes: StoredTensor) throws -> ([Int], [Float], path: String) {
    if let stored = raw[name], stored.dtype == "F8_E8M0" || stored.dtype == "U8" {
      let values = stored.bytes.map { byte -> Float in
        switch byte {
        case 0: 0x1p-127
        case 255: .nan
        default: Float(bitPattern: UInt32(byte) << 23)
        }
      }
      return (stored.shape, values, stored.path)
    }
    guard let stored = plain[name] else {
      if let other = raw[name] {
        throw QuantizationError.badPart(
          tensor: name, path: other.path, found: "stored as \(other.dtype)", expected: "F32, BF16, F16 or F8_E8M0")
      }
      throw QuantizationError.missingPart(tensor: codes.name, part: name, path: codes.path)
    }
    guard QuantizedTensors.scaleFormats.contains(stored.format) else {
      throw QuantizationError.badPart(
        tensor: name, path: stored.path, found: "stored as \(stored.format.name)",
        expected: "F32, BF16, F16 or F8_E8M0")
    }
    return (stored.shape, stored.values, stored.path)
  }

  /// Joins an F8_E4M3 tensor [.., rows, columns] and its scales: value = float32(code) * float32(scale), rounded once.
  ///
  /// Rows of whole blocks of 128 stay eight bits wide; others become float32, which takes four times the memory.
  mutating func join(_ name: String, scales scaleName: String, _ layout: ScaleLayout) throws {
    guard let codes = plain[name], codes.shape.count >= 2 else { return }
    let (shape, scales, path) = try scaleValues(scaleName, of: codes)
    guard layout.fits(shape, for: codes.shape) else {
      throw QuantizationError.badPart(
        tensor: scaleName, path: path, found: "of shape \(shape)",
        expected: "\(layout.expected(for: codes.shape)) for '\(name)' of shape \(codes.shape)")
    }
    if let place = scales.firstIndex(where: { !$0.isFinite }) {
      throw QuantizationError.badScale(
        tensor: scaleName, path: path, index: place, value: scales[place].plainDescription)
    }
    let (rows, columns) = (codes.shape[codes.shape.count - 2], codes.shape[codes.shape.count - 1])
    let grid = ScaleGrid(scales: scales, rows: rows, columns: columns, block: layout.block(in: rows, columns))
    let format = grid.hasWholeBlocks ? NumberFormat.fp8 : .f32
    try put(name, shape: codes.shape, format: format, path: codes.path) { target in
      guard let from = codes.bytes.baseAddress, let to = target.baseAddress, columns > 0 else { return }
      for row in 0..<codes.elements / columns {
        if format == .f32 {
          let values = (to + row * columns * 4).assumingMemoryBound(to: Float.self)
          NumberFormat.f8E4M3.decode(from + row * columns, values, columns)
          for column in 0..<columns { values[column] *= grid.scale(row, column) }
        } else {
          grid.write(row, from: from + row * columns, to: to + row * (columns / 128 * 132))
        }
      }
    }
    remove(scaleName)
  }
}

/// The scales of a stack of matrices [rows, columns].
private struct ScaleGrid {
  let scales: [Float]
  let rows: Int
  let columns: Int
  let block: (rows: Int, columns: Int)

  private var across: Int { (columns + block.columns - 1) / block.columns }
  private var down: Int { (rows + block.rows - 1) / block.rows }

  /// Whether every run of 128 values in a row is whole and has one scale.
  var hasWholeBlocks: Bool { columns % 128 == 0 && (block.columns % 128 == 0 || block.columns >= columns) }

  /// The scale of a value; `row` counts through the stack.
  func scale(_ row: Int, _ column: Int) -> Float {
    scales[(row / rows * down + row % rows / block.rows) * across + column / block.columns]
  }

  /// Writes a row in the layout of `NumberFormat.fp8`.
  func write(_ row: Int, from codes: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    for run in 0..<columns / 128 {
      let at = target + run * 132
      at.storeBytes(of: scale(row, run * 128), as: Float.self)
      (at + 4).copyMemory(from: codes + run * 128, byteCount: 128)
    }
  }
}

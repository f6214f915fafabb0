extension QuantizationScheme {
  /// transformers' `Mxfp4Config` (gpt-oss): experts in `X_blocks` and `X_scales`.
  static let mxfp4 = QuantizationScheme(method: "mxfp4") { _ in MXFP4Weights() }
}

/// Stacks of experts' matrices in the OCP Microscaling format, two E2M1 values in a byte.
private struct MXFP4Weights: QuantizedWeights {
  func rebuild(_ tensors: inout QuantizedTensors) throws {
    for (name, blocks) in tensors.raw.sorted(by: { $0.key < $1.key }) where name.hasSuffix("_blocks") {
      try tensors.joinMXFP4(String(name.dropLast("_blocks".count)), blocks)
    }
  }

  func note(in notes: ModelNotes, at place: String) {}
}

extension QuantizedTensors {
  /// Joins `X_blocks` [E, out, groups, 16] and `X_scales` [E, out, groups], both U8, into `X` [E, out, 32 * groups].
  fileprivate mutating func joinMXFP4(_ name: String, _ blocks: RawTensor) throws {
    let scaleName = "\(name)_scales"
    guard let scales = raw[scaleName] else {
      throw QuantizationError.missingPart(tensor: "\(name)_blocks", part: scaleName, path: blocks.path)
    }
    guard blocks.dtype == "U8", blocks.shape.count == 4, blocks.shape[3] == 16 else {
      throw QuantizationError.badPart(
        tensor: "\(name)_blocks", path: blocks.path, found: "\(blocks.dtype) of shape \(blocks.shape)",
        expected: "U8 of shape [experts, out, groups, 16]")
    }
    guard scales.dtype == "U8", scales.shape == Array(blocks.shape.dropLast()) else {
      throw QuantizationError.badPart(
        tensor: scaleName, path: scales.path, found: "\(scales.dtype) of shape \(scales.shape)",
        expected: "U8 of shape \(Array(blocks.shape.dropLast()))")
    }
    let shape = [blocks.shape[0], blocks.shape[1], blocks.shape[2] * 32]
    try putMXFP4(name, shape: shape, pairs: blocks, scales: scales, called: scaleName)
    remove("\(name)_blocks", scaleName)
  }

  /// Joins `X` [.., out, in / 2] in I8 and its scales [.., out, in / 32] in E8M0 into `X` [.., out, in].
  ///
  /// Values are those of transformers' `Fp8Dequantize`; DeepSeek V4 publishes its experts so.
  mutating func joinFP4(_ name: String, _ codes: RawTensor, scales scaleName: String) throws {
    guard let scales = raw[scaleName], scales.dtype == "F8_E8M0" || scales.dtype == "U8" else {
      guard let found = plain[scaleName]?.format.name ?? raw[scaleName]?.dtype else {
        throw QuantizationError.missingPart(tensor: name, part: scaleName, path: codes.path)
      }
      throw QuantizationError.badPart(
        tensor: scaleName, path: codes.path, found: "stored as \(found)", expected: "F8_E8M0 or U8")
    }
    let pairs = codes.shape[codes.shape.count - 1]
    let expected = codes.shape.dropLast() + [pairs / 16]
    guard pairs % 16 == 0, scales.shape == Array(expected) else {
      throw QuantizationError.badPart(
        tensor: scaleName, path: scales.path, found: "of shape \(scales.shape)",
        expected: "a scale for 32 values of '\(name)', two in each of its bytes of shape \(codes.shape)")
    }
    let shape = codes.shape.dropLast() + [pairs * 2]
    try putMXFP4(name, shape: Array(shape), pairs: codes, scales: scales, called: scaleName)
    remove(scaleName)
  }

  /// Adds a tensor of this shape whose neighbours share a byte, the first in the low nibble.
  ///
  /// Values are those of transformers' `convert_moe_packed_tensors`, before it transposes them. ggml's layout has the first
  /// sixteen of 32 values in the low nibbles.
  private mutating func putMXFP4(
    _ name: String, shape: [Int], pairs: RawTensor, scales: RawTensor, called scaleName: String
  ) throws {
    if let place = scales.bytes.firstIndex(of: 255) {
      throw QuantizationError.badScale(tensor: scaleName, path: scales.path, index: place, value: "nan (255)")
    }
    try put(name, shape: shape, format: .mxfp4, path: pairs.path) { target in
      for (group, scale) in scales.bytes.enumerated() {
        let (from, to) = (group * 16, group * 17)
        target[to] = scale
        for j in 0..<16 {
          // Values j and j + 16 of the group.
          let shift = UInt8(j % 2 * 4)
          let low = pairs.bytes[from + j / 2] >> shift & 15
          let high = pairs.bytes[from + 8 + j / 2] >> shift & 15
          target[to + 1 + j] = low | high << 4
        }
      }
    }
  }
}

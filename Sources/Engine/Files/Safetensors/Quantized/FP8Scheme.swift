extension QuantizationScheme {
  /// transformers' `FineGrainedFP8Config` (DeepSeek V3, Qwen3 FP8): `X` in F8_E4M3 with `X_scale_inv` for each block.
  static let fp8 = QuantizationScheme(method: "fp8") { try FP8Weights($0) }
}

/// Weights in F8_E4M3 with a factor for each block.
private struct FP8Weights: QuantizedWeights {
  private let layout: ScaleLayout
  private let excluded: [String]
  private let activations: String
  private let settings: QuantizationSettings

  init(_ settings: QuantizationSettings) throws {
    try settings.require("fmt", among: ["e4m3"])
    try settings.require("scale_fmt", among: ["float", "ue8m0"])
    try settings.require("expert_dtype", among: ["fp8"])
    try settings.require("activation_scheme", among: ["dynamic", "static"])
    // The stored types show which weights are converted; `dequantize` only affects memory.
    settings.touch(["modules_to_convert", "dequantize"])
    activations = try settings.string("activation_scheme") ?? "dynamic"
    // transformers reads the other name if the first is absent.
    excluded = try settings.strings("modules_to_not_convert") ?? settings.strings("ignored_layers") ?? []
    layout = try FP8Weights.layout(settings)
    self.settings = settings
  }

  /// Blocks of 128 x 128 by default; one scale for a matrix if the size is null.
  private static func layout(_ settings: QuantizationSettings) throws -> ScaleLayout {
    guard let size = try settings.integers("weight_block_size") else {
      return settings.isNull("weight_block_size") ? .tensor : .block(rows: 128, columns: 128)
    }
    guard size.count == 2, size.allSatisfy({ $0 > 0 }) else {
      throw settings.refuse("weight_block_size", found: "\(size)", expected: "two positive whole numbers, or null")
    }
    return .block(rows: size[0], columns: size[1])
  }

  func rebuild(_ tensors: inout QuantizedTensors) throws {
    for (name, tensor) in tensors.plain.sorted(by: { $0.key < $1.key })
    where tensor.format == .f8E4M3 && tensor.shape.count >= 2 {
      let scales = "\(name)_scale_inv"
      if isExcluded(name) {
        guard tensors.plain[scales] == nil else {
          throw settings.refuse(
            "modules_to_not_convert", found: "\(excluded), but '\(name)' has scales",
            expected: "modules whose weights are not quantised")
        }
        continue
      }
      try tensors.join(name, scales: scales, layout)
      if activations == "static" { tensors.removeSibling(of: name, called: "activation_scale") }
    }
  }

  /// Whether the tensor's module, or one that it is part of, is listed.
  private func isExcluded(_ name: String) -> Bool {
    let module = name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    return excluded.contains { module == $0 || module.hasPrefix($0 + ".") || module.hasSuffix("." + $0) }
  }

  func note(in notes: ModelNotes, at place: String) {
    notes.add(
      "weights are stored in FP8 and used as float32 values; activations stay float32, where FP8 kernels round them, too"
        + " (activation_scheme '\(activations)')", at: place)
  }
}

extension QuantizationScheme {
  /// transformers' `FineGrainedFP8Config` (DeepSeek V3 and V4, Qwen3 FP8): `X` in F8_E4M3 with a scale for each block.
  static let fp8 = QuantizationScheme(method: "fp8") { try FP8Weights($0) }
}

/// Weights in F8_E4M3 with a factor for each block; experts also in E2M1 (FP4).
private struct FP8Weights: QuantizedWeights {
  private let layout: ScaleLayout
  /// `fp8` or `fp4`.
  private let experts: String
  private let excluded: [String]
  private let activations: String
  private let settings: QuantizationSettings

  init(_ settings: QuantizationSettings) throws {
    try settings.require("fmt", among: ["e4m3"])
    try settings.require("scale_fmt", among: ["float", "ue8m0"])
    experts = try FP8Weights.experts(settings)
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

  /// The type of experts: DeepSeek V4 has it beside the other settings of the model, later files among those of the weights.
  private static func experts(_ settings: QuantizationSettings) throws -> String {
    try settings.require("expert_dtype", among: ["fp8", "fp4"])
    if let found = try settings.string("expert_dtype") { return found.lowercased() }
    guard let found = try settings.configuration.string("expert_dtype") else { return "fp8" }
    guard ["fp8", "fp4"].contains(found.lowercased()) else {
      throw QuantizationError.badSetting(
        key: "expert_dtype", path: settings.path, found: "'\(found)'", expected: "'fp8' or 'fp4'")
    }
    return found.lowercased()
  }

  func rebuild(_ tensors: inout QuantizedTensors) throws {
    for (name, tensor) in tensors.plain.sorted(by: { $0.key < $1.key })
    where tensor.format == .f8E4M3 && tensor.shape.count >= 2 {
      guard try isConverted(name, tensors) else { continue }
      try tensors.join(name, scales: tensors.scales(of: name), layout)
      if activations == "static" { tensors.removeSibling(of: name, called: "activation_scale") }
    }
    // Two values in a byte; safetensors has no type for them that transformers writes.
    for (name, codes) in tensors.raw.sorted(by: { $0.key < $1.key })
    where codes.dtype == "I8" && codes.shape.count >= 2 {
      guard experts == "fp4" || tensors.hasScales(name), try isConverted(name, tensors) else { continue }
      guard experts == "fp4" else {
        throw settings.refuse("expert_dtype", found: "'\(experts)', but '\(name)' is stored as I8", expected: "'fp4'")
      }
      try tensors.joinFP4(name, codes, scales: tensors.scales(of: name))
    }
  }

  /// Whether a tensor is quantised; throws when the settings and its scales say different things.
  private func isConverted(_ name: String, _ tensors: QuantizedTensors) throws -> Bool {
    guard isExcluded(name) else { return true }
    guard !tensors.hasScales(name) else {
      throw settings.refuse(
        "modules_to_not_convert", found: "\(excluded), but '\(name)' has scales",
        expected: "modules whose weights are not quantised")
    }
    return false
  }

  /// Whether the tensor's module, or one that it is part of, is listed.
  private func isExcluded(_ name: String) -> Bool {
    let module = name.hasSuffix(".weight") ? String(name.dropLast(".weight".count)) : name
    return excluded.contains { module == $0 || module.hasPrefix($0 + ".") || module.hasSuffix("." + $0) }
  }

  func note(in notes: ModelNotes, at place: String) {
    notes.add(
      "weights are stored in \(experts == "fp4" ? "FP8 and FP4" : "FP8") and used as float32 values; activations stay float32, where FP8 kernels round them, too"
        + " (activation_scheme '\(activations)')", at: place)
  }
}

extension QuantizationScheme {
  /// The `compressed-tensors` library, format "float-quantized": `X.weight` in F8_E4M3 with `X.weight_scale`.
  static let compressedTensors = QuantizationScheme(method: "compressed-tensors") { try CompressedWeights($0) }
}

/// Weights in F8_E4M3 with a scale for each matrix, row or block.
private struct CompressedWeights: QuantizedWeights {
  private static let format = "float-quantized"
  private let layout: ScaleLayout
  private let quantisesActivations: Bool

  init(_ settings: QuantizationSettings) throws {
    guard let format = try settings.string("format"), format == CompressedWeights.format else {
      let found = try settings.string("format").map { "'\($0)'" } ?? "missing"
      throw settings.refuse("format", found: found, expected: "'\(CompressedWeights.format)'")
    }
    try settings.require("quantization_status", among: ["compressed"])
    for name in ["kv_cache_scheme", "transform_config.config_groups"] where settings.contains(name) {
      throw settings.refuse(name, found: "set", expected: "null")
    }
    try settings.require("sparsity_config.format", among: ["dense"])
    // The stored types show which weights are converted.
    settings.touch(["ignore", "version", "global_compression_ratio"])
    var layouts: [ScaleLayout] = []
    var quantisesActivations = false
    while settings.contains("config_groups.group_\(layouts.count)") {
      let group = "config_groups.group_\(layouts.count)"
      settings.touch(["\(group).targets"])
      try settings.require("\(group).format", among: [CompressedWeights.format])
      layouts.append(try CompressedWeights.layout(settings, "\(group).weights"))
      let isQuantised = settings.contains("\(group).input_activations")
      quantisesActivations = quantisesActivations || isQuantised
      CompressedWeights.touchArguments(settings, "\(group).input_activations")
      if settings.contains("\(group).output_activations") {
        throw settings.refuse("\(group).output_activations", found: "set", expected: "null")
      }
    }
    guard let layout = layouts.first else {
      throw settings.refuse("config_groups", found: "without 'group_0'", expected: "at least one group")
    }
    if let other = layouts.firstIndex(where: { $0 != layout }) {
      throw settings.refuse(
        "config_groups.group_\(other).weights.strategy", found: "another than that of 'group_0'",
        expected: "one strategy for all groups")
    }
    self.layout = layout
    self.quantisesActivations = quantisesActivations
  }

  /// The layout of the scales of a group's weights.
  private static func layout(_ settings: QuantizationSettings, _ weights: String) throws -> ScaleLayout {
    let bits = try settings.configuration.integer(settings.full("\(weights).num_bits"))
    guard bits == 8 else {
      throw settings.refuse("\(weights).num_bits", found: bits.map(String.init) ?? "missing", expected: "8")
    }
    let type = try settings.string("\(weights).type")
    guard type == "float" else {
      throw settings.refuse("\(weights).type", found: type.map { "'\($0)'" } ?? "missing", expected: "'float'")
    }
    for (name, expected) in [("symmetric", true), ("dynamic", false)] {
      guard let found = try settings.flag("\(weights).\(name)"), found != expected else { continue }
      throw settings.refuse("\(weights).\(name)", found: "\(found)", expected: "\(expected)")
    }
    touchArguments(settings, weights)
    switch try settings.string("\(weights).strategy") {
    case "tensor": return .tensor
    case "channel": return .channel
    case "block":
      guard let size = try settings.integers("\(weights).block_structure"), size.count == 2,
        size.allSatisfy({ $0 > 0 })
      else {
        throw settings.refuse("\(weights).block_structure", found: "absent or odd", expected: "two positive numbers")
      }
      return .block(rows: size[0], columns: size[1])
    case let found:
      throw settings.refuse(
        "\(weights).strategy", found: found.map { "'\($0)'" } ?? "missing",
        expected: "'tensor', 'channel' or 'block'")
    }
  }

  /// Looks up settings that describe the rounding of numbers, not their values.
  private static func touchArguments(_ settings: QuantizationSettings, _ arguments: String) {
    let names = [
      "actorder", "block_structure", "dynamic", "group_size", "num_bits", "observer", "scale_dtype", "strategy",
      "symmetric", "type", "zp_dtype",
    ]
    settings.touch(names.map { "\(arguments).\($0)" })
  }

  func rebuild(_ tensors: inout QuantizedTensors) throws {
    for (name, tensor) in tensors.plain.sorted(by: { $0.key < $1.key })
    where tensor.format == .f8E4M3 && tensor.shape.count >= 2 {
      try tensors.join(name, scales: "\(name)_scale", layout)
      // The scale of activations, which are not quantised here.
      tensors.removeSibling(of: name, called: "input_scale")
    }
  }

  func note(in notes: ModelNotes, at place: String) {
    let more = quantisesActivations ? "; activations stay float32, where FP8 kernels round them, too" : ""
    notes.add("weights are stored in FP8 and used as float32 values" + more, at: place)
  }
}

/// The usual name of a model's number format.
enum WeightsLabel {
  /// `general.file_type` of GGUF files, numbered as in llama.cpp's `llama_ftype`.
  static let fileTypes: [Int: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M",
    13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS",
    21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4_MOE", 39: "NVFP4",
  ]

  /// The file's own label, else the format of most of its matrix values.
  static func of(_ files: any ModelFiles) throws -> String {
    if files.kind == .gguf, let type = try files.configuration.integer("general.file_type"),
      let label = fileTypes[type]
    {
      return label
    }
    var elements: [String: Int] = [:]
    // The matrices of a mixture's experts are stacked in one tensor.
    for tensor in files.tensors.values where (2...3).contains(tensor.shape.count) {
      elements[tensor.format.name, default: 0] += tensor.elements
    }
    let most = elements.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most?.key ?? "F32"
  }
}

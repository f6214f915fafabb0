/// The name people give to how a model's weights are stored.
enum WeightsLabel {
  /// `general.file_type` of GGUF files, numbered as in llama.cpp's `llama_ftype`.
  private static let fileTypes: [Int: String] = [
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 14: "Q4_K_S", 15: "Q4_K_M",
    16: "Q5_K_S", 17: "Q5_K_M", 18: "Q6_K", 32: "BF16",
  ]

  /// What the file calls itself, else the format of most of its matrix values.
  static func of(_ files: any ModelFiles) throws -> String {
    if files.kind == .gguf, let type = try files.configuration.integer("general.file_type"),
      let label = fileTypes[type]
    {
      return label
    }
    var elements: [String: Int] = [:]
    for tensor in files.tensors.values where tensor.shape.count == 2 {
      elements[tensor.format.name, default: 0] += tensor.elements
    }
    let most = elements.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most?.key ?? "F32"
  }
}

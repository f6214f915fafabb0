/// Upper limits of a configuration's numbers, from the tensors beside it.
///
/// These numbers determine sizes of lists before the first tensor is looked up, so each is first compared with the file.
struct SettingLimits {
  /// Number of tensors in the file; every block and every separately stored expert has at least one.
  let tensors: Int
  /// The largest dimension of a tensor that is not empty.
  let dimension: Int

  /// The limits of an opened model.
  init(_ files: any ModelFiles) {
    // Without its blocks a file says nothing about their number; `AbsentTensors` bounds what stands for them.
    let least = files.isOutputAlone ? AbsentTensors.mostBlocks : 0
    tensors = max(least, files.tensors.count)
    let smallest = files.isOutputAlone ? AbsentTensors.widest : 1
    dimension = files.tensors.values.reduce(smallest) { largest, tensor in
      tensor.bytes.isEmpty ? largest : max(largest, tensor.shape.max() ?? 1)
    }
  }
}

extension ModelSettings {
  /// Refuses more blocks than there are tensors, and widths that no tensor has.
  func requireWithinLimits(_ names: SettingNames) throws {
    let limits = SettingLimits(files)
    try require(layers, atMost: limits.tensors, "as many as the file has tensors", "block_count", names.layers)
    let largest = "the largest dimension of a tensor"
    try require(width, atMost: limits.dimension, largest, "embedding_length", names.width)
    try require(heads, atMost: limits.dimension, largest, "attention.head_count", names.heads)
  }

  /// Refuses more blocks of a second stack than there are tensors.
  func requireBlocks(_ count: Int, config: String) throws {
    try require(count, atMost: SettingLimits(files).tensors, "as many as the file has tensors", "block_count", [config])
  }

  /// Refuses more experts than there are tensors or rows of a tensor.
  func requireExperts(_ count: Int, config: String) throws {
    let limits = SettingLimits(files)
    try require(
      count, atMost: max(limits.tensors, limits.dimension), "as many as the file has tensors, or rows of a tensor",
      "expert_count", [config])
  }

  /// Refuses heads that are wider together than any tensor.
  func requireHeads(width: Int) throws {
    let limits = SettingLimits(files)
    try require(
      width, atMost: limits.dimension / heads, "which \(heads) heads can be in the largest tensor",
      "attention.key_length", ["head_dim"])
  }

  private func require(
    _ value: Int, atMost limit: Int, _ why: String, _ gguf: String, _ config: [String]
  ) throws {
    guard value > limit else { return }
    let named = config.first { contains(gguf: nil, config: $0) } ?? config.first
    throw refuse(gguf: gguf, config: named, found: "\(value)", expected: "at most \(limit), \(why)")
  }
}

import Traces

/// The index of weights in several files: the stated file of each tensor.
///
/// The content of the files decides; the index lists the files, and where a missing tensor should be.
struct WeightIndex {
  let path: String
  /// Tensor name to file name.
  let fileOfTensor: [String: String]

  /// The files, sorted.
  var files: [String] { Set(fileOfTensor.values).sorted() }

  /// Reads `model.safetensors.index.json` or `pytorch_model.bin.index.json`.
  ///
  /// Throws `JSONError`, or `SafetensorsError` for a file name outside the folder.
  init(path: String) throws {
    let weightMap = try JSONDocument(ModelFile(path, as: .index)).root.member("weight_map")
    try weightMap.requireUniqueKeys()
    var fileOfTensor: [String: String] = [:]
    for member in try weightMap.requireMembers() {
      let file = try member.value.requireString()
      guard !file.isEmpty, !file.utf8.contains(UInt8(ascii: "/")), !file.utf8.contains(0), file != ".", file != ".."
      else {
        throw SafetensorsError.badShardName(path: path, shard: file)
      }
      fileOfTensor[member.key] = file
    }
    self.path = path
    self.fileOfTensor = fileOfTensor
  }
}

/// `model.safetensors.index.json`: which file of a model holds which tensor.
struct SafetensorsIndex {
  /// The name Hugging Face gives it.
  static let fileName = "model.safetensors.index.json"

  let path: String
  /// Tensor name to file name.
  let shardOfTensor: [String: String]

  /// The files, sorted.
  var shards: [String] { Set(shardOfTensor.values).sorted() }

  /// Reads the file.
  ///
  /// Throws `JSONError`, or `SafetensorsError` for a file name that leads out of the folder.
  init(path: String) throws {
    let weightMap = try JSONDocument(path: path).root.member("weight_map")
    try weightMap.requireUniqueKeys()
    var shardOfTensor: [String: String] = [:]
    for member in try weightMap.requireMembers() {
      let shard = try member.value.requireString()
      guard !shard.isEmpty, !shard.contains("/"), !shard.contains("\0"), shard != ".", shard != ".." else {
        throw SafetensorsError.badShardName(path: path, shard: shard)
      }
      shardOfTensor[member.key] = shard
    }
    self.path = path
    self.shardOfTensor = shardOfTensor
  }

  /// Checks that an opened file holds the tensors that are listed for it, and no others.
  func require(_ shard: SafetensorsShard, isComplete name: String) throws(SafetensorsError) {
    let found = Set(shard.tensors.keys).union(shard.otherTensors.keys)
    let listed = Set(shardOfTensor.filter { $0.value == name }.keys)
    if let missing = listed.subtracting(found).min() {
      throw .notInShard(path: path, tensor: missing, shard: name)
    }
    if let unlisted = found.subtracting(listed).min() {
      throw .notInIndex(path: shard.map.path, tensor: unlisted, index: SafetensorsIndex.fileName)
    }
  }
}

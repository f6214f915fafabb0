// Names follow peft's save_and_load.py and tuners/lora/layer.py, version 0.21.

/// An adapter as PEFT saves it.
struct PEFTFolder {
  let configuration: AdapterConfiguration
  let updates: [AdapterUpdate]
  let replacements: [AdapterReplacement]
  let owner: any AnyObject & Sendable

  private typealias Tensors = (byName: [String: StoredTensor], others: [String], owner: any AnyObject & Sendable)

  /// Reads both files; `path` is the folder, for messages.
  init(configuration config: String, weights: String, path: String) throws {
    let configuration = try AdapterConfiguration(path: config)
    let tensors = try PEFTFolder.tensors(weights)
    self.configuration = configuration
    owner = tensors.owner
    var modules: [String: [AdapterTensorName.Part: StoredTensor]] = [:]
    var replacements: [AdapterReplacement] = []
    var unknown = tensors.others
    var strange: [String] = []
    for name in tensors.byName.keys.sorted() {
      guard let tensor = tensors.byName[name] else { continue }
      guard let parsed = AdapterTensorName(name) else {
        unknown.append(name)
        continue
      }
      guard case .stored(let leaf) = parsed.part else {
        // Some programs save several adapters together, which cannot be distinguished.
        let earlier = modules[parsed.module, default: [:]].updateValue(tensor, forKey: parsed.part)
        if earlier != nil { unknown.append(name) }
        continue
      }
      let isOwn = try !parsed.isBase && (parsed.isSaved || configuration.targets.isSaved(parsed.module))
      if leaf == "bias", !isOwn, !parsed.isBase, !configuration.hasBiases { strange.append(name) }
      replacements.append(
        AdapterReplacement(
          module: parsed.module, key: ModuleNames.canonical(parsed.module), leaf: leaf, tensor: tensor, isOwn: isOwn))
    }
    guard unknown.isEmpty else {
      throw AdapterError.unknownTensors(names: unknown.sorted(), path: path, model: "a LoRA adapter")
    }
    guard strange.isEmpty else { throw AdapterError.notSelected(names: strange, path: path) }
    self.replacements = replacements
    updates = try modules.keys.sorted().map { module in
      try PEFTFolder.update(module, modules[module] ?? [:], configuration, path: path)
    }
  }

  private static func tensors(_ path: String) throws -> Tensors {
    if path.hasSuffix(".bin") {
      let checkpoint = try TorchCheckpoint(path: path)
      return (checkpoint.tensors, Array(checkpoint.otherTensors.keys), checkpoint.owner)
    }
    let shard = try SafetensorsShard(path: path)
    return (shard.tensors, Array(shard.otherTensors.keys), shard.map)
  }

  /// The update of a module from its tensors.
  private static func update(
    _ module: String, _ parts: [AdapterTensorName.Part: StoredTensor], _ configuration: AdapterConfiguration,
    path: String
  ) throws -> AdapterUpdate {
    let isEmbedding = parts[.embeddingDown] != nil || parts[.embeddingUp] != nil
    let (a, b): (AdapterTensorName.Part, AdapterTensorName.Part) =
      isEmbedding ? (.embeddingDown, .embeddingUp) : (.down, .up)
    let any = parts.values.map(\.name).min() ?? module
    func required(_ part: AdapterTensorName.Part, _ called: String) throws -> StoredTensor {
      guard let tensor = parts[part] else {
        throw AdapterError.incomplete(path: path, tensor: any, missing: "\(module).\(called)")
      }
      guard tensor.shape.count == 2 else {
        throw LoadError.badShape(tensor: tensor.name, path: path, found: tensor.shape, expected: "two dimensions")
      }
      return tensor
    }
    let down = try required(a, isEmbedding ? "lora_embedding_A" : "lora_A.weight")
    let up = try required(b, isEmbedding ? "lora_embedding_B" : "lora_B.weight")
    guard parts.count == 2 || parts.count == 3 && !isEmbedding && parts[.upBias] != nil else {
      throw AdapterError.unknownTensors(names: parts.values.map(\.name).sorted(), path: path, model: "a LoRA adapter")
    }
    var own = module
    while own.hasSuffix(".base_layer") { own.removeLast(".base_layer".count) }
    guard !own.hasSuffix(".experts") else {
      return AdapterUpdate(
        form: .experts, module: own, key: ModuleNames.canonical(own + ".#"), down: down, up: up, scale: 0)
    }
    let rank = try configuration.rank(of: module)
    for (tensor, found) in [(down, down.shape[0]), (up, up.shape[1])] where found != rank {
      throw AdapterError.badRank(path: path, tensor: tensor.name, found: found, expected: rank)
    }
    let bias = try parts[.upBias].map { tensor in
      guard tensor.shape == [up.shape[0]] else {
        throw LoadError.badShape(
          tensor: tensor.name, path: path, found: tensor.shape, expected: "[\(up.shape[0])]")
      }
      return tensor.values
    }
    return AdapterUpdate(
      form: isEmbedding ? .embedding : .product, module: module, key: ModuleNames.canonical(module), down: down, up: up,
      bias: bias, scale: try configuration.scale(of: module))
  }
}

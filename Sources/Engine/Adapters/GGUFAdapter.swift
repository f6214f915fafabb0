// A LoRA adapter in a GGUF file. Keys, names and shapes as llama.cpp's convert_lora_to_gguf.py writes them and its
// llama-adapter.cpp reads them.

/// An adapter in one GGUF file.
struct GGUFAdapter {
  let files: GGUFFiles
  let architecture: String
  let baseModel: String?
  let updates: [AdapterUpdate]
  let replacements: [AdapterReplacement]
  let alpha: Double
  /// The largest rank of its changes.
  let rank: Int

  /// Whether a GGUF file declares itself an adapter.
  static func isAdapter(_ files: GGUFFiles) throws -> Bool {
    try files.metadata.string("general.type") == "adapter"
  }

  /// The kind of an adapter file and the model it was trained for, for messages.
  static func describe(_ files: GGUFFiles) throws -> (kind: String, model: String?) {
    let kind = try files.metadata.string("adapter.type") ?? "LoRA"
    return (kind == "lora" ? "LoRA" : kind, try baseModel(files))
  }

  /// Reads a file.
  ///
  /// Throws `AdapterError`, `GGUFError`, `ConfigurationError`.
  init(path: String) throws {
    files = try GGUFFiles(path: path)
    guard try GGUFAdapter.isAdapter(files) else {
      throw AdapterError.otherKind(
        path: path, key: "general.type", found: try files.metadata.string("general.type") ?? "model")
    }
    let kind = try files.metadata.string("adapter.type") ?? ""
    guard kind == "lora" else { throw AdapterError.otherKind(path: path, key: "adapter.type", found: kind) }
    let invocation = "adapter.alora.invocation_tokens"
    if let tokens = try files.metadata.integers(invocation), !tokens.isEmpty {
      throw AdapterError.unsupported(
        path: path, key: invocation, value: "an array of \(tokens.count)",
        why: "an activated LoRA acts only after certain tokens")
    }
    guard let alpha = try files.metadata.real("adapter.lora.alpha") else {
      throw ConfigurationError.missing(path: path, key: "adapter.lora.alpha")
    }
    self.alpha = alpha
    architecture = files.architecture
    baseModel = try GGUFAdapter.baseModel(files)
    var updates: [AdapterUpdate] = []
    var replacements: [AdapterReplacement] = []
    var unknown: [String] = []
    for name in files.tensors.keys.sorted() {
      guard let tensor = files.tensors[name] else { continue }
      if name.hasSuffix("_norm.weight") {
        let module = String(name.dropLast(".weight".count))
        replacements.append(
          AdapterReplacement(module: module, key: module, leaf: "weight", tensor: tensor, isOwn: false))
      } else if name.hasSuffix(".weight.lora_a") {
        let stem = String(name.dropLast(".lora_a".count))
        guard let up = files.tensors[stem + ".lora_b"] else {
          throw AdapterError.incomplete(path: path, tensor: name, missing: stem + ".lora_b")
        }
        updates += try GGUFAdapter.updates(String(stem.dropLast(".weight".count)), tensor, up, alpha: alpha)
      } else if name.hasSuffix(".weight.lora_b") {
        let other = String(name.dropLast(1)) + "a"
        guard files.tensors[other] != nil else {
          throw AdapterError.incomplete(path: path, tensor: name, missing: other)
        }
      } else {
        unknown.append(name)
      }
    }
    guard unknown.isEmpty else {
      throw AdapterError.unknownTensors(names: unknown, path: path, model: "a LoRA adapter")
    }
    self.updates = updates
    self.replacements = replacements
    rank = updates.map(\.up.shape[1]).max() ?? 0
  }

  private static func baseModel(_ files: GGUFFiles) throws -> String? {
    let name = try files.metadata.string("general.base_model.0.name")
    guard let address = try files.metadata.string("general.base_model.0.repo_url") else { return name }
    let hub = "https://huggingface.co/"
    return address.hasPrefix(hub) ? String(address.dropFirst(hub.count)) : name ?? address
  }

  /// The changes of a tensor; a change of all experts is split.
  private static func updates(
    _ module: String, _ down: StoredTensor, _ up: StoredTensor, alpha: Double
  ) throws -> [AdapterUpdate] {
    if let experts = try experts(module, down, up, alpha: alpha) { return experts }
    guard down.shape.count == 2, up.shape.count == 2 else {
      let odd = down.shape.count == 2 ? up : down
      throw LoadError.badShape(tensor: odd.name, path: odd.path, found: odd.shape, expected: "two dimensions")
    }
    // llama.cpp uses the alpha as the factor if it is zero.
    let scale = alpha == 0 ? 1 : Float(alpha) / Float(up.shape[1])
    let form = ModuleNames.embeddings.contains(module) ? AdapterUpdate.Form.embedding : .product
    return [AdapterUpdate(form: form, module: module, key: module, down: down, up: up, scale: scale)]
  }

  private static let expertParts = ["ffn_gate": "gate_proj", "ffn_up": "up_proj", "ffn_down": "down_proj"]

  /// The changes of a mixture, one for each expert; nil for another module.
  private static func experts(
    _ module: String, _ down: StoredTensor, _ up: StoredTensor, alpha: Double
  ) throws -> [AdapterUpdate]? {
    let parts = module.split(separator: ".").map(String.init)
    guard parts.count >= 3, parts[0] == "blk" else { return nil }
    func key(_ part: String, _ expert: String) -> String { "layers.\(parts[1]).mlp.experts.\(expert).\(part)" }
    if parts.count == 4, let part = expertParts[parts[2]] {
      let scale = alpha == 0 ? 1 : Float(alpha) / Float(up.shape.last ?? 1)
      return [AdapterUpdate(module: module, key: key(part, parts[3]), down: down, up: up, scale: scale)]
    }
    guard parts[2].hasSuffix("_exps"), let part = expertParts[String(parts[2].dropLast("_exps".count))] else {
      return nil
    }
    guard down.shape.count == 3, up.shape.count == 3, down.shape[0] == up.shape[0], down.shape[0] > 0 else {
      throw LoadError.badShape(
        tensor: up.name, path: up.path, found: up.shape, expected: "[experts, out, rank] beside \(down.shape)")
    }
    let scale = alpha == 0 ? 1 : Float(alpha) / Float(up.shape[2])
    return (0..<down.shape[0]).map { expert in
      AdapterUpdate(
        module: module, key: key(part, "\(expert)"), down: down.part(expert), up: up.part(expert), scale: scale)
    }
  }
}

extension StoredTensor {
  /// One of the matrices of a tensor of three dimensions.
  fileprivate func part(_ index: Int) -> StoredTensor {
    let size = bytes.count / shape[0]
    return StoredTensor(
      name: "\(name)[\(index)]", shape: Array(shape.dropFirst()), format: format,
      bytes: UnsafeRawBufferPointer(rebasing: bytes[(index * size)..<((index + 1) * size)]), path: path)
  }
}

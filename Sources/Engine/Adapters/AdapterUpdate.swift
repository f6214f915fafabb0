/// An adapter's change of one module, in the layout of the adapter's file.
struct AdapterUpdate: Sendable {
  /// The kind of module.
  enum Form: Sendable {
    case product
    case embedding
    /// A tensor of all experts of a block, one after the other.
    case experts
  }

  var form = Form.product
  /// The adapter's name of the module, without the prefix of every name: `model.layers.0.self_attn.q_proj`.
  let module: String
  /// The same without prefixes of outer models.
  let key: String
  /// A [rank, in]; of an embedding [rank, V] in a folder, [V, rank] in GGUF; of experts [experts * rank, in].
  let down: StoredTensor
  /// B [out, rank]; of experts [out, rank * experts].
  let up: StoredTensor
  /// b [out]; nil for none.
  var bias: [Float]?
  /// The factor of the product; for experts it is known only with their number.
  let scale: Float
}

/// A tensor of an adapter that replaces one of the model.
struct AdapterReplacement: Sendable {
  /// The adapter's name of the module.
  let module: String
  let key: String
  /// `weight` or `bias`.
  let leaf: String
  let tensor: StoredTensor
  /// Whether only this module gets it: another module that shares the model's tensor keeps the original (`modules_to_save`).
  let isOwn: Bool
}

/// The parsed name of a PEFT tensor.
struct AdapterTensorName {
  enum Part: Hashable {
    case down, up, upBias, embeddingDown, embeddingUp
    case stored(leaf: String)
  }

  let module: String
  let part: Part
  /// Whether it is a copy of the model's own tensor beside an update.
  var isBase = false
  /// Whether the name shows that it belongs to `modules_to_save`.
  var isSaved = false

  /// Parses a name; nil for an unknown form.
  ///
  /// Names of adapters (`lora_A.default.weight`) and prefixes of training programs are left out.
  init?(_ name: String) {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)[...]
    if parts.starts(with: ["base_model", "model"]) { parts = parts.dropFirst(2) }
    while parts.first == "_orig_mod" || parts.first == "module" { parts = parts.dropFirst() }
    if let place = parts.lastIndex(where: { $0.hasPrefix("lora_") }) {
      let rest = parts[(place + 1)...]
      switch (parts[place], rest.last, rest.count) {
      case ("lora_A", "weight", 1...2): part = .down
      case ("lora_B", "weight", 1...2): part = .up
      case ("lora_B", "bias", 1...2): part = .upBias
      case ("lora_embedding_A", _, 0...1): part = .embeddingDown
      case ("lora_embedding_B", _, 0...1): part = .embeddingUp
      default: return nil
      }
      parts = parts[..<place]
    } else {
      guard let leaf = parts.last, leaf == "weight" || leaf == "bias" else { return nil }
      part = .stored(leaf: leaf)
      parts = parts.dropLast()
      if let place = parts.lastIndex(of: "modules_to_save"), parts.endIndex - place <= 2 {
        isSaved = true
        parts = parts[..<place]
      }
      if parts.last == "base_layer" {
        isBase = true
        parts = parts.dropLast()
      }
    }
    guard !parts.isEmpty, !parts.contains("token_adapter"), !parts.contains("original_module") else { return nil }
    module = parts.joined(separator: ".")
  }
}

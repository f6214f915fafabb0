/// Checks of settings that several families share.
extension ModelSettings {
  /// Refuses a model that reads texts in both directions, because it predicts no next token.
  ///
  /// transformers reads any `is_causal` other than true, null included, as a request to attend in both directions.
  func requireCausal() throws {
    let expected = "a causal model: one that reads in both directions predicts no next token"
    if isGGUF {
      guard try flag(gguf: "attention.causal", config: nil) ?? true else {
        throw refuse(gguf: "attention.causal", config: nil, found: "false", expected: expected)
      }
      return
    }
    let key = look.key(gguf: nil, config: "is_causal") ?? ""
    if files.configuration.holdsNull(key) {
      throw refuse(gguf: nil, config: "is_causal", found: "null", expected: expected)
    }
    if try files.configuration.flag(key) == false {
      throw refuse(gguf: nil, config: "is_causal", found: "false", expected: expected)
    }
    let asked = try bidirectional()
    let isSaid = contains(gguf: nil, config: "use_bidirectional_attention")
    guard let found = asked ?? (isSaid ? nil : files.wrapper?.readsBothWays) else { return }
    throw refuse(gguf: nil, config: "use_bidirectional_attention", found: found, expected: expected)
  }

  /// The value of `use_bidirectional_attention`, a truth value or a word, if it is not off; "vision" is about images alone (Gemma 4).
  private func bidirectional() throws -> String? {
    let key = look.key(gguf: nil, config: "use_bidirectional_attention") ?? ""
    if let word = try? files.configuration.string(key) {
      return word.isEmpty || word == "vision" ? nil : "'\(word)'"
    }
    return try files.configuration.flag(key) == true ? "true" : nil
  }

  /// Refuses a vocabulary size that is not the number of rows of the token embedding.
  func requireVocabulary(rows: Int) throws {
    guard let size = try count(gguf: "vocab_size", config: "vocab_size"), size != rows else { return }
    // A default is checked only if it describes the files: in the language part of a multimodal model.
    guard contains(gguf: "vocab_size", config: "vocab_size") || !files.settingsPrefix.isEmpty else { return }
    throw refuse(
      gguf: "vocab_size", config: "vocab_size", found: "\(size)", expected: "\(rows), the rows of the token embedding")
  }

  /// Whether the head is the token embedding when only one of them is stored.
  ///
  /// In a multimodal model the outer configuration decides, or the language part if the outer one has no such setting. In one that
  /// transformers does not have, a head that is not stored must be tied.
  func tiesHead(usual: Bool, isHeadStored: Bool) throws -> Bool {
    let own = try flag(gguf: nil, config: "tie_word_embeddings")
    guard let wrapper = files.wrapper else { return own ?? usual }
    let outer = try files.configuration.flag("tie_word_embeddings")
    if outer == true || outer == nil && wrapper.isTied == true {
      changesNothing(config: ["tie_word_embeddings"], because: "the configuration around it ties the head")
    }
    return outer == true || own == true || outer == nil && wrapper.isTied ?? (own == nil && !isHeadStored)
  }

  /// Notes that logits get a factor that transformers' multimodal model leaves out.
  func noteLogitFactor(_ key: String) {
    guard let wrapper = files.wrapper, Wrapper.withoutLogitFactor.contains(wrapper.modelType) else { return }
    files.notes.add(
      "'\(key)' is applied to the logits, as in the language model; transformers leaves it out in '\(wrapper.modelType)'",
      at: files.path)
  }

  /// Width of one head: from the file, else `usual`.
  ///
  /// A family whose heads always share the width equally has no `head_dim`.
  func headWidth(usual: Int, config: String? = "head_dim") throws -> Int {
    let width = try count(gguf: "attention.key_length", config: config) ?? usual
    guard width > 0 else {
      throw refuse(
        gguf: "attention.head_count", config: nil, found: "\(heads)", expected: "a divisor of the width \(self.width)")
    }
    if let value = try count(gguf: "attention.value_length", config: nil), value != width {
      throw refuse(
        gguf: "attention.value_length", config: nil, found: "\(value)", expected: "\(width), the width of keys")
    }
    return width
  }

  /// Refuses heads that do not share the model's width equally.
  func requireEqualHeads(config: String) throws {
    guard width % heads != 0 else { return }
    throw refuse(
      gguf: "attention.head_count", config: config, found: "\(heads)", expected: "a divisor of the width \(width)")
  }

  /// Refuses a setting with any other value than the given one.
  func require(_ flag: Bool, config key: String) throws {
    guard let found = try self.flag(gguf: nil, config: key), found != flag else { return }
    throw refuse(gguf: nil, config: key, found: "\(found)", expected: "\(flag)")
  }

  /// Refuses a number that contradicts the one under the name that the family reads.
  func requireSame(_ key: String, as other: String, usual: Double) throws {
    guard contains(gguf: nil, config: key), let found = try real(gguf: nil, config: key) else { return }
    let counts = contains(gguf: nil, config: other) ? try real(gguf: nil, config: other) ?? usual : usual
    guard found != counts else { return }
    throw refuse(
      gguf: nil, config: key, found: "\(found)", expected: "\(counts), what this family takes from '\(other)'")
  }

  /// A number that something is divided by; 1 when absent.
  func divisor(gguf: String, config: String) throws -> Float {
    let value = Float(try real(gguf: gguf, config: config) ?? 1)
    guard value > 0 else {
      throw refuse(gguf: gguf, config: config, found: "\(value)", expected: NumberRange.positive.rawValue)
    }
    return value
  }

  /// Refuses one section of stretched positions for all layers, where each kind of layer has positions of its own.
  func refuseOneScaling() throws {
    guard let key = look.key(gguf: nil, config: "rope_scaling"), files.configuration.contains(key),
      !files.configuration.isEmpty(key)
    else { return }
    throw refuse(
      gguf: nil, config: "rope_scaling", found: "a section",
      expected: "one for each kind of layer in 'rope_parameters', the only ones that are followed in this family")
  }

  /// Declares the section of positions of a kind of layer that the model does not have.
  func noteUnusedPositions(full: Bool, local: Bool) {
    for (kind, isUsed) in [("full_attention", full), ("sliding_attention", local)] where !isUsed {
      changesNothing(config: ["rope_parameters.\(kind)"], because: "no layer is of that kind")
    }
  }

  /// The activation that a config.json names; `usual` if it names none, and in GGUF, which does not state it.
  func activation(config key: String, usual: Activation) throws -> Activation {
    guard let found = try string(gguf: nil, config: key) else { return usual }
    guard let known = Activation.named(found) else {
      throw refuse(
        gguf: nil, config: key, found: "'\(found)'",
        expected: "one of " + Activation.names.map { "'\($0)'" }.joined(separator: ", "))
    }
    return known
  }
}

extension Activation {
  /// The names of transformers' ACT2FN and their functions, without `prelu` and `xielu`, which have weights.
  ///
  /// `gelu_new`, `gelu_fast` and the like are one function, rounded differently.
  private static let named: KeyValuePairs<String, Activation> = [
    "gelu": .gelu, "gelu_10": .clippedGELU, "gelu_accurate": .geluTanh, "gelu_fast": .geluTanh, "gelu_new": .geluTanh,
    "gelu_python": .gelu, "gelu_python_tanh": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "hardswish": .hardswish,
    "laplace": .laplace, "leaky_relu": .leakyReLU, "linear": .linear, "mish": .mish, "quick_gelu": .quickGELU,
    "relu": .relu, "relu2": .squaredReLU, "relu6": .relu6, "sigmoid": .sigmoid, "silu": .silu,
    "sqrtsoftplus": .rootSoftplus, "swish": .silu, "tanh": .tanh,
  ]

  /// Every name.
  static var names: [String] { named.map(\.key) }

  /// The function of a name; nil if unknown.
  static func named(_ name: String) -> Activation? { named.first { $0.key == name }?.value }
}

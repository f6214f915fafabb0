/// The shapes of Gemma 4's layers.
struct Gemma4Layers {
  /// The shape of a layer.
  struct Layer {
    /// Positions a query sees; nil in a full layer.
    var window: Int?
    var headWidth: Int
    var kvHeads: Int
    /// The layer whose keys and values are used.
    var source: Int?
    /// Width of the MLP.
    var inner: Int
    /// Whether keys are the values, too.
    var keysAreValues: Bool
  }

  private(set) var all: [Layer]

  /// Reads them.
  ///
  /// - Throws: `LoadError.badSetting` for widths, heads or sharing that cannot be.
  init(_ settings: ModelSettings) throws {
    var windows = try AttentionWindows.alternating(settings, period: 6).byLayer
    // As transformers does, whatever layer_types says.
    if !settings.isGGUF { windows[windows.count - 1] = nil }
    let widths = try Self.headWidths(settings, windows)
    let kvHeads = try Self.kvHeads(settings, windows)
    let inner = try settings.byLayer(gguf: "feed_forward_length", config: "intermediate_size")
    let keysAreValues = try settings.flag(gguf: nil, config: "attention_k_eq_v") ?? false
    let shared = try settings.whole(gguf: "attention.shared_kv_layers", config: "num_kv_shared_layers") ?? 0
    let isDouble = try settings.flag(gguf: nil, config: "use_double_wide_mlp") ?? false
    if shared == 0 {
      settings.changesNothing(
        config: ["use_double_wide_mlp"], because: "no layer uses keys and values of another one")
    }
    let sources = try Self.sources(windows, shared: shared, settings)
    all = windows.indices.map { layer in
      Layer(
        window: windows[layer], headWidth: widths[layer], kvHeads: kvHeads[layer], source: sources[layer],
        inner: inner[layer] * (isDouble && sources[layer] != nil ? 2 : 1),
        keysAreValues: settings.isGGUF
          ? settings.files.tensors["blk.\(layer).attn_v.weight"] == nil : keysAreValues && windows[layer] == nil)
    }
    for layer in all { try settings.requireHeads(width: layer.headWidth) }
  }

  /// The layer whose keys and values each of the last `shared` layers uses: the last one of its kind that has its own.
  ///
  /// - Throws: `LoadError.badSetting` when there is none.
  static func sources(_ windows: [Int?], shared: Int, _ settings: ModelSettings) throws -> [Int?] {
    func refuse(_ expected: String) -> LoadError {
      settings.refuse(
        gguf: "attention.shared_kv_layers", config: "num_kv_shared_layers", found: "\(shared)", expected: expected)
    }
    guard shared < settings.layers else { throw refuse("fewer than the \(settings.layers) layers") }
    let first = settings.layers - shared
    return try windows.indices.map { layer in
      guard layer >= first else { return nil }
      guard let source = (0..<first).last(where: { (windows[$0] == nil) == (windows[layer] == nil) }) else {
        throw refuse("a layer of each kind among those with keys of their own")
      }
      return source
    }
  }

  /// The width of a head in each layer; `per_layer_config` stands for `global_head_dim` in newer files.
  private static func headWidths(_ settings: ModelSettings, _ windows: [Int?]) throws -> [Int] {
    if settings.isGGUF {
      let full = try settings.headWidth(usual: settings.width / settings.heads)
      let sliding = try settings.count(gguf: "attention.key_length_swa", config: nil) ?? full
      if let value = try settings.count(gguf: "attention.value_length_swa", config: nil), value != sliding {
        throw settings.refuse(
          gguf: "attention.value_length_swa", config: nil, found: "\(value)", expected: "\(sliding), the width of keys")
      }
      return windows.map { $0 == nil ? full : sliding }
    }
    let usual = try settings.count(gguf: nil, config: "head_dim") ?? 256
    if settings.contains(gguf: nil, config: "per_layer_config") {
      settings.changesNothing(config: ["global_head_dim"], because: "per_layer_config says it")
      return try windows.indices.map {
        try settings.count(gguf: nil, config: "per_layer_config.\($0).head_dim") ?? usual
      }
    }
    let full = try settings.count(gguf: nil, config: "global_head_dim") ?? 512
    return windows.map { $0 == nil ? full : usual }
  }

  private static func kvHeads(_ settings: ModelSettings, _ windows: [Int?]) throws -> [Int] {
    var counts = try settings.byLayer(gguf: "attention.head_count_kv", config: "num_key_value_heads")
    if settings.contains(gguf: nil, config: "per_layer_config") {
      settings.changesNothing(config: ["num_global_key_value_heads"], because: "per_layer_config says it")
      for layer in windows.indices {
        counts[layer] =
          try settings.count(gguf: nil, config: "per_layer_config.\(layer).num_key_value_heads") ?? counts[layer]
      }
    } else if try settings.flag(gguf: nil, config: "attention_k_eq_v") ?? false {
      let full = try settings.count(gguf: nil, config: "num_global_key_value_heads")
      for layer in windows.indices where windows[layer] == nil { counts[layer] = full ?? counts[layer] }
    } else {
      settings.changesNothing(config: ["num_global_key_value_heads"], because: "attention_k_eq_v is false")
    }
    guard let odd = counts.first(where: { settings.heads % $0 != 0 }) else { return counts }
    throw settings.refuse(
      gguf: "attention.head_count_kv", config: "num_key_value_heads", found: "\(odd)",
      expected: "a divisor of the \(settings.heads) query heads")
  }
}

extension ModelSettings {
  /// A positive number for each layer, which a GGUF file gives once or as a list.
  func byLayer(gguf: String, config: String) throws -> [Int] {
    let limit = 1 << 31
    if isGGUF, let key = look.key(gguf: gguf, config: nil), files.configuration.isArray(key) {
      let values = try files.configuration.integers(key) ?? []
      guard values.count == layers, values.allSatisfy({ $0 > 0 && $0 < limit }) else {
        throw refuse(gguf: gguf, config: nil, found: "\(values)", expected: "\(layers) positive numbers")
      }
      return values
    }
    return [Int](repeating: try requiredCount(gguf: gguf, config: config), count: layers)
  }
}

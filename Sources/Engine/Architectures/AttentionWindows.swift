/// Which layers of a model attend only to a window of positions, and its width.
///
/// Follows transformers' configuration classes and masks, and llama.cpp's `attention.sliding_window` and `attention.sliding_window_pattern`.
struct AttentionWindows {
  /// [L] positions a query sees, itself included; nil for all before it.
  let byLayer: [Int?]

  /// Whether a layer has a window.
  func isLocal(_ layer: Int) -> Bool { byLayer[layer] != nil }

  /// No windows in any layer.
  static func nowhere(_ settings: ModelSettings) throws -> AttentionWindows {
    try uniform(nil, settings)
  }

  /// The same window in every layer, which `layer_types` must not contradict; zero and null mean none.
  static func everywhere(_ settings: ModelSettings) throws -> AttentionWindows {
    try uniform(try width(settings), settings)
  }

  /// Mistral's and Ministral's rule for config.json: the layers of `layer_types`, or all.
  static func listedOrEverywhere(_ settings: ModelSettings) throws -> AttentionWindows {
    let width = try width(settings)
    guard let isLocal = try listed(settings) else { return try uniform(width, settings) }
    return AttentionWindows(byLayer: try windows(isLocal, width, settings))
  }

  /// Qwen's rule for config.json: off unless `use_sliding_window`; then the layers of `layer_types`, or those from
  /// `max_window_layers` on.
  static func fromLayer(_ settings: ModelSettings) throws -> AttentionWindows {
    try listedOr(settings, width: switchedWidth(settings)) { layer, limit in layer >= limit }
  }

  /// Qwen3-MoE's rule for config.json: off unless `use_sliding_window`; then in every layer.
  static func everywhereIfUsed(_ settings: ModelSettings) throws -> AttentionWindows {
    let width = try switchedWidth(settings)
    settings.changesNothing(config: ["max_window_layers"], because: "transformers' Qwen3-MoE does not read it")
    return try uniform(width, settings)
  }

  /// Qwen2-MoE's rule for config.json: off unless `use_sliding_window`; then the layers of `layer_types`, or every other one below
  /// `max_window_layers`.
  static func alternatingBelow(_ settings: ModelSettings) throws -> AttentionWindows {
    try listedOr(settings, width: switchedWidth(settings)) { layer, limit in layer % 2 == 0 && layer < limit }
  }

  /// The rule of dots.llm1 for config.json: the layers of `layer_types`, or those from `max_window_layers` on; none without a width.
  static func fromLayerIfGiven(_ settings: ModelSettings) throws -> AttentionWindows {
    try listedOr(settings, width: width(settings)) { layer, limit in layer >= limit }
  }

  /// The layers of `layer_types`, or those that a family derives from `max_window_layers`; none without a width.
  private static func listedOr(
    _ settings: ModelSettings, width: Int?, isLocal: (_ layer: Int, _ limit: Int) -> Bool
  ) throws -> AttentionWindows {
    let limit = try settings.integer(config: "max_window_layers") ?? 0
    guard let width else {
      settings.changesNothing(config: ["max_window_layers"], because: "there is no window")
      return try uniform(nil, settings)
    }
    guard let stated = try listed(settings) else {
      return AttentionWindows(byLayer: (0..<settings.layers).map { isLocal($0, limit) ? width : nil })
    }
    settings.changesNothing(config: ["max_window_layers"], because: "layer_types says which layers have a window")
    return AttentionWindows(byLayer: stated.map { $0 ? width : nil })
  }

  /// The layers of `layer_types` in config.json; without it, the given ones.
  ///
  /// `own` is the width of a family with another key for it.
  static func listed(_ settings: ModelSettings, or usual: [Bool], width own: Int? = nil) throws -> AttentionWindows {
    AttentionWindows(byLayer: try windows(try listed(settings) ?? usual, try own ?? width(settings), settings))
  }

  /// Mellum's rule for config.json: the layers of `layer_types`; none without it.
  static func listedOrNowhere(_ settings: ModelSettings) throws -> AttentionWindows {
    guard let isLocal = try listed(settings), isLocal.contains(true) else {
      settings.changesNothing(config: ["sliding_window"], because: "layer_types lists no layer with a window")
      return try uniform(nil, settings)
    }
    return AttentionWindows(byLayer: try windows(isLocal, try width(settings), settings))
  }

  /// SmolLM3's rule for config.json: the layers of `layer_types`; without it, if windows are used, the layers without rotation.
  static func whereNothingTurns(_ settings: ModelSettings, turns: [Bool]) throws -> AttentionWindows {
    // The mask of a listed layer has the window even if `use_sliding_window` is off.
    if let isLocal = try listed(settings), isLocal.contains(true) {
      _ = try settings.flag(gguf: nil, config: "use_sliding_window")
      return AttentionWindows(byLayer: try windows(isLocal, try width(settings), settings))
    }
    let width = try switchedWidth(settings)
    if try listed(settings) != nil { return AttentionWindows(byLayer: turns.map { _ in nil }) }
    return AttentionWindows(byLayer: turns.map { $0 ? nil : width })
  }

  /// The layers of `layer_types`, or without it all but every `period`-th, of each period the last or the first; `usual` is the default
  /// width of a GGUF file.
  static func alternating(
    _ settings: ModelSettings, period: Int, firstIsFull: Bool = false, usual: Int? = nil
  ) throws -> AttentionWindows {
    let shift = firstIsFull ? 0 : 1
    let isLocal = try listed(settings) ?? pattern(settings) ?? (0..<settings.layers).map { ($0 + shift) % period != 0 }
    let width = try width(settings) ?? (settings.isGGUF ? usual : nil)
    // A GGUF file without the setting has no window; a config.json without it is invalid.
    guard width != nil || !settings.isGGUF else { return try uniform(nil, settings) }
    return AttentionWindows(byLayer: try windows(isLocal, width, settings))
  }

  private static func uniform(_ width: Int?, _ settings: ModelSettings) throws -> AttentionWindows {
    if let isLocal = try listed(settings), isLocal.contains(where: { $0 != (width != nil) }) {
      throw settings.refuse(
        gguf: nil, config: "layer_types",
        found: isLocal.contains(true) ? "sliding for some layers" : "full for all layers",
        expected: width == nil
          ? "'full_attention' for every layer: there is no window" : "'sliding_attention' for every layer")
    }
    return AttentionWindows(byLayer: [Int?](repeating: width, count: settings.layers))
  }

  private static func windows(_ isLocal: [Bool], _ width: Int?, _ settings: ModelSettings) throws -> [Int?] {
    guard width != nil || !isLocal.contains(true) else {
      throw LoadError.missingSetting(
        key: settings.look.key(gguf: "attention.sliding_window", config: "sliding_window") ?? "",
        path: settings.files.path)
    }
    return isLocal.map { $0 ? width : nil }
  }

  /// The width if `use_sliding_window` is true.
  private static func switchedWidth(_ settings: ModelSettings) throws -> Int? {
    guard try settings.flag(gguf: nil, config: "use_sliding_window") ?? false else {
      settings.changesNothing(config: ["sliding_window"], because: "use_sliding_window is not true")
      return nil
    }
    let width = try width(settings)
    if width == nil { settings.changesNothing(config: ["use_sliding_window"], because: "sliding_window is not given") }
    return width
  }

  /// `layer_types` as truth values: which layers have a window.
  private static func listed(_ settings: ModelSettings) throws -> [Bool]? {
    guard let types = try settings.strings(gguf: nil, config: "layer_types") else { return nil }
    let local = ["sliding_attention": true, "full_attention": false, "attention": false]
    guard types.count == settings.layers, types.allSatisfy({ local[$0] != nil }) else {
      throw settings.refuse(
        gguf: nil, config: "layer_types", found: "\(types)",
        expected: "\(settings.layers) of 'sliding_attention' and 'full_attention'")
    }
    return types.map { local[$0] ?? false }
  }

  /// `attention.sliding_window_pattern` of a GGUF file: a truth value for each layer, or the period of layers without a window.
  private static func pattern(_ settings: ModelSettings) throws -> [Bool]? {
    guard let key = settings.look.key(gguf: "attention.sliding_window_pattern", config: nil) else { return nil }
    if settings.files.configuration.isArray(key) {
      let values = try settings.files.configuration.integers(key) ?? []
      guard values.count == settings.layers, values.allSatisfy({ $0 == 0 || $0 == 1 }) else {
        throw settings.refuse(
          gguf: "attention.sliding_window_pattern", config: nil, found: "\(values)",
          expected: "\(settings.layers) truth values, or one number")
      }
      return values.map { $0 == 1 }
    }
    guard let period = try settings.files.configuration.integer(key) else { return nil }
    guard period >= 0 else {
      throw settings.refuse(
        gguf: "attention.sliding_window_pattern", config: nil, found: "\(period)", expected: "0 or more")
    }
    // As in llama.cpp, 0 means windows in every layer.
    return (0..<settings.layers).map { period == 0 || $0 % period < period - 1 }
  }

  private static func width(_ settings: ModelSettings) throws -> Int? {
    // Zero means none in GGUF, which distinguishes Phi 4 from Phi 3.
    if settings.isGGUF {
      guard let key = settings.look.key(gguf: "attention.sliding_window", config: nil),
        let width = try settings.files.configuration.integer(key), width != 0
      else { return nil }
    }
    return try settings.count(gguf: "attention.sliding_window", config: "sliding_window")
  }
}

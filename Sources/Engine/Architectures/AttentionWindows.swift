/// Which layers of a model look at a window of positions only, and how wide it is.
struct AttentionWindows {
  /// [L] positions a query sees, itself included; nil for all before it.
  let byLayer: [Int?]

  /// The same in every layer; zero and null stand for none.
  static func everywhere(_ settings: ModelSettings) throws -> AttentionWindows {
    AttentionWindows(byLayer: [Int?](repeating: try width(settings), count: settings.layers))
  }

  /// As Qwen's config.json says: off unless `use_sliding_window`, then the layers of `layer_types`, or those from `max_window_layers` on.
  static func fromLayer(_ settings: ModelSettings) throws -> AttentionWindows {
    guard try settings.flag(gguf: nil, config: "use_sliding_window") ?? false, let width = try width(settings) else {
      return AttentionWindows(byLayer: [Int?](repeating: nil, count: settings.layers))
    }
    if let isLocal = try listed(settings) { return AttentionWindows(byLayer: isLocal.map { $0 ? width : nil }) }
    let first = try settings.files.configuration.integer("max_window_layers") ?? 0
    return AttentionWindows(byLayer: (0..<settings.layers).map { $0 >= first ? width : nil })
  }

  /// The layers of `layer_types`, or where it is not given, all but every `period`-th.
  static func alternating(_ settings: ModelSettings, period: Int) throws -> AttentionWindows {
    guard let width = try width(settings) else {
      throw LoadError.missingSetting(key: "sliding_window", path: settings.files.path)
    }
    let isLocal = try listed(settings) ?? (0..<settings.layers).map { ($0 + 1) % period != 0 }
    return AttentionWindows(byLayer: isLocal.map { $0 ? width : nil })
  }

  /// `layer_types` as truth values.
  private static func listed(_ settings: ModelSettings) throws -> [Bool]? {
    guard let types = try settings.strings(gguf: nil, config: "layer_types") else { return nil }
    guard types.count == settings.layers, types.allSatisfy({ $0 == "sliding_attention" || $0 == "full_attention" })
    else {
      throw settings.refuse(
        gguf: nil, config: "layer_types", found: "\(types)",
        expected: "\(settings.layers) of 'sliding_attention' and 'full_attention'")
    }
    return types.map { $0 == "sliding_attention" }
  }

  private static func width(_ settings: ModelSettings) throws -> Int? {
    let key =
      settings.files.kind == .gguf ? "\(settings.files.architecture).attention.sliding_window" : "sliding_window"
    guard let width = try settings.files.configuration.integer(key), width > 0 else { return nil }
    return width
  }
}

// Which modules a configuration of PEFT selects. Follows peft's tuners_utils.py (check_target_module_exists,
// _inject_parameters) and other.py (get_pattern_key), version 0.21.

/// The modules that an adapter changes according to its configuration.
struct AdapterTargets: Sendable {
  /// The value of `target_modules` or `exclude_modules`.
  enum Choice: Sendable {
    case names([String])
    case pattern(ModulePattern)
    case everyProjection
    case none
  }

  var targets = Choice.none
  var excluded = Choice.none
  /// `target_parameters`: tensors rather than modules.
  var parameters: [String] = []
  /// Layers to change; nil for all.
  var layers: [Int]?
  /// The pattern that finds the number of a module's layer.
  var layerPatterns: [ModulePattern] = []
  /// `modules_to_save`, which never get low-rank changes.
  var saved: [String] = []
  var savedPatterns: [ModulePattern] = []

  /// Whether a module is one of `modules_to_save`, or a part of one.
  func isSaved(_ module: String) throws(AdapterError) -> Bool {
    for pattern in savedPatterns where try pattern.matches(module) { return true }
    return false
  }

  /// Whether PEFT changes a module; `isHead` matters where every projection but the head is changed.
  func selects(_ module: String, isHead: Bool) throws(AdapterError) -> Bool {
    // Parameters are matched by their own names, independent of the settings of modules.
    let owned = (module.hasSuffix(".experts") ? [".gate_up_proj", ".down_proj"] : [".weight"]).map { module + $0 }
    if owned.contains(where: { AdapterTargets.has(parameters, $0) }) { return true }
    if try matches(excluded, module, isHead: false) { return false }
    if try isSaved(module) { return false }
    guard try matches(targets, module, isHead: isHead) else { return false }
    guard let layers, case .names = targets else { return true }
    guard !AdapterTargets.isExactly(targets, module) else { return true }
    for pattern in layerPatterns {
      guard let number = try pattern.group("idx", in: module) else { continue }
      return Int(number).map(layers.contains) ?? false
    }
    return false
  }

  private func matches(_ choice: Choice, _ module: String, isHead: Bool) throws(AdapterError) -> Bool {
    switch choice {
    case .none: false
    case .everyProjection: !isHead
    case .names(let names): AdapterTargets.has(names, module)
    case .pattern(let pattern): try pattern.matches(module)
    }
  }

  /// Whether a list names a module, or the end of its name.
  private static func has(_ names: [String], _ module: String) -> Bool {
    names.contains { module == $0 || module.hasSuffix("." + $0) }
  }

  private static func isExactly(_ choice: Choice, _ module: String) -> Bool {
    if case .names(let names) = choice { names.contains(module) } else { false }
  }
}

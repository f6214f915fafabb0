import Foundation

/// Rotary positions in a model's files: base, width, and the stretching for longer texts.
///
/// Follows transformers' modeling_rope_utils.py, in both spellings of config.json (`rope_theta` with `rope_scaling`, and
/// `rope_parameters`), and llama.cpp's keys and tensors in GGUF.
struct RotarySettings {
  /// Kinds of layers with different positions (Gemma 3, OLMo 3).
  enum Layers {
    case all
    /// Layers with full attention, or with a window: settings are in `rope_parameters.full_attention` and
    /// `rope_parameters.sliding_attention`; `rope_scaling`, and all stretching in GGUF, apply to the former.
    case full, sliding
  }

  let settings: ModelSettings
  let weights: WeightLoader
  /// Width of a head.
  let headWidth: Int
  var pairs = Rotation.Pairs.halves
  var layers = Layers.all
  /// The places of these settings in config.json where they are not the usual ones (DeepSeek V4).
  var ownPlaces: [String]?
  /// The key of the base in config.json outside of `rope_parameters`; nil if it has no effect there.
  var baseName: String? = "rope_theta"
  /// The key in config.json outside of `rope_parameters` for the part of a head that turns; nil if it has no effect there.
  var partName: String? = "partial_rotary_factor"
  /// The key in config.json for how many values of a head turn, which counts without such a part (MiniMax-M2).
  var widthName: String?
  /// The width of which config.json's part is one, where `headWidth` is only the values that turn (Mistral 4).
  var wholeWidth: Int?
  /// The part of a head that turns where nothing says it.
  var usualPart: Double = 1
  /// Whether that part is one of plain positions only: stretched ones turn the whole head (MiMo-V2-Flash).
  var stretchedTurnWhole = false
  /// Whether config.json can make only a part of a head turn; a GGUF file states the width.
  var turnsPart = false
  /// The base of a kind of layer, which counts before every other (Granite with windows).
  var layerBase: Double?
  /// The base if a GGUF file does not state it.
  var usualBase: Double = 10_000
  /// Other names of kinds (Phi 3, Qwen2-VL).
  var kinds: [String: String] = [:]
  /// Whether `rope.scaling.attn_factor` of a GGUF file is the factor of cosines and sines; otherwise llama.cpp multiplies
  /// YaRN's own scale by it.
  var isWholeFactor = false
  /// The section of rotary positions if config.json has none: then `rope_theta` beside it has no effect, either.
  var usualSection: [String: any Sendable] = [:]
  /// Whether `alpha` in a section of the kind 'dynamic' stretches the base once, whatever the length of the text (HunYuan).
  var canHaveAlpha = false
  /// Whether queries grow with their position, in steps of the original context (Ministral 3).
  var hasTemperature = false
  /// Whether the bounds of YaRN's ramp are rounded in a GGUF file, which does not state it; llama.cpp rounds them in any family.
  var roundsBoundsInGGUF = true
  /// Whether LongRoPE's cosines and sines have factors of their own for short and long texts (Phi-MoE).
  var hasScales = false

  /// The rotation.
  ///
  /// - Throws: `LoadError.badSetting` for an unknown kind of stretching.
  func rotation() throws -> Rotation {
    let (kind, base, width) = (try kind(), Float(try base()), try rotatedWidth())
    account(kind)
    var plain = Rotation(width: width, base: base, pairs: pairs)
    if layers != .sliding, let factors = try tensor("rope_freqs", count: width / 2) {
      if let place = factors.firstIndex(where: { !($0 > 0) }) {
        throw LoadError.badValue(
          tensor: "rope_freqs.weight", path: weights.files.path, index: "[\(place)]",
          found: factors[place].plainDescription, expected: "positive numbers")
      }
      plain.frequencies = zip(plain.frequencies, factors).map { $0 / $1 }
      return plain
    }
    switch kind {
    case "none", "default": return plain
    case "linear":
      let factor = Float(try requiredReal("scaling.factor", "factor"))
      return Rotation(width: width, base: base, factor: factor, pairs: pairs)
    case "dynamic":
      if let alpha = try alpha() { return try stretched(by: alpha, width: width) }
      return try dynamic(plain, base: base, width: width)
    case "proportional": return try proportional(base: base)
    case "llama3": return try llama3(plain)
    case "yarn": return try yarn(plain, base: base, width: width)
    case "longrope": return try long(plain, base: base, width: width)
    default:
      throw settings.refuse(
        gguf: "rope.scaling.type", config: "\(places.first ?? "rope_scaling").rope_type", found: "'\(kind)'",
        expected: "'default', 'linear', 'dynamic', 'llama3', 'yarn', 'longrope' or 'proportional'")
    }
  }

  var isGGUF: Bool { settings.isGGUF }

  /// Whether positions are stretched for longer texts in any way.
  func isStretched() throws -> Bool { try !["none", "default"].contains(kind()) }

  /// The places of these settings in config.json; the first place that has a setting wins.
  ///
  /// `rope_scaling` replaces `rope_parameters`; with two kinds of layers it overrides settings of the full ones.
  var places: [String] {
    if let ownPlaces { return ownPlaces }
    return switch layers {
    case .all: hasScaling ? ["rope_scaling"] : ["rope_parameters"]
    case .full: (hasScaling ? ["rope_scaling"] : []) + ["rope_parameters.full_attention"]
    case .sliding: ["rope_parameters.sliding_attention"]
    }
  }

  private var hasScaling: Bool {
    guard let key = settings.look.key(gguf: nil, config: "rope_scaling") else { return false }
    return settings.files.configuration.contains(key) && !settings.files.configuration.isEmpty(key)
  }

  /// Declares settings without effect in this model.
  private func account(_ kind: String) {
    let sections = "the positions of a text are the same in every section"
    let isStretched = ["llama3", "yarn", "longrope"].contains(kind)
    guard !isGGUF else {
      settings.changesNothing(gguf: ["rope.dimension_sections"], because: sections)
      guard !isStretched, layers != .sliding else { return }
      settings.changesNothing(
        gguf: ["rope.scaling.original_context_length"], because: "positions are not stretched by YaRN or LongRoPE")
      if kind == "none" {
        settings.changesNothing(gguf: ["rope.scaling.factor"], because: "rope.scaling.type is 'none'")
      }
      return
    }
    if layers == .all, ownPlaces == nil, hasScaling {
      settings.changesNothing(
        config: ["rope_parameters"], because: "transformers takes 'rope_scaling' where it is there")
    }
    settings.changesNothing(
      config: places.flatMap { place in
        ["mrope_section", "mrope_interleaved", "xdrope_section"].map { "\(place).\($0)" }
      }, because: sections)
    if !isStretched, !hasTemperature {
      settings.changesNothing(
        config: ["original_max_position_embeddings"] + places.map { "\($0).original_max_position_embeddings" },
        because: "positions are not stretched by it")
    }
  }

  func base() throws -> Double {
    if let layerBase { return layerBase }
    if isGGUF {
      let global = try settings.real(gguf: "rope.freq_base", config: nil)
      guard layers == .sliding else { return global ?? usualBase }
      return try settings.real(gguf: "rope.freq_base_swa", config: nil) ?? usualBase
    }
    let outer = try baseName.flatMap { try settings.real(gguf: nil, config: $0) }
    guard let inner = try inPlaces("rope_theta", settings.real) else {
      try refuseNullBase()
      return outer ?? usualBase
    }
    if let baseName {
      settings.changesNothing(config: [baseName], because: "the section of rotary positions has a base of its own")
    }
    return inner
  }

  /// Refuses null where a base would stand, with which transformers computes no rotation.
  private func refuseNullBase() throws {
    for name in places.map({ "\($0).rope_theta" }) + (baseName.map { [$0] } ?? []) {
      guard let key = settings.look.key(gguf: nil, config: name), settings.files.configuration.holdsNull(key) else {
        continue
      }
      throw settings.refuse(gguf: nil, config: name, found: "null", expected: "a number, or no such key")
    }
  }

  /// How many values of a head turn.
  private func rotatedWidth() throws -> Int {
    let width: Int
    if isGGUF {
      let said = try settings.count(
        gguf: layers == .sliding ? "rope.dimension_count_swa" : "rope.dimension_count", config: nil)
      width = said ?? headWidth
    } else {
      let outer = try partName.flatMap { try settings.real(gguf: nil, config: $0) }
      let inner = try inPlaces("partial_rotary_factor", settings.real)
      if inner != nil {
        settings.changesNothing(
          config: partName.map { [$0] } ?? [], because: "the section of rotary positions has a part of its own")
      }
      let said = try widthName.flatMap { try settings.count(gguf: nil, config: $0) }
      if inner ?? outer != nil, let widthName {
        settings.changesNothing(config: [widthName], because: "the part of a head that turns is given")
      }
      let given = inner ?? outer ?? said.map { Double($0) / Double(headWidth) }
      let usual = try stretchedTurnWhole && isStretched() ? 1 : usualPart
      let part = given ?? usual
      guard part >= 0, part <= 1 else {
        throw settings.refuse(gguf: nil, config: partKey, found: "\(part)", expected: "0 to 1")
      }
      width = Int(Double(given == nil && usual == 1 ? headWidth : wholeWidth ?? headWidth) * part)
      // A proportional rotation turns the whole head, some of it by zero.
      if try kind() == "proportional" { return headWidth }
      guard turnsPart || width == headWidth else {
        throw settings.refuse(
          gguf: nil, config: partKey, found: "\(part)",
          expected: wholeWidth.map { "\(headWidth) of the \(Int($0)) values of a head" }
            ?? "1: heads of this family turn as a whole")
      }
    }
    guard width > 0, width <= headWidth, width % 2 == 0 else {
      throw refuseWidth(width)
    }
    return width
  }

  private func kind() throws -> String {
    if isGGUF {
      // LongRoPE is recognised by its tensors.
      if weights.contains("rope_factors_long.weight") {
        _ = try settings.string(gguf: "rope.scaling.type", config: nil)
        return "longrope"
      }
      // llama.cpp reads a factor without a type as a linear one.
      let said = try settings.string(gguf: "rope.scaling.type", config: nil)
      let hasFactor = try (settings.real(gguf: "rope.scaling.factor", config: nil) ?? 0) != 0
      return layers == .sliding ? "none" : said ?? (hasFactor ? "linear" : "none")
    }
    let (named, legacy) = (try inPlaces("rope_type", settings.string), try inPlaces("type", settings.string))
    // Without sections for its layers, transformers merges 'rope_scaling' into one whose 'rope_type' is 'default'.
    if let legacy, named == nil, layers == .full, !settings.contains(gguf: nil, config: "rope_parameters") {
      throw settings.refuse(
        gguf: nil, config: "rope_scaling.type", found: "'\(legacy)'",
        expected: "the same under 'rope_type', the only name that transformers follows in this family")
    }
    if named != nil, legacy != nil {
      settings.changesNothing(config: places.map { "\($0).type" }, because: "rope_type says it")
    }
    let said = named ?? legacy ?? "default"
    return kinds[said] ?? said
  }

  /// The value in the first place that has one.
  func inPlaces<Value>(_ key: String, _ read: (_ gguf: String?, _ config: String?) throws -> Value?) throws -> Value? {
    var found: Value?
    // All places are read, so that each setting counts as read.
    for place in places {
      let value = try read(nil, "\(place).\(key)")
      if found == nil { found = value }
    }
    return found ?? (hasSection ? nil : usualSection[key] as? Value)
  }

  private var hasSection: Bool { isGGUF || hasScaling || settings.contains(gguf: nil, config: "rope_parameters") }

  /// A number by its GGUF name, or in one of the places of config.json.
  func real(_ gguf: String?, _ config: String) throws -> Double? {
    if isGGUF { return try gguf.flatMap { try settings.real(gguf: "rope.\($0)", config: nil) } }
    return try inPlaces(config, settings.real)
  }

  /// The same, but required.
  func requiredReal(_ gguf: String, _ config: String) throws -> Double {
    guard let value = try real(gguf, config) else {
      throw LoadError.missingSetting(
        key: settings.look.key(gguf: "rope.\(gguf)", config: "\(places.first ?? "").\(config)") ?? "",
        path: weights.files.path)
    }
    return value
  }

  /// The original context of a stretched model, in tokens.
  ///
  /// The number beside `rope_parameters` overrides the one inside; the default is the longest text.
  func originalContext() throws -> Double {
    let outer =
      isGGUF || layers != .all ? nil : try settings.real(gguf: nil, config: "original_max_position_embeddings")
    let inner = try real("scaling.original_context_length", "original_max_position_embeddings")
    if outer != nil, inner != nil {
      settings.changesNothing(
        config: places.map { "\($0).original_max_position_embeddings" },
        because: "original_max_position_embeddings stands beside the section of rotary positions, too")
    }
    let original = outer ?? inner ?? Double(settings.context)
    guard original >= 1, original <= Double(Int32.max) else {
      throw settings.refuse(
        gguf: "rope.scaling.original_context_length", config: "original_max_position_embeddings", found: "\(original)",
        expected: "1 to \(Int32.max)")
    }
    return original
  }

  func tensor(_ name: String, count: Int) throws -> [Float]? {
    isGGUF ? try weights.optionalVector(name + ".weight", count) : nil
  }
}

import Foundation

/// Rotary positions as a model's files describe them: base, width, and how they were stretched for longer texts.
///
/// Follows transformers' modeling_rope_utils.py, in both spellings of config.json (`rope_theta` with `rope_scaling`, and
/// `rope_parameters`), and llama.cpp's keys and tensors in GGUF.
struct RotarySettings {
  let settings: ModelSettings
  let weights: WeightLoader
  /// Width of a head.
  let headWidth: Int
  /// The part of a head that turns, where the files do not say.
  var usualPart: Double = 1
  /// The base where the files do not say.
  var usualBase: Double = 10_000
  var pairs = Rotation.Pairs.halves
  /// Of a head's layers, where `rope_parameters` has several sets (Gemma 3).
  var group: String?

  private var isGGUF: Bool { weights.files.kind == .gguf }

  /// The rotation.
  ///
  /// - Throws: `LoadError.badSetting` for a kind of stretching that is not known.
  func rotation() throws -> Rotation {
    let width = try rotatedWidth()
    let base = Float(try real("freq_base", "rope_theta") ?? usualBase)
    var plain = Rotation(width: width, base: base, pairs: pairs)
    if let factors = try tensor("rope_freqs", count: width / 2) {
      plain.frequencies = zip(plain.frequencies, factors).map { $0 / $1 }
      return plain
    }
    switch try kind() {
    // Dynamic scaling begins where a text is longer than the model's context, and no such text is run.
    case "none", "default", "dynamic": return plain
    case "linear":
      let factor = Float(try requiredReal("scaling.factor", "factor"))
      return Rotation(width: width, base: base, factor: factor, pairs: pairs)
    case "llama3": return try llama3(plain)
    case "yarn": return try yarn(plain, base: base, width: width)
    case "longrope", "su": return try long(plain, base: base, width: width)
    case let other:
      throw settings.refuse(
        gguf: "rope.scaling.type", config: "rope_scaling.rope_type", found: "'\(other)'",
        expected: "'default', 'linear', 'dynamic', 'llama3', 'yarn' or 'longrope'")
    }
  }

  /// How many values of a head turn.
  private func rotatedWidth() throws -> Int {
    let width: Int
    if isGGUF {
      width = try settings.count(gguf: "rope.dimension_count", config: nil) ?? Int(Double(headWidth) * usualPart)
    } else {
      let part = try real(nil, "partial_rotary_factor") ?? settings.real(gguf: nil, config: "rotary_pct") ?? usualPart
      guard part >= 0, part <= 1 else {
        throw settings.refuse(gguf: nil, config: "partial_rotary_factor", found: "\(part)", expected: "0 to 1")
      }
      width = Int(Double(headWidth) * part)
    }
    guard width > 0, width <= headWidth, width % 2 == 0 else {
      throw settings.refuse(
        gguf: "rope.dimension_count", config: "partial_rotary_factor", found: "\(width) of \(headWidth)",
        expected: "an even number up to the width \(headWidth) of a head")
    }
    return width
  }

  private func kind() throws -> String {
    if isGGUF {
      // LongRoPE is known by its tensors.
      if weights.contains("rope_factors_long.weight") { return "longrope" }
      return try settings.string(gguf: "rope.scaling.type", config: nil) ?? "none"
    }
    for place in places {
      for key in ["rope_type", "type"] {
        if let kind = try settings.string(gguf: nil, config: "\(place).\(key)") { return kind }
      }
    }
    return "none"
  }

  /// Where config.json has these settings.
  private var places: [String] {
    (group.map { ["rope_parameters.\($0)"] } ?? ["rope_parameters"]) + ["rope_scaling"]
  }

  private func real(_ gguf: String?, _ config: String) throws -> Double? {
    if isGGUF { return try gguf.flatMap { try settings.real(gguf: "rope.\($0)", config: nil) } }
    for place in places {
      if let value = try settings.real(gguf: nil, config: "\(place).\(config)") { return value }
    }
    return try settings.real(gguf: nil, config: config)
  }

  private func requiredReal(_ gguf: String, _ config: String) throws -> Double {
    guard let value = try real(gguf, config) else {
      throw LoadError.missingSetting(
        key: isGGUF ? "rope.\(gguf)" : "rope_scaling.\(config)", path: weights.files.path)
    }
    return value
  }

  private func tensor(_ name: String, count: Int) throws -> [Float]? {
    isGGUF ? try weights.optionalVector(name + ".weight", count) : nil
  }

  /// Llama 3.1: long waves are stretched, short ones are not, and those between are mixed.
  private func llama3(_ plain: Rotation) throws -> Rotation {
    let factor = Float(try requiredReal("scaling.factor", "factor"))
    let low = Float(try requiredReal("scaling.low_freq_factor", "low_freq_factor"))
    let high = Float(try requiredReal("scaling.high_freq_factor", "high_freq_factor"))
    let original = Float(
      try requiredReal("scaling.original_context_length", "original_max_position_embeddings"))
    var rotation = plain
    rotation.frequencies = plain.frequencies.map { frequency in
      let wave = 2 * Float.pi / frequency
      if wave < original / high { return frequency }
      if wave > original / low { return frequency / factor }
      let smooth = (original / wave - low) / (high - low)
      return (1 - smooth) * frequency / factor + smooth * frequency
    }
    return rotation
  }

  /// YaRN, Peng and others 2023.
  private func yarn(_ plain: Rotation, base: Float, width: Int) throws -> Rotation {
    let original = try requiredReal("scaling.original_context_length", "original_max_position_embeddings")
    let factor = try real("scaling.factor", "factor") ?? Double(settings.context) / original
    let fast = try real("scaling.yarn_beta_fast", "beta_fast") ?? 32
    let slow = try real("scaling.yarn_beta_slow", "beta_slow") ?? 1
    func dimension(_ turns: Double) -> Double {
      Double(width) * log(original / (turns * 2 * .pi)) / (2 * log(Double(base)))
    }
    var (from, to) = (dimension(fast), dimension(slow))
    if try truncates() { (from, to) = (from.rounded(.down), to.rounded(.up)) }
    (from, to) = (max(from, 0), min(to, Double(width - 1)))
    if from == to { to += 0.001 }
    var rotation = plain
    rotation.frequencies = plain.frequencies.enumerated().map { i, frequency in
      let ramp = min(max((Float(i) - Float(from)) / Float(to - from), 0), 1)
      let kept = 1 - ramp
      let wave = powf(base, Float(2 * i) / Float(width))
      return 1 / (Float(factor) * wave) * (1 - kept) + frequency * kept
    }
    rotation.scale = Float(try yarnScale(factor))
    return rotation
  }

  private func truncates() throws -> Bool {
    for place in places {
      if let flag = try settings.flag(gguf: nil, config: "\(place).truncate") { return flag }
    }
    return true
  }

  private func yarnScale(_ factor: Double) throws -> Double {
    func scale(_ m: Double) -> Double { factor <= 1 ? 1 : 0.1 * m * log(factor) + 1 }
    if let given = try real("scaling.attn_factor", "attention_factor") {
      // llama.cpp multiplies what is given with the usual scale.
      return isGGUF ? given * scale(1) : given
    }
    if let m = try real(nil, "mscale"), let all = try real(nil, "mscale_all_dim"), m != 0, all != 0 {
      return scale(m) / scale(all)
    }
    return scale(1)
  }

  /// LongRoPE, Ding and others 2024: a factor for every frequency, others for texts beyond the original context.
  private func long(_ plain: Rotation, base: Float, width: Int) throws -> Rotation {
    let original: Double
    if let said = try real("scaling.original_context_length", "original_max_position_embeddings") {
      original = said
    } else {
      throw LoadError.missingSetting(key: "original_max_position_embeddings", path: weights.files.path)
    }
    guard original >= 1, original <= Double(Int32.max) else {
      throw settings.refuse(
        gguf: "rope.scaling.original_context_length", config: "original_max_position_embeddings", found: "\(original)",
        expected: "1 to \(Int32.max)")
    }
    func factors(_ tensorName: String, _ key: String) throws -> [Float] {
      let found =
        isGGUF
        ? try tensor(tensorName, count: width / 2)
        : try places.lazy.compactMap { try weights.files.configuration.reals("\($0).\(key)") }.first
      guard let found, found.count == width / 2 else {
        throw settings.refuse(
          gguf: tensorName, config: "rope_scaling.\(key)", found: "\(found?.count ?? 0) numbers",
          expected: "\(width / 2) numbers")
      }
      return found
    }
    func frequencies(_ factors: [Float]) -> [Float] {
      factors.enumerated().map { i, factor in 1 / (factor * powf(base, Float(2 * i) / Float(width))) }
    }
    var rotation = plain
    rotation.frequencies = frequencies(try factors("rope_factors_short", "short_factor"))
    rotation.long = Rotation.Long(
      from: Int(original), frequencies: frequencies(try factors("rope_factors_long", "long_factor")))
    let stretch = try real(nil, "factor") ?? Double(settings.context) / original
    rotation.scale = Float(
      try real("scaling.attn_factor", "attention_factor")
        ?? (stretch <= 1 ? 1 : (1 + log(stretch) / log(original)).squareRoot()))
    return rotation
  }
}

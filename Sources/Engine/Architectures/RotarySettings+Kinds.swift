import Foundation

/// How positions are stretched for longer texts.
extension RotarySettings {
  /// Dynamic NTK scaling: the base grows when a text is longer than the model's context.
  func dynamic(_ plain: Rotation, base: Float, width: Int) throws -> Rotation {
    let factor = try requiredReal("scaling.factor", "factor")
    guard width > 2, factor > 0 else {
      throw settings.refuse(
        gguf: nil, config: "\(places.first ?? "").factor", found: "\(factor) for \(width) values of a head",
        expected: "a positive number, for more than 2 values")
    }
    var rotation = plain
    rotation.long = Rotation.Long(
      from: settings.context, rule: .growing(base: base, factor: factor, width: width))
    return rotation
  }

  /// The factor that stretches the base for texts of any length; nil without one.
  func alpha() throws -> Double? {
    guard canHaveAlpha, let alpha = try inPlaces("alpha", settings.real), alpha != 0 else { return nil }
    settings.changesNothing(
      config: places.flatMap { place in
        ["factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim"].map { "\(place).\($0)" }
      }, because: "alpha says how positions are stretched")
    return alpha
  }

  /// NTK scaling with a fixed factor: the base grows once.
  func stretched(by alpha: Double, width: Int) throws -> Rotation {
    guard width > 2, alpha > 0 else {
      throw settings.refuse(
        gguf: nil, config: "\(places.first ?? "").alpha", found: "\(alpha) for \(width) values of a head",
        expected: "a positive number, for more than 2 values")
    }
    let grown = try base() * pow(alpha, Double(width) / Double(width - 2))
    return Rotation(width: width, base: Float(grown), pairs: pairs)
  }

  /// How queries grow with their position; nil in GGUF files that do not state it.
  func temperature() throws -> AttentionTemperature? {
    let strength =
      isGGUF
      ? try settings.real(gguf: "attention.temperature_scale", config: nil)
      : try inPlaces("llama_4_scaling_beta", settings.real)
    guard let strength else {
      if isGGUF { return nil }
      throw LoadError.missingSetting(
        key: settings.look.key(gguf: nil, config: "\(places.first ?? "").llama_4_scaling_beta") ?? "",
        path: weights.files.path)
    }
    return AttentionTemperature(strength: Float(strength), span: Float(try originalContext()))
  }

  /// The first values of a head turn as if all did, the others not at all (Gemma 4).
  func proportional(base: Float) throws -> Rotation {
    let part =
      try inPlaces("partial_rotary_factor", settings.real) ?? partName.flatMap {
        try settings.real(gguf: nil, config: $0)
      } ?? 1
    let factor = Float(try real(nil, "factor") ?? 1)
    var rotation = Rotation(width: headWidth, base: base, factor: factor, pairs: pairs)
    guard part >= 0, part <= 1 else {
      throw settings.refuse(gguf: nil, config: partKey, found: "\(part)", expected: "0 to 1")
    }
    for still in Int(part * Double(headWidth) / 2)..<rotation.frequencies.count { rotation.frequencies[still] = 0 }
    return rotation
  }

  /// Llama 3.1: long waves are stretched, short ones are not, and those between are interpolated.
  func llama3(_ plain: Rotation) throws -> Rotation {
    let factor = Float(try requiredReal("scaling.factor", "factor"))
    let low = Float(try requiredReal("scaling.low_freq_factor", "low_freq_factor"))
    let high = Float(try requiredReal("scaling.high_freq_factor", "high_freq_factor"))
    guard low < high else {
      throw settings.refuse(
        gguf: "rope.scaling.high_freq_factor", config: "\(places.first ?? "").high_freq_factor", found: "\(high)",
        expected: "more than \(low), the low_freq_factor")
    }
    let original = Float(try originalContext())
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
  func yarn(_ plain: Rotation, base: Float, width: Int) throws -> Rotation {
    let original = try originalContext()
    let factor = try real("scaling.factor", "factor") ?? (isGGUF ? 1 : Double(settings.context) / original)
    let fast = try positive("scaling.yarn_beta_fast", "beta_fast") ?? 32
    let slow = try positive("scaling.yarn_beta_slow", "beta_slow") ?? 1
    if let mix = try real("scaling.yarn_ext_factor", "extrapolation_factor"), mix != 1, !(isGGUF && mix < 0) {
      throw settings.refuse(
        gguf: "rope.scaling.yarn_ext_factor", config: "\(places.first ?? "").extrapolation_factor", found: "\(mix)",
        expected: "1")
    }
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

  /// A number for which zero means absent.
  private func positive(_ gguf: String, _ config: String) throws -> Double? {
    try real(gguf, config).flatMap { $0 == 0 ? nil : $0 }
  }

  private func truncates() throws -> Bool {
    guard !isGGUF else { return roundsBoundsInGGUF }
    guard layers == .all else {
      // transformers looks beside the sections of several kinds of layers, not inside them.
      settings.changesNothing(
        config: places.map { "\($0).truncate" }, because: "transformers looks for it beside the kinds of layers")
      return try settings.flag(gguf: nil, config: "rope_parameters.truncate") ?? true
    }
    // Null counts as false: in transformers only an absent key means true.
    return try inPlaces("truncate", settings.flag) ?? !places.contains { place in
      settings.look.key(gguf: nil, config: "\(place).truncate").map(settings.files.configuration.holdsNull) ?? false
    }
  }

  private func yarnScale(_ factor: Double) throws -> Double {
    func scale(_ m: Double) -> Double { factor <= 1 ? 1 : 0.1 * m * log(factor) + 1 }
    if let whole = try real("scaling.yarn_attn_factor", "attention_factor") { return whole }
    if isGGUF {
      let all = try real("scaling.yarn_log_multiplier", "") ?? 0
      let own = all == 0 ? scale(1) : scale(1) / scale(all)
      guard let given = try real("scaling.attn_factor", "") else { return own }
      return isWholeFactor ? given : given * own
    }
    let (m, all) = (try real(nil, "mscale"), try real(nil, "mscale_all_dim"))
    if let m, let all, m != 0, all != 0 { return scale(m) / scale(all) }
    return scale(1)
  }

  /// LongRoPE, Ding and others 2024: a factor for every frequency, and other factors for texts beyond the original context.
  func long(_ plain: Rotation, base: Float, width: Int) throws -> Rotation {
    let original = try originalContext()
    func factors(_ tensorName: String, _ key: String) throws -> [Float] {
      let found = isGGUF ? try tensor(tensorName, count: width / 2) : try inPlaces(key, settings.reals)
      guard let found, found.count == width / 2 else {
        throw settings.refuse(
          gguf: tensorName, config: "\(places.first ?? "").\(key)", found: "\(found?.count ?? 0) numbers",
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
      from: Int(original), rule: .fixed(frequencies(try factors("rope_factors_long", "long_factor"))))
    let stretch = try real(nil, "factor") ?? Double(settings.context) / original
    rotation.scale = Float(
      try real("scaling.attn_factor", "attention_factor")
        ?? (stretch <= 1 ? 1 : (1 + log(stretch) / log(original)).squareRoot()))
    if hasScales, !isGGUF {
      rotation.scale = Float(try requiredReal("", "short_mscale"))
      rotation.long?.scale = Float(try requiredReal("", "long_mscale"))
    }
    return rotation
  }
}

// Refusals name the setting that a file has.
extension RotarySettings {
  /// The key in config.json of the part of a head that turns.
  var partKey: String {
    let inner = places.map { "\($0).partial_rotary_factor" }
    return inner.first { settings.contains(gguf: nil, config: $0) } ?? partName ?? inner.first
      ?? "partial_rotary_factor"
  }

  /// The error for a number of turned values that is odd, zero, or more than a head has, at the setting that it follows from.
  func refuseWidth(_ width: Int) -> LoadError {
    let own = layers == .sliding ? "rope.dimension_count_swa" : "rope.dimension_count"
    let parts = [partKey, widthName].compactMap(\.self)
    if isGGUF ? settings.contains(gguf: own, config: nil) : parts.contains(where: isGiven) || headWidth % 2 == 0 {
      return settings.refuse(
        gguf: own, config: parts.first(where: isGiven) ?? partKey, found: "\(width) of \(headWidth)",
        expected: "an even number up to the width \(headWidth) of a head")
    }
    if isGGUF ? settings.contains(gguf: "attention.key_length", config: nil) : isGiven("head_dim") {
      return settings.refuse(
        gguf: "attention.key_length", config: "head_dim", found: "\(headWidth)",
        expected: "an even number: values of a head turn in pairs")
    }
    return settings.refuse(
      gguf: "attention.head_count",
      config: ["n_head", "n_heads", "num_heads"].first(where: isGiven) ?? "num_attention_heads",
      found: "\(settings.heads)",
      expected: "a number that leaves heads of an even width, of which values turn in pairs: it is \(headWidth)")
  }

  private func isGiven(_ key: String) -> Bool { settings.contains(gguf: nil, config: key) }
}

/// What a number of a configuration must be so that the formulas that read it have a value.
///
/// One rule for all families and both kinds of file: an epsilon, a base of angles, or a factor that something is divided by is positive,
/// whatever family reads it. No family that transformers publishes has an epsilon of zero.
enum NumberRange: String {
  /// Something is divided by it, or it stands under a root or in a logarithm.
  case positive = "a positive number"
  /// Zero means that there is none.
  case zeroOrMore = "0 or a positive number"

  /// The last parts of names, by their ends.
  private static let positiveEndings = ["eps", "epsilon", "theta", "base_freq", "freq_base", "freq_base_swa"]

  /// Last parts of names in either kind of file.
  private static let named: [String: NumberRange] = [
    "rotary_emb_base": .positive, "low_freq_factor": .positive, "high_freq_factor": .positive,
    "query_pre_attn_scalar": .positive, "logits_scaling": .positive, "expand": .positive, "moe_norm_min": .positive,
    "alibi_bias_max": .positive, "max_alibi_bias": .positive, "gate_soft_cap": .positive,
    "output_logit_soft_cap": .positive, "mlp_gate_softcap": .positive, "mlp_up_softcap": .positive,
    "beta_fast": .zeroOrMore, "beta_slow": .zeroOrMore, "yarn_beta_fast": .zeroOrMore, "yarn_beta_slow": .zeroOrMore,
    "attn_logit_softcapping": .zeroOrMore, "final_logit_softcapping": .zeroOrMore, "logits_soft_cap": .zeroOrMore,
    "moe_router_logit_softcapping": .zeroOrMore, "router_logit_softcapping": .zeroOrMore, "clip_qkv": .zeroOrMore,
    "clamp_kqv": .zeroOrMore, "time_step_min": .zeroOrMore, "swiglu_limit": .zeroOrMore,
  ]

  /// Lists of divisors; in other lists, such as one of bases for each layer, a zero says that a layer has none.
  private static let lists: Set<String> = ["short_factor", "long_factor"]

  /// The range of a number by its name; nil where any finite number has a meaning.
  static func of(gguf: String?, config: String?, isGGUF: Bool, inList: Bool = false) -> NumberRange? {
    guard let key = isGGUF ? gguf : config else { return nil }
    let last = String(key.split(separator: ".").last ?? "")
    if inList { return lists.contains(last) ? .positive : nil }
    if let range = named[last] { return range }
    if last == "factor", key.hasPrefix("rope") {
      // In GGUF a factor of zero means none.
      return isGGUF ? .zeroOrMore : .positive
    }
    return positiveEndings.contains { last == $0 || last.hasSuffix("_" + $0) } ? .positive : nil
  }

  /// Whether a number is in the range as the float32 that formulas take.
  func contains(_ value: Double) -> Bool {
    let number = Float(value)
    return number.isFinite && (self == .positive ? number > 0 : number >= 0)
  }
}

/// Tensors beside a language model on which its next-token numbers do not depend.
///
/// transformers reports them as unexpected and continues; here each kind is noted once. A tensor that a family uses is never
/// among them.
enum UnneededTensors {
  /// Tensors of a kind.
  struct Entry: Sendable {
    /// Description of the kind, for the note.
    let what: String
    /// Beginnings of its names.
    var beginnings: [String] = []
    /// Its names, or their last components.
    var endings: [String] = []
    /// Whether a vector of such a name is a bias instead.
    var isNoVector = false
  }

  static let all: [Entry] = [
    Entry(what: "a value head of reinforcement learning", beginnings: ["v_head.", "value_head.", "reward_head."]),
    Entry(
      what: "a head that classifies texts or tokens",
      beginnings: ["score.", "classifier.", "qa_outputs.", "multiple_choice_head."]),
    Entry(what: "layers that guess further tokens, which transformers does not run", beginnings: ["mtp."]),
    Entry(
      what: "frequencies of rotary positions, which follow from the settings",
      endings: [
        "rotary_emb.inv_freq", "rotary_emb.original_inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached",
        "rotary_emb_local.inv_freq",
      ]),
    Entry(
      what: "a causal mask, which follows from the settings",
      endings: [
        "attn.bias", "attn.masked_bias", "attention.bias", "attention.masked_bias", "self_attention.bias",
        "self_attention.masked_bias", "self_attn.bias", "self_attn.masked_bias", "causal_mask", "attn_mask",
      ],
      isNoVector: true),
    Entry(what: "numbers of positions, which follow from the text", endings: ["position_ids"]),
  ]

  /// The entry of a tensor by its name and, if known, its shape; nil for a tensor that may matter.
  static func entry(of name: String, shape: [Int]? = nil) -> Entry? {
    all.first { entry in
      guard !(entry.isNoVector && shape?.count == 1) else { return false }
      return entry.beginnings.contains { name.hasPrefix($0) }
        || entry.endings.contains { name == $0 || name.hasSuffix("." + $0) }
    }
  }

  /// Splits names into those that may matter and one note for each kind of the others, in the order of the list.
  static func split(_ names: [String], shape: (String) -> [Int]?) -> (counting: [String], notes: [String]) {
    var counting: [String] = []
    var passed: [String: [String]] = [:]
    for name in names.sorted() {
      if let entry = entry(of: name, shape: shape(name)) {
        passed[entry.what, default: []].append(name)
      } else {
        counting.append(name)
      }
    }
    let notes = all.compactMap { entry -> String? in
      guard let names = passed[entry.what], let first = names.first else { return nil }
      let rest = names.count == 1 ? "" : names.count == 2 ? " and 1 more" : " and \(names.count - 1) more"
      return "passed over: '\(first)'\(rest) (\(entry.what))"
    }
    return (counting, notes)
  }
}

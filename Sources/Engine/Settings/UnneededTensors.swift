/// Tensors that lie beside a language model and that its next-token numbers do not depend on.
///
/// transformers reports them as unexpected and goes on; here each kind is noted once. A tensor that a family takes is never one
/// of them.
enum UnneededTensors {
  /// Tensors of a kind.
  struct Entry: Sendable {
    /// What it is, for the note.
    let what: String
    /// What names of it begin with.
    var beginnings: [String] = []
    /// What names of it are, or end with behind a dot.
    var endings: [String] = []
    /// Whether a vector by such a name is something else: a bias.
    var isNoVector = false
  }

  static let all: [Entry] = [
    Entry(what: "a value head of reinforcement learning", beginnings: ["v_head.", "value_head.", "reward_head."]),
    Entry(
      what: "a head that classifies texts or tokens",
      beginnings: ["score.", "classifier.", "qa_outputs.", "multiple_choice_head."]),
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

  /// The entry that a tensor belongs to by its name and, where it is known, its shape; nil for a tensor that may count.
  static func entry(of name: String, shape: [Int]? = nil) -> Entry? {
    all.first { entry in
      guard !(entry.isNoVector && shape?.count == 1) else { return false }
      return entry.beginnings.contains { name.hasPrefix($0) }
        || entry.endings.contains { name == $0 || name.hasSuffix("." + $0) }
    }
  }

  /// Splits names into those that may count and one note for each kind of the others, in the order of the list.
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

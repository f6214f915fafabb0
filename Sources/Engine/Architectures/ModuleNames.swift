/// The names of a network's modules in both kinds of file, collected during its construction.
struct ModuleNames {
  /// By name in the opened file: the name in the other kind (`blk.0.attn_q` and `model.layers.0.self_attn.q_proj`).
  var other: [String: String] = [:]
  /// By name in the opened folder: the name in the memory of transformers, by which adapters call it, where files have names of their own.
  var inMemory: [String: String] = [:]
  /// Projections whose rows are in groups for each key head in a folder, and one after the other in GGUF.
  var grouped: Set<String> = []
  /// Projections whose weights GGUF has multiplied by factors, so that changes of the published weights do not fit them.
  var multiplied: Set<String> = []
  /// Whether gates and ups of all experts alternate in a folder (gpt-oss), and follow one another in GGUF.
  var hasInterleavedGates = false

  /// Prefixes of names that identify an outer model, not the module.
  private static let wrappers: Set<Substring> = [
    "base_model", "model", "transformer", "gpt_neox", "gpt_neox_japanese", "git", "decoder", "language_model", "llm",
    "text_model", "_orig_mod", "module",
    "backbone",
  ]

  /// A module's name without prefixes of outer models, the same for every checkpoint: `layers.0.self_attn.q_proj`, `lm_head`.
  ///
  /// Mixtures have the names of transformers 5, and their experts' parts those of Qwen.
  static func canonical(_ name: some StringProtocol) -> String {
    var parts = name.split(separator: ".").map { Substring($0) }[...]
    while let first = parts.first, parts.count > 1, wrappers.contains(first) { parts = parts.dropFirst() }
    let inMemory: [Substring: Substring] = ["block_sparse_moe": "mlp", "shared_mlp": "shared_experts"]
    let rest = Array(parts).map { inMemory[$0] ?? $0 }
    guard rest.contains("experts"), let part = rest.last else { return rest.joined(separator: ".") }
    let parts5: [Substring: Substring] = ["w1": "gate_proj", "w3": "up_proj", "w2": "down_proj"]
    return (rest.dropLast() + [parts5[part] ?? part]).joined(separator: ".")
  }

  /// Names of token embeddings, without prefixes of outer models.
  static let embeddings: Set<String> = [
    "embed_tokens", "embeddings", "wte", "word_embeddings", "embed_in", "token_embd",
  ]
  /// Names of heads, without prefixes of outer models.
  static let heads: Set<String> = ["lm_head", "embed_out", "output"]

  /// Every name of a module of this network.
  func all(of name: String) -> [String] { [inMemory[name], name, other[name]].compactMap { $0 } }
}

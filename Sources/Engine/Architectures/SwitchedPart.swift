/// A part that some models have and others lack, and the names of config.json that switch it.
///
/// A family reads the switches that it follows. One that it does not read cannot switch off what the network has: false would then be a
/// request that nothing follows. True is such a request in any case, so the ledger refuses it.
struct SwitchedPart: Sendable {
  /// In words.
  let name: String
  /// The names of its switches in the configurations of transformers and of publishers.
  let keys: Set<String>
  private let isPresent: @Sendable (Network) -> Bool

  /// Whether any block has it.
  func isIn(_ network: Network) -> Bool { isPresent(network) }

  private init(_ name: String, _ keys: Set<String>, in isPresent: @escaping @Sendable (Network) -> Bool) {
    self.name = name
    self.keys = keys
    self.isPresent = isPresent
  }

  /// A part of attention.
  private static func ofAttention(
    _ name: String, _ keys: Set<String>, _ isPresent: @escaping @Sendable (Attention) -> Bool
  ) -> SwitchedPart {
    SwitchedPart(name, keys) { $0.blocks.contains { $0.cachedAttention.map(isPresent) ?? false } }
  }

  /// A part of an MLP, experts included.
  private static func ofMLP(
    _ name: String, _ keys: Set<String>, _ isPresent: @escaping @Sendable (MLP) -> Bool
  ) -> SwitchedPart {
    SwitchedPart(name, keys) { $0.blocks.contains { $0.mlp?.parts.contains(where: isPresent) ?? false } }
  }

  /// A part of a router.
  private static func ofRouter(
    _ name: String, _ keys: Set<String>, _ isPresent: @escaping @Sendable (Router) -> Bool
  ) -> SwitchedPart {
    SwitchedPart(name, keys) {
      $0.blocks.contains { $0.mlp?.mixtures.contains { isPresent($0.router) } ?? false }
    }
  }

  /// Every part that a switch of config.json is known to name.
  static let all: [SwitchedPart] = [
    .ofAttention(
      "norms of queries and keys",
      ["use_qk_norm", "qk_norm", "qk_layernorm", "use_qk_layernorm", "apply_qk_norm"]
    ) { $0.queryNorm != nil || $0.keyNorm != nil },
    .ofAttention(
      "biases of queries, keys and values",
      ["attention_bias", "qkv_bias", "use_qkv_bias", "add_qkv_bias", "attn_bias", "use_attention_bias"]
    ) { $0.inputs.hasBias },
    .ofMLP("biases of the MLP", ["mlp_bias", "use_mlp_bias", "ffn_bias"]) { $0.up.bias != nil },
    SwitchedPart("biases of projections", ["use_bias", "bias", "add_bias_linear", "enable_bias"]) { network in
      network.blocks.contains { block in
        block.attention?.inputs.hasBias ?? false || block.mlp?.parts.contains { $0.up.bias != nil } ?? false
          || block.mlp?.mixtures.contains { $0.bias != nil } ?? false
      }
    },
    SwitchedPart("a bias of the head", ["lm_head_bias", "use_lm_head_bias"]) { $0.output.head.bias != nil },
    .ofAttention(
      "positions that turn", ["rotary", "use_rope", "rope", "use_rotary", "use_rotary_embeddings"]
    ) { $0.rotation != nil },
    .ofAttention("ALiBi", ["alibi", "use_alibi"]) { $0.positionBias != nil },
    .ofAttention("windows", ["use_sliding_window"]) { $0.window != nil },
    .ofAttention("sinks", ["use_sinks", "use_attention_sinks", "attention_sinks", "attention_sink"]) {
      $0.sinks != nil
    },
    .ofAttention("a gate of attention's output", ["attn_output_gate", "use_attn_gate", "use_output_gate"]) {
      if case .gated = $0.inputs { true } else { $0.gate != nil }
    },
    SwitchedPart("scores divided by the root of the width", ["scale_attn_weights"]) { network in
      // In later layers, GPT-2 can have another factor.
      network.blocks.first?.attention.map { $0.scale != 1 } ?? false
    },
    .ofAttention("queries that grow with their position", ["attn_temperature_tuning"]) { $0.temperature != nil },
    SwitchedPart("learned positions", ["learned_pos_emb", "use_learned_positions"]) { $0.embedding.positions != nil },
    SwitchedPart("scaled embeddings", ["scale_embedding", "scale_embeddings"]) { $0.embedding.scale != 1 },
    .ofMLP("a gate of the MLP", ["gated_mlp", "use_gated_mlp", "use_glu", "use_swiglu", "block_use_swiglu"]) {
      $0.gate != nil || $0.hasInterleavedGate
    },
    .ofRouter("shares that sum to one", ["norm_topk_prob", "moe_renormalize", "route_norm", "norm_topk"]) {
      $0.normalisation != nil || $0.scores == .softmaxOfChosen
    },
    .ofRouter(
      "a correction of the choice of experts",
      ["use_routing_bias", "use_expert_bias", "moe_router_enable_expert_bias", "moe_use_aux_free"]
    ) { $0.correction != nil },
    SwitchedPart("experts", ["enable_moe_block", "use_moe"]) { network in
      network.blocks.contains { !($0.mlp?.mixtures.isEmpty ?? true) }
    },
    SwitchedPart(
      "attention and MLP side by side", ["parallel_attn", "parallel_residual", "use_parallel_residual"]
    ) { $0.blocks.contains { $0.order == .parallel } },
    SwitchedPart("norms before attention and MLP", ["do_layer_norm_before"]) {
      $0.blocks.contains { $0.attentionNorm != nil }
    },
    SwitchedPart("norms after attention and MLP", ["use_post_norm", "sandwich_norm"]) {
      $0.blocks.contains { $0.attentionPostNorm != nil || $0.mlpPostNorm != nil }
    },
    SwitchedPart("root-mean-square norms", ["rms_norm", "rmsnorm", "use_rms_norm", "use_rmsnorm"]) {
      $0.blocks.contains { $0.attentionNorm?.kind == .rootMeanSquare }
    },
    SwitchedPart("biases of convolutions", ["conv_bias", "use_conv_bias", "mamba_conv_bias"]) {
      $0.blocks.contains { $0.recurrent?.convolution.bias != nil }
    },
    SwitchedPart("a norm of the gated output", ["mamba_rms_norm"]) {
      $0.blocks.contains { $0.recurrent?.gate?.norm != nil }
    },
  ]

  /// The names that must not be false in a model with this network, unless its family reads them.
  static func keysOfParts(of network: Network) -> Set<String> {
    all.filter { $0.isIn(network) }.reduce(into: []) { $0.formUnion($1.keys) }
  }
}

extension Attention.Inputs {
  /// Whether queries, keys or values have a bias.
  fileprivate var hasBias: Bool {
    switch self {
    case .separate(let query, let key, let value): [query, key, value].contains { $0.bias != nil }
    case .grouped(let fused), .sharded(let fused, _): fused.bias != nil
    case .keysAsValues(let query, let key): query.bias != nil || key.bias != nil
    case .shared(let query, _): query.bias != nil
    case .convolved(let inputs): inputs.query.bias != nil
    case .chosen(_, let key, let value): key.bias != nil || value.bias != nil
    case .oneKey(let inputs): [inputs.query, inputs.rise, inputs.key].contains { $0.bias != nil }
    case .latent(let inputs): inputs.query.bias != nil || inputs.compression.bias != nil
    case .gated(let queries, let key, let value): [queries, key, value].contains { $0.bias != nil }
    }
  }
}

extension FeedForward {
  /// Its MLPs, those of experts included.
  fileprivate var parts: [MLP] {
    switch self {
    case .dense(let mlp): [mlp]
    case .experts(let experts): experts.all
    case .sum(let summands): summands.flatMap(\.part.parts)
    }
  }
}

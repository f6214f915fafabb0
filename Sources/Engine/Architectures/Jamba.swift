// Jamba (AI21 Labs 2024). Follows transformers' modeling_jamba.py; GGUF names as in llama.cpp's conversion/jamba.py, which states zero key heads
// for blocks with a Mamba mixer, and in which a router shows that a block has experts.

extension Architecture {
  /// Jamba: Mamba mixers with inner norms in most blocks, attention without positions in the others, experts in every second one.
  public static let jamba = Architecture(name: "Jamba", ggufName: "jamba", modelTypes: ["jamba"]) {
    settings, weights in
    var decoder = try DecoderLayers(settings, weights, names: .init(finalNorm: "final_layernorm"))
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    _ = try AttentionWindows.nowhere(settings)
    try settings.require(true, config: "mamba_inner_layernorms")
    let attends = try settings.attends ?? settings.jambaBlocks("attn_layer")
    if settings.isGGUF, settings.attends == nil, attends.contains(false) {
      throw settings.look.missing(gguf: "attention.head_count_kv", config: "")
    }
    let mixer = try MambaMixer(
      decoder, folder: "mamba", norms: .stored,
      keys: .init(
        states: "mamba_d_state", kernel: "mamba_d_conv", rank: "mamba_dt_rank", bias: "mamba_proj_bias",
        convolutionBias: "mamba_conv_bias", expand: "mamba_expand", inner: nil))
    let inner = try decoder.innerWidth()
    let names = ExpertNames(folder: "feed_forward", router: "router")
    let experts = try jambaExperts(settings)
    let isSparse =
      settings.isGGUF
      ? (0..<settings.layers).map { weights.contains("blk.\($0).ffn_gate_inp.weight") }
      : try settings.jambaBlocks("expert_layer").map { $0 && experts != nil }
    return try decoder.network { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: attends[layer] ? try decoder.attention(layer, rotation: nil) : nil,
        recurrent: attends[layer] ? nil : try mixer.recurrent(layer),
        mlpNorm: try decoder.norm(layer, "ffn_norm", "pre_ff_layernorm"),
        mlp: try isSparse[layer]
          ? experts.map { try decoder.experts(layer, $0, names: names) }
          : decoder.gatedMLP(
            layer, inner: inner,
            names: ("feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj")))
    }
  }

  /// The experts; nil for a model with one, which is a dense MLP.
  private static func jambaExperts(_ settings: ModelSettings) throws -> ExpertSettings? {
    let names = ["num_experts", "num_local_experts"]
    guard try settings.look.count(gguf: "expert_count", configs: names) ?? 1 > 1 else {
      settings.changesNothing(
        gguf: ["expert_used_count"], config: ["num_experts_per_tok", "expert_layer_period", "expert_layer_offset"],
        because: "there is one expert, a dense MLP")
      return nil
    }
    var experts = try ExpertSettings.required(
      settings, names: names, inner: "intermediate_size", isEverywhere: false)
    experts.normalisation = nil
    return experts
  }
}

extension ModelSettings {
  /// [L] the blocks whose number, divided by a period of config.json, leaves an offset.
  fileprivate func jambaBlocks(_ key: String) throws -> [Bool] {
    guard !isGGUF else { return [Bool](repeating: true, count: layers) }
    let period = try requiredCount(gguf: "", config: key + "_period")
    let offset = try whole(gguf: nil, config: key + "_offset") ?? 0
    guard offset < period else {
      throw refuse(gguf: nil, config: key + "_offset", found: "\(offset)", expected: "less than the period \(period)")
    }
    return (0..<layers).map { $0 % period == offset }
  }
}

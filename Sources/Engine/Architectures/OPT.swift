// OPT (Zhang et al. 2022). Follows transformers' modeling_opt.py; llama.cpp does not run it.

extension Architecture {
  /// OPT: learned positions from the third row on; the 350M model has norms after its parts, none at the end, and a narrower embedding.
  public static let opt = Architecture(
    name: "OPT", ggufName: nil, modelTypes: ["opt"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let hasWeights = try settings.flag(gguf: nil, config: "layer_norm_elementwise_affine") ?? true
    let names = DecoderLayers.Names(
      tokens: "decoder.embed_tokens", blocks: "decoder.layers", attentionOutput: "self_attn.out_proj",
      finalNorm: "decoder.final_layer_norm", headWidth: nil)
    var decoder = try DecoderLayers(
      settings, weights, norm: hasWeights ? .layerOf(epsilon: 1e-5, bias: true) : .plainLayer, names: names)
    let narrow = try settings.count(gguf: nil, config: "word_embed_proj_dim") ?? settings.width
    let isNarrow = narrow != settings.width
    let tables = try weights.tokenTables(
      decoder.name("", names.tokens), columns: narrow, settings, tiedByDefault: true)
    _ = try AttentionWindows.nowhere(settings)
    let isBefore = try settings.flag(gguf: nil, config: "do_layer_norm_before") ?? true
    let bias: WeightLoader.Bias = try settings.flag(gguf: nil, config: "enable_bias") ?? true ? .required : .absent
    decoder.activation = try settings.activation(config: "activation_function", usual: .relu)
    let inner = try settings.requiredCount(gguf: "", config: "ffn_dim")
    let blocks = try (0..<settings.layers).map { layer in
      let attention = try decoder.attention(layer, rotation: nil, inputBias: bias, outputBias: bias)
      let mlp = try decoder.plainMLP(layer, up: "fc1", down: "fc2", inner: inner, bias: bias)
      let first = try decoder.norm(layer, "", "self_attn_layer_norm")
      let second = try decoder.norm(layer, "", "final_layer_norm")
      return isBefore
        ? Block(attentionNorm: first, attention: attention, mlpNorm: second, mlp: mlp)
        : Block(attention: attention, attentionStreamNorm: first, mlp: mlp, mlpStreamNorm: second)
    }
    let isRemoved = try settings.flag(gguf: nil, config: "_remove_final_layer_norm") ?? false
    let hasNorm = isBefore && !isRemoved
    return Network(
      embedding: Embedding(
        tokens: tables.embedding,
        projection: isNarrow
          ? try weights.projection(decoder.name("", "decoder.project_in"), settings.width, narrow) : nil,
        positions: LearnedPositions(
          table: try weights.matrix(
            decoder.name("", "decoder.embed_positions.weight"), settings.context + 2, settings.width), offset: 2)),
      blocks: blocks,
      output: Output(
        norm: hasNorm ? try decoder.norm(decoder.name("", names.finalNorm), width: settings.width) : nil,
        projection: isNarrow
          ? try weights.projection(decoder.name("", "decoder.project_out"), narrow, settings.width) : nil,
        head: tables.head))
  }
}

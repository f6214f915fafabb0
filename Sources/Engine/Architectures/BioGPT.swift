// BioGPT (Luo et al. 2022). Follows transformers' modeling_biogpt.py; llama.cpp does not run it.

extension Architecture {
  /// BioGPT: learned positions from the third row on, scaled embeddings, layer norms, a plain MLP.
  public static let bioGPT = Architecture(
    name: "BioGPT", ggufName: nil, modelTypes: ["biogpt"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "biogpt", attentionOutput: "self_attn.out_proj", finalNorm: "layer_norm", head: "output_projection",
      headWidth: nil)
    // transformers holds 'layer_norm_eps' and gives it to no norm.
    settings.changesNothing(config: ["layer_norm_eps"], because: "transformers' norms of this family have 1e-05")
    var decoder = try DecoderLayers(settings, weights, norm: .layerOf(epsilon: 1e-5, bias: true), names: names)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    _ = try AttentionWindows.nowhere(settings)
    let isScaled = try settings.flag(gguf: nil, config: "scale_embedding") ?? true
    let inner = try decoder.innerWidth()
    var network = try decoder.network(
      embeddingScale: isScaled ? Float(settings.width).squareRoot() : 1, tiedByDefault: true
    ) { [decoder] layer in
      Block(
        attentionNorm: try decoder.norm(layer, "", "self_attn_layer_norm"),
        attention: try decoder.attention(layer, rotation: nil, inputBias: .required, outputBias: .required),
        mlpNorm: try decoder.norm(layer, "", "final_layer_norm"),
        mlp: try decoder.plainMLP(layer, up: "fc1", down: "fc2", inner: inner, bias: .required))
    }
    let positions = try weights.matrix(
      decoder.name("", "embed_positions.weight"), settings.context + 2, settings.width)
    network.embedding.positions = LearnedPositions(table: positions, offset: 2)
    return network
  }
}

// GIT, GenerativeImage2Text (Wang et al. 2022), for a text without images. Follows transformers' modeling_git.py.

extension Architecture {
  /// GIT: BERT's blocks with causal attention, and a head of their own.
  public static let git = Architecture(
    name: "GIT", ggufName: nil, modelTypes: ["git"], settings: SettingNames(kvHeads: [])
  ) { settings, weights in
    let names = DecoderLayers.Names(
      base: "git", tokens: "embeddings.word_embeddings", blocks: "encoder.layer",
      attentionOutput: "attention.output.dense", head: "output", headWidth: nil)
    settings.changesNothing(
      config: ["vision_config", "num_image_with_embedding"], because: "only the language part is run")
    for prefix in ["image_encoder.", "visual_projection.", "img_temporal_embedding."] {
      weights.passOver(prefix: "git." + prefix, what: "what reads images")
    }
    var decoder = try DecoderLayers(
      settings, weights, norm: .layer(bias: true, epsilon: "layer_norm_eps"), names: names)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .gelu)
    let (width, inner) = (settings.width, try decoder.innerWidth())
    var network = try decoder.network(headBias: .required, hasFinalNorm: false) { [decoder] layer in
      func part(_ name: String) throws -> Projection {
        try weights.projection(
          decoder.name(layer, "", "attention.self.\(name)"), decoder.queryWidth, width, bias: .required)
      }
      return Block(
        attention: try decoder.attention(
          layer, .separate(query: part("query"), key: part("key"), value: part("value")), rotation: nil,
          outputBias: .required),
        attentionStreamNorm: try decoder.norm(layer, "", "attention.output.LayerNorm"),
        mlp: try decoder.plainMLP(
          layer, up: "intermediate.dense", down: "output.dense", inner: inner, bias: .required),
        mlpStreamNorm: try decoder.norm(layer, "", "output.LayerNorm"))
    }
    network.embedding.positions = LearnedPositions(
      table: try weights.matrix(
        decoder.name("", "embeddings.position_embeddings") + ".weight", settings.context, width))
    network.embedding.norm = try decoder.norm(decoder.name("", "embeddings.LayerNorm"), width: width)
    return network
  }
}

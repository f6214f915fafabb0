// MiniCPM3 (OpenBMB 2024): a dense model with the latent attention of DeepSeek V2. Follows transformers' modeling_minicpm3.py; GGUF names
// as in llama.cpp.

extension Architecture {
  /// MiniCPM3: latent attention, factors on embeddings, residuals and logits.
  public static let miniCPM3 = Architecture(name: "MiniCPM3", ggufName: "minicpm3", modelTypes: ["minicpm3"]) {
    settings, weights in
    let latent = try LatentSettings(settings, usualValueWidth: settings.width / settings.heads)
    var decoder = try DecoderLayers(settings, weights, ownHeadWidth: latent.plain + latent.turned)
    decoder.activation = try settings.activation(config: "hidden_act", usual: .silu)
    let (rotation, scale) = try latent.positions(weights, pairs: .halves)
    let kind = weights.files.kind
    let bias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "attention_bias") ?? false, in: kind)
    let mlpBias = WeightLoader.Bias.said(try settings.flag(gguf: nil, config: "mlp_bias") ?? false, in: kind)
    // llama.cpp has the factors of the one released model.
    let factor = try settings.real(gguf: nil, config: "scale_emb") ?? 12
    let depth =
      settings.isGGUF
      ? 1.4 : try settings.real(gguf: nil, config: "scale_depth") ?? Double(settings.layers).squareRoot()
    let base = settings.isGGUF ? 256 : try settings.count(gguf: nil, config: "dim_model_base") ?? settings.width
    return try decoder.network(
      embeddingScale: Float(factor), headScale: Float(base) / Float(settings.width), tiedByDefault: true
    ) { [decoder] layer in
      Block(
        attentionNorm: try decoder.attentionNorm(layer),
        attention: try latent.attention(decoder, layer, rotation: rotation, scale: scale, bias: bias),
        mlpNorm: try decoder.mlpNorm(layer), mlp: try decoder.gatedMLP(layer, bias: mlpBias),
        residualScale: Float(depth / Double(settings.layers).squareRoot()))
    }
  }
}

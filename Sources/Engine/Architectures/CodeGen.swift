// CodeGen (Nijkamp et al. 2022). Follows transformers' modeling_codegen.py; llama.cpp does not run it.

extension Architecture {
  /// CodeGen: GPT-J with queries, values and keys in one projection, in the order of the four devices on which it was trained.
  public static let codeGen = Architecture(
    name: "CodeGen", ggufName: nil, modelTypes: ["codegen"], settings: .gptJ
  ) { settings, weights in
    let shards = 4
    guard settings.heads % shards == 0 else {
      throw settings.refuse(
        gguf: nil, config: "n_head", found: "\(settings.heads)", expected: "a multiple of \(shards)")
    }
    return try gptJNetwork(settings, weights) { decoder, layer, rotation in
      let fused = try weights.projection(
        decoder.name(layer, "", "attn.qkv_proj"), 3 * settings.width, settings.width)
      return try decoder.attention(layer, .sharded(fused, count: shards), rotation: rotation, outputBias: .absent)
    }
  }
}

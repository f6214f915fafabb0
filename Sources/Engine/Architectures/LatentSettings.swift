import Foundation

/// The widths of latent attention (DeepSeek V2), and the blocks' attention from them.
///
/// Follows transformers' modeling_deepseek_v3.py and llama.cpp's deepseek2.cpp; old GGUF files hold `attn_kv_b` whole, newer ones
/// its parts: keys transposed in `attn_k_b`, values in `attn_v_b`.
struct LatentSettings {
  /// Width of the queries' vector of low rank; nil if queries are projected at once.
  let queryRank: Int?
  /// Width of the latent vector.
  let rank: Int
  /// Width of the part of a head that does not turn by position.
  let plain: Int
  /// Width of the part that does.
  let turned: Int
  /// Width of one head's values.
  let valueWidth: Int
  /// The folder of a block's projections, and the name of the last one in it.
  var names = (folder: "self_attn", output: "o_proj")
  /// Whether queries are projected from their normed vector and the vector itself, with gates of heads behind them (A.X K2).
  var hasGates = false
  /// The result of queries' second step, and the normed latent vector, are multiplied by these (LongCat Flash).
  var scales: (query: Float, latent: Float) = (1, 1)
  private let settings: ModelSettings

  /// The epsilon of the norms inside attention, which most files do not state: transformers leaves it at its default.
  var epsilon: Float = 1e-6

  /// Reads the widths; `usualValueWidth` is that of a head's values if config.json does not state it.
  ///
  /// - Throws: `LoadError.missingSetting`, `LoadError.badSetting`.
  init(_ settings: ModelSettings, usualValueWidth: Int? = nil) throws {
    self.settings = settings
    queryRank = try settings.count(gguf: "attention.q_lora_rank", config: "q_lora_rank")
    rank = try settings.requiredCount(gguf: "attention.kv_lora_rank", config: "kv_lora_rank")
    turned = try settings.requiredCount(gguf: "rope.dimension_count", config: "qk_rope_head_dim")
    if settings.isGGUF {
      // Where both are there, the lengths without "_mla" are those of the latent row, which follow.
      let key = try settings.requiredCount(gguf: "attention.key_length", config: "")
      let value = try settings.count(gguf: "attention.value_length", config: nil) ?? usualValueWidth
      let ownKey = try settings.count(gguf: "attention.key_length_mla", config: nil)
      let ownValue = try settings.count(gguf: "attention.value_length_mla", config: nil)
      settings.changesNothing(
        gguf: (ownKey == nil ? [] : ["attention.key_length"]) + (ownValue == nil ? [] : ["attention.value_length"]),
        because: "the lengths with '_mla' are those of a head")
      settings.changesNothing(
        gguf: ["attention.head_count_kv"],
        because: "every head has keys of its own, which follow from the latent vector")
      let whole = ownKey ?? key
      valueWidth = ownValue ?? value ?? whole
      guard whole > turned else {
        throw settings.refuse(
          gguf: "attention.key_length_mla", config: nil, found: "\(whole)",
          expected: "more than the \(turned) that turn by position")
      }
      plain = whole - turned
    } else {
      plain = try settings.requiredCount(gguf: "", config: "qk_nope_head_dim")
      let value = try settings.count(gguf: nil, config: "v_head_dim") ?? usualValueWidth
      guard let value else {
        throw LoadError.missingSetting(key: "\(settings.files.settingsPrefix)v_head_dim", path: settings.files.path)
      }
      valueWidth = value
      guard settings.kvHeads == settings.heads else {
        throw settings.refuse(
          gguf: nil, config: "num_key_value_heads", found: "\(settings.kvHeads)",
          expected: "\(settings.heads), one for each query head: latent attention gives every head keys of its own")
      }
      settings.changesNothing(
        config: ["head_dim", "qk_head_dim"], because: "they follow from qk_nope_head_dim and qk_rope_head_dim")
    }
    try settings.requireHeads(width: max(plain + turned, valueWidth))
    guard turned % 2 == 0 else {
      throw settings.refuse(
        gguf: "rope.dimension_count", config: "qk_rope_head_dim", found: "\(turned)", expected: "an even number")
    }
  }

  /// Width of one head's queries and keys.
  var whole: Int { plain + turned }

  /// Refuses a width of config.json that contradicts those of the parts of a head, in families where transformers goes by it.
  func require(_ key: String, _ width: Int) throws {
    guard let found = try settings.count(gguf: nil, config: key), found != width else { return }
    throw settings.refuse(
      gguf: nil, config: key, found: "\(found)", expected: "\(width), which follows from the parts of a head")
  }

  /// The rotation of the turned parts, and the factor of scores.
  ///
  /// YaRN multiplies scores by a further factor, the square of one that grows with `mscale_all_dim`.
  func positions(_ weights: WeightLoader, pairs: Rotation.Pairs, kinds: [String: String] = [:]) throws -> (
    rotation: Rotation, scale: Float
  ) {
    try positions(
      RotarySettings(settings: settings, weights: weights, headWidth: turned, pairs: pairs, kinds: kinds))
  }

  /// The same of rotary settings whose `headWidth` is `turned`.
  func positions(_ rotary: RotarySettings) throws -> (rotation: Rotation, scale: Float) {
    var rotation = try rotary.rotation()
    let plainScale = 1 / Float(plain + turned).squareRoot()
    // llama.cpp's converter writes a tenth of it, and takes `mscale` to be the same.
    let all = try rotary.real("scaling.yarn_log_multiplier", "mscale_all_dim").map { settings.isGGUF ? $0 * 10 : $0 }
    guard let all, all != 0, try rotary.isStretched() else { return (rotation, plainScale) }
    if settings.isGGUF { rotation.scale = Float(try rotary.real("scaling.attn_factor", "") ?? 1) }
    let factor = try rotary.requiredReal("scaling.factor", "factor")
    let more = factor <= 1 ? 1 : 0.1 * all * log(factor) + 1
    return (rotation, plainScale * Float(more * more))
  }

  /// A block's attention; `bias` is that of the first steps and of the output.
  func attention(
    _ decoder: DecoderLayers, _ layer: Int, rotation: Rotation?, scale: Float, bias: WeightLoader.Bias
  ) throws -> Attention {
    let (weights, heads, width) = (decoder.weights, settings.heads, settings.width)
    let gateWidth = hasGates ? valueWidth : 0
    let queryWidth = heads * (plain + turned + gateWidth)
    func name(_ inGGUF: String, _ inFolder: String) -> String {
      decoder.name(layer, inGGUF, "\(names.folder).\(inFolder)")
    }
    func norm(_ inGGUF: String, _ inFolder: String, _ width: Int) throws -> Norm {
      Norm(
        kind: .rootMeanSquare, weight: try weights.vector(name(inGGUF, inFolder) + ".weight", width),
        epsilon: epsilon)
    }
    let query: Projection
    var rise: LatentInputs.Rise?
    if let queryRank {
      query = try weights.projection(name("attn_q_a", "q_a_proj"), queryRank, width, bias: bias)
      // Released files of models with gates have the usual name.
      let fused = name("", "q_gate_proj")
      let second = hasGates && weights.usesName(with: ".q_gate_proj.") ? fused : name("attn_q_b", "q_b_proj")
      let projection = try weights.projection(second, queryWidth, hasGates ? 2 * queryRank : queryRank)
      rise = LatentInputs.Rise(
        norm: try norm("attn_q_a_norm", "q_a_layernorm", queryRank), readsRaw: hasGates,
        projection: projection.scaled(scales.query))
    } else {
      query = try weights.projection(name("attn_q", "q_proj"), queryWidth, width)
    }
    let (keys, values) = try expansion(decoder, layer)
    var latentNorm = try norm("attn_kv_a_norm", "kv_a_layernorm", rank)
    latentNorm.weight = latentNorm.weight.map { $0 * scales.latent }
    let inputs = LatentInputs(
      query: query, queryRise: rise,
      compression: try weights.projection(
        name("attn_kv_a_mqa", "kv_a_proj_with_mqa"), rank + turned, width, bias: bias),
      norm: latentNorm, keys: keys, values: values, turned: turned, gateWidth: gateWidth)
    return Attention(
      inputs: .latent(inputs),
      output: try weights.projection(name("attn_output", names.output), width, heads * valueWidth, bias: bias),
      heads: heads, kvHeads: 1, headWidth: turned + rank, ownValueWidth: rank, rotation: rotation, scale: scale)
  }

  /// The weights from the latent vector to keys, transposed, and to values, of each head.
  private func expansion(_ decoder: DecoderLayers, _ layer: Int) throws -> (keys: [Projection], values: [Projection]) {
    let (weights, heads) = (decoder.weights, settings.heads)
    let name = decoder.name(layer, "attn_kv_b", "\(names.folder).kv_b_proj")
    let (starts, rows) = ((0..<heads).map { $0 * (plain + valueWidth) }, heads * (plain + valueWidth))
    let parts = (keys: "blk.\(layer).attn_k_b.weight", values: "blk.\(layer).attn_v_b.weight")
    if settings.isGGUF, weights.contains(parts.keys) {
      // An adapter changes rows of the whole.
      func part(_ matrix: WeightMatrix, _ first: Int) -> Projection {
        Projection(weights: matrix.standing(for: name + ".weight", from: first, of: rows))
      }
      return (
        zip(try weights.stack(parts.keys, heads, rank, plain), starts).map { part($0, $1) },
        zip(try weights.stack(parts.values, heads, valueWidth, rank), starts).map { part($0, $1 + plain) }
      )
    }
    let whole = try weights.projection(name, rows, rank)
    return (
      starts.map { whole.slice($0..<($0 + plain)).flipped },
      starts.map { whole.slice(($0 + plain)..<($0 + plain + valueWidth)) }
    )
  }
}

extension Projection {
  /// The product with the transposed weights; a bias would add the same to every product with what follows, and is dropped.
  var flipped: Projection {
    Projection(
      weights: weights.flipped,
      update: update.map { LowRankUpdate(down: $0.up.flipped, up: $0.down.flipped, scale: $0.scale) })
  }
}

/// The names of Inkling 2's tensors in published files, by those in the memory of transformers.
enum Inkling2Names {
  static let modules = [
    "input_layernorm": "attn_norm", "post_attention_layernorm": "mlp_norm", "q_input_layernorm": "q_input_norm",
    "k_input_layernorm": "k_input_norm", "v_input_layernorm": "v_input_norm", "self_attn.q_proj.linear": "attn.wq_du",
    "self_attn.k_proj.linear": "attn.wk_dv", "self_attn.v_proj.linear": "attn.wv_dv",
    "self_attn.o_proj.linear": "attn.wo_ud", "self_attn.o_proj.gate_proj": "attn.gate_attn",
    "self_attn.sink_proj": "attn.attn_sink_proj", "self_attn.relative_position_bias.linear": "attn.wr_du",
    "self_attn.k_proj.sconv.conv1d": "attn.k_sconv", "self_attn.v_proj.sconv.conv1d": "attn.v_sconv",
    "post_attention_convolution.conv1d": "attn_sconv", "post_mlp_convolution.conv1d": "mlp_sconv",
  ]
  static let tensors: [String: String] = {
    var names = [
      "self_attn.q_proj.norm.scale": "attn.q_l2_clip.scale",
      "self_attn.relative_position_bias.norm.scale": "attn.rel_l2_clip.scale",
      "self_attn.relative_position_bias.proj": "attn.rel_logits_proj.proj",
      "self_attn.k_proj.sconv.static_weight": "attn.k_sconv.static_w",
      "self_attn.v_proj.sconv.static_weight": "attn.v_sconv.static_w",
      "self_attn.k_proj.sconv.weight_proj.weight": "attn.k_sconv.weight_proj",
      "self_attn.v_proj.sconv.weight_proj.weight": "attn.v_sconv.weight_proj",
      "mlp.experts.gate_up_proj": "mlp.experts.w13_weight", "mlp.experts.down_proj": "mlp.experts.w2_weight",
      "mlp.gate.e_score_correction_bias": "mlp.gate.bias",
    ]
    for (own, part) in [("q", "attn"), ("k", "k"), ("v", "v"), ("mlp", "mlp")] {
      names["\(own)_message_gate.down_proj.weight"] = "controllers.\(part).down_weight"
      names["\(own)_message_gate.forget_gate_proj.weight"] = "controllers.\(part).forget_weight"
      names["\(own)_message_gate.message_gate_proj.weight"] = "controllers.\(part).gain_weight"
    }
    return names
  }()
}

/// Which blocks of Inkling 2 run several times.
struct Inkling2Loop {
  let blocks: Range<Int>
  /// How often they run.
  let passes: Int
  /// Rank of the gates of messages.
  let rank: Int

  /// Reads the settings, which published files have in a section of their own.
  init(_ settings: ModelSettings) throws {
    func count(_ key: String, _ nested: String) throws -> Int {
      let section = "loop_config.\(nested)"
      guard let said = try settings.count(gguf: nil, config: section) else {
        return try settings.requiredCount(gguf: "", config: key)
      }
      settings.changesNothing(config: [key], because: "\(section) is given")
      return said
    }
    let (first, end) = (
      try count("loop_layer_index_start", "core_start"), try count("loop_layer_index_end", "core_end")
    )
    passes = try count("loop_num_passes", "num_passes")
    rank = try count("loop_gate_rank", "gate_rank")
    let each = try settings.requiredCount(gguf: "", config: "n_layers_per_attn_res_block")
    guard first < end, end <= settings.layers, first % each == 0, end % each == 0 else {
      throw settings.refuse(
        gguf: nil, config: "loop_layer_index_start", found: "\(first) beside an end of \(end)",
        expected: "a start before the end, both multiples of \(each) (n_layers_per_attn_res_block) within the "
          + "\(settings.layers) blocks")
    }
    blocks = first..<end
  }
}

/// The runs of Inkling 2's blocks in their order, and the states that each of them reads and keeps.
///
/// Every `n_layers_per_attn_res_block` blocks the stream is kept at a place, and another sum begins. A further run of the blocks of a loop
/// begins with the state before the first one, and is told the states that the run before has kept, and that at its end.
struct Inkling2Plan {
  /// A run of a block.
  struct Run: Equatable {
    /// The number of the stored block.
    var layer: Int
    /// The place where the stream before it is kept, and that of the state which goes on in its stead.
    var restart: (keeps: Int, takes: Int)?
    /// The places that it reads.
    var places: [Int]
    /// The place where the stream is kept before another sum begins.
    var keeps: Int?
    /// The places of the run before, whose states become messages.
    var told: [Int]?

    static func == (one: Run, other: Run) -> Bool {
      (one.layer, one.restart?.keeps, one.restart?.takes, one.keeps)
        == (other.layer, other.restart?.keeps, other.restart?.takes, other.keeps)
        && (one.places, one.told) == (other.places, other.told)
    }
  }

  private(set) var runs: [Run] = []
  private var places: [Int] = []
  private var next = 0
  private let each: Int

  /// The most runs of blocks, far beyond released models.
  private static let most = 4096

  init(_ settings: ModelSettings, loop: Inkling2Loop?) throws {
    let each = try settings.requiredCount(gguf: "", config: "n_layers_per_attn_res_block")
    if let loop {
      let (runs, isTooMany) = loop.passes.multipliedReportingOverflow(by: loop.blocks.count)
      guard !isTooMany, runs <= Self.most else {
        throw settings.refuse(
          gguf: nil, config: "loop_num_passes", found: "\(loop.passes) for \(loop.blocks.count) blocks",
          expected: "at most \(Self.most) runs of blocks")
      }
    }
    self.init(layers: settings.layers, each: each, loop: loop.map { (blocks: $0.blocks, passes: $0.passes) })
  }

  /// The runs of so many blocks, of which a sum has `each`.
  init(layers: Int, each: Int, loop: (blocks: Range<Int>, passes: Int)?) {
    self.each = each
    guard let loop else {
      for layer in 0..<layers { run(layer) }
      return
    }
    for layer in 0..<loop.blocks.lowerBound { run(layer) }
    let before = places
    for layer in loop.blocks { run(layer) }
    // The first block of the loop begins another sum, so that the state before it is kept.
    let start = places[before.count]
    for _ in 1..<max(loop.passes, 1) {
      let end = place()
      let told = places.dropFirst(before.count + 1) + [end]
      places = before
      for layer in loop.blocks {
        if layer == loop.blocks.lowerBound {
          run(layer, restart: (keeps: end, takes: start), keeps: start, told: Array(told))
        } else {
          run(layer, told: Array(told))
        }
      }
    }
    for layer in loop.blocks.upperBound..<layers { run(layer) }
  }

  private mutating func place() -> Int {
    next += 1
    return next - 1
  }

  private mutating func run(
    _ layer: Int, restart: (keeps: Int, takes: Int)? = nil, keeps own: Int? = nil, told: [Int]? = nil
  ) {
    let keeps = own ?? (layer % each == 0 ? place() : nil)
    runs.append(Run(layer: layer, restart: restart, places: places, keeps: keeps, told: told))
    if let keeps { places.append(keeps) }
  }
}

import Foundation
import TestSupport

/// A 4-layer GPT-2 with the real vocabulary whose weights are a formula; Tools/random_gpt2.py computes the same.
///
/// Element n, counted over all tensors, is base + r * 2^exponent / 2048, where r in -2048...2047 are the top 12 bits of
/// splitmix64 (Steele, Lea and Flood 2014) at n, less 2048: exact in float32.
enum RandomGPT2 {
  static let layers = 4
  static let width = 64
  static let heads = 4
  static let context = 256
  static let vocabulary = 50257
  static let seed: UInt64 = 2019

  /// A tensor under its name in GPT-2's published safetensors files, which have no prefix.
  struct Tensor {
    let name: String
    let shape: [Int]
    let values: [Float]
  }

  private static let shapes: [(name: String, shape: [Int], base: Float, exponent: Int)] = {
    let d = width
    var all: [(String, [Int], Float, Int)] = [
      ("wte.weight", [vocabulary, d], 0, -1), ("wpe.weight", [context, d], 0, -2),
    ]
    for layer in 0..<layers {
      let p = "h.\(layer)."
      all += [
        (p + "ln_1.weight", [d], 1, -1), (p + "ln_1.bias", [d], 0, -2),
        (p + "attn.c_attn.weight", [d, 3 * d], 0, -1), (p + "attn.c_attn.bias", [3 * d], 0, -2),
        (p + "attn.c_proj.weight", [d, d], 0, 0), (p + "attn.c_proj.bias", [d], 0, -2),
        (p + "ln_2.weight", [d], 1, -1), (p + "ln_2.bias", [d], 0, -2),
        (p + "mlp.c_fc.weight", [d, 4 * d], 0, -1), (p + "mlp.c_fc.bias", [4 * d], 0, -2),
        (p + "mlp.c_proj.weight", [4 * d, d], 0, -1), (p + "mlp.c_proj.bias", [d], 0, -2),
      ]
    }
    return all + [("ln_f.weight", [d], 1, -1), ("ln_f.bias", [d], 0, -2)]
  }()

  /// All tensors in order, and a checksum: the sum of (2n + 1) * bits of r over all elements n, modulo 2^64.
  static func weights() -> (tensors: [Tensor], checksum: UInt64) {
    var n: UInt64 = 0
    var checksum: UInt64 = 0
    let tensors = shapes.map { name, shape, base, exponent in
      let count = shape.reduce(1, *)
      let step = Float(sign: .plus, exponent: exponent - 11, significand: 1)
      let values = [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        for i in 0..<count {
          let bits = splitmix64(n) >> 52
          checksum &+= (2 &* n &+ 1) &* bits
          buffer[i] = base + Float(Int(bits) - 2048) * step
          n &+= 1
        }
        initialized = count
      }
      return Tensor(name: name, shape: shape, values: values)
    }
    return (tensors, checksum)
  }

  private static func splitmix64(_ n: UInt64) -> UInt64 {
    var z = seed &+ (n &+ 1) &* 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Writes a Hugging Face folder, masks and all, as the hub's GPT-2 repositories are.
  static func writeFolder(_ folder: URL, tensors: [Tensor]) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let masks = (0..<layers).map { layer in
      Tensor(
        name: "h.\(layer).attn.bias", shape: [1, 1, context, context],
        values: (0..<context * context).map { $0 % context <= $0 / context ? 1 : 0 })
    }
    try safetensors(tensors + masks).write(to: folder.appendingPathComponent("model.safetensors"))
    let config = """
      {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new", "n_layer": \(layers),
       "n_head": \(heads), "n_embd": \(width), "n_ctx": \(context), "n_positions": \(context),
       "layer_norm_epsilon": 1e-05, "vocab_size": \(vocabulary), "bos_token_id": 50256, "eos_token_id": 50256}
      """
    try Data(config.utf8).write(to: folder.appendingPathComponent("config.json"))
    try FileManager.default.copyItem(
      at: RealModels.gpt2Encoder(), to: folder.appendingPathComponent("vocab.json"))
    try FileManager.default.copyItem(at: RealModels.gpt2Merges(), to: folder.appendingPathComponent("merges.txt"))
    let tokenizer = #"{"tokenizer_class": "GPT2Tokenizer", "model_max_length": 256}"#
    try Data(tokenizer.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
  }

  private static func safetensors(_ tensors: [Tensor]) -> Data {
    var entries: [String] = []
    var end = 0
    for tensor in tensors {
      let start = end
      end += 4 * tensor.values.count
      entries.append(
        "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":[\(tensor.shape.map(String.init).joined(separator: ","))],"
          + "\"data_offsets\":[\(start),\(end)]}")
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    var file = Data()
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(header)
    for tensor in tensors { tensor.values.withUnsafeBytes { file.append(contentsOf: $0) } }
    return file
  }

  /// Writes one GGUF file after llama.cpp's conventions: its names, and Conv1D weights as [out, in].
  static func writeGGUF(_ url: URL, tensors: [Tensor]) throws {
    var gguf = GGUFBuilder()
    gguf.set("general.architecture", "gpt2")
    gguf.set("gpt2.block_count", UInt32(layers))
    gguf.set("gpt2.context_length", UInt32(context))
    gguf.set("gpt2.embedding_length", UInt32(width))
    gguf.set("gpt2.feed_forward_length", UInt32(4 * width))
    gguf.set("gpt2.attention.head_count", UInt32(heads))
    gguf.set("gpt2.attention.layer_norm_epsilon", Float(1e-5))
    gguf.set("general.file_type", UInt32(0))
    let encoder = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: RealModels.gpt2Encoder()))
    let merges = try String(contentsOf: RealModels.gpt2Merges(), encoding: .utf8).split(separator: "\n").dropFirst()
    gguf.set("tokenizer.ggml.model", "gpt2")
    gguf.set("tokenizer.ggml.pre", "gpt-2")
    gguf.set("tokenizer.ggml.tokens", encoder.sorted { $0.value < $1.value }.map(\.key))
    gguf.set("tokenizer.ggml.token_type", (0..<vocabulary).map { Int32($0 == 50256 ? 3 : 1) })
    gguf.set("tokenizer.ggml.merges", merges.map(String.init))
    gguf.set("tokenizer.ggml.bos_token_id", UInt32(50256))
    gguf.set("tokenizer.ggml.eos_token_id", UInt32(50256))
    for tensor in tensors {
      let conv = tensor.shape.count == 2 && tensor.name.hasPrefix("h.")
      let values = conv ? transposed(tensor.values, rows: tensor.shape[0], columns: tensor.shape[1]) : tensor.values
      gguf.add(ggufName(tensor.name), shape: conv ? tensor.shape.reversed() : tensor.shape, values: values)
    }
    try gguf.data().write(to: url)
  }

  private static func transposed(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { values[($0 % rows) * columns + $0 / rows] }
  }

  private static func ggufName(_ name: String) -> String {
    let names = [
      "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm",
      "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
      "mlp.c_proj": "ffn_down",
    ]
    var parts = name.split(separator: ".").map(String.init)
    let suffix = parts.removeLast()
    let block = parts.first == "h" ? "blk.\(parts[1])." : ""
    if !block.isEmpty { parts.removeFirst(2) }
    let stem = parts.joined(separator: ".")
    return block + (names[stem] ?? stem) + "." + suffix
  }
}

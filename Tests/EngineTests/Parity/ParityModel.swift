import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// A tiny model of Tests/Fixtures/models in one of its kinds of file.
struct ParityModel: CustomTestStringConvertible, Sendable {
  enum Kind: String, Sendable { case safetensors, gguf }
  let name: String
  let kind: Kind

  var testDescription: String { "\(name) from \(kind.rawValue)" }

  /// Every model in every kind of file that is there.
  static let all: [ParityModel] = names.flatMap { name in
    [ParityModel(name: name, kind: .safetensors)] + (hasGGUF(name) ? [ParityModel(name: name, kind: .gguf)] : [])
  }

  /// Folders of Tests/Fixtures/models.
  static let names: [String] = (try? Fixtures.names(in: "models")) ?? []
  /// The ones that come in both kinds.
  static let inBothKinds: [String] = names.filter(hasGGUF)

  /// The ones without an encoder.
  static let decoders: [String] = names.filter { name in
    let config = try? String(contentsOf: Fixtures.url("models/\(name)/hf/config.json"), encoding: .utf8)
    return config?.contains("\"is_encoder_decoder\": true") != true
  }

  /// Those whose head has an activation, so that a logit is no sum of parts.
  static let withActivatedHead: Set = [
    "bert-decoder", "electra-decoder", "megatron-bert-decoder", "modernbert-decoder", "modernbert-decoder-biases",
    "rembert-decoder", "roberta-decoder", "roformer-decoder", "xmod-decoder", "roc-bert-decoder", "big-bird-decoder",
  ]

  /// Those of one stream, whose parts can be told apart.
  static let ofOneStream: [String] = decoders.filter {
    !$0.hasPrefix("gemma3n") && !$0.hasPrefix("deepseek4") && !$0.hasPrefix("hy-v4") && !withActivatedHead.contains($0)
  }

  static func hasGGUF(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: Fixtures.url("models/\(name)/\(name).gguf").path)
  }

  var path: String {
    Fixtures.url(kind == .gguf ? "models/\(name)/\(name).gguf" : "models/\(name)/hf").path
  }

  /// Parts of names of tensors that a text does not need.
  private static let passedOver = [
    ".indexer.", ".mtp_layers.", ".embed_tokens_extend.", "git.image_encoder.", "git.visual_projection.",
    "git.img_temporal_embedding.",
  ]

  /// The tensors of the files that the program needs, by name.
  ///
  /// Blocks behind the last one, which predict further tokens, are left out, and so are both matrices of a tied model that stores both:
  /// either stands for the other.
  func tensorsThatRun() throws -> [String] {
    // Not read, or computed where they are missing: a table of positions or angles that follows from the settings, a bias that may be absent,
    // rates of decay, attention to an encoder that a decoder alone does not have.
    let optional: [String: [String]] = [
      "pegasus": ["embed_positions.weight"], "roformer-decoder": ["embed_positions.weight"],
      // Both names of a bias that is stored twice; changes of a shared block for its other uses.
      "roberta-decoder": ["lm_head.bias", "lm_head.decoder.bias"],
      "zamba2-plain": [
        "layers.0.shared_transformer.feed_forward.gate_up_proj_adapter_list.1.",
        "layers.2.shared_transformer.feed_forward.gate_up_proj_adapter_list.0.",
      ],
      "bart-decoder": [".encoder_attn"], "trocr": [".encoder_attn"], "whisper": [".encoder_attn"],
      "bigbird-pegasus-decoder": [".encoder_attn"], "minimax": ["slope_rate", "_decay"],
      // Of a decoder that predicts words nobody reads the first token's vector.
      "big-bird-decoder": [".pooler."],
      "xmod-decoder": [".adapter_modules.de_DE."], "roc-bert-decoder": [".pronunciation_embed."],
      // Stored parts of experts that give what they read.
      "longcat-flash": ["mlp.experts.3.", "mlp.experts.4."],
    ]
    let passedOver = self.name.hasPrefix("deepseek4") ? [] : Self.passedOver
    let left = (optional[self.name] ?? []) + ["final_logits_bias"] + passedOver
    let layers = try open().layers
    let tied = self.name == "nemotron-h-listed" ? ["lm_head.weight", "model.embeddings.weight"] : []
    return try openModelFiles(path: path).tensors.keys.filter { name in
      if tied.contains(name) || left.contains(where: { name.contains($0) }) { return false }
      // Blocks of cross-attention do not run, and a correction of zeros may be left out.
      if self.name == "mllama", name.hasPrefix("model.layers.1.") { return false }
      if self.name == "axk1", name.hasSuffix("e_score_correction_bias") { return false }
      guard let block = name.firstMatch(of: /(?:layers|h|blk)\.(\d+)\./).flatMap({ Int($0.output.1) }) else {
        return true
      }
      return block < layers
    }.sorted()
  }

  func open() throws -> LanguageModel { try openModel(URL(fileURLWithPath: path), name: name) }
}

/// Opens a model under a made-up identity.
func openModel(_ url: URL, name: String) throws -> LanguageModel {
  try LanguageModel.open(
    path: url.path,
    identity: ModelIdentity(name: name, sha256: String(repeating: "0", count: 64), license: nil, source: nil))
}

/// Traces of some requests, one each.
///
/// Tests run side by side. Several threads of one would wait for each other's turn on a processor after every loop, which takes
/// much longer than the loop.
func trace(_ model: LanguageModel, _ requests: [TraceRequest], threads: Int = 1) throws -> [Trace] {
  let traces = try Tracer(model: model, threads: threads).trace(requests)
  guard traces.count == requests.count else { throw WrongCount(found: traces.count) }
  return traces
}

/// One trace of one request.
func traceOne(_ model: LanguageModel, _ request: TraceRequest, threads: Int = 1) throws -> Trace {
  try trace(model, [request], threads: threads)[0]
}

/// A tracer gave another number of traces than it was asked for.
struct WrongCount: Error { let found: Int }

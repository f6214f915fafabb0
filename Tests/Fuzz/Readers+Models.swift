import Engine
import Foundation
import Traces

/// Readers of models, tokenizers, lenses and adapters.
extension FuzzReader {
  static let models = [
    FuzzReader(
      name: "config", form: .text(configWords), seeds: ["fuzz/config/*/config.json", "models/*/hf/config.json"],
      read: { try run(try $0.model("config.json").path) }),
    FuzzReader(
      name: "safetensors", form: .safetensors, seeds: ["models/*/hf/model.safetensors"],
      read: { try run(try $0.model("model.safetensors").path) }),
    FuzzReader(
      name: "gguf", form: .bytes, seeds: ["models/*/*.gguf", "weights/*.gguf"],
      read: { try run(try $0.file("model.gguf").path) }),
    FuzzReader(
      name: "torch", form: .bytes, seeds: ["weights/*.bin", "weights/*.pt"],
      read: {
        let source = Fixtures.folder.appending(path: "models/qwen2/hf")
        try run(try $0.model("pytorch_model.bin", from: source, without: ["model.safetensors"]).path)
      }),
    FuzzReader(
      name: "weights-index", form: .text(["weight_map", "metadata", "total_size", "../", "/etc/passwd"]),
      seeds: ["weights/pytorch_model.bin.index.json"],
      read: { input in
        let source = Fixtures.folder.appending(path: "models/qwen2/hf")
        let place = try input.model("pytorch_model.bin.index.json", from: source, without: ["model.safetensors"])
        for part in ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"] {
          symlink(Fixtures.folder.appending(path: "weights/\(part)").path, place.appending(path: part).path)
        }
        try run(place.path)
      }),
    FuzzReader(
      name: "tokenizer", form: .text(tokenizerWords), seeds: ["models/*/hf/tokenizer.json"],
      read: { try encode(try $0.model("tokenizer.json").path) }),
    FuzzReader(
      name: "tokenizer-config", form: .text(tokenizerWords),
      seeds: ["models/*/hf/tokenizer_config.json", "models/*/hf/special_tokens_map.json"],
      read: { try encode(try $0.model($0.seed.lastPathComponent.components(separatedBy: "--").last ?? "").path) }),
    FuzzReader(
      name: "vocabulary", form: .text(["#version: 0.2", "Ġ", "<|endoftext|>"]),
      seeds: ["models/gpt2/hf/vocab.json", "models/gpt2/hf/merges.txt"],
      read: { try encode(try $0.model($0.seed.lastPathComponent.components(separatedBy: "--").last ?? "").path) }),
    FuzzReader(
      name: "tokenizer-model", form: .bytes,
      read: { input in
        try encode(try input.file("sentences/tokenizer.model").deletingLastPathComponent().path)
      }),
    FuzzReader(
      name: "tokenizer-pieces", form: .bytes,
      read: { input in
        // The file's name chooses the class.
        let isT5 = input.seed.lastPathComponent.hasPrefix("t5")
        try input.write(Data(#"{"model_type": "\#(isT5 ? "t5" : "xlm-roberta")"}"#.utf8), "pieces/config.json")
        for name in ["spiece.model", "sentencepiece.bpe.model"] {
          unlink(input.folder.appending(path: "pieces/\(name)").path)
        }
        let file = try input.file("pieces/\(isT5 ? "spiece.model" : "sentencepiece.bpe.model")")
        try encode(file.deletingLastPathComponent().path)
      }),
    FuzzReader(
      name: "adapter", form: .text(adapterWords), seeds: ["adapters/*/adapter_config.json"],
      read: { try adapt(try $0.model("adapter_config.json", from: $0.seed.deletingLastPathComponent()).path, $0.seed) }),
    FuzzReader(
      name: "adapter-weights", form: .safetensors, seeds: ["adapters/*/adapter_model.safetensors"],
      read: {
        try adapt(try $0.model("adapter_model.safetensors", from: $0.seed.deletingLastPathComponent()).path, $0.seed)
      }),
    FuzzReader(
      name: "adapter-gguf", form: .bytes, seeds: ["adapters/*/*.gguf"],
      read: { try adapt(try $0.file("adapter.gguf").path, $0.seed) }),
    FuzzReader(
      name: "states", form: .safetensors,
      read: { input in
        let file = try StatesFile(path: try input.file("s.safetensors").path)
        let tracer = try StatesTracer(
          path: Fixtures.folder.appending(path: "models/llama/llama.gguf").path, identity: identity, threads: 1)
        // What was asked is read from the file, too.
        _ = try tracer.traces(of: file, .init()).traces.map { try $0.jsonData() }
      }),
    FuzzReader(
      name: "tuned-lens", form: .bytes, seeds: ["lenses/gpt2/config.json", "lenses/gpt2/params.pt"],
      read: { input in
        let folder = try input.model(input.seed.lastPathComponent, from: Fixtures.folder.appending(path: "lenses/gpt2"))
        try look(.tuned(try TunedLens(path: folder.path, sha256: "")), "gpt2")
      }),
    FuzzReader(
      name: "jacobian-lens", form: .bytes,
      seeds: ["jacobian/*.pt", "jacobian/identity/*.pt", "jacobian/hostile/*.pt", "weights/*.pt"],
      read: { input in
        let family = input.seed.deletingPathExtension().lastPathComponent
        let isFamily = FileManager.default.fileExists(atPath: Fixtures.folder.appending(path: "models/\(family)").path)
        try look(
          .jacobian(try JacobianLens(path: try input.file("lens.pt").path, sha256: "")), isFamily ? family : "gpt2")
      }),
  ]

  private static let identity = ModelIdentity(name: "Fuzzed", sha256: "")
  private static let request = TraceRequest(prompt: "The cat sat", method: .generate(1), topK: 3)

  /// Opens a model and runs it, as `strata trace` does.
  private static func run(_ path: String) throws {
    try trace(try LanguageModel.open(path: path, identity: identity), nil)
  }

  private static func trace(_ model: LanguageModel, _ lens: FittedLens?) throws {
    _ = try Tracer(model: model, lens: lens, threads: 1).trace([request]).map { try $0.jsonData() }
  }

  private static func look(_ lens: FittedLens, _ family: String) throws {
    let path = Fixtures.folder.appending(path: "models/\(family)/hf").path
    try trace(try LanguageModel.open(path: path, identity: identity), lens)
  }

  /// Opens an adapter and runs the model that it was made for with it.
  private static func adapt(_ path: String, _ seed: URL) throws {
    let adapter = try Adapter(path: path, name: "a", sha256: "")
    let family = seed.deletingLastPathComponent().lastPathComponent
    // Adapters in GGUF fit models in GGUF alone.
    let form = path.hasSuffix(".gguf") ? "\(family).gguf" : "hf"
    let base = Fixtures.folder.appending(path: "models/\(family)/\(form)").path
    let known =
      FileManager.default.fileExists(atPath: base) ? base : Fixtures.folder.appending(path: "models/llama/hf").path
    try trace(try LanguageModel.open(path: known, identity: identity, adapter: adapter), nil)
  }

  private static let samples = ["The cat sat, on 12 mats!", " \u{A0}é\u{301}ß<s>▁日本\n\n\t🇩🇪", ""]

  /// Opens a tokenizer and takes texts there and back.
  private static func encode(_ folder: String) throws {
    let tokenizer = try openTokenizer(folder: folder)
    for text in samples {
      for id in try tokenizer.encode(text, addSpecialTokens: true) { _ = tokenizer.bytes(of: id) }
    }
    for id in -1...min(tokenizer.vocabularySize, 600) { _ = (tokenizer.text(of: id), tokenizer.isSpecial(id)) }
    _ = (tokenizer.leadingBOS, tokenizer.specialTokens, tokenizer.writtenSpecialTokens)
  }

  private static let configWords = [
    "num_hidden_layers", "hidden_size", "num_attention_heads", "head_dim", "vocab_size", "rope_theta", "rope_scaling",
    "rope_type", "yarn", "longrope", "llama3", "factor", "sliding_window", "layer_types", "full_attention",
    "num_experts",
    "num_local_experts", "quantization_config", "fp8", "compressed-tensors", "mxfp4", "text_config", "hidden_act",
    "silu",
    "tie_word_embeddings", "architectures", "model_type", "attn_implementation", "rms_norm_eps",
  ]
  private static let tokenizerWords = [
    "model", "vocab", "merges", "BPE", "Unigram", "WordPiece", "WordLevel", "normalizer", "pre_tokenizer",
    "post_processor",
    "decoder", "Sequence", "Split", "Regex", "(?i:a|b)+", "[^\\r\\n]{1,9999}", "Replace", "Precompiled",
    "precompiled_charsmap", "ByteLevel", "Metaspace", "TemplateProcessing", "added_tokens", "special", "byte_fallback",
    "unk_token", "bos_token", "add_bos_token", "tokenizer_class", "lstrip", "rstrip", "single_word", "normalized",
  ]
  private static let adapterWords = [
    "peft_type", "LORA", "r", "lora_alpha", "target_modules", "all-linear", "rank_pattern", "alpha_pattern",
    "use_rslora",
    "use_dora", "fan_in_fan_out", "bias", "modules_to_save", "layers_to_transform", "layers_pattern", "exclude_modules",
    "^.*(a+)+$", "base_model_name_or_path",
  ]
}

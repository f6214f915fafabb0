/// A family of models: how to recognise its files, and the `Network` they describe.
///
/// To add one: a file with such a value and a line in `all`.
public struct Architecture: Sendable {
  /// Its usual name: "Llama".
  public let name: String
  /// `general.architecture` of its GGUF files; nil if llama.cpp does not run it.
  public let ggufName: String?
  /// Other names of the same in GGUF: language parts of multimodal models.
  public internal(set) var otherGGUFNames: [String] = []
  /// `model_type` values of its config.json.
  public let modelTypes: [String]
  /// The names of every family's settings in its config.json.
  var settings = SettingNames()
  /// Builds the network; reads norms and biases, and leaves matrices in the map.
  let network: @Sendable (ModelSettings, WeightLoader) throws -> Network

  /// Every family this engine runs.
  public static let all: [Architecture] = [
    .gpt2, .openAIGPT, .gptBigCode, .ctrl, .llama, .mllama, .bitNet, .diffLlama, .doge, .cwm, .mistral, .ministral3,
    .mixtral, .qwen2, .qwen2MoE, .qwen3, .qwen3MoE, .qwen35, .qwen35MoE, .qwen3Next, .gemma, .gemma2, .gemma3,
    .gemma3n, .phi3, .phi4Multimodal, .phiMoE, .olmo, .olmo2, .olmo3, .olmoe, .flexOlmo, .exaone, .exaone4,
    .exaoneMoE, .seedOSS, .ernie45, .hunYuan, .hunYuanMoE, .arcee, .helium, .nemotron, .nemotronH, .apertus, .jais2,
    .hyperCLOVAX, .vaultGemma, .persimmon, .bioGPT, .xglm, .nanoChat, .granite, .graniteMoE, .graniteSWA, .ernieMoE,
    .gptOSS, .dots1, .miniMaxM2, .mellum, .jetMoE, .flint, .hunYuan3, .hunYuan4, .dbrx, .afmoe, .aria, .kolibri,
    .sarvamMoE,
    .laguna, .beam, .miMoV2Flash, .miniMaxM3, .laraMini, .smolLM3, .stableLM, .gptNeo, .gptJ, .codeGen, .gptNeoX,
    .gptNeoXJapanese, .modernBERTDecoder, .opt, .bloom, .mpt, .falcon, .phi, .starCoder2, .cohere, .cohere2,
    .cohere2MoE, .cohereCompass, .glm, .glm4, .glm4MoE, .miniCPM3, .deepSeekV2, .deepSeekV3, .deepSeekV32, .deepSeekV4,
    .glmMoEDSA, .axK1, .axK2, .longCatFlash, .glm4MoELite, .youtu, .sarvamMLA, .mistral4, .gemma4, .museGlimmer,
    .llama4, .mamba,
    .falconMamba, .mamba2, .rwkv, .xLSTM,
    .lfm2, .lfm2MoE, .lfm3, .falconH1, .graniteHybrid, .bamba, .jamba, .recurrentGemma, .zamba2, .zamba, .olmoHybrid,
    .miniMax, .kimiLinear, .ling3, .zaya, .inkling, .inkling2, .hrmText, .dory, .t5, .bart, .mBART, .pegasus, .marian,
    .blenderbot, .blenderbotSmall,
    .trOCR, .git, .bert,
    .roBERTa,
    .distilBERT, .data2VecText, .roBERTaPreLayerNorm, .xlmRoBERTaXL, .ernie, .megatronBERT, .electra, .remBERT,
    .roFormer, .bertGeneration, .xMOD, .roCBERT, .bigBird, .xlm, .whisper, .bigBirdPegasus,
  ]

  /// The family of an opened model; nil for an unknown one.
  static func known(_ files: any ModelFiles) -> Architecture? {
    all.first { family in
      switch files.kind {
      case .gguf: family.ggufName == files.architecture || family.otherGGUFNames.contains(files.architecture)
      case .safetensors: family.modelTypes.contains(files.architecture)
      }
    }
  }

  /// The family of an opened model.
  ///
  /// - Throws: `LoadError.unknownArchitecture`, listing the supported ones.
  static func of(_ files: any ModelFiles) throws -> Architecture {
    guard let found = known(files) else {
      let known =
        files.kind == .gguf
        ? all.flatMap { ($0.ggufName.map { [$0] } ?? []) + $0.otherGGUFNames }
        : all.flatMap(\.modelTypes) + Wrapper.all.map(\.modelType)
      throw LoadError.unknownArchitecture(
        name: files.architecture, path: files.path, known: known,
        advice: (lack(of: files.architecture, in: files.kind).map { [$0] } ?? []) + NearestFamily.advice(files))
    }
    return found
  }
}

/// The names of every family's settings in config.json, newest first; in GGUF each has one name.
struct SettingNames: Sendable {
  var layers = ["num_hidden_layers"]
  var width = ["hidden_size"]
  /// Empty for a family without attention.
  var heads = ["num_attention_heads"]
  var kvHeads = ["num_key_value_heads"]
  var context = ["max_position_embeddings"]
  /// The context if config.json does not state it.
  var usualContext: Int?
  /// Lists with an entry for each layer, whose length is the number of layers in a config.json that does not state it.
  var layerLists: [String] = []
  /// Whether the family reads texts in both directions and fills in masked tokens.
  var isMasked = false
  /// Whether the number of key heads can differ from layer to layer, so that the family reads it itself.
  var kvHeadsByLayer = false
}

extension Wrapper {
  /// Every multimodal model of transformers whose language part belongs to a known family, and continues texts, by default.
  public static let all: [Wrapper] = ConfigDefaults.wrappers.filter { wrapper in
    refused[wrapper.modelType] == nil && bidirectional[wrapper.modelType] == nil
      && Architecture.all.contains { $0.modelTypes.contains(wrapper.language) }
  }
}

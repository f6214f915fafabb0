/// A family of models: how its files say what it is, and the `Network` they describe.
///
/// A new family is one file with such a value and one line in `all`.
public struct Architecture: Sendable {
  /// What people call it: "Llama".
  public let name: String
  /// `general.architecture` of its GGUF files; nil where llama.cpp does not run it.
  public let ggufName: String?
  /// Other names of the same in GGUF: language parts of multimodal models.
  var otherGGUFNames: [String] = []
  /// `model_type` values of its config.json.
  public let modelTypes: [String]
  /// What the settings that every family has are called in its config.json.
  var settings = SettingNames()
  /// Builds the network; reads norms and biases, leaves matrices in the map.
  let network: @Sendable (ModelSettings, WeightLoader) throws -> Network

  /// Every family this engine runs.
  public static let all: [Architecture] = [
    .gpt2, .llama, .mistral, .mixtral, .qwen2, .qwen3, .qwen3MoE, .gemma, .gemma2, .gemma3, .phi3, .olmo, .olmo2,
    .olmo3, .granite, .smolLM3, .stableLM, .gptNeo, .gptJ, .gptNeoX, .opt, .bloom, .mpt, .falcon, .phi, .starCoder2,
    .cohere,
  ]

  /// The family of an opened model.
  ///
  /// - Throws: `LoadError.unknownArchitecture`, listing the supported ones.
  static func of(_ files: any ModelFiles) throws -> Architecture {
    let found = all.first { family in
      switch files.kind {
      case .gguf: family.ggufName == files.architecture || family.otherGGUFNames.contains(files.architecture)
      case .safetensors: family.modelTypes.contains(files.architecture)
      }
    }
    guard let found else {
      let known =
        files.kind == .gguf
        ? all.flatMap { ($0.ggufName.map { [$0] } ?? []) + $0.otherGGUFNames }
        : all.flatMap(\.modelTypes) + Wrapper.all.map(\.modelType)
      throw LoadError.unknownArchitecture(name: files.architecture, path: files.path, known: known)
    }
    return found
  }
}

/// What the settings of every family are called in config.json, newest name first; in GGUF they have one name.
struct SettingNames: Sendable {
  var layers = ["num_hidden_layers"]
  var width = ["hidden_size"]
  var heads = ["num_attention_heads"]
  var kvHeads = ["num_key_value_heads"]
  var context = ["max_position_embeddings"]
  /// The context where config.json does not say.
  var usualContext: Int?
}

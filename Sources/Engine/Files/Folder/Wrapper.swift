/// A multimodal model whose language part is run: for text alone, transformers' model gives the same numbers as that part.
///
/// `Tools/parity/wrappers.py` compares each of them; models whose text passes other layers too, such as Mllama, are not
/// listed.
public struct Wrapper: Sendable {
  /// `model_type` of the config.json.
  public let modelType: String
  /// `model_type` of its language part, if `text_config` has none.
  let language: String
  /// Whether the language part always has that type, independent of `text_config`.
  var isFixed = false
  /// Whether config.json may hold the settings of the language part beside its own, as in the first Qwen2-VL.
  var isFlat = false
  /// Whether the head is the token embedding by default.
  var isTied = false
  /// The default of `use_bidirectional_attention`; nil for false.
  var readsBothWays: String?

  /// Every one that can be opened.
  public static let all: [Wrapper] = [
    Wrapper(modelType: "deepseek_vl", language: "llama", isTied: true),
    Wrapper(modelType: "deepseek_vl_hybrid", language: "llama", isTied: true),
    Wrapper(modelType: "gemma3", language: "gemma3_text", isFixed: true, isTied: true),
    Wrapper(modelType: "got_ocr2", language: "qwen2", isTied: true),
    Wrapper(modelType: "idefics2", language: "mistral"),
    Wrapper(modelType: "idefics3", language: "llama"),
    Wrapper(modelType: "internvl", language: "qwen2", isTied: true),
    Wrapper(modelType: "janus", language: "llama", isTied: true),
    Wrapper(modelType: "lighton_ocr", language: "qwen3", isTied: true),
    Wrapper(modelType: "llava", language: "llama"),
    Wrapper(modelType: "llava_next", language: "llama"),
    Wrapper(modelType: "llava_next_video", language: "llama"),
    Wrapper(modelType: "llava_onevision", language: "qwen2"),
    Wrapper(modelType: "mistral3", language: "mistral", isTied: true),
    Wrapper(modelType: "ovis2", language: "qwen2", isTied: true),
    // Its attention is bidirectional over the prompt.
    Wrapper(modelType: "paligemma", language: "gemma", isTied: true, readsBothWays: "true where it is not said"),
    Wrapper(modelType: "qwen2_5_vl", language: "qwen2_5_vl_text", isFixed: true, isFlat: true),
    Wrapper(modelType: "qwen2_audio", language: "qwen2"),
    Wrapper(modelType: "qwen2_vl", language: "qwen2_vl_text", isFixed: true, isFlat: true),
    Wrapper(modelType: "qwen3_vl", language: "qwen3_vl_text", isFixed: true),
    Wrapper(modelType: "qwen3_vl_moe", language: "qwen3_vl_moe_text", isFixed: true),
    Wrapper(modelType: "smolvlm", language: "llama"),
    Wrapper(modelType: "video_llama_3", language: "qwen2"),
    Wrapper(modelType: "video_llava", language: "llama"),
    Wrapper(modelType: "vipllava", language: "llama"),
  ]

  /// Keys of config.json for images and sound, or that repeat `text_config`.
  static let otherSettings: [String] = [
    "adapter_layer_norm_eps", "audio_config", "audio_token_id", "audio_token_index", "boi_token_id", "boi_token_index",
    "downsample_factor", "downsample_ratio", "eoi_token_id", "eoi_token_index", "high_res_vision_config",
    "ignore_index",
    "image_grid_pinpoints", "image_seq_length", "image_token_id", "image_token_index", "mm_tokens_per_image",
    "multimodal_projector_bias", "perceiver_config", "projection_dim", "projector_hidden_act",
    "projector_layernorm_eps",
    "projector_pooling_ratio", "scale_factor", "spatial_merge_size", "spatial_pool_mode", "spatial_pool_stride",
    "use_image_newline_parameter", "video_seq_length", "video_token_id", "video_token_index", "vision_aspect_ratio",
    "vision_config", "vision_end_token_id", "vision_feature_layer", "vision_feature_layers",
    "vision_feature_select_strategy", "vision_start_token_id", "vision_token_id", "vision_use_cls_token",
    "visual_indicator_token_ids", "vq_config",
  ]

  /// The prefix of the language part's names in a folder.
  static let languagePrefixes = ["model.language_model.", "language_model.", "model.text_model.", "text_model."]

  /// Prefixes of all other parts, with or without "model." before them.
  static let otherTensors = [
    "aligner.", "audio_tower.", "connector.", "generation_aligner.", "generation_embeddings.", "generation_head.",
    "high_res_vision_alpha", "high_res_vision_model.", "image_newline", "image_tower.", "multi_modal_projector.",
    "projector.", "video_tower.", "vision_encoder.", "vision_model.", "vision_projection.", "vision_tower.", "visual.",
    "visual_embeddings_table.", "vqmodel.",
  ]
}

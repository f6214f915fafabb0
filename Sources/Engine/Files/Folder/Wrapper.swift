/// A multimodal model whose language part is run: for text alone, transformers' model gives the same numbers as that part,
/// except for a factor of the logits that some leave out (`withoutLogitFactor`).
///
/// One rule opens them all: `text_config` describes the language part, whose family must be a known one; its tensors lose the prefix that
/// they carry, and the tensors and settings of all other parts, which are listed here, are left out. What config.json does not say is
/// what transformers' configuration class says (`config-defaults.json`). `Tools/parity/wrappers.py` compares each multimodal model that it
/// can build with its language model.
public struct Wrapper: Sendable {
  /// `model_type` of the config.json.
  public let modelType: String
  /// `model_type` of its language part.
  let language: String
  /// Whether the language part always has that type, independent of `text_config`.
  var isFixed = false
  /// Whether the head is the token embedding by default; nil for a model that transformers does not have, whose tensors decide.
  var isTied: Bool?
  /// Whether transformers has the model.
  var isListed: Bool { isTied != nil }
  /// The default of `use_bidirectional_attention`; nil for false.
  var readsBothWays: String? { Wrapper.bidirectional[modelType] }

  /// Models whose config.json may hold the settings of the language part beside its own, as in the first Qwen2-VL.
  static let flat: Set<String> = ["hunyuan_vl", "qwen2_5_vl", "qwen2_vl"]

  /// Models whose attention is bidirectional over the prompt, with the value of `use_bidirectional_attention` for messages.
  static let bidirectional = ["paligemma": "true where it is not said"]

  /// Models that transformers gives no factor of logits, although the language part has one; ranks are the same without it.
  static let withoutLogitFactor: Set<String> = [
    "aya_vision", "cohere2_vision", "granite_speech", "granite_speech_plus",
  ]

  /// Models whose text passes more than a language part, with the reason.
  static let refused = [
    "florence2": "a model whose text is read by a decoder alone: this one reads it with an encoder as well",
    "gemma4_assistant": "a model of its own: this one drafts tokens from the states of another model",
    "gemma4_unified_assistant": "a model of its own: this one drafts tokens from the states of another model",
    "blip-2": "a model that runs a text alone: transformers' needs an image",
    "instructblip": "a model that runs a text alone: transformers' needs an image",
    "instructblipvideo": "a model that runs a text alone: transformers' needs a video",
  ]

  /// The multimodal model that a config.json describes; nil for a plain language model.
  ///
  /// Throws `LoadError.badSetting` for a model that is refused.
  init?(_ config: ConfigFile, modelType outer: String, path: String) throws {
    if let reason = Wrapper.refused[outer] {
      throw LoadError.badSetting(key: "model_type", path: path, found: "'\(outer)'", expected: reason)
    }
    guard !ConfigDefaults.modelTypes.contains(outer) else { return nil }
    let said = config.contains("text_config") ? try config.string("text_config.model_type") : nil
    if var known = ConfigDefaults.wrappers.first(where: { $0.modelType == outer }) {
      if !known.isFixed, let said { known = Wrapper(modelType: outer, language: said, isTied: known.isTied) }
      self = known
      return
    }
    guard let said else { return nil }
    self.init(modelType: outer, language: said)
  }

  init(modelType: String, language: String, isFixed: Bool = false, isTied: Bool? = nil) {
    self.modelType = modelType
    self.language = language
    self.isFixed = isFixed
    self.isTied = isTied
  }

  /// Keys of config.json for images and sound, or that repeat `text_config`.
  static let otherSettings: [String] = [
    "acoustic_tokenizer_chunk_size", "acoustic_tokenizer_encoder_config", "adapter_config", "adapter_layer_norm_eps",
    "adaptor_config", "alignment_intermediate_size", "audio_bos_token_id", "audio_chunk_size", "audio_config",
    "audio_end_token_id", "audio_eos_token_id", "audio_length_per_tok", "audio_merge_size",
    "audio_soft_tokens_per_image", "audio_start_token_id", "audio_token_id", "audio_token_index",
    "audio_token_offset", "boa_token_id", "boi_token_id", "boi_token_index", "deepstack_layer_map",
    "default_num_delay_tokens", "density_router_hidden_size", "density_router_loss_weight",
    "density_router_threshold", "diffusion_head_config", "diffusion_loss_weight", "downsample_factor",
    "downsample_mode", "downsample_rate", "downsample_ratio", "drop_vision_last_layer", "encoder_config",
    "eoa_token_id", "eoa_token_index", "eoi_token_id", "eoi_token_index", "force_image_size", "frame_end_token_id",
    "frame_start_token_id", "has_lora_adapter", "high_res_vision_config", "ignore_index", "im_end_id",
    "im_newline_id", "im_start_id", "image_bos_token_id", "image_end_id", "image_end_token_id",
    "image_grid_pinpoints", "image_patch_id", "image_seq_length", "image_size", "image_start_id",
    "image_start_token_id", "image_text_hidden_size", "image_token_id", "image_token_index", "image_token_offset",
    "insert_layer_id", "low_res_image_start_token_id", "merge_kernel_size", "merger_times", "mm_tokens_per_image",
    "mtp_config", "multimodal_projector_bias", "newline_id", "num_channels", "num_query_tokens", "out_hidden_size",
    "patch_size", "perceiver_config", "position_id_per_seconds", "projection_dim", "projection_hidden_size",
    "projection_layer_norm_eps", "projector_bias", "projector_config", "projector_dropout", "projector_hidden_act",
    "projector_hidden_size", "projector_layernorm_eps", "projector_patch_to_query_dict", "projector_pooling_ratio",
    "projector_use_layernorm", "qformer_config", "scale_factor", "seconds_per_chunk", "semantic_model_config",
    "semantic_tokenizer_encoder_config", "slice_end_id", "slice_start_id", "spatial_merge_size", "spatial_pool_mode",
    "spatial_pool_stride", "spatial_target_layers", "spatial_vision_layer", "timestamp_token_id",
    "token_classification_bias", "use_image_newline_parameter", "user_token_id", "video_end_token_id",
    "video_pruning_rate", "video_seq_length", "video_start_token_id", "video_temporal_patch_size", "video_token_id",
    "video_token_index", "vision_aspect_ratio", "vision_config", "vision_end_token_id", "vision_feature_layer",
    "vision_feature_layers", "vision_feature_select_strategy", "vision_hidden_size", "vision_soft_tokens_per_image",
    "vision_start_token_id", "vision_token_id", "vision_use_cls_token", "visual_indicator_token_ids",
    "vocabulary_map", "vq_config", "window_size", "word_timestamp_config",
  ]

  /// The prefix of the language part's names in a folder.
  static let languagePrefixes = [
    "model.language_model.", "language_model.", "model.text_model.", "text_model.", "model.llm.",
  ]

  /// Prefixes of all other parts, with or without "model." before them.
  static let otherTensors = [
    "acoustic_tokenizer_encoder.", "aligner.", "audio.", "audio_tower.", "connector.", "diffusion_head.",
    "embed_audio.", "embed_vision.", "encoder.", "generation_aligner.", "generation_embeddings.", "generation_head.",
    "high_res_vision_alpha", "high_res_vision_model.", "high_res_vision_neck.", "high_res_vision_proj.",
    "image_newline", "image_tower.", "language_projection.", "latent_bias_factor", "latent_scaling_factor", "merger.",
    "mlp_AR.", "mlp1.", "mm_projector.", "multi_modal_projector.", "projector.", "qformer.", "query_tokens",
    "semantic_connector.", "semantic_tokenizer_encoder.", "video_tower.", "view_separator", "vision_adapter.",
    "vision_embed_tokens.", "vision_encoder.", "vision_model.", "vision_projection.", "vision_projector.",
    "vision_tower.", "visual.",
    "visual_embeddings_table.", "vit.", "vqmodel.", "word_timestamp_encoder.", "word_timestamp_head.",
  ]
}

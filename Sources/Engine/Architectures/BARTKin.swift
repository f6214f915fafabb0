// Kin of BART with names or parts of their own: the decoder of Whisper (Radford et al. 2022), and BigBird-Pegasus (Zaheer et al. 2020). Follows
// transformers' modeling files of these names.

extension Architecture {
  /// Whisper's decoder without the sounds that it writes down, as transformers' class for causal language modelling has it.
  public static let whisper = bartKind(
    "Whisper", ["whisper"],
    BARTKind(
      normsFirst: true, positions: .table(offset: 0), embeddingNorm: .none, head: "proj_out", readsTexts: false,
      keysHaveBias: false, scalesTokens: false), context: "max_target_positions"
  ) { settings in
    settings.changesNothing(
      config: ["max_source_positions", "num_mel_bins", "median_filter_width"],
      because: "without sounds nothing is attended across")
    settings.changesNothing(
      config: ["use_weighted_layer_sum", "classifier_proj_size"], because: "they are for classifiers of sounds")
    settings.changesNothing(
      config: [
        "apply_spec_augment", "mask_time_prob", "mask_time_length", "mask_time_min_masks", "mask_feature_prob",
        "mask_feature_length", "mask_feature_min_masks",
      ], because: "sounds are masked in training only")
  }

  /// BigBird-Pegasus: an encoder that sees blocks of long texts, and short ones as a whole; norms before every part.
  public static let bigBirdPegasus = bartKind(
    "BigBird-Pegasus", ["bigbird_pegasus"],
    BARTKind(
      normsFirst: true, positions: .table(offset: 0), embeddingNorm: .none, finalNorm: "layernorm_embedding",
      isBigBird: true))
}

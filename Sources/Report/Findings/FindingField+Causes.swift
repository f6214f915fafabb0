import Traces

// Fields of prompts with `attribute`, `patch` or counted words.

extension FindingField {
  static let causes: [FindingField] = attributions + patchings + words

  private static let attributions: [FindingField] = [
    ofAttribution(
      "attribution_leader", .text,
      "Of the two tokens of `attribute`, the one with the greater logit (the target, if equal)."
    ) { .text($0.order.leader) },
    ofAttribution("attribution_other", .text, "The other one of the two tokens.") { .text($0.order.other) },
    ofAttribution(
      "attribution_lead", .number,
      "The logit of `attribution_leader` minus that of `attribution_other`, before a softcap."
    ) { .number(Double($0.lead)) },
    ofAttribution("attribution_part", .text, "The part of the model that adds most to `attribution_lead`.") {
      ($0.strongest(byHead: false)?.phrase).map { .text($0) }
    },
    ofAttribution("attribution_part_layer", .layer, "The layer of `attribution_part`.") {
      ($0.strongest(byHead: false)?.layer).map { .integer($0) }
    },
    ofAttribution("attribution_part_adds", .number, "What `attribution_part` adds to `attribution_lead`, in logits.") {
      ($0.strongest(byHead: false)?.value).map { .number(Double($0)) }
    },
    ofAttribution(
      "attribution_part_share", .number,
      "`attribution_part_adds` divided by `attribution_lead`; above 1 where other parts take some of it away."
    ) { findings in
      guard let part = findings.strongest(byHead: false), findings.lead > 0 else { return nil }
      return .number(Double(part.value) / Double(findings.lead))
    },
    ofAttribution("attribution_against", .text, "The part that takes most away from `attribution_lead`.") {
      ($0.weakest(byHead: false)?.phrase).map { .text($0) }
    },
    ofAttribution("attribution_against_takes", .number, "What `attribution_against` takes away, in logits.") {
      ($0.weakest(byHead: false)?.value).map { .number(Double($0)) }
    },
    ofAttribution("attribution_head", .text, "The head of attention that adds most to `attribution_lead`.") {
      ($0.strongest(byHead: true)?.phrase).map { .text($0) }
    },
    ofAttribution("attribution_head_adds", .number, "What `attribution_head` adds, in logits.") {
      ($0.strongest(byHead: true)?.value).map { .number(Double($0)) }
    },
    ofAttribution(
      "attribution_half", .layer,
      "The layer from which the sum of the embedding and all parts stays at least half of `attribution_lead`."
    ) { $0.half.map { .integer($0) } },
  ]

  private static let patchings: [FindingField] = [
    ofPatching(
      "patching_source", .number, "The logit of the target minus that of the foil after the source of `patch`."
    ) {
      .number(Double($0.differences.source))
    },
    ofPatching("patching_base", .number, "The same after the prompt itself.") { .number(Double($0.differences.base)) },
    ofPatching(
      "patching_half", .layer,
      "The layer from which the state at the last position moves the answer at least half of the way to the source, in all layers up to the last."
    ) { $0.half.map { .integer($0) } },
    ofPatching(
      "patching_carrier", .text,
      "Of the positions before the last, the one whose state does this up to the latest layer."
    ) { ($0.carrier?.token).map { .text($0) } },
    ofPatching("patching_carrier_until", .layer, "The last layer at which `patching_carrier` does this.") {
      ($0.carrier?.until).map { .integer($0) }
    },
    ofPatching("patching_attention", .text, "The attention whose output has the largest effect.") {
      place($0.largest(of: .attention))
    },
    ofPatching(
      "patching_attention_effect", .number, "The effect of `patching_attention`: 0 is the prompt itself, 1 the source."
    ) { ($0.largest(of: .attention)?.effect).map { .number($0) } },
    ofPatching("patching_mlp", .text, "The MLP whose output has the largest effect.") { place($0.largest(of: .mlp)) },
    ofPatching("patching_mlp_effect", .number, "The effect of `patching_mlp`.") {
      ($0.largest(of: .mlp)?.effect).map { .number($0) }
    },
  ]

  private static let words: [FindingField] = [
    ofWords("vocabulary_lists", .count, "The number of lists in which the figure `vocabulary` counts tokens.") {
      .integer($0.lists)
    },
    ofWords("vocabulary_first", .text, "The token in most of these lists.") { .text($0.first.label) },
    ofWords("vocabulary_first_count", .count, "In how many lists it stands.") { .integer($0.first.count) },
    ofWords("vocabulary_first_layer", .layer, "The layer in most of whose lists it stands.") {
      ($0.first.peak?.layerNumber).map { .integer($0) }
    },
    ofWords("vocabulary_hidden", .text, "Of the tokens that the last layer never lists, the one in most lists.") {
      ($0.hidden?.label).map { .text($0) }
    },
    ofWords("vocabulary_hidden_count", .count, "In how many lists it stands.") {
      ($0.hidden?.count).map { .integer($0) }
    },
    ofWords("vocabulary_hidden_layer", .layer, "The layer in most of whose lists it stands.") {
      ($0.hidden?.peak?.layerNumber).map { .integer($0) }
    },
  ]

  /// "layer 26 at “␣cabinet”".
  private static func place(_ largest: PatchingFindings.Largest?) -> FindingValue? {
    largest.map { .text("layer \($0.layer) at \($0.token)") }
  }

  private static func ofAttribution(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (AttributionFindings) -> FindingValue?
  ) -> FindingField {
    of(name, sort, doc) { $0.attribution.flatMap(read) }
  }

  private static func ofWords(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (VocabularyFindings) -> FindingValue?
  ) -> FindingField {
    of(name, sort, doc) { $0.vocabulary.flatMap(read) }
  }

  private static func ofPatching(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (PatchingFindings) -> FindingValue?
  ) -> FindingField {
    of(name, sort, doc) { $0.patching.flatMap(read) }
  }
}

// Fields of datasets with `attribute` or `source`.

extension FindingField {
  static let meanCauses: [FindingField] = [
    ofMeans("mean_attribution_leader", .text, "`target` or `foil`: whose logit is greater on average over the prompts.")
    {
      ($0.attribution?.isOfTarget).map { .text($0 ? "target" : "foil") }
    },
    ofMeans(
      "mean_attribution_lead", .number, "The mean logit of `mean_attribution_leader` minus that of the other one."
    ) {
      number($0.attribution?.lead.value)
    },
    ofMeans("mean_attribution_lead_low", .number, "Lower end of its interval.") { number($0.attribution?.lead.low) },
    ofMeans("mean_attribution_lead_high", .number, "Upper end of its interval.") { number($0.attribution?.lead.high) },
    ofMeans("mean_attribution_part", .text, "The part of the model that adds most to `mean_attribution_lead`.") {
      ($0.attribution?.strongest?.phrase).map { .text($0) }
    },
    ofMeans("mean_attribution_part_layer", .layer, "The layer of `mean_attribution_part`.") {
      ($0.attribution?.strongest?.layer).map { .integer($0) }
    },
    ofMeans("mean_attribution_part_adds", .number, "What `mean_attribution_part` adds on average, in logits.") {
      number($0.attribution?.strongest?.mean.value)
    },
    ofMeans("mean_attribution_part_low", .number, "Lower end of its interval.") {
      number($0.attribution?.strongest?.mean.low)
    },
    ofMeans("mean_attribution_part_high", .number, "Upper end of its interval.") {
      number($0.attribution?.strongest?.mean.high)
    },
    ofMeans(
      "mean_attribution_half", .layer,
      "The layer from which the mean sum of the embedding and all parts stays at least half of `mean_attribution_lead`."
    ) { ($0.attribution?.half).map { .integer($0) } },
    ofMeans("mean_patching_items", .count, "Number of pairs whose effects are defined.") {
      ($0.patching?.patching.items).map { .integer($0) }
    },
    ofMeans(
      "mean_patching_undefined", .count, "Number of pairs that are left out, because their effects are not defined."
    ) {
      ($0.patching?.patching.undefined).map { .integer($0) }
    },
    ofMeans("mean_patching_source_right", .count, "Number of pairs whose source prefers the target.") {
      ($0.patching?.patching.sourceRight).map { .integer($0) }
    },
    ofMeans("mean_patching_base_right", .count, "Number of pairs whose base prefers the foil.") {
      ($0.patching?.patching.baseRight).map { .integer($0) }
    },
    ofMeans("mean_patching_both_right", .count, "Number of pairs of which both is true.") {
      ($0.patching?.patching.bothRight).map { .integer($0) }
    },
    ofMeans(
      "mean_patching_half", .layer,
      "The layer from which the mean effect of the stream at the last token is at least one half in every layer up to the last."
    ) { ($0.patching?.half).map { .integer($0) } },
    ofMeans(
      "mean_patching_differing_until", .layer,
      "The last layer at which the mean effect of the stream at the tokens that differ is at least one half."
    ) { ($0.patching?.differingUntil).map { .integer($0) } },
    ofMeans("mean_patching_attention", .text, "The attention whose output has the largest mean effect.") {
      place($0.patching?.largest(of: .attention))
    },
    ofMeans("mean_patching_attention_effect", .number, "The mean effect of `mean_patching_attention`.") {
      number($0.patching?.largest(of: .attention)?.effect.value)
    },
    ofMeans("mean_patching_mlp", .text, "The MLP whose output has the largest mean effect.") {
      place($0.patching?.largest(of: .mlp))
    },
    ofMeans("mean_patching_mlp_effect", .number, "The mean effect of `mean_patching_mlp`.") {
      number($0.patching?.largest(of: .mlp)?.effect.value)
    },
  ]

  private static func ofMeans(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (DatasetFindings.Group) -> FindingValue?
  ) -> FindingField {
    ofDataset(name, sort, doc) { read($1) }
  }

  private static func number(_ value: Double?) -> FindingValue? { value.map { .number($0) } }

  private static func place(_ largest: MeanPatchingFindings.Largest?) -> FindingValue? {
    largest.map { .text("layer \($0.layer) at \($0.role.phrase)") }
  }
}

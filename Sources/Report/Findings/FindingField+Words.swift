extension FindingField {
  /// What the field is called in a report of what changed: "settled of the most probable next token".
  ///
  /// A field that is not listed here is called by its name.
  package var words: String { Self.phrases[name] ?? name }

  private static let phrases: [String: String] = [prompts, questions, means, datasets, classes].reduce([:]) {
    $0.merging($1) { $1 }
  }

  private static let prompts = [
    "changes": "changes of the run",
    "last_layer": "number of the last layer",
    "predicted": "most probable next token",
    "probability": "probability of the most probable next token",
    "predicted_settled": "settled of the most probable next token",
    "rank_before": "rank just before of the most probable next token",
    "tokens": "number of tokens after the prompt",
    "settled": "settled of the tokens after the prompt (median)",
    "settled_earliest": "settled of the tokens after the prompt (earliest)",
    "settled_latest": "settled of the tokens after the prompt (latest)",
    "settled_depth": "depth of settled of the tokens after the prompt",
    "never": "number of tokens after the prompt that are not settled",
    "leader": "most probable watched token",
    "leader_probability": "probability of the most probable watched token",
    "second": "second most probable watched token",
    "second_probability": "probability of the second most probable watched token",
    "gap": "gap between the two most probable watched tokens, in nats",
    "ahead": "layer from which the most probable watched token is ahead for good",
  ]

  private static let questions = [
    "attribution_leader": "leader of the two compared tokens",
    "attribution_other": "other one of the two compared tokens",
    "attribution_lead": "lead of the two compared tokens, in logits",
    "attribution_part": "part that adds most to the lead",
    "attribution_part_layer": "layer of the part that adds most to the lead",
    "attribution_part_adds": "logits that this part adds to the lead",
    "attribution_part_share": "share of the lead that this part adds",
    "attribution_against": "part that takes most away from the lead",
    "attribution_against_takes": "logits that this part takes away",
    "attribution_head": "head that adds most to the lead",
    "attribution_head_adds": "logits that this head adds to the lead",
    "attribution_half": "layer from which the sum of parts stays at half of the lead",
    "patching_source": "difference of logits after the source",
    "patching_base": "difference of logits after the base",
    "patching_half": "layer from which the last position carries half of the effect",
    "patching_carrier": "earlier position that carries half of the effect longest",
    "patching_carrier_until": "last layer at which this position carries half of the effect",
    "patching_attention": "attention with the largest effect",
    "patching_attention_effect": "effect of this attention",
    "patching_mlp": "MLP with the largest effect",
    "patching_mlp_effect": "effect of this MLP",
    "vocabulary_lists": "number of lists in which tokens are counted",
    "vocabulary_first": "token in most lists of the layers",
    "vocabulary_first_count": "number of lists with the most listed token",
    "vocabulary_first_layer": "layer that lists the most listed token most often",
    "vocabulary_hidden": "token in most lists that the last layer never lists",
    "vocabulary_hidden_count": "number of lists with the most listed token that the last layer lacks",
    "vocabulary_hidden_layer": "layer that lists the token that the last layer lacks most often",
  ]

  private static let means = [
    "mean_attribution_leader": "leader of target and foil on average",
    "mean_attribution_lead": "mean lead, in logits",
    "mean_attribution_lead_low": "lower end of the interval of the mean lead",
    "mean_attribution_lead_high": "upper end of the interval of the mean lead",
    "mean_attribution_part": "part that adds most to the mean lead",
    "mean_attribution_part_layer": "layer of the part that adds most to the mean lead",
    "mean_attribution_part_adds": "logits that this part adds on average",
    "mean_attribution_part_low": "lower end of the interval of what this part adds",
    "mean_attribution_part_high": "upper end of the interval of what this part adds",
    "mean_attribution_half": "layer from which the mean sum of parts stays at half of the lead",
    "mean_patching_items": "number of pairs with defined effects",
    "mean_patching_undefined": "number of pairs without defined effects",
    "mean_patching_source_right": "number of pairs whose source prefers the target",
    "mean_patching_base_right": "number of pairs whose base prefers the foil",
    "mean_patching_both_right": "number of pairs whose source and base are both right",
    "mean_patching_half": "layer from which the last token carries half of the mean effect",
    "mean_patching_differing_until": "last layer at which the tokens that differ carry half of the mean effect",
    "mean_patching_attention": "attention with the largest mean effect",
    "mean_patching_attention_effect": "mean effect of this attention",
    "mean_patching_mlp": "MLP with the largest mean effect",
    "mean_patching_mlp_effect": "mean effect of this MLP",
  ]

  private static let datasets = [
    "group": "group",
    "items": "number of prompts",
    "measure": "measure",
    "share": "share of prompts for which the measure holds",
    "share_low": "lower end of the interval of the share",
    "share_high": "upper end of the interval of the share",
    "half": "layer from which the share stays half-way from chance",
    "reached": "layer from which the share stays within its interval",
    "corpus_tokens": "number of predicted tokens",
    "cross_entropy": "cross-entropy after the last layer (nats)",
    "cross_entropy_low": "lower end of the interval of the cross-entropy",
    "cross_entropy_high": "upper end of the interval of the cross-entropy",
    "bits_per_byte": "bits for a byte after the last layer",
    "agrees": "layer from which half of the tokens have the model's own best token",
  ]

  private static let classes = Dictionary(
    uniqueKeysWithValues: TokenClass.allCases.map { tokenClass in
      let name = "settled_" + tokenClass.rawValue.replacing("-", with: "_")
      return (name, "settled of \(tokenClass.plural) (median)")
    })
}

import Traces

// Fields of prompts with `attribute` or `patch`.

extension FindingField {
  static let causes: [FindingField] = attributions + patchings

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

  /// "layer 26 at “␣cabinet”".
  private static func place(_ largest: PatchingFindings.Largest?) -> FindingValue? {
    largest.map { .text("layer \($0.layer) at \($0.token)") }
  }

  private static func ofAttribution(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (AttributionFindings) -> FindingValue?
  ) -> FindingField {
    of(name, sort, doc) { $0.attribution.flatMap(read) }
  }

  private static func ofPatching(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (PatchingFindings) -> FindingValue?
  ) -> FindingField {
    of(name, sort, doc) { $0.patching.flatMap(read) }
  }
}

extension FindingField {
  /// What the field is called in a report of what changed: "settled of the most probable next token".
  ///
  /// A field that is not listed here is called by its name.
  package var words: String { Self.phrases[name] ?? name }

  private static let phrases: [String: String] = prompts.merging(datasets) { $1 }.merging(classes) { $1 }

  private static let prompts = [
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

  private static let datasets = [
    "group": "group",
    "items": "number of prompts",
    "measure": "measure",
    "share": "share of prompts for which the measure holds",
    "share_low": "lower end of the interval of the share",
    "share_high": "upper end of the interval of the share",
    "half": "layer from which the share stays half-way from chance",
    "reached": "layer from which the share stays within its interval",
  ]

  private static let classes = Dictionary(
    uniqueKeysWithValues: TokenClass.allCases.map { tokenClass in
      let name = "settled_" + tokenClass.rawValue.replacing("-", with: "_")
      return (name, "settled of \(tokenClass.plural) (median)")
    })
}

import Traces
import Words

/// What the numbers of a dataset are called, by what its items are.
package struct DatasetWording: Equatable, Sendable {
  /// An item: "prompt".
  package var item: String
  /// What is right or wrong, over what it is compared with: "Target over foil".
  package var share: String
  /// The same within a sentence: "share of prompts whose target is more probable than its foil".
  package var what: String
  /// What has a log-probability: "target".
  package var scored: String

  /// The words for a form; of words that come next with or without foils.
  package init(_ form: DatasetSummary.Form?, hasFoils: Bool) {
    switch form {
    case .sentences:
      (item, scored) = ("pair", "sentence")
      share = "Sentence over foil"
      what = "share of pairs whose sentence is more probable than its foil"
    case .corpus:
      (item, scored) = ("text", "token")
      share = "Next token first"
      what = "share of tokens that have rank 1"
    case nil:
      (item, scored) = ("prompt", "target")
      share = hasFoils ? "Target over foil" : "Target first"
      what =
        hasFoils
        ? "share of prompts whose target is more probable than its foil" : "share of prompts whose target has rank 1"
    }
  }
}

extension DatasetSummary {
  /// What its numbers are called.
  package var wording: DatasetWording {
    DatasetWording(dataset.form, hasFoils: groups.first?.accuracy != nil)
  }

  /// How its texts are scored, for captions: " Texts are scored by the sum of their tokens’ log-probabilities."; empty for one token.
  package var scoring: String {
    guard let score = dataset.score else { return "" }
    let what = dataset.form == .sentences ? "Sentences" : "Targets and foils"
    let how = score == .sum ? "the sum" : "the mean"
    return " \(what) are scored by \(how) of their tokens’ log-probabilities."
  }
}

extension DatasetFindings {
  /// What is counted, in tables of the gallery: "target above foil".
  package var measured: String {
    switch form {
    case .sentences: "sentence above foil"
    case .corpus: "next token has rank 1"
    case nil: measure == .accuracy ? "target above foil" : "target has rank 1"
    }
  }

  /// The same in the narrow tables of the report.
  package var measuredShort: String {
    DatasetWording(form, hasFoils: measure == .accuracy).share.lowercased()
  }
}

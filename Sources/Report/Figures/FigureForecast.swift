import Plot
import Traces

/// What is known of a figure before any model runs, and why it cannot be drawn whatever they say.
package struct FigureForecast {
  /// The kind.
  package var kind: String
  /// The options that are given.
  package var options: [String: OptionValue]
  /// How many models it shows.
  package var models: Int
  /// Whether all of them are checkpoints of one run, which have an axis of their own.
  package var isTraining = false
  /// How many words of the prompt are watched for certain; 0 for a dataset.
  package var watched = 0
  /// How many of the most probable tokens the trace of the prompt keeps; nil for a dataset.
  package var top: Int?
  /// How many groups the dataset has; nil where that is not known, and for a prompt.
  package var groups: Int?

  /// From its parts.
  package init(kind: String, options: [String: OptionValue], models: Int) {
    (self.kind, self.options, self.models) = (kind, options, models)
  }

  /// Why it cannot be drawn; nil when nothing is known against it.
  package var problem: FigureError? {
    if let lines = tooManyLines { return lines }
    if kind == "vocabulary", let top, let k = options[VocabularyOptions().k], k > top {
      return .badValue(
        .integer(k), option: "k", kind: kind,
        expected: "at most \(top), as the trace keeps so many tokens (top: \(k) keeps more)")
    }
    if kind == "top-tokens", options[TopTokensOptions().layer] != nil, let marks = options[MarkedSet.option] {
      return .badValue(
        marks, option: MarkedSet.option, kind: kind, expected: "no value beside layer, which shows bars")
    }
    if kind == "attribution", top == nil, AttributionShares.isByHead(options) {
      return .badValue(
        .text(AttributionShares.head.rawValue), option: "by", kind: kind,
        expected: "'part' for a dataset, whose summary has no heads (prompts: of an entry leaves datasets out)")
    }
    return nil
  }

  /// The positions that it names by number, with the option that names each.
  package var positions: [(option: String, number: Int)] {
    ["position", "start"].compactMap { option in
      if case .integer(let number)? = options[option] { (option, number) } else { nil }
    }
  }

  /// Whether it compares two lenses of one model.
  package var comparesLenses: Bool {
    kind == "vocabulary" ? options[VocabularyOptions().between] == .lenses : options[.between] == .lenses
  }

  /// Whether the lines of a dataset's figure stand for the groups of one model.
  package var isByGroup: Bool { options[.by] == .group }

  private var tooManyLines: FigureError? {
    let most = LineMarks.mostSeries
    func problem(_ found: Int, _ most: Int, _ hint: String) -> FigureError? {
      found > most ? .tooManyLines(kind: kind, found: found, most: most, hint: hint) : nil
    }
    switch kind {
    case DatasetProfile.name:
      return isByGroup
        ? groups.flatMap { problem($0 + 1, most, "group by a column with fewer values first") }
        : problem(models, most, "choose fewer models, or by: group")
    case DatasetComparison.name:
      return isByGroup
        ? groups.flatMap { problem($0 - 1, most, "group by a column with fewer values first") }
        : problem(models - 1, most, "choose fewer models")
    case "profile" where !isTraining: return problem(models, most, "show fewer models together")
    case "trajectory" where !isTraining:
      let isCombined = models > 1 && watched > 1
      let limit = isCombined && models <= most && watched <= most ? LineMarks.mostCombined : most
      return problem(
        models * max(1, watched), limit, "watch fewer tokens, or sets of them, or show fewer models together")
    case "trajectory": return problem(watched, most, "watch fewer tokens, or sets of them")
    default: return nil
    }
  }
}

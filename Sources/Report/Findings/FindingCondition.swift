import Foundation
import Traces
import Words

/// A condition on findings, for continuous integration: `settled of heathrow in "SmolLM2 135M Instruct" <= 28`.
///
/// Grammar: conditions joined by `and`; a condition is `FIELD [of SUBJECT] [in MODEL] OPERATOR VALUE`. Operators are
/// `<`, `<=`, `>`, `>=`, `==`, `!=`. A value is a number, a percentage (`16%`), or a text in quotes. Names with spaces
/// stand in quotes. Without `of` and `in` a condition must hold for every prompt, dataset and model that has the field.
/// A group of a dataset is compared only when it is named: `of "agreement/attractor: plural"`.
public struct FindingCondition: Equatable, Sendable {
  /// The field's name.
  public var field: String
  /// The prompt, dataset, or nil for all.
  public var subject: String?
  /// The model, or nil for all.
  public var model: String?
  /// How the value is compared.
  public var comparison: Comparison
  /// With what.
  public var value: FindingValue
  /// As it was written.
  public var text: String

  /// An operator.
  public enum Comparison: String, CaseIterable, Sendable {
    /// Below the value.
    case less = "<"
    /// Below the value or equal to it.
    case atMost = "<="
    /// Above the value.
    case greater = ">"
    /// Above the value or equal to it.
    case atLeast = ">="
    /// Equal to the value.
    case equal = "=="
    /// Anything but the value.
    case unequal = "!="

    func holds(_ one: Double, _ other: Double) -> Bool {
      switch self {
      case .less: one < other
      case .atMost: one <= other
      case .greater: one > other
      case .atLeast: one >= other
      case .equal: one == other
      case .unequal: one != other
      }
    }
  }

  /// Reads one or several conditions joined by `and`.
  ///
  /// - Throws: `Diagnostic` of what is wrong, with the known names.
  public static func read(_ text: String) throws -> [FindingCondition] {
    var tokens = try ConditionToken.all(in: text)
    var conditions: [FindingCondition] = []
    repeat {
      conditions.append(try one(&tokens, text))
      guard !tokens.isEmpty else { break }
      guard tokens.removeFirst() == .word("and") else { throw problem(text, "expected 'and' or the end") }
    } while true
    return conditions
  }

  private static func one(_ tokens: inout [ConditionToken], _ text: String) throws -> FindingCondition {
    guard case .word(let name)? = tokens.first else { throw problem(text, "expected the name of a field") }
    tokens.removeFirst()
    let names = FindingField.all.map(\.name)
    guard let field = FindingField.all.first(where: { $0.name == name }) else {
      throw Diagnostic(
        place: "--require", "unknown field '\(name)' in '\(text)'",
        hints: [Suggestion.hint(for: name, among: names, called: "fields")], category: .usage)
    }
    var scope: [String: String] = [:]
    for word in ["of", "in"] where tokens.first == .word(word) {
      tokens.removeFirst()
      guard let next = tokens.first?.name else { throw problem(text, "expected a name after '\(word)'") }
      scope[word] = next
      tokens.removeFirst()
    }
    guard case .comparison(let comparison)? = tokens.first else {
      throw problem(text, "expected one of \(Comparison.allCases.map(\.rawValue).joined(separator: " "))")
    }
    tokens.removeFirst()
    guard let value = tokens.first?.value else { throw problem(text, "expected a number or a text in quotes") }
    tokens.removeFirst()
    let isText = value.number == nil
    guard isText == (field.sort == .text) else {
      throw problem(text, "'\(name)' is \(field.sort == .text ? "a text, so its value stands in quotes" : "a number")")
    }
    guard !isText || [.equal, .unequal].contains(comparison) else {
      throw problem(text, "a text is compared by == or !=")
    }
    return FindingCondition(
      field: name, subject: scope["of"], model: scope["in"], comparison: comparison, value: value, text: text)
  }

  private static func problem(_ text: String, _ message: String) -> Diagnostic {
    Diagnostic(
      place: "--require", "'\(text)': \(message)",
      hints: ["write FIELD [of PROMPT] [in MODEL] OPERATOR VALUE, such as 'settled of heathrow <= 28'"],
      category: .usage)
  }

  /// What a condition says of findings.
  public struct Outcome: Equatable, Sendable {
    /// The condition as written.
    public var condition: String
    /// How many rows were compared.
    public var compared: Int
    /// Rows that do not fulfil it, each in a sentence.
    public var failures: [String]
  }

  /// Compares every row that the condition names.
  ///
  /// - Throws: `Diagnostic` when no such prompt, model or field is there.
  public func check(_ findings: GalleryFindings) throws -> Outcome {
    try require(subject, among: findings.rows.map(\.name), "prompt or dataset", "prompts and datasets")
    try require(model, among: findings.rows.map(\.model), "model", "models")
    let outcome = compare(findings)
    guard outcome.compared > 0 else { throw nothing }
    return outcome
  }

  /// Refuses names that no prompt, dataset or model has, and fields that none of them can have; needs no numbers.
  ///
  /// Groups of datasets are known only from their numbers: of their names, the part before `/` is looked up.
  /// - Throws: `Diagnostic`.
  package func checkNames(prompts: [String], datasets: [String], models: [String]) throws {
    let dataset = datasets.first { subject?.hasPrefix($0 + "/") == true }
    if dataset == nil { try require(subject, among: prompts + datasets, "prompt or dataset", "prompts and datasets") }
    try require(model, among: models, "model", "models")
    let named = dataset ?? subject
    guard
      applies(toDataset: false) && prompts.contains(where: { named == nil || named == $0 })
        || applies(toDataset: true) && datasets.contains(where: { named == nil || named == $0 })
    else { throw nothing }
  }

  /// Refuses the name of a group that no dataset has.
  ///
  /// - Parameter rows: Those of all builds.
  /// - Returns: What is wrong with a condition that named no row.
  package func nothing(among rows: [FindingRow]) -> Diagnostic {
    do {
      try require(subject, among: rows.map(\.name), "prompt or dataset", "prompts and datasets")
      return nothing
    } catch {
      return Diagnostic.one(from: error)
    }
  }

  /// Whether the condition could compare a row of this subject and model.
  package func names(subject: String, isDataset: Bool, model: String) -> Bool {
    let isNamed = self.subject.map { $0 == subject || isDataset && $0.hasPrefix(subject + "/") } ?? true
    return isNamed && (self.model ?? model) == model && applies(toDataset: isDataset)
  }

  /// Compares every row that the condition names; there may be none.
  package func compare(_ findings: GalleryFindings) -> Outcome {
    guard let field = FindingField.all.first(where: { $0.name == self.field }) else {
      return Outcome(condition: text, compared: 0, failures: [])
    }
    let named = findings.rows.filter { row in
      (subject.map { $0 == row.name } ?? !row.isGroup) && (model == nil || row.model == model)
        && field.applies(to: row)
    }
    // A prompt without watched words has no `ahead`; one whose tokens are not settled fails a condition on `settled`.
    let rows = named.filter { field.value(in: $0) != nil || field.isExpected(in: $0) }
    let failures = rows.compactMap { row -> String? in
      let place = "\(row.name), \(row.model)"
      guard let found = field.value(in: row) else { return "\(place): \(field.name) has no value" }
      let holds =
        switch (found, value) {
        // Findings show spaces of tokens as "␣"; a condition may have them as they are.
        case (.text(let one), .text(let other)):
          (one == other || one == TokenDisplay.label(other)) == (comparison == .equal)
        default: zip2(found.number, value.number).map { comparison.holds($0, $1) } ?? false
        }
      return holds ? nil : "\(place): \(field.name) is \(found.plain)"
    }
    return Outcome(condition: text, compared: rows.count, failures: failures)
  }

  private func applies(toDataset isDataset: Bool) -> Bool {
    FindingField.all.first { $0.name == field }?.applies(toDataset: isDataset) ?? false
  }

  /// No row has the field.
  private var nothing: Diagnostic {
    let doc = FindingField.all.first { $0.name == field }.map { ["\(field): \($0.doc)"] } ?? []
    return Diagnostic(
      place: "--require", "'\(text)': nothing here has '\(field)'", hints: doc, category: .usage)
  }

  private func require(_ name: String?, among known: [String], _ kind: String, _ plural: String) throws {
    guard let name, !known.contains(name) else { return }
    throw Diagnostic(
      place: "--require", "'\(text)': there is no \(kind) '\(name)'",
      hints: [Suggestion.hint(for: name, among: known.uniqued, called: plural)], category: .usage)
  }

  private func zip2(_ one: Double?, _ other: Double?) -> (Double, Double)? {
    if let one, let other { (one, other) } else { nil }
  }
}

extension FindingField {
  /// Whether a row without a value has to have one: tokens that are not settled, words of equal probability.
  fileprivate func isExpected(in row: FindingRow) -> Bool {
    guard let trace = row.trace else { return true }
    switch name {
    case "settled", "settled_earliest", "settled_latest", "settled_depth": return !trace.output.isEmpty
    case "ahead", "leader", "leader_probability": return trace.watched != nil
    case "predicted_settled": return trace.prediction != nil
    default: return false
    }
  }
}

extension FindingRow {
  /// Whether this is one group of a dataset, and not all of its prompts.
  package var isGroup: Bool { if case .dataset(_, group: 1...) = finding { true } else { false } }

  /// How conditions name the prompt or dataset: "heathrow", and "agreement/attractor: plural" for a group.
  package var name: String {
    if case .dataset(let findings, let group) = finding, group > 0 {
      "\(subject)/\(findings.groups[group].name)"
    } else {
      subject
    }
  }
}

import Foundation
import Traces

/// A value of a row of findings: a column of `findings.csv`, a name in conditions.
///
/// To add one: a line in `all`.
public struct FindingField: Sendable {
  /// As in tables and conditions: "settled".
  public let name: String
  /// What it is, in one sentence.
  public let doc: String
  /// Whether it is a text, a count, or a number.
  public let sort: Sort
  private let read: @Sendable (FindingRow) -> FindingValue?

  /// What values of a field are.
  public enum Sort: String, Sendable {
    /// Compared for equality alone.
    case text
    /// A layer, counted from 0; the embedding is −1.
    case layer
    /// A whole number.
    case count
    /// A probability or a share, from 0 to 1.
    case share
    /// Any number.
    case number
  }

  /// Every field, in the order of the tables.
  public static let all: [FindingField] = prompts + classes + causes + datasets + meanCauses

  /// The value in a row; nil where the row has none.
  public func value(in row: FindingRow) -> FindingValue? { read(row) }

  /// Whether rows of this sort can have the field, whatever their numbers are.
  package func applies(to row: FindingRow) -> Bool {
    applies(toDataset: row.trace == nil)
  }

  /// Whether prompts, or else datasets, can have the field.
  package func applies(toDataset isDataset: Bool) -> Bool {
    (Self.datasets + Self.meanCauses).contains { $0.name == name } == isDataset
  }

  static func of(
    _ name: String, _ sort: Sort, _ doc: String, _ read: @escaping @Sendable (TraceFindings) -> FindingValue?
  ) -> FindingField {
    FindingField(name: name, doc: doc, sort: sort) { row in row.trace.flatMap(read) }
  }

  static func ofDataset(
    _ name: String, _ sort: Sort, _ doc: String,
    _ read: @escaping @Sendable (DatasetFindings, DatasetFindings.Group) -> FindingValue?
  ) -> FindingField {
    FindingField(name: name, doc: doc, sort: sort) { row in
      guard case .dataset(let findings, let group) = row.finding else { return nil }
      return read(findings, findings.groups[group])
    }
  }

  private static func layer(_ row: Trace.Row?) -> FindingValue? { row.map { .integer($0.layerNumber) } }

  private static func share(_ logprob: Float?) -> FindingValue? { logprob.map { .number(exp(Double($0))) } }

  private static let prompts: [FindingField] = [
    of("changes", .text, "What was changed in the run, in words; absent for the model's own run.") {
      $0.changes.isEmpty ? nil : .text($0.changes.joined(separator: "; then "))
    },
    of("last_layer", .layer, "The number of the last layer.") { layer($0.lastRow) },
    of("predicted", .text, "The most probable token after the prompt.") { ($0.prediction?.label).map { .text($0) } },
    of("probability", .share, "The probability of `predicted` after the last layer.") {
      share($0.prediction?.logprob)
    },
    of("predicted_settled", .layer, "The layer from which `predicted` has rank 1 for good.") {
      layer($0.prediction?.settling.settled)
    },
    of("rank_before", .count, "The rank of `predicted` in the layer just before `predicted_settled`.") {
      ($0.prediction?.settling.rankBefore).map { .integer($0) }
    },
    of("tokens", .count, "Number of tokens after the prompt.") {
      $0.output.isEmpty ? nil : .integer($0.output.count)
    },
    of("settled", .layer, "The layer by which half of the tokens after the prompt have rank 1 for good (lower median).")
    {
      layer($0.settled?.median)
    },
    of("settled_earliest", .layer, "The earliest layer at which one of them has rank 1 for good.") {
      layer($0.settled?.earliest)
    },
    of("settled_latest", .layer, "The latest layer at which one of them has rank 1 for good.") {
      layer($0.settled?.latest)
    },
    of("settled_depth", .share, "How far through the layers `settled` lies: 0 is the embedding, 1 the last layer.") {
      findings in
      findings.settled?.median.map { .number(findings.depth(of: $0)) }
    },
    of("never", .count, "How many tokens after the prompt do not have rank 1 after the last layer.") {
      ($0.settled?.never).map { .integer($0) }
    },
    of("leader", .text, "The most probable watched token after the last layer.") { findings in
      findings.watched.flatMap { order in order.leader.map { .text(order.entries[$0].label) } }
    },
    of("leader_probability", .share, "The probability of `leader`.") { findings in
      findings.watched.flatMap { order in order.leader.flatMap { share(order.entries[$0].logprob) } }
    },
    of("second", .text, "The second most probable watched token after the last layer.") { findings in
      findings.watched.map { .text($0.entries[$0.second].label) }
    },
    of("second_probability", .share, "The probability of `second`.") { findings in
      findings.watched.flatMap { share($0.entries[$0.second].logprob) }
    },
    of("gap", .number, "Log-probability of `leader` minus that of `second`, in nats.") {
      ($0.watched?.gap).map { .number($0) }
    },
    of("ahead", .layer, "The layer from which `leader` is more probable than every other watched token for good.") {
      layer($0.watched?.ahead)
    },
  ]

  private static let classes: [FindingField] = TokenClass.allCases.map { tokenClass in
    let name = "settled_" + tokenClass.rawValue.replacingOccurrences(of: "-", with: "_")
    return of(name, .layer, "`settled` of the tokens that are \(tokenClass.plural).") { findings in
      layer(findings.classes.first { $0.tokenClass == tokenClass }?.settled.median)
    }
  }

  private static let datasets: [FindingField] = [
    ofDataset("group", .text, "The group of a dataset's prompts; `all` for all of them.") { .text($1.name) },
    ofDataset("items", .count, "Number of prompts in the group.") { .integer($1.items) },
    ofDataset(
      "measure", .text,
      "`accuracy`: the target or sentence is above the foil; `top1`: the target or next token has rank 1."
    ) { all, _ in
      .text(all.measure.rawValue)
    },
    ofDataset("share", .share, "The share of prompts for which `measure` holds after the last layer.") {
      .number($1.final.value)
    },
    ofDataset("share_low", .share, "Lower end of its interval.") { .number($1.final.low) },
    ofDataset("share_high", .share, "Upper end of its interval.") { .number($1.final.high) },
    ofDataset("half", .layer, "The layer from which `share` stays at least half-way from chance to its final value.") {
      layer($1.half)
    },
    ofDataset("reached", .layer, "The layer from which `share` stays at least at `share_low`.") { layer($1.reached) },
    ofDataset("corpus_tokens", .count, "Of a corpus: tokens that are predicted.") {
      ($1.corpus?.tokens).map { .integer($0) }
    },
    ofDataset("cross_entropy", .number, "Of a corpus: nats for a token after the last layer.") {
      ($1.corpus?.crossEntropy.value).map { .number($0) }
    },
    ofDataset("cross_entropy_low", .number, "Lower end of its interval.") {
      ($1.corpus?.crossEntropy.low).map { .number($0) }
    },
    ofDataset("cross_entropy_high", .number, "Upper end of its interval.") {
      ($1.corpus?.crossEntropy.high).map { .number($0) }
    },
    ofDataset("bits_per_byte", .number, "Of a corpus: bits for a byte after the last layer.") {
      ($1.corpus?.bitsPerByte).map { .number($0) }
    },
    ofDataset(
      "agrees", .layer,
      "Of a corpus: the layer from which at least half of the tokens have the model's own best token before them."
    ) {
      layer($1.corpus?.agrees)
    },
  ]
}

/// A value of a field.
public enum FindingValue: Equatable, Sendable, Encodable {
  /// A text.
  case text(String)
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)

  /// As in tables: numbers with six significant digits at most.
  package var plain: String {
    switch self {
    case .text(let text): text
    case .integer(let number): String(number)
    case .number(let number): Self.digits(number)
    }
  }

  /// As a number.
  package var number: Double? {
    switch self {
    case .text: nil
    case .integer(let number): Double(number)
    case .number(let number): number
    }
  }

  /// Writes the value itself.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .integer(let number): try container.encode(number)
    case .number(let number): try container.encode(Double(Self.digits(number)) ?? number)
    }
  }

  /// Six significant digits, independent of the locale: a float32 in the trace has no more.
  private static func digits(_ number: Double) -> String {
    guard number != 0, number.isFinite else { return number == 0 ? "0" : "\(number)" }
    return String(format: "%.6g", locale: Locale(identifier: "en_US_POSIX"), number)
  }
}

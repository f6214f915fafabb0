import Findings
import Foundation
import Traces
import Words

/// The values of findings that differ, each in words with the value before and after.
struct FindingValues {
  private var list: [FindingChange.Value] = []
  private let tolerance: Double

  private init(_ tolerance: Double) { self.tolerance = tolerance }

  /// What differs between two rows; every value of one that is new or gone.
  static func changes(
    _ one: FindingsFile.Row?, _ other: FindingsFile.Row?, _ tolerance: Double
  ) -> [FindingChange.Value] {
    var found = FindingValues(tolerance)
    found.compareFields(one?.values ?? [:], other?.values ?? [:])
    found.compareWatched(one?.watched ?? [], other?.watched ?? [])
    found.compareTokens(one?.tokens ?? [], other?.tokens ?? [])
    return found.list
  }

  /// What differs between two models' widest difference.
  static func changes(
    _ one: FindingsFile.Contrast?, _ other: FindingsFile.Contrast?, _ tolerance: Double
  ) -> [FindingChange.Value] {
    var found = FindingValues(tolerance)
    found.compare(
      "layer of the widest difference", .layer, one.map { .number($0.layer) }, other.map { .number($0.layer) })
    found.compare("token of the widest difference", .text, one.map { .text($0.token) }, other.map { .text($0.token) })
    for (index, model) in ((other ?? one)?.models ?? []).enumerated() {
      func share(_ contrast: FindingsFile.Contrast?) -> FindingsFile.Value? {
        contrast.flatMap { $0.probabilities.indices.contains(index) ? $0.probabilities[index] : nil }
      }
      found.compare("probability of that token in \(model)", .share, share(one), share(other))
    }
    return found.list
  }

  /// What differs between the trainings of two galleries.
  static func changes(
    _ one: FindingsFile.Training?, _ other: FindingsFile.Training?, _ tolerance: Double
  ) -> [FindingChange.Value] {
    var found = FindingValues(tolerance)
    found.compare(
      "words that are followed", .text, one.map { .text($0.words.joined(separator: ", ")) },
      other.map { .text($0.words.joined(separator: ", ")) })
    found.compare("step from which the answer holds", .count, one?.since, other?.since)
    found.compare("settled layer there", .layer, one?.from, other?.from)
    found.compare("settled layer at the last checkpoint", .layer, one?.to, other?.to)
    found.compare("step from which it stays there", .count, one?.by, other?.by)
    let steps = Set((one?.checkpoints ?? []).map(\.step)).union((other?.checkpoints ?? []).map(\.step)).sorted()
    for step in steps {
      let (before, after) = (
        one?.checkpoints.first { $0.step == step }, other?.checkpoints.first { $0.step == step }
      )
      let at = "at step \(Wording.grouped(step))"
      found.compare("answer \(at)", .text, before?.answer.map { .text($0) }, after?.answer.map { .text($0) })
      found.compare("settled layer \(at)", .layer, before?.settled, after?.settled)
    }
    return found.list
  }

  /// What differs between the same two models or groups on the same items.
  static func changes(
    _ one: FindingsFile.Comparison?, _ other: FindingsFile.Comparison?, _ tolerance: Double
  ) -> [FindingChange.Value] {
    var found = FindingValues(tolerance)
    found.compare("items", .count, one?.items, other?.items)
    found.compare("measure", .text, one?.measure.map { .text($0) }, other?.measure.map { .text($0) })
    found.compare("unit of the mean difference", .text, one?.unit.map { .text($0) }, other?.unit.map { .text($0) })
    let (old, new) = (one?.layers ?? [], other?.layers ?? [])
    for layers in (new + old).map(\.layers).uniqued {
      let (before, after) = (old.first { $0.layers == layers }, new.first { $0.layers == layers })
      let names = layers.uniqued.map { FindingsFile.Value.number($0).text(.layer) }
      let place = "after \(names.joined(separator: " and "))"
      found.compare("difference of shares \(place)", before?.share, after?.share)
      found.compare("mean difference \(place)", before?.mean, after?.mean)
      for (index, side) in ((other ?? one)?.sides ?? []).enumerated() {
        func count(_ layer: FindingsFile.Comparison.Layer?) -> Int? {
          layer?.alone.flatMap { $0.indices.contains(index) ? $0[index] : nil }
        }
        found.compare("items that \(side) alone has right \(place)", .count, count(before), count(after))
      }
      found.compare("p of McNemar's test \(place)", .number, before?.p, after?.p)
      found.compare("the same after Holm \(place)", .number, before?.holm, after?.holm)
    }
    return found.list
  }

  private mutating func compare(
    _ what: String, _ one: FindingsFile.Comparison.Estimate?, _ other: FindingsFile.Comparison.Estimate?
  ) {
    compare(what, .number, one?.value, other?.value)
    compare("lower end of the \(what)", .number, one?.low, other?.low)
    compare("upper end of the \(what)", .number, one?.high, other?.high)
  }

  /// The fields of the tables, in their order; those of another version of the program last.
  private mutating func compareFields(
    _ one: [String: FindingsFile.Value], _ other: [String: FindingsFile.Value]
  ) {
    let known = FindingField.all.map(\.name)
    // These follow from `settled`: they are told only where they say something else.
    let median = (one["settled"], other["settled"])
    for field in FindingField.all where field.name != "group" {
      let pair = (one[field.name], other[field.name])
      let follows = field.name.hasPrefix("settled_") && median.0 != median.1
      if follows, field.name == "settled_depth" || pair == median { continue }
      compare(field.words, field.sort, pair.0, pair.1)
    }
    for name in Set(one.keys).union(other.keys).subtracting(known).sorted() {
      compare(name, nil, one[name], other[name])
    }
  }

  private mutating func compareWatched(_ one: [FindingsFile.Word], _ other: [FindingsFile.Word]) {
    let texts = (other.map(\.text) + one.map(\.text)).uniqued
    for text in texts {
      let (before, after) = (one.first { $0.text == text }, other.first { $0.text == text })
      let label = "“\(text)”"
      compare("probability of \(label)", .share, before?.probability, after?.probability)
      compare("rank of \(label)", .count, before?.rank, after?.rank)
      compare("settled of \(label)", .layer, before?.settled, after?.settled)
    }
  }

  private mutating func compareTokens(_ one: [FindingsFile.Token], _ other: [FindingsFile.Token]) {
    let positions = Set(one.map(\.position)).union(other.map(\.position)).sorted()
    // The fields of the row tell all of a single token.
    let known = positions.count == 1 ? list : []
    for (index, position) in positions.enumerated() {
      let (before, after) = (one.first { $0.position == position }, other.first { $0.position == position })
      compare("token \(index + 1) after the prompt", .text, before.map { .text($0.text) }, after.map { .text($0.text) })
      guard before?.text == after?.text, let text = after?.text else { continue }
      let label = "“\(text)”, token \(index + 1) after the prompt"
      compare("probability of \(label)", .share, before?.probability, after?.probability)
      compare("rank of \(label)", .count, before?.rank, after?.rank)
      compare("settled of \(label)", .layer, before?.settled, after?.settled)
      compare("first layer with rank 1 of \(label)", .layer, before?.first, after?.first)
      compare("rank just before of \(label)", .count, before?.rankBefore, after?.rankBefore)
      compare(
        "class of \(label)", .text, before?.tokenClass.map { .text($0) }, after?.tokenClass.map { .text($0) })
    }
    guard !known.isEmpty else { return }
    let told = Set(known.map { [$0.before, $0.after] })
    list = known + list[known.count...].filter { !told.contains([$0.before, $0.after]) }
  }

  private mutating func compare(_ what: String, _ sort: FindingField.Sort, _ one: Int?, _ other: Int?) {
    compare(what, sort, one.map { .number($0) }, other.map { .number($0) })
  }

  private mutating func compare(
    _ what: String, _ sort: FindingField.Sort?, _ one: FindingsFile.Value?, _ other: FindingsFile.Value?
  ) {
    guard one != other else { return }
    if let a = one?.number, let b = other?.number, sort == .share || sort == .number, abs(a - b) <= tolerance { return }
    var texts = [one, other].map { $0?.text(sort) ?? "none" }
    // Rounded for a sentence, both may read the same.
    if texts[0] == texts[1] { texts = [one, other].map { $0?.text(nil) ?? "none" } }
    list.append(FindingChange.Value(what: what, before: texts[0], after: texts[1]))
  }
}

extension FindingsFile.Value {
  fileprivate static func number(_ value: Int) -> Self { .number(Double(value)) }

  fileprivate var number: Double? { if case .number(let number) = self { number } else { nil } }

  /// As a report gives it: "layer 12", "the embedding", "41 %", "“␣London”"; its digits without a sort.
  fileprivate func text(_ sort: FindingField.Sort?) -> String {
    switch (self, sort) {
    case (.text(let text), _): "“\(text)”"
    case (.number(let number), .layer):
      number < 0 ? "the embedding" : "layer \(PlainNumber.text(number))"
    case (.number(let number), .share): Percent.phrase(logprob: Float(log(number)))
    case (.number(let number), .count) where abs(number) < 1e15: Wording.grouped(Int(number))
    case (.number(let number), _): PlainNumber.text(number)
    }
  }
}

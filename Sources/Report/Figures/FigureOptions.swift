import Plot
import Words

/// Options of a figure, checked against its kind, with defaults filled in.
public struct FigureOptions: Equatable, Sendable {
  /// The kind for which they were checked.
  public let kind: String
  /// By name; an option without a value and without a default is absent.
  public let values: [String: OptionValue]
  /// The training steps of the models that are shown, where all are checkpoints of one run, in their order; nil for other models.
  package var steps: [TrainingStep]?

  /// Checks every value.
  ///
  /// - Throws: `FigureError.unknownOption` or `FigureError.badValue`, the first in the order of names.
  package init(_ given: [String: OptionValue], for kind: FigureKind) throws {
    var values: [String: OptionValue] = [:]
    for option in kind.options { values[option.name] = option.standard }
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let option = kind.options.first(where: { $0.name == name }) else {
        throw FigureError.unknownOption(name, kind: kind.name, known: kind.options.map(\.name))
      }
      guard let accepted = option.values.accept(value) else {
        throw FigureError.badValue(
          value, option: name, kind: kind.name, expected: option.values.expectation)
      }
      values[name] = accepted
    }
    self.kind = kind.name
    self.values = values
  }
}

extension FigureSchema.Values {
  /// The value in the form recipes read, or nil when it is not one of these.
  func accept(_ value: OptionValue) -> OptionValue? {
    switch (self, value) {
    case (.flag, .flag): value
    case (.integer(let range), .integer(let number)): range.contains(number) ? value : nil
    case (.number(let range), .integer(let number)): range.contains(Double(number)) ? .number(Double(number)) : nil
    case (.number(let range), .number(let number)): range.contains(number) ? value : nil
    case (.choice(let words), .text(let word)), (.choiceOrInteger(let words, _), .text(let word)):
      words.contains(word) ? value : nil
    case (.choiceOrInteger(_, let range), .integer(let number)): range.contains(number) ? value : nil
    case (.markedSets, .sets(let sets)):
      (1...MarkedSet.most).contains(sets.count) && Set(sets.map(\.name)).count == sets.count
        && sets.allSatisfy { !$0.words.isEmpty } && Set(sets.flatMap(\.words)).count == sets.flatMap(\.words).count
        ? value : nil
    default: nil
    }
  }

  /// What is expected, for a message.
  var expectation: String {
    switch self {
    case .flag: "true or false"
    case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .choiceOrInteger(let words, let range):
      "\(words.joined(separator: ", ")) or an integer from \(range.lowerBound) to \(range.upperBound)"
    case .markedSets: "1 to \(MarkedSet.most) names with words, each word once"
    }
  }
}

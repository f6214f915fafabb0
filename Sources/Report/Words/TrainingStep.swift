import Foundation

/// How far a training run had come when a checkpoint of it was saved.
public struct TrainingStep: Codable, Hashable, Sendable {
  /// The name of the run in the spec: "Pythia 70M".
  public var run: String
  /// How many steps, or of what `unit` says.
  public var number: Int
  /// What is counted in place of steps: "tokens"; nil for steps.
  public var unit: String?

  /// From its parts.
  package init(run: String, number: Int, unit: String? = nil) {
    self.run = run
    self.number = number
    self.unit = unit
  }

  /// The name of the model: "Pythia 70M (step 4000)".
  package var name: String { "\(run) (step \(number))" }

  /// Within a sentence: "step 4,000", "4,000 tokens".
  package var phrase: String { unit.map { "\(Wording.grouped(number)) \($0)" } ?? "step \(Wording.grouped(number))" }

  /// The step that a name as `name` writes it is of; nil for other names.
  package init?(name: String) {
    guard let match = name.wholeMatch(of: /(.*\S) \(step (0|[1-9][0-9]*)\)/), let number = Int(match.2) else {
      return nil
    }
    self.init(run: String(match.1), number: number)
  }
}

extension TrainingStep {
  /// The largest number that a step may have.
  package static let largest = 1_000_000_000_000_000

  /// Why the number of a name cannot be read.
  package enum Misreading: Error, Equatable {
    /// There is no number in it.
    case none
    /// There are several, and no "step" before one of them.
    case several([String])
    /// The number is larger than any training.
    case tooLarge(String)
  }

  /// The number that the name of a revision, a folder or a file gives: the one behind "step", else the only one.
  ///
  /// "step1000", "stage1-step-1000-tokens5B" and "global_step1000" are step 1000, "checkpoint-500" and "500" are step 500. Digits with a
  /// letter or a point behind them, such as 5B or 1.5, are no step unless "step" stands before them: then k, M and B multiply by a
  /// thousand, a million and a thousand million.
  package static func number(in name: String) -> Result<Int, Misreading> {
    let found = name.matches(of: /(?i)steps?[-_= ]*([0-9]+)([kmb]?)(?![a-z0-9])/)
    let marked = found.map { (digits: String($0.1), suffix: $0.2.lowercased()) }
    if !marked.isEmpty {
      guard marked.count == 1 else { return .failure(.several(marked.map(\.digits))) }
      return value(marked[0].digits, marked[0].suffix)
    }
    // 5B and 1.5 are no steps.
    let plain = name.matches(of: /[0-9][0-9.]*[A-Za-z]*/).map { String($0.0) }.filter { $0.allSatisfy(\.isNumber) }
    guard let first = plain.first else { return .failure(.none) }
    return plain.count == 1 ? value(first, "") : .failure(.several(plain))
  }

  private static func value(_ digits: String, _ suffix: String) -> Result<Int, Misreading> {
    let factor = ["k": 1000, "m": 1_000_000, "b": 1_000_000_000][suffix] ?? 1
    guard let number = Int(digits), case let (product, overflows) = number.multipliedReportingOverflow(by: factor),
      !overflows, product <= largest
    else { return .failure(.tooLarge(digits + suffix)) }
    return .success(product)
  }
}

extension [TrainingStep] {
  /// Whether they are the checkpoints of one run, at least two, each further than the one before.
  package var isOneRun: Bool {
    count > 1 && allSatisfy { $0.run == self[0].run } && zip(self, dropFirst()).allSatisfy { $0.number < $1.number }
  }

  /// Whether a logarithmic axis shows them better: the largest distance of neighbours is more than four times the smallest.
  package var isLogarithmic: Bool {
    let gaps = zip(self, dropFirst()).map { $1.number - $0.number }
    guard let least = gaps.min(), let most = gaps.max(), least > 0 else { return false }
    return most / least > 4 || (most / least == 4 && !most.isMultiple(of: least))
  }

  /// "8 checkpoints, steps 0 to 4,096".
  package var phrase: String {
    guard let first, let last else { return "" }
    let range = "\(Wording.grouped(first.number)) to \(Wording.grouped(last.number))"
    return "\(Wording.count(count, "checkpoint")), " + (first.unit.map { "\(range) \($0)" } ?? "steps \(range)")
  }

  /// The title of their axis, which says how it is divided: "Training step (log scale)".
  package var axis: String {
    guard let first else { return "" }
    let scale = isLogarithmic ? "log scale" : "linear scale"
    return first.unit.map { "Training (\($0), \(scale))" } ?? "Training step (\(scale))"
  }
}

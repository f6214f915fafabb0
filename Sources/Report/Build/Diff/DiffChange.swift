import Engine
import Figures
import Plot
import Traces
import Words

/// One number that differs.
public struct DiffChange: Equatable, Sendable {
  /// "rank of “␣London”".
  public var quantity: String
  /// "after layer 5, column 1"; the column is left out where there is only one.
  public var place: String
  /// Its value before.
  public var before: String
  /// Its value after.
  public var after: String
  /// The difference; empty where it has no meaning.
  public var difference: String

  /// "rank of “␣are” after layer 12, SmolLM2, keys: 12 → 7".
  func sentence(of whose: String) -> String { "\(quantity) \(place), \(whose): \(before) → \(after)" }
}

extension TraceDiff {
  /// The first numbers that differ between two traces of the same shape, and how many differ in all.
  static func changes(_ one: Trace, _ other: Trace, tolerance: Double, most: Int = 50) -> (
    list: [DiffChange], count: Int
  ) {
    guard one.rows == other.rows, one.columns == other.columns, one.watch.map(\.text) == other.watch.map(\.text) else {
      return ([], 0)
    }
    var changes = TraceChanges(trace: one, tolerance: tolerance, most: most)
    changes.ranks({ one.targetQuantity("rank", $0) }, one.rank, other.rank)
    changes.numbers({ one.targetQuantity("logprob", $0) }, one.logprob, other.logprob)
    changes.numbers({ _ in "entropy" }, one.entropy, other.entropy)
    changes.numbers({ _ in "kl" }, one.kl, other.kl)
    for (a, b) in zip(one.watch, other.watch) {
      changes.ranks({ _ in "rank of “\(a.label)”" }, a.rank, b.rank)
      changes.numbers({ _ in "logprob of “\(a.label)”" }, a.logprob, b.logprob)
    }
    changes.top(one, other)
    return (changes.list, changes.count)
  }
}

extension Trace {
  /// "rank of “␣London”", by the target of a column.
  fileprivate func targetQuantity(_ name: String, _ column: Int) -> String {
    columns[column].target.map { "\(name) of “\(TokenDisplay.label(text(of: $0)))”" } ?? name
  }
}

/// Gathers the numbers that differ.
private struct TraceChanges {
  let trace: Trace
  let tolerance: Double
  let most: Int
  var list: [DiffChange] = []
  var count = 0

  init(trace: Trace, tolerance: Double, most: Int) {
    self.trace = trace
    self.tolerance = tolerance
    self.most = most
  }

  private mutating func add(
    _ quantity: @autoclosure () -> String, _ row: Int, _ column: Int, _ before: String, _ after: String,
    _ difference: String = ""
  ) {
    count += 1
    guard list.count < most else { return }
    let place = "after \(trace.rowPhrase(row))" + (trace.columns.count > 1 ? ", column \(column + 1)" : "")
    list.append(
      DiffChange(quantity: quantity(), place: place, before: before, after: after, difference: difference))
  }

  mutating func ranks(_ name: (Int) -> String, _ a: [[Int?]], _ b: [[Int?]]) {
    for (row, pair) in zip(a, b).enumerated() {
      for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
        let difference = values.0.flatMap { old in values.1.map { Self.signed($0 - old) } }
        func text(_ rank: Int?) -> String { rank.map(CountFormat.full) ?? "none" }
        add(name(column), row, column, text(values.0), text(values.1), difference ?? "")
      }
    }
  }

  mutating func numbers(_ name: (Int) -> String, _ a: [[Float?]], _ b: [[Float?]]) {
    for (row, pair) in zip(a, b).enumerated() {
      for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
        let difference = values.0.flatMap { old in values.1.map { Double($0) - Double(old) } }
        if let difference, abs(difference) <= tolerance { continue }
        func text(_ number: Float?) -> String { number.map { "\($0)" } ?? "none" }
        add(name(column), row, column, text(values.0), text(values.1), difference.map { "\(Float($0))" } ?? "")
      }
    }
  }

  /// The most probable tokens: other tokens, or the same with other probabilities.
  mutating func top(_ one: Trace, _ other: Trace) {
    for row in one.rows.indices {
      for column in one.columns.indices {
        let (a, b) = (one.top.ids[row][column], other.top.ids[row][column])
        guard a.count == b.count else {
          add("number of most probable tokens", row, column, "\(a.count)", "\(b.count)")
          continue
        }
        for index in a.indices {
          let ordinal = "most probable token \(index + 1)"
          if a[index] != b[index] {
            let labels = [(one, a), (other, b)].map { "“\(TokenDisplay.label($0.text(of: $1[index])))”" }
            add(ordinal, row, column, labels[0], labels[1])
            continue
          }
          let (old, new) = (one.top.logprobs[row][column][index], other.top.logprobs[row][column][index])
          guard old != new, abs(Double(new) - Double(old)) > tolerance else { continue }
          add("logprob of \(ordinal)", row, column, "\(old)", "\(new)", "\(Float(Double(new) - Double(old)))")
        }
      }
    }
  }

  private static func signed(_ value: Int) -> String {
    (value < 0 ? "−" : "+") + String(value.magnitude)
  }
}

import Engine
import Figures
import Plot
import Traces
import Words

/// One number that differs.
public struct DiffChange: Equatable, Sendable {
  /// "rank".
  public var quantity: String
  /// "after layer 5, column 1".
  public var place: String
  /// Its value before.
  public var before: String
  /// Its value after.
  public var after: String
  /// The difference; empty where it has no meaning.
  public var difference: String
}

extension TraceDiff {
  /// The first numbers that differ between two traces of the same shape, and how many differ in all.
  static func changes(_ one: Trace, _ other: Trace, tolerance: Double, most: Int = 50) -> (
    list: [DiffChange], count: Int
  ) {
    guard one.rows == other.rows, one.columns == other.columns, one.watch.map(\.text) == other.watch.map(\.text) else {
      return ([], 0)
    }
    var list: [DiffChange] = []
    var count = 0
    func add(_ quantity: String, _ row: Int, _ column: Int, _ before: String, _ after: String, _ difference: String) {
      count += 1
      guard list.count < most else { return }
      list.append(
        DiffChange(
          quantity: quantity, place: "after \(one.rowPhrase(row)), column \(column + 1)", before: before, after: after,
          difference: difference))
    }
    func ranks(_ name: String, _ a: [[Int?]], _ b: [[Int?]]) {
      for (row, pair) in zip(a, b).enumerated() {
        for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
          let difference = values.0.flatMap { old in values.1.map { signed(Double($0 - old), digits: 0) } }
          func text(_ rank: Int?) -> String { rank.map(CountFormat.full) ?? "none" }
          add(name, row, column, text(values.0), text(values.1), difference ?? "")
        }
      }
    }
    func numbers(_ name: String, _ a: [[Float?]], _ b: [[Float?]]) {
      for (row, pair) in zip(a, b).enumerated() {
        for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
          let difference = values.0.flatMap { old in values.1.map { Double($0) - Double(old) } }
          if let difference, abs(difference) <= tolerance { continue }
          func text(_ number: Float?) -> String { number.map { "\($0)" } ?? "none" }
          add(name, row, column, text(values.0), text(values.1), difference.map { "\(Float($0))" } ?? "")
        }
      }
    }
    ranks("rank", one.rank, other.rank)
    numbers("logprob", one.logprob, other.logprob)
    numbers("entropy", one.entropy, other.entropy)
    numbers("kl", one.kl, other.kl)
    for (a, b) in zip(one.watch, other.watch) {
      ranks("rank of “\(a.label)”", a.rank, b.rank)
      numbers("logprob of “\(a.label)”", a.logprob, b.logprob)
    }
    return (list, count)
  }

  private static func signed(_ value: Double, digits: Int) -> String {
    (value < 0 ? "−" : "+") + Decimals.fixed(abs(value), digits)
  }
}

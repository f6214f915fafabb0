import Engine
import Foundation
import Plot
import Traces
import Words

/// Compares two traces: first what they describe, then their numbers.
enum TraceDiff {
  /// What is said of traces of a model whose files differ.
  static let otherWeights = "weights: different files"

  /// A line for each difference; empty when there is none.
  static func lines(_ one: Trace, _ other: Trace, tolerance: Double) -> [String] {
    var lines: [String] = []
    func compare<Value: Equatable>(_ name: String, _ a: Value, _ b: Value) {
      if a != b { lines.append("\(name): \(a) and \(b)") }
    }
    compare("model", one.model.name, other.model.name)
    if one.model.sha256 != other.model.sha256 { lines.append(otherWeights) }
    compare("number format", one.model.weights, other.model.weights)
    compare("lens", one.lens.kind.rawValue, other.lens.kind.rawValue)
    compare("norm", one.lens.norm.rawValue, other.lens.norm.rawValue)
    if one.prompt != other.prompt { lines.append("prompt: different text") }
    if one.encoder != other.encoder {
      lines.append("encoder: different tokens, or another beginning of the decoder's text")
    }
    guard one.rows == other.rows else {
      return lines + ["rows: \(one.rows.count) and \(other.rows.count), different states"]
    }
    if let place = zip(one.tokens, other.tokens).enumerated().first(where: { $0.element.0.id != $0.element.1.id }) {
      lines.append(
        "tokens: from position \(place.offset) on, “\(one.tokenLabel(at: place.offset).text)” and "
          + "“\(other.tokenLabel(at: place.offset).text)”")
    }
    compare("number of tokens", one.tokens.count, other.tokens.count)
    guard one.columns == other.columns else { return lines + ["columns: different positions or targets"] }
    lines += ranks("rank", one.rank, other.rank, of: one)
    lines += numbers("logprob", one.logprob, other.logprob, of: one, tolerance)
    lines += numbers("entropy", one.entropy, other.entropy, of: one, tolerance)
    lines += numbers("kl", one.kl, other.kl, of: one, tolerance)
    lines += numbers("top.logprobs", one.bestLogprobs, other.bestLogprobs, of: one, tolerance)
    let tops = zip(one.top.ids.joined(), other.top.ids.joined()).count { $0 != $1 }
    if tops > 0 { lines.append("top: different tokens, or a different order, in \(Wording.count(tops, "state"))") }
    guard one.watch.map(\.text) == other.watch.map(\.text) else { return lines + ["watch: different tokens"] }
    for (a, b) in zip(one.watch, other.watch) {
      lines += ranks("rank of “\(a.label)”", a.rank, b.rank, of: one)
      lines += numbers("logprob of “\(a.label)”", a.logprob, b.logprob, of: one, tolerance)
    }
    if one.automatic != other.automatic { lines.append("watch_auto: another request, or other tokens") }
    lines += attributions(one.attribution, other.attribution, tolerance)
    lines += changes(one.changes ?? [], other.changes ?? [], tolerance)
    if one.patching != other.patching { lines.append("patching: other runs, or other differences of logits") }
    // A difference without a line of its own must not count as equality.
    if lines.isEmpty, one.withoutNumbers != other.withoutNumbers {
      lines.append(
        "something else: how the text was continued, texts of tokens, members of sets, or what the model says of itself"
      )
    }
    return lines
  }

  private static func changes(_ one: [Trace.Change], _ other: [Trace.Change], _ tolerance: Double) -> [String] {
    guard one.map(\.withoutLength) == other.map(\.withoutLength) else {
      return ["changes: another change of the run, or none"]
    }
    let most = zip(one, other).map { abs(($0.length ?? 0) - ($1.length ?? 0)) }.max() ?? 0
    return most > tolerance ? ["changes: directions of another length, by at most \(Float(most))"] : []
  }

  private static func attributions(
    _ one: Trace.Attribution?, _ other: Trace.Attribution?, _ tolerance: Double
  ) -> [String] {
    guard let one, let other, (one.position, one.target, one.foil) == (other.position, other.target, other.foil),
      one.parts.map(\.part) == other.parts.map(\.part),
      zip(one.parts, other.parts).allSatisfy({
        $0.heads?.count == $1.heads?.count && ($0.lens == nil) == ($1.lens == nil)
      })
    else { return one == other ? [] : ["attribution: another question, or other parts"] }
    func values(_ attribution: Trace.Attribution) -> [Float] {
      [attribution.targetLogit, attribution.foilLogit]
        + attribution.parts.flatMap { [$0.value, $0.lens ?? 0] + ($0.heads ?? []) }
    }
    let sizes = zip(values(one), values(other)).map { abs(Double($0) - Double($1)) }.filter { $0 > tolerance }
    guard let most = sizes.max() else { return [] }
    return ["attribution: \(Wording.differing(sizes.count, "number")), by at most \(Float(most))"]
  }

  private static func ranks(_ name: String, _ one: [[Int?]], _ other: [[Int?]], of trace: Trace) -> [String] {
    var (count, first) = (0, "")
    for (row, pair) in zip(one, other).enumerated() {
      for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
        count += 1
        guard first.isEmpty else { continue }
        func text(_ rank: Int?) -> String { rank.map(CountFormat.full) ?? "none" }
        first = "first \(text(values.0)) → \(text(values.1)) \(place(row, column, of: trace))"
      }
    }
    return count == 0 ? [] : ["\(name): \(Wording.differing(count, "cell")), \(first)"]
  }

  private static func numbers(
    _ name: String, _ one: [[Float?]], _ other: [[Float?]], of trace: Trace, _ tolerance: Double
  ) -> [String] {
    var (count, most, worst) = (0, 0.0, "")
    for (row, pair) in zip(one, other).enumerated() {
      for (column, values) in zip(pair.0, pair.1).enumerated() where values.0 != values.1 {
        let difference =
          if let a = values.0, let b = values.1 { abs(Double(a) - Double(b)) } else { Double.infinity }
        guard difference > tolerance else { continue }
        count += 1
        guard difference > most else { continue }
        most = difference
        worst = place(row, column, of: trace)
      }
    }
    guard count > 0 else { return [] }
    let size = most.isFinite ? "by at most \(Float(most))" : "one has no value"
    return ["\(name): \(Wording.differing(count, "cell")), \(size) \(worst)"]
  }

  private static func place(_ row: Int, _ column: Int, of trace: Trace) -> String {
    "after \(trace.rowPhrase(row)), column \(column + 1)"
  }
}

extension Trace {
  /// Log-probabilities of the most probable tokens, those of a row one after another. [row][column x k]
  fileprivate var bestLogprobs: [[Float?]] { top.logprobs.map { $0.joined().map(Optional.some) } }

  /// The trace without the numbers that are compared within a tolerance.
  fileprivate var withoutNumbers: Trace {
    var rest = self
    (rest.logprob, rest.entropy, rest.kl, rest.top.logprobs) = ([], [], [], [])
    for index in rest.watch.indices { rest.watch[index].logprob = [] }
    rest.changes = rest.changes?.map(\.withoutLength)
    rest.attribution?.targetLogit = 0
    rest.attribution?.foilLogit = 0
    rest.attribution?.parts = []
    return rest
  }
}

extension Trace.Change {
  /// The length of a direction.
  fileprivate var length: Double? { if case .steer(let direction) = effect { direction.norm } else { nil } }

  /// The change without the number that is compared within a tolerance.
  fileprivate var withoutLength: Trace.Change {
    guard case .steer(var direction) = effect else { return self }
    direction.norm = 0
    var change = self
    change.effect = .steer(direction)
    return change
  }
}

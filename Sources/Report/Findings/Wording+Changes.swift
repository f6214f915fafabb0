import Foundation
import Traces
import Words

/// How a run was changed, in the words of captions, pages and findings.
extension Wording {
  /// What was changed in the run of a trace, a phrase for each change; empty for the model's own run.
  package static func changes(of trace: Trace) -> [String] {
    (trace.changes ?? []).map { change in
      let place = state(change.place, change.layer) + " " + positions(change.positions, of: trace)
      switch change.effect {
      case .patch(let text): return "\(place) is that of \(quoted(text.text))"
      case .steer(let direction): return "\(added(direction)) is added to \(place)"
      }
    }
  }

  /// The same in sentences, one for each model whose run was changed; models are named where not all have the same changes.
  package static func changes(of traces: [Trace], names: [String]) -> [String] {
    let all = traces.map(changes)
    let isOne = Set(all).count == 1
    return zip(names, all).compactMap { name, phrases -> String? in
      phrases.isEmpty
        ? nil
        : "\(isOne ? "The run is changed" : "Changed in the run of \(name)"): \(phrases.joined(separator: "; then "))."
    }.uniqued
  }

  /// "the residual stream after layer 6", "what the MLP of layer 6 adds".
  private static func state(_ place: Trace.Patching.Place, _ layer: Int?) -> String {
    switch place {
    case .stream: "the residual stream after \(layer.map { "layer \($0)" } ?? "the embedding")"
    case .attention: "what the attention of layer \(layer ?? 0) adds"
    case .mlp: "what the MLP of layer \(layer ?? 0) adds"
    }
  }

  /// "at “␣key” (token 2)", "at all tokens", "from “␣key” (token 2) on", "at tokens 2, 3 and 5".
  private static func positions(_ positions: [Int], of trace: Trace) -> String {
    guard let first = positions.first, let last = positions.last else { return "nowhere" }
    func named(_ position: Int) -> String { "“\(label(trace.tokens[position]))” (token \(position + 1))" }
    if positions.count == trace.tokens.count { return "at all tokens" }
    if positions.count == 1 { return "at " + named(first) }
    guard last - first == positions.count - 1 else {
      return "at tokens " + enumeration(positions.map { String($0 + 1) })
    }
    if last == trace.tokens.count - 1 { return "from \(named(first)) on" }
    return "from \(named(first)) to \(named(last))"
  }

  /// "4 times the residual stream after layer 6 at the end of “I love” less that of “I hate”".
  private static func added(_ direction: Trace.Change.Direction) -> String {
    let by = direction.by == 1 ? "" : "\(PlainNumber.text(direction.by)) times "
    let length = " (length \(number(direction.norm)))"
    switch direction.origin {
    case .file(let file):
      let row = file.row.map { ", row \($0)" } ?? ""
      return "\(by)the direction “\(TokenDisplay.line(file.tensor))”\(row) of \(TokenDisplay.line(file.name)) "
        + "(SHA-256 \(file.sha256.prefix(12))…)\(length)"
    case .difference(let plus, let minus):
      return "\(by)the difference\(length) of \(state(.stream, plus.layer)) \(end(plus)) and \(end(minus))"
    }
  }

  /// "at the end of “I love”", "at “␣love” (token 2) of “I love it”".
  private static func end(_ state: Trace.Change.State) -> String {
    guard state.position < state.text.tokens.count - 1 else { return "at the end of \(quoted(state.text.text))" }
    let token = state.text.tokens[state.position]
    return "at “\(label(token))” (token \(state.position + 1)) of \(quoted(state.text.text))"
  }

  private static func label(_ token: Trace.Token) -> String {
    TokenDisplay.label(token.text.map { .text($0) } ?? .bytes(token.bytes ?? ""))
  }

  private static func quoted(_ text: String) -> String { "“\(VisibleText.excerpt(of: text, count: longest))”" }

  /// Characters of a text in a sentence.
  private static let longest = 80

  /// Three significant digits.
  private static func number(_ value: Double) -> String {
    String(format: "%.3g", locale: Locale(identifier: "en_US_POSIX"), value)
  }
}

import Engine
import Traces

/// What of a trace answers a request: a trace that was asked for more becomes the one that was asked for this.
extension Trace {
  /// The trace without the rows, columns, tokens, watched words, attributions and patched runs that the request does not ask for, and with
  /// its watched words in the request's order.
  ///
  /// What a first run found (`auto(n)`) stays as it is.
  func selected(for request: TraceRequest) -> Trace {
    var trace = self
    let kept = rows.indices.filter { request.rows == .attention || !rows[$0].point.isWithinBlock }
    let positions = positions(of: request.columns)
    // The end of a text has no next token; whether it is shown is a matter of every position alone.
    let shown = columns.indices.filter {
      positions.contains(columns[$0].position) || request.columns == .all
    }
    func cut<Value>(_ matrix: [[Value]]) -> [[Value]] {
      kept.map { row in matrix[row].isEmpty ? [] : shown.map { matrix[row][$0] } }
    }
    trace.rows = kept.map { rows[$0] }
    trace.columns = shown.map { columns[$0] }
    (trace.rank, trace.logprob) = (cut(rank), cut(logprob))
    (trace.entropy, trace.kl) = (cut(entropy), cut(kl))
    let k = min(top.k, request.topK)
    trace.top = Top(
      k: k, ids: cut(top.ids).map { $0.map { Array($0.prefix(k)) } },
      logprobs: cut(top.logprobs).map { $0.map { Array($0.prefix(k)) } })
    let isAutomatic = request.watch.contains { $0.automatic != nil }
    trace.watch = request.watch.flatMap(entries) + (isAutomatic ? watch.suffix(automatic?.ids.count ?? 0) : [])
    trace.watch = trace.watch.map { entry in
      var entry = entry
      (entry.rank, entry.logprob) = (cut(entry.rank), cut(entry.logprob))
      return entry
    }
    if !isAutomatic { trace.automatic = nil }
    if request.attribute == nil { trace.attribution = nil }
    if let asked = request.patch {
      trace.patching?.differences.removeAll { !asked.of.contains($0.place) }
    } else {
      trace.patching = nil
    }
    let used = trace.occurringIDs
    trace.texts = texts.filter { used.contains($0.key) }
    return trace
  }

  /// Every token that the numbers name.
  private var occurringIDs: Set<Int> {
    var ids = Set(tokens.map(\.id) + (encoder?.tokens ?? []).map(\.id) + columns.compactMap(\.target))
    ids.formUnion(top.ids.joined().joined())
    ids.formUnion(watch.flatMap { $0.ids ?? [$0.id].compactMap(\.self) })
    if let attribution { ids.formUnion([attribution.target, attribution.foil]) }
    if let patching { ids.formUnion(patching.sourceTokens.map(\.id) + [patching.target, patching.foil]) }
    return ids
  }

  /// The positions that a request for columns captures in a text of these tokens; of every position, the end may be left out.
  func positions(of columns: TraceRequest.Columns) -> Set<Int> {
    if let masks { return Set(columns == .last ? Array(masks.suffix(1)) : masks) }
    switch columns {
    case .last: return [promptLength - 1]
    case .all: return Set(0..<max(tokens.count - 1, promptLength))
    case .generated: return Set(promptLength - 1..<max(tokens.count - 1, promptLength))
    }
  }

  /// The series of a watched word or set, one at most; none for words that a first run finds.
  func entries(of asked: Watched) -> [Watch] {
    let found = namedWatch.first { entry in
      switch asked {
      case .automatic: return false
      case .token(let text): return entry.ids == nil && entry.text == text
      case .set(let set):
        guard let ids = entry.ids, entry.text == set.name else { return false }
        switch set.members {
        case .ids(let wanted): return Set(ids) == Set(wanted)
        case .tokens(let texts):
          return Set(texts) == Set((entry.texts ?? []).map { if case .text(let text) = $0 { text } else { "" } })
        case .firstTokens(let words): return Set((entry.firstOf ?? []).joined()) == Set(words)
        }
      }
    }
    return found.map { [$0] } ?? []
  }

  /// Whether a first run answered a request for words.
  func found(by asked: Watched) -> Bool { asked.automatic.map { automatic?.asked == $0.written } ?? false }
}

import Traces

/// An attribution compared with the rows of the lens.
extension TraceCheck {
  /// The difference that is attributed is that of the last row's log-probabilities, unless a softcap lies between them.
  mutating func attribution() {
    guard let attribution = trace.attribution else { return }
    for id in [attribution.target, attribution.foil] where trace.texts[id] == nil {
      add("texts", "no text of \(id), which 'attribution' compares")
    }
    lenses(attribution)
    guard attribution.softcap == nil, let row = trace.rows.indices.last,
      let column = trace.columns.firstIndex(where: { $0.position == attribution.position })
    else { return }
    let known = Dictionary(
      zip(trace.top.ids[row][column], trace.top.logprobs[row][column]), uniquingKeysWith: { first, _ in first })
    guard let target = known[attribution.target], let foil = known[attribution.foil] else { return }
    if abs((target - foil) - attribution.difference) > 2 * Self.slack {
      add(
        "attribution.target_logit",
        "a difference of \(attribution.difference), expected \(target - foil) as in top.logprobs")
    }
  }

  /// The lens's difference after a part is that of the row of the same point, and after the last block that of the model.
  private mutating func lenses(_ attribution: Trace.Attribution) {
    let (parts, last) = (attribution.parts, trace.model.layers - 1)
    let column = trace.columns.firstIndex { $0.position == attribution.position }
    for (index, part) in parts.enumerated() {
      guard let found = part.lens else { continue }
      let isEnd =
        parts.lastIndex { $0.layer == part.layer && $0.part != .finalNormBias && $0.part != .headBias } == index
      let slack = 2 * Self.slack + 1e-3 * abs(found)
      if part.layer == last, isEnd, abs(found - attribution.difference) > slack {
        add(
          "attribution.parts[\(index)].lens",
          "\(found), expected \(attribution.difference), the model's own difference: the state after it is the model's output"
        )
        continue
      }
      // Other lenses than the logit lens read the rows of the trace in another way, and a softcap lies between logits and probabilities.
      guard trace.lens.kind == .logit, trace.lens.norm == .final, attribution.softcap == nil, let column else {
        continue
      }
      let row = trace.rows.firstIndex { row in
        switch row.point {
        case .embedding: part.part == .embedding
        case .attention, .mixer: part.layer == row.layer && !isEnd
        case .block: part.layer == row.layer && isEnd
        }
      }
      guard let row else { continue }
      let known = logprobs(row, column)
      guard let target = known[attribution.target], let foil = known[attribution.foil],
        abs(found - (target - foil)) > slack
      else { continue }
      add(
        "attribution.parts[\(index)].lens", "\(found), expected \(target - foil) as \(trace.rows[row].phrase) has it")
    }
  }
}

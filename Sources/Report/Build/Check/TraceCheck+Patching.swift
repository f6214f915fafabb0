import Traces

/// Patched runs whose two texts, or whose two tokens, were exchanged: other numbers of the trace tell.
extension TraceCheck {
  mutating func patching() {
    guard let patching = trace.patching else { return }
    let (source, base) = (patching.sourceDifference, patching.baseDifference)
    let slack = 2 * Self.slack + 1e-3 * max(abs(source), abs(base))
    // A text of a decoder has the states of another one before the first token that differs.
    let same = zip(trace.tokens, patching.sourceTokens).prefix { $0.id == $1.id }.count
    if same == patching.sourceTokens.count, abs(source - base) > slack {
      add(
        "patching.source_tokens",
        "those of the prompt, expected others: the difference after the source, \(source), is not that after the prompt, \(base)"
      )
    }
    for (index, runs) in patching.differences.enumerated() {
      if runs.place == .stream, let row = runs.values.last, let cell = row.last, let value = cell,
        abs(value - source) > slack
      {
        add(
          "patching.source_difference",
          "\(source), expected \(value), the last of differences[\(index)].values: the run ends with the source's own state"
        )
      }
      unpatched(runs, at: index, same, base, slack)
      if trace.masks == nil, trace.encoder == nil { unread(runs, at: index, patching.sourceTokens, base, slack) }
    }
    if trace.masks == nil, trace.encoder == nil { output(patching, slack) }
  }

  /// Runs into which a state was put that the prompt has itself.
  private mutating func unpatched(
    _ runs: Trace.Patching.Differences, at index: Int, _ same: Int, _ base: Float, _ slack: Float
  ) {
    for (row, values) in runs.values.enumerated() {
      for (position, value) in values.prefix(same).enumerated() {
        guard let value, abs(value - base) > slack else { continue }
        add(
          "patching.base_difference",
          "\(base), expected \(value) as in differences[\(index)].values[\(row)][\(position)], up to where both texts have the same tokens"
        )
        return
      }
    }
  }

  /// Runs whose patch cannot reach the end: the same token's embedding in its own place, and what the last block gives to positions that
  /// nothing reads any more.
  private mutating func unread(
    _ runs: Trace.Patching.Differences, at index: Int, _ source: [Trace.Token], _ base: Float, _ slack: Float
  ) {
    func check(_ row: Int, _ position: Int, _ why: String) {
      guard let value = runs.values[row][position], abs(value - base) > slack else { return }
      add("patching.differences[\(index)].values[\(row)][\(position)]", "\(value), expected \(base): \(why)")
    }
    if runs.place == .stream, let first = runs.values.first {
      for position in first.indices where position < min(trace.tokens.count, source.count) {
        guard trace.tokens[position].id == source[position].id else { continue }
        check(0, position, "both texts have the same token there")
      }
    }
    // Attention of a last block may still be read where its MLP looks at the position before (RWKV).
    guard runs.place != .attention, let last = runs.values.indices.last else { return }
    for position in runs.values[last].indices.dropLast() {
      check(last, position, "nothing after the last block reads that position")
    }
  }

  /// Compares the base with the model's own output after the prompt.
  private mutating func output(_ patching: Trace.Patching, _ slack: Float) {
    let (target, foil, base) = (patching.target, patching.foil, patching.baseDifference)
    let position = trace.promptLength - 1
    if let parts = trace.attribution, parts.softcap == nil, parts.position == position,
      Set([parts.target, parts.foil]) == Set([target, foil])
    {
      let expected = parts.target == target ? parts.difference : -parts.difference
      if abs(base - expected) > slack {
        add("patching.base_difference", "\(base), expected \(expected) as 'attribution' has it")
      }
    }
    if Set(patching.chosen) == Set([.target, .foil]), patching.sourceDifference < -slack {
      add(
        "patching.source_difference",
        "\(patching.sourceDifference), expected 0 or more: the target was chosen as the most probable token after the source"
      )
    }
    guard let row = trace.rows.indices.last, let column = trace.columns.firstIndex(where: { $0.position == position })
    else { return }
    let ids = trace.top.ids[row][column]
    let known = logprobs(row, column)
    let least = trace.top.logprobs[row][column].last ?? .infinity
    func low(_ id: Int) -> Float { known[id] ?? -.infinity }
    func high(_ id: Int) -> Float { known[id] ?? least }
    let (lowest, highest) = (low(target) - high(foil), high(target) - low(foil))
    if base < lowest - slack || base > highest + slack {
      let expected =
        lowest == highest ? "\(lowest)" : base < lowest ? "at least \(lowest)" : "at most \(highest)"
      add("patching.base_difference", "\(base), expected \(expected) as in top.logprobs")
    }
    // The raw lens lists rows of the head without a token, which are not chosen.
    guard patching.chosen.contains(.foil), trace.model.padding == nil || trace.lens.norm == .final,
      let best = ids.first(where: { $0 != target }), best != foil, low(foil) < low(best) - slack
    else { return }
    add("patching.foil", "\(foil), expected \(best), the most probable token after the prompt besides the target")
  }
}

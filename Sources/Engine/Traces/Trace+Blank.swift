/// Rows without numbers, and the lens that leaves them out: what `strata.trace/2` has beyond the first schema.
extension Trace {
  /// Whether a row has no numbers, because its lens does not read it: every value is nil and every list of top tokens is empty.
  package func isBlank(_ row: Int) -> Bool {
    func isNil<Value>(_ matrix: [[Value?]]) -> Bool { matrix[row].allSatisfy { $0 == nil } }
    return top.ids[row].allSatisfy(\.isEmpty) && top.logprobs[row].allSatisfy(\.isEmpty) && isNil(entropy) && isNil(kl)
      && isNil(rank) && isNil(logprob) && watch.allSatisfy { isNil($0.rank) && isNil($0.logprob) }
  }

  /// The rows without numbers; none where no top tokens were kept, because every row has empty lists then.
  package var blankRows: Set<Int> {
    top.k == 0 ? [] : Set(rows.indices.filter(isBlank))
  }

  /// The first list of top tokens that has another length than `top.k`, or than none in a blank row.
  func topFault() -> (key: String, reason: String)? {
    let blank = schema == Trace.secondSchemaName ? blankRows : []
    for (r, row) in top.ids.enumerated() where !blank.contains(r) {
      for (c, ids) in row.enumerated() where ids.count != top.k || top.logprobs[r][c].count != top.k {
        return ("top.ids[\(r)][\(c)]", "\(ids.count) tokens, expected \(top.k) as in 'top.k'")
      }
    }
    return nil
  }
}

extension Trace.Lens {
  /// What is wrong with the lens of a model, in numbers of this schema.
  func fault(of model: Trace.Model, schema: String, seconds: [String]) -> (key: String, reason: String)? {
    guard kind == .jacobian else {
      let extra = [
        ("n_prompts", prompts == nil), ("d_model", width == nil), ("source_layers", sourceLayers == nil),
      ].first { !$0.1 }
      return extra.map { ("lens.\($0.0)", "only a lens of the kind 'jacobian' has it") }
    }
    guard seconds.contains(schema) else {
      return ("lens.kind", "'jacobian', which needs the schema '\(seconds.first ?? "")'")
    }
    guard norm == .final else { return ("lens.norm", "'none', expected 'final' for a lens of the kind 'jacobian'") }
    guard sha256 != nil else { return ("lens.sha256", "none, expected the digest of the lens's file") }
    guard let prompts, Trace.counts.dropFirst().contains(prompts) else {
      return ("lens.n_prompts", "\(prompts.map(String.init) ?? "none"), expected a number from 1")
    }
    guard width == model.width else {
      return ("lens.d_model", "\(width.map(String.init) ?? "none"), expected \(model.width) as in 'model.width'")
    }
    guard let layers = sourceLayers, !layers.isEmpty else {
      return ("lens.source_layers", "none, expected the layers of the lens's matrices")
    }
    for (index, layer) in layers.enumerated() {
      if !(0..<max(1, model.layers)).contains(layer) {
        return ("lens.source_layers[\(index)]", "\(layer), expected 0 to \(model.layers - 1)")
      }
      if index > 0, layer <= layers[index - 1] {
        return ("lens.source_layers[\(index)]", "\(layer), expected more than the one before")
      }
    }
    return nil
  }
}

extension Trace {
  /// What was asked of the model, and its tokens, without any number that a lens read; numbers of further runs are kept.
  package var withoutNumbers: Trace {
    var trace = Trace(
      model: model, lens: Lens(kind: .logit, norm: .final), prompt: prompt, promptLength: promptLength, method: method,
      tokens: tokens, rows: [], columns: [], rank: [], logprob: [], top: Top(k: 1, ids: [], logprobs: []), watch: [],
      entropy: [], kl: [], texts: [:], chat: chat, encoder: encoder, masks: masks)
    trace.compute = compute
    (trace.attribution, trace.patching) = (attribution, patching)
    if let changes {
      trace.changes = changes
      trace.schema = Trace.secondSchemaName
    }
    return trace
  }
}

import Traces

/// Answers what the parts of a model add to a difference of two logits, and checks the answer against the model's own logits.
struct Attributing {
  let model: LanguageModel
  let pool: ThreadPool

  /// The attribution at a token of a step, whose position in the text is `position`.
  ///
  /// - Parameters:
  ///   - target: The token whose logit counts; nil for the most probable one.
  ///   - foil: The token whose logit is subtracted; nil for the most probable one besides the target.
  /// - Throws: `RunError.attributionDisagrees` when the parts do not sum to the model's own difference.
  func attribution(
    _ states: PartStates, token: Int, position: Int, target askedTarget: Int?, foil askedFoil: Int?
  ) throws -> Trace.Attribution {
    let logits = logits(after: states.stream(2 * model.layers, token: token))
    guard logits.allSatisfy(\.isFinite) else {
      throw RunError.notFinite(model: model.identity.name, row: "the last layer", position: position)
    }
    let (target, foil) = pair(askedTarget, askedFoil, logits)
    let attributor = Attributor(model.network, states, token: token, target: target, foil: foil)
    let parts = attributor.parts()
    let difference = Double(logits[target]) - Double(logits[foil])
    let sum = parts.reduce(0) { $0 + $1.value }
    let size = parts.reduce(0) { $0 + abs($1.value) }
    // Written so that NaN differs.
    guard abs(sum - difference) <= Trace.Attribution.bound(difference: difference, size: size) else {
      throw RunError.attributionDisagrees(
        model: model.identity.name, position: position,
        detail: "\(Float(sum)) instead of \(Float(difference))")
    }
    var chosen: [Trace.Attribution.Choice] = []
    if askedTarget == nil { chosen.append(.target) }
    if askedFoil == nil { chosen.append(.foil) }
    return Trace.Attribution(
      position: position, target: target, foil: foil, chosen: chosen,
      targetLogit: logits[target], foilLogit: logits[foil], softcap: model.network.output.head.softcap,
      parts: parts.map { part in
        Trace.Attribution.Part(
          part.kind, layer: part.layer, value: Float(part.value), lens: part.lens.map { Float($0) },
          heads: part.heads?.map { Float($0) })
      })
  }

  /// The model's own logits before a softcap [counted rows], from its last state [D].
  private func logits(after state: [Double]) -> [Float] {
    let output = model.network.output
    let last = FloatMatrix(rows: 1, columns: model.width)
    for (place, value) in state.enumerated() { last.start[place] = Float(value) }
    let prepared = output.prepare(last, normed: [0..<1], pool: pool)
    var head = output.head
    head.softcap = nil
    let logits = head.logits(of: prepared, count: 1, pool: pool)
    return Array(UnsafeBufferPointer(start: logits.start, count: model.counted(.final)))
  }

  /// The two tokens: those that were given, and otherwise the most probable ones; of equal ones the smaller id.
  private func pair(_ target: Int?, _ foil: Int?, _ logits: [Float]) -> (target: Int, foil: Int) {
    func best(besides other: Int?) -> Int {
      var best: Int?
      for (id, logit) in logits.enumerated() where id != other {
        if let known = best, logits[known] >= logit { continue }
        best = id
      }
      return best ?? 0
    }
    let target = target ?? best(besides: foil)
    return (target, foil ?? best(besides: target))
  }
}

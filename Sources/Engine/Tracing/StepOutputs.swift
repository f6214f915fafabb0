/// The reduced logits of the model after the tokens of one step; equal questions about a state are answered once.
struct StepOutputs {
  /// A question about a token's last state.
  struct Look: Hashable {
    /// Index in the step.
    var token: Int
    /// The known next token; its logit is kept for the check of the lens.
    var target: Int?
    /// Rows of the head that count.
    var counted: Int
    /// The draw of the next token; nil where none is drawn.
    var draw: TokenDraw?
  }

  private var outputs: [Look: ModelOutput] = [:]
  /// How kernels and plain sums differ, where they do.
  private var differences: [Look: String] = [:]

  /// Answers the questions `looks` from the states of a step.
  init(_ looks: [Look], _ states: StepStates, model: LanguageModel, pool: ThreadPool) {
    var places: [Look: Int] = [:]
    var distinct: [Look] = []
    for look in looks where places[look] == nil {
      places[look] = distinct.count
      distinct.append(look)
    }
    guard !distinct.isEmpty else { return }
    let last = FloatMatrix(rows: distinct.count, columns: model.width)
    for (place, look) in distinct.enumerated() {
      guard let state = states.state(look.token, point: 2 * model.layers) else { continue }
      last.row(place).update(from: state, count: model.width)
    }
    let output = model.network.output
    let prepared = output.prepare(last, normed: [distinct.indices], pool: pool)
    let all = ModelOutput.of(
      prepared, targets: distinct.map(\.target), counted: distinct.map(\.counted), draws: distinct.map(\.draw),
      head: output.head, pool: pool)
    outputs = Dictionary(uniqueKeysWithValues: zip(distinct, all))
    // Plain sums over the same states guard the final norm and the head.
    for (look, answer) in zip(distinct, all) where answer.logSumExp.isFinite {
      guard let state = states.state(look.token, point: 2 * model.layers) else { continue }
      let plain = PlainOutput(state, width: model.width, output: output)
      differences[look] = answer.difference(from: plain, target: look.target)
    }
  }

  /// How the kernels' answer to a look differs from plain sums in double precision; nil when they agree.
  func difference(_ look: Look) -> String? { differences[look] }

  /// The answer to a question; nil if it was not asked.
  subscript(_ look: Look) -> ModelOutput? { outputs[look] }
}

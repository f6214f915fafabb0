/// One pass over a batch of requests: prefill of all known tokens, then greedy decoding, a token of each text per step.
final class BatchRun {
  private let model: LanguageModel
  private let lens: TunedLens?
  private let pool: ThreadPool
  private let requests: [PreparedRequest]
  private let pass: ForwardPass
  private let advanced: (Int) -> Void
  private var sequences: [Sequence]
  /// Is given the captured states of every column, the rows of its view [R, D]: request, position, states, R.
  var keep: LensCapture.Keep?
  private var captures: [LensView: LensCapture] = [:]

  /// A text as far as it is known, and what has been run of it.
  private struct Sequence {
    var ids: [Int]
    let cache: KVCache
    var generate: Int
  }

  /// A token to run with the indices of its request.
  private struct Step {
    var request: Int
    var position: Int
  }

  /// Prepares a batch; `advanced` is told how many positions each step has run.
  init(
    _ requests: [PreparedRequest], model: LanguageModel, lens: TunedLens?, pool: ThreadPool,
    advanced: @escaping (Int) -> Void
  ) {
    self.model = model
    self.lens = lens
    self.pool = pool
    self.requests = requests
    self.advanced = advanced
    let known = requests.reduce(0) { $0 + $1.known.count }
    pass = ForwardPass(model.network, pool: pool, capacity: min(Tracer.chunk, max(known, requests.count)))
    sequences = requests.map {
      Sequence(ids: $0.known, cache: KVCache(model.network, capacity: $0.capacity), generate: $0.generate)
    }
    for view in Set(requests.map(\.request.view)) {
      captures[view] = LensCapture(requests, view: view, model: model, tuned: lens, pool: pool)
    }
  }

  /// Runs everything; a trace for each request.
  func traces() throws -> [Trace] {
    zip(requests.indices, try columns()).map { r, columns in
      TraceBuilder(model: model, lens: lens, request: requests[r], ids: sequences[r].ids).trace(columns)
    }
  }

  /// Runs everything; the captured columns of each request.
  func columns() throws -> [[LensCapture.Column]] {
    let known = requests.indices.flatMap { r in sequences[r].ids.indices.map { Step(request: r, position: $0) } }
    for first in stride(from: 0, to: known.count, by: Tracer.chunk) {
      try run(Array(known[first..<min(first + Tracer.chunk, known.count)]))
    }
    while true {
      // The last generated token is run only when its own state is wanted.
      let steps = requests.indices.compactMap { r -> Step? in
        let position = sequences[r].ids.count - 1
        let isNew = position >= requests[r].known.count
        let wanted = sequences[r].generate > 0 || requests[r].request.columns == .all
        return isNew && wanted && captures[requests[r].request.view]?.has(request: r, position: position) != true
          ? Step(request: r, position: position) : nil
      }
      if steps.isEmpty { break }
      for first in stride(from: 0, to: steps.count, by: Tracer.chunk) {
        try run(Array(steps[first..<min(first + Tracer.chunk, steps.count)]))
      }
    }
    for view in captures.keys { try captures[view]?.flush() }
    return requests.indices.map { r in captures[requests[r].request.view]?.columns[r] ?? [] }
  }

  /// Runs some tokens, keeps the states that are wanted, and extends the texts that go on.
  private func run(_ steps: [Step]) throws {
    let tokens = steps.map {
      ForwardPass.BatchToken(
        id: sequences[$0.request].ids[$0.position], cache: sequences[$0.request].cache, position: $0.position)
    }
    let extending = steps.indices.filter { i in
      let sequence = sequences[steps[i].request]
      return steps[i].position == sequence.ids.count - 1 && sequence.generate > 0
    }
    let captured = steps.indices.filter { i in requests[steps[i].request].captures(steps[i].position) }
    let looked = Set(captured).union(extending).sorted()
    let rowsPerState = LensView.points(layers: model.layers).count
    var places: [Int: Int] = [:]
    for (place, i) in looked.enumerated() { places[i] = place }
    let states = FloatMatrix(rows: looked.count * rowsPerState, columns: model.width)
    pass.run(tokens) { point, stream in
      for i in looked {
        guard let place = places[i] else { continue }
        states.row(place * rowsPerState + point).update(from: stream.row(i), count: model.width)
      }
    }
    let outputs = try ownOutputs(states, looked.map { steps[$0] }, rowsPerState: rowsPerState)
    for i in extending {
      guard let place = places[i] else { continue }
      let request = steps[i].request
      let next = outputs[place].largest
      sequences[request].ids.append(next)
      // A control token ends the text, as it would end the model's answer.
      sequences[request].generate = model.tokenizer.isSpecial(next) ? 0 : sequences[request].generate - 1
    }
    for i in captured {
      guard let place = places[i] else { continue }
      let step = steps[i]
      let ids = sequences[step.request].ids
      let target = step.position + 1 < ids.count ? ids[step.position + 1] : nil
      try captures[requests[step.request].request.view]?.add(
        request: step.request, position: step.position, target: target, states: states.row(place * rowsPerState),
        output: outputs[place], keep: keep)
    }
    advanced(steps.count)
  }

  /// The model's own logits at some states, reduced; the known target's logit is kept for the check of the lens.
  private func ownOutputs(_ states: FloatMatrix, _ steps: [Step], rowsPerState: Int) throws -> [ModelOutput] {
    let last = FloatMatrix(rows: steps.count, columns: model.width)
    for place in steps.indices {
      last.row(place).update(from: states.row((place + 1) * rowsPerState - 1), count: model.width)
    }
    let output = model.network.output
    let prepared = output.prepare(last, normed: [steps.indices], pool: pool)
    let targets = steps.map { step -> Int? in
      let ids = sequences[step.request].ids
      return step.position + 1 < ids.count ? ids[step.position + 1] : nil
    }
    let outputs = ModelOutput.of(
      prepared, targets: targets, counted: steps.map { model.counted(requests[$0.request].request.norm) },
      head: output.head, pool: pool)
    for (output, step) in zip(outputs, steps) where !output.logSumExp.isFinite {
      if let weight = model.nonFiniteWeight() { throw weight }
      throw RunError.notFinite(model: model.identity.name, row: "the last layer", position: step.position)
    }
    return outputs
  }
}

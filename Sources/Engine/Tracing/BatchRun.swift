import Traces

/// One run of a batch of requests: prefill of all known tokens, then decoding, greedy or by draws, at least one token per text and step.
///
/// Common beginnings of texts are run once. Decoding may propose tokens and verify them together with the last one
/// (`Speculation`); rejected tokens have no effect, because their keys and values are overwritten. A network with recurrent layers gets no
/// proposals, because the states of these layers cannot return to an earlier position.
final class BatchRun {
  private let model: LanguageModel
  private let lens: FittedLens?
  private let pool: ThreadPool
  private let requests: [PreparedRequest]
  private let pass: ForwardPass
  private let prefixes: SharedPrefixes
  private let advanced: (Int) -> Void
  private var sequences: [Sequence]
  /// In the order of the requests.
  private var views: [LensView] = []
  private var captures: [LensView: LensCapture] = [:]
  /// By request.
  private(set) var attributions: [Int: Trace.Attribution] = [:]
  /// Nil until a run begins, and where no run is changed.
  private var changes: BatchChanges?
  /// Receives the captured states of every column, the rows of its view [R, D]: request, position, states, R.
  var keep: LensCapture.Keep?
  /// The number of passes over the weights.
  private(set) var passes = 0
  /// The number of tokens run, including rejected proposals.
  private(set) var tokensRun = 0

  /// The known part of a text, and how much of it has been run.
  private struct Sequence {
    var ids: [Int]
    let cache: KVCache
    var generate: Int
    /// Positions that have been run and accepted.
    var done = 0
    var speculation: Speculation?
  }

  /// A token to run with the indices of its request; it may be a proposal.
  private struct Step {
    var request: Int
    var position: Int
    var id: Int
    var isProposal = false
    /// Requests whose texts share this token and everything before it.
    var readers: [Int]
  }

  /// Prepares a batch; `advanced` receives the number of positions that each step has settled.
  init(
    _ requests: [PreparedRequest], model: LanguageModel, lens: FittedLens?, pool: ThreadPool, speculation: Bool = true,
    sharing: Bool = true, advanced: @escaping (Int) -> Void
  ) {
    self.model = model
    self.lens = lens
    self.pool = pool
    self.requests = requests
    self.advanced = advanced
    // A text that is seen as a whole has no beginning that does not depend on its end.
    prefixes =
      sharing && !model.network.stack.seesWholeText
      ? SharedPrefixes(
        BatchChanges.marked(requests.map(\.known), requests.map(\.changes)),
        kinds: requests.map { model.network.lengthKinds($0.capacity) + ($0.encoder ?? []) })
      : SharedPrefixes(count: requests.count)
    let known = requests.reduce(0) { $0 + $1.known.count }
    let together = min(Tracer.chunk, max(known, requests.count, Speculation.rows))
    let longest = model.network.stack.seesWholeText ? requests.map(\.known.count).max() ?? 0 : 0
    pass = ForwardPass(model.network, pool: pool, capacity: max(together, longest))
    let lists = ListLookup(model)
    let encoded = EncoderPass(network: model.network, pool: pool).read(requests.compactMap(\.encoder))
    sequences = requests.map {
      Sequence(
        ids: $0.known,
        cache: KVCache(model.network, capacity: $0.capacity, encoded: $0.encoder.flatMap { encoded[$0] }),
        generate: $0.generate,
        speculation: speculation && !model.network.isRecurrent ? Speculation(lists) : nil)
    }
    for r in requests.indices {
      guard let source = prefixes.sources[r] else { continue }
      sequences[r].cache.follow(sequences[source].cache, from: prefixes.shared[r])
    }
    for view in requests.map(\.request.view) where captures[view] == nil {
      views.append(view)
      captures[view] = LensCapture(requests, view: view, model: model, fitted: lens, pool: pool)
    }
  }

  /// Runs everything; a trace for each request.
  func traces() throws -> [Trace] {
    try zip(requests.indices, try columns()).map { r, columns in
      let builder = TraceBuilder(
        model: model, lens: lens, request: requests[r], ids: sequences[r].ids, attribution: attributions[r], pool: pool)
      return try builder.trace(columns, changes: changes, of: r)
    }
  }

  /// Runs everything; the captured columns of each request.
  func columns() throws -> [[LensCapture.Column]] {
    if requests.contains(where: { !$0.changes.isEmpty }) {
      changes = try BatchChanges(requests.map(\.changes), model: model, pool: pool)
    }
    let readers = prefixes.readers(of: requests.map(\.known))
    for group in prefixes.groups {
      for r in group {
        guard let source = prefixes.sources[r] else { continue }
        sequences[r].cache.copy(prefixes.shared[r], from: sequences[source].cache)
      }
      try run(
        inChunks: group.flatMap { r in
          (prefixes.shared[r]..<requests[r].known.count).map {
            Step(request: r, position: $0, id: requests[r].known[$0], readers: readers[r][$0])
          }
        })
    }
    while true {
      let steps = decodingSteps()
      if steps.isEmpty { break }
      try run(inChunks: steps)
    }
    for view in views { try captures[view]?.flush() }
    return requests.indices.map { r in captures[requests[r].request.view]?.columns[r] ?? [] }
  }

  /// The last token of every unfinished text, each with the tokens proposed after it.
  private func decodingSteps() -> [Step] {
    // The last generated token is run only if its own state is wanted.
    let open = requests.indices.filter { r in
      sequences[r].done < sequences[r].ids.count && (sequences[r].generate > 0 || requests[r].request.columns == .all)
    }
    let room = open.isEmpty ? 0 : Speculation.rows / open.count - 1
    return open.flatMap { r -> [Step] in
      let (ids, generate) = (sequences[r].ids, sequences[r].generate)
      let limit = min(room, requests[r].request.columns == .all ? generate : generate - 1)
      let draft = sequences[r].speculation?.draft(after: ids, limit: limit) ?? []
      return (ids.suffix(1) + draft).enumerated().map {
        Step(request: r, position: ids.count - 1 + $0, id: $1, isProposal: $0 > 0, readers: [r])
      }
    }
  }

  private func run(inChunks steps: [Step]) throws {
    guard !model.network.stack.seesWholeText else { return try run(inWholeTexts: steps) }
    for first in stride(from: 0, to: steps.count, by: Tracer.chunk) {
      try run(Array(steps[first..<min(first + Tracer.chunk, steps.count)]))
    }
  }

  /// Runs the tokens of each text together.
  private func run(inWholeTexts steps: [Step]) throws {
    var chunk: [Step] = []
    let texts = Dictionary(grouping: steps, by: \.request).sorted { $0.key < $1.key }.map(\.value)
    for text in texts {
      if !chunk.isEmpty, chunk.count + text.count > Tracer.chunk {
        try run(chunk)
        chunk = []
      }
      chunk += text
    }
    if !chunk.isEmpty { try run(chunk) }
  }

  /// Runs some tokens, keeps the wanted states, and extends the unfinished texts.
  private func run(_ steps: [Step]) throws {
    let tokens = steps.map {
      ForwardPass.BatchToken(id: $0.id, cache: sequences[$0.request].cache, position: $0.position)
    }
    let states = StepStates(steps.map(wanted), layers: model.layers, width: model.width)
    let asked = steps.indices.filter { i in steps[i].readers.contains { attributes(steps[i], $0) } }
    let changed = changes?.step(steps.map { ($0.request, $0.position) })
    let alter: ForwardPass.Alter? = changed.map { changed in { changed.change(stream: $1, row: $0) } }
    if asked.isEmpty {
      let visit: ForwardPass.Visit? = changed.flatMap { changed in
        changed.isWithinBlocks ? { place, block, rows, _ in changed.change(rows, place, block: block) } : nil
      }
      pass.run(tokens, alter: alter, visit: visit, isWanted: states.keeps) { states.keep(point: $0, $1) }
    } else {
      try runAttributing(steps, tokens, asked, states, changed, alter)
    }
    passes += 1
    tokensRun += steps.count
    let looks = steps.indices.flatMap { i in steps[i].readers.compactMap { look(steps[i], at: i, for: $0) } }
    let outputs = StepOutputs(looks, states, model: model, pool: pool)
    var settled = 0
    var accepted: [Int: Int] = [:]
    for (i, step) in steps.enumerated() {
      var takers: [LensView: [LensCapture.Taker]] = [:]
      for r in step.readers where isAccepted(step, in: r) {
        settled += 1
        sequences[r].done = step.position + 1
        if step.isProposal { accepted[r, default: 0] += 1 }
        guard let look = look(step, at: i, for: r), let output = outputs[look] else { continue }
        try check(output, step)
        if let difference = outputs.difference(look) {
          throw RunError.outputDisagrees(model: model.identity.name, position: step.position, detail: difference)
        }
        if extends(step, r) {
          let next = output.drawn ?? output.largest
          sequences[r].ids.append(next)
          // A control token ends the text, as it would end the model's answer.
          sequences[r].generate = model.tokenizer.isSpecial(next) ? 0 : sequences[r].generate - 1
        }
        guard requests[r].captures(step.position) else { continue }
        let taker = LensCapture.Taker(
          request: r, position: step.position,
          // What a mask hides is what the model puts there.
          target: requests[r].masks == nil ? target(step, r) : output.largest, output: output)
        takers[requests[r].request.view, default: []].append(taker)
      }
      for view in views {
        guard let takers = takers[view] else { continue }
        try captures[view]?.add(takers, keep: keep) { states.state(i, point: $0) }
      }
    }
    for (r, proposals) in Dictionary(grouping: steps.filter(\.isProposal), by: \.request) {
      sequences[r].speculation?.learn(accepted: accepted[r] ?? 0, of: proposals.count)
    }
    advanced(settled)
  }

  /// Runs some tokens like others, and attributes at those that are asked for.
  private func runAttributing(
    _ steps: [Step], _ tokens: [ForwardPass.BatchToken], _ asked: [Int], _ states: StepStates, _ changed: StepChanges?,
    _ alter: ForwardPass.Alter?
  ) throws {
    let parts = PartStates(tokens: asked)
    pass.run(
      tokens, alter: alter,
      visit: { place, block, rows, columns in
        changed?.change(rows, place, block: block)
        parts.keep(place, block: block, rows, columns: columns)
      }
    ) { point, stream in
      states.keep(point: point, stream)
      parts.keep(stream: stream)
    }
    let attributing = Attributing(model: model, pool: pool)
    for token in asked {
      for r in steps[token].readers where attributes(steps[token], r) {
        guard let question = requests[r].attribution else { continue }
        attributions[r] = try attributing.attribution(
          parts, token: token, position: question.position, target: question.target, foil: question.foil)
      }
    }
  }

  /// Whether a request asks what the parts of the model add at a token.
  private func attributes(_ step: Step, _ r: Int) -> Bool {
    !step.isProposal && requests[r].attribution?.position == step.position
  }

  /// Whether a token belongs to the part of a reader's text that must be run.
  private func isAccepted(_ step: Step, in r: Int) -> Bool {
    let ids = sequences[r].ids
    guard step.position < ids.count, ids[step.position] == step.id else { return false }
    return step.position < requests[r].known.count || sequences[r].generate > 0 || requests[r].request.columns == .all
  }

  /// Whether a reader's text continues with the model's output after this token, if the token is accepted.
  private func extends(_ step: Step, _ r: Int) -> Bool {
    step.position >= sequences[r].ids.count - 1 && sequences[r].generate > 0
  }

  private func target(_ step: Step, _ r: Int) -> Int? {
    guard requests[r].masks == nil else { return nil }
    let ids = sequences[r].ids
    return step.position + 1 < ids.count ? ids[step.position + 1] : nil
  }

  /// What is kept of a token for all its readers.
  private func wanted(_ step: Step) -> StepStates.Wanted {
    step.readers.map { r in
      if requests[r].captures(step.position) { return requests[r].request.rows.wanted }
      return extends(step, r) ? .last : .nothing
    }.max() ?? .nothing
  }

  /// A reader's question about the model's own logits after a token; nil for none.
  private func look(_ step: Step, at index: Int, for r: Int) -> StepOutputs.Look? {
    guard extends(step, r) || requests[r].captures(step.position) else { return nil }
    return StepOutputs.Look(
      token: index, target: target(step, r), counted: model.counted(requests[r].request.norm),
      draw: requests[r].draw(after: step.position))
  }

  private func check(_ output: ModelOutput, _ step: Step) throws {
    guard !output.logSumExp.isFinite else { return }
    if let weight = model.nonFiniteWeight() { throw weight }
    throw RunError.notFinite(model: model.identity.name, row: "the last layer", position: step.position)
  }
}

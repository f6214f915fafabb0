import Traces

/// The progress of a batch.
public struct TraceProgress: Sendable, Equatable {
  /// Positions run so far, of prompts and generated tokens.
  public var done: Int
  /// The most positions to run.
  public var total: Int
}

/// Runs requests on one model and reads their states with the lens: a `Trace` for each.
public struct Tracer: Sendable {
  /// The most tokens run together; bounds the workspace.
  static let chunk = 256
  /// The number of texts worth generating together even if their keys and values exceed the budget: with this many, products
  /// and no longer the reading of weights dominate the time of a step.
  static let together = 32
  /// The most bytes of keys and values kept at a time, for up to that many texts and for more; a single text may need more.
  static let cacheBudgets = (few: 1 << 30, many: 128 << 20)

  let model: LanguageModel
  let lens: FittedLens?
  let pool: ThreadPool
  let speculation: Bool

  /// A tracer that works on `threads` threads; its numbers do not depend on how many.
  ///
  /// The model's weights begin to be read in the background.
  ///
  /// - Parameters:
  ///   - model: The model to run.
  ///   - lens: A fitted lens to look through; nil for the logit lens.
  ///   - threads: How many threads compute, at least 1.
  ///   - speculation: Whether tokens are proposed and verified several at a time, which changes no number.
  /// - Throws: `RunError.noThreads`; `TunedLensError` or `JacobianLensError` for a lens that does not fit.
  public init(model: LanguageModel, lens: FittedLens? = nil, threads: Int, speculation: Bool = true) throws {
    try lens?.require(fits: model)
    self.model = model
    self.lens = lens
    self.speculation = speculation
    self.pool = try ThreadPool(threads: threads)
    model.readAhead()
  }

  /// Whether a request can be run, without running it.
  ///
  /// - Throws: `RunError` or a tokenizer's error with the reason.
  public func check(_ request: TraceRequest) throws { _ = try PreparedRequest(request, model: model, lens: lens) }

  /// Why the model cannot follow watched words of a request or words that are compared, an error for each such word: `RunError`, or the tokenizer's.
  public func watchProblems(of request: TraceRequest) -> [any Error] {
    var problems: [any Error] = []
    func note(_ look: () throws -> Void) {
      do { try look() } catch { problems.append(error) }
    }
    for watched in request.watch { note { _ = try PreparedRequest.look(up: watched, request.norm, model: model) } }
    if let asked = request.attribute {
      note { _ = try TokenPair(target: asked.target, foil: asked.foil).ids(of: model, for: "attribute") }
    }
    if let asked = request.patch {
      note {
        let base = try model.tokenizer.encode(request.prompt, addSpecialTokens: true)
        _ = try PreparedPatch(asked, base: base, isChat: request.chat != nil, model: model)
      }
    }
    return problems
  }

  /// Traces in the order of requests; prompts are run together, each weight read once per step for all of them.
  ///
  /// - Parameters:
  ///   - requests: What to run and what to look at.
  ///   - states: Keeps the states themselves, under the indices of the requests.
  ///   - progress: Told after every step.
  /// - Throws: `RunError` or a tokenizer's error for the first request that cannot be run, before anything is run;
  ///   `RunError.lensDisagrees` when the last row is not the model's own output.
  public func trace(
    _ requests: [TraceRequest], states: CapturedStates? = nil,
    progress: (@Sendable (TraceProgress) -> Void)? = nil
  ) throws -> [Trace] {
    let asked = try requests.map { try PreparedRequest($0, model: model, lens: lens) }
    let first = try requests.map { request in
      try AutomaticWatches.firstRun(of: request).map { try PreparedRequest($0, model: model, lens: lens) }
    }
    let total = (asked + first.compactMap(\.self)).reduce(0) { $0 + $1.capacity }
    var done = 0
    func advance(_ positions: Int) {
      done += positions
      progress?(TraceProgress(done: done, total: total))
    }
    let finding = requests.indices.filter { first[$0] != nil }
    var found = [Trace?](repeating: nil, count: requests.count)
    for (index, trace) in zip(finding, try run(finding.compactMap { first[$0] }, advanced: advance)) {
      found[index] = trace
    }
    states?.ask(requests)
    let watches = try AutomaticWatches(asked, firstRuns: found, model: model)
    var traces = try run(watches.prepared, states: states, advanced: advance)
    for index in finding { traces[index].automatic = watches.found[index] }
    return traces
  }

  /// Traces of requests whose watched tokens are known.
  private func run(
    _ prepared: [PreparedRequest], states: CapturedStates? = nil, advanced: @escaping (Int) -> Void
  ) throws -> [Trace] {
    var traces = [Trace?](repeating: nil, count: prepared.count)
    for batch in batches(prepared) {
      let run = BatchRun(
        batch.map { prepared[$0] }, model: model, lens: lens, pool: pool, speculation: speculation, advanced: advanced)
      if let states {
        run.keep = { request, position, column, rows in
          states.add(request: batch[request], position: position, states: column, rows: rows, width: model.width)
        }
      }
      for (index, trace) in zip(batch, try run.traces()) { traces[index] = trace }
    }
    return traces.compactMap { $0 }
  }

  /// Groups of requests, by index, whose caches fit the budget together; requests with common beginnings are adjacent.
  func batches(_ prepared: [PreparedRequest]) -> [[Int]] {
    Self.batches(
      prepared, bytesPerPosition: KVCache.bytesPerPosition(model.network),
      bytesPerText: KVCache.bytesPerText(model.network))
  }

  /// The same groups for keys and values of a given size, and states of recurrent layers.
  static func batches(_ prepared: [PreparedRequest], bytesPerPosition: Int, bytesPerText: Int = 0) -> [[Int]] {
    let bytes = max(1, bytesPerPosition)
    let generates = prepared.contains { $0.generate > 0 }
    func fits(_ positions: Int, of texts: Int) -> Bool {
      let isFew = generates && texts <= together
      return texts <= 1 || positions * bytes + texts * bytesPerText <= (isFew ? cacheBudgets.few : cacheBudgets.many)
    }
    let order = prepared.indices.sorted {
      let (a, b) = (prepared[$0].known, prepared[$1].known)
      return a == b ? $0 < $1 : a.lexicographicallyPrecedes(b)
    }
    let isOne = fits(prepared.reduce(0) { $0 + $1.positions }, of: prepared.count)
    var batches: [[Int]] = []
    var used = 0
    for index in isOne ? Array(prepared.indices) : order {
      if let last = batches.last, fits(used + prepared[index].positions, of: last.count + 1) {
        batches[batches.count - 1].append(index)
        used += prepared[index].positions
      } else {
        batches.append([index])
        used = prepared[index].positions
      }
    }
    return batches
  }
}

/// How far a batch is.
public struct TraceProgress: Sendable, Equatable {
  /// Positions run so far, prompts' and generated ones.
  public var done: Int
  /// Positions to run at most.
  public var total: Int
}

/// Runs requests on one model and looks through the lens: a `Trace` for each.
public struct Tracer: Sendable {
  /// Tokens run together at most; bounds the workspace.
  static let chunk = 256
  /// Bytes of keys and values kept at a time at most, unless one prompt alone needs more.
  static let cacheBudget = 128 << 20

  let model: LanguageModel
  let lens: TunedLens?
  let pool: ThreadPool
  let speculation: Bool

  /// A tracer that works on `threads` threads; its numbers do not depend on how many.
  ///
  /// - Parameters:
  ///   - lens: A tuned lens to look through; nil for the logit lens.
  ///   - speculation: Whether tokens are proposed and verified several at a time, which changes no number.
  /// - Throws: `RunError.noThreads`; `TunedLensError.doesNotFit`.
  public init(model: LanguageModel, lens: TunedLens? = nil, threads: Int, speculation: Bool = true) throws {
    try lens?.require(fits: model)
    self.model = model
    self.lens = lens
    self.speculation = speculation
    self.pool = try ThreadPool(threads: threads)
  }

  /// Whether a request can be run, without running it.
  ///
  /// - Throws: `RunError` or a tokenizer's error that says why not.
  public func check(_ request: TraceRequest) throws { _ = try PreparedRequest(request, model: model, lens: lens) }

  /// Traces in the order of requests; prompts are run together, each weight read once per step for all of them.
  ///
  /// - Parameter states: Keeps the states themselves, under the indices of the requests.
  /// - Throws: `RunError` or a tokenizer's error for the first request that cannot be run, before anything is run;
  ///   `RunError.lensDisagrees` when the last row is not the model's own output.
  public func trace(
    _ requests: [TraceRequest], states: CapturedStates? = nil,
    progress: (@Sendable (TraceProgress) -> Void)? = nil
  ) throws -> [Trace] {
    let prepared = try requests.map { try PreparedRequest($0, model: model, lens: lens) }
    let total = prepared.reduce(0) { $0 + $1.capacity }
    var done = 0
    var traces: [Trace] = []
    for batch in batches(prepared) {
      let first = traces.count
      let run = BatchRun(batch, model: model, lens: lens, pool: pool, speculation: speculation) { positions in
        done += positions
        progress?(TraceProgress(done: done, total: total))
      }
      if let states {
        run.keep = { request, position, column, rows in
          states.add(request: first + request, position: position, states: column, rows: rows, width: model.width)
        }
      }
      traces += try run.traces()
    }
    return traces
  }

  /// Consecutive requests whose caches fit the budget together.
  func batches(_ prepared: [PreparedRequest]) -> [[PreparedRequest]] {
    let positions = max(1, Self.cacheBudget / max(1, KVCache.bytesPerPosition(model.network)))
    var batches: [[PreparedRequest]] = []
    var used = 0
    for request in prepared {
      if batches.isEmpty || used + request.capacity > positions {
        batches.append([])
        used = 0
      }
      batches[batches.count - 1].append(request)
      used += request.capacity
    }
    return batches
  }
}

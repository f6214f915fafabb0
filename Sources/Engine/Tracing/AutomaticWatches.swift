import Traces

/// What `watch: auto(n)` asks for, found by a first run of each text that asks.
struct AutomaticWatches {
  /// Requests whose watched tokens are known.
  let prepared: [PreparedRequest]
  /// What was found, by request; nil where nothing was asked.
  let found: [Trace.Automatic?]

  /// The request of the first run, which needs only the most probable token of each state; nil where nothing is asked.
  static func firstRun(of request: TraceRequest) -> TraceRequest? {
    guard request.watch.contains(where: { $0.automatic != nil }) else { return nil }
    var first = request
    (first.watch, first.topK, first.attribute, first.patch) = ([], 1, nil, nil)
    return first
  }

  /// Fills in the tokens that first runs found, after those that the author named.
  ///
  /// - Throws: `RunError.noSuchPosition` where a text has fewer positions.
  init(_ requests: [PreparedRequest], firstRuns: [Trace?], model: LanguageModel) throws {
    var prepared = requests
    var found: [Trace.Automatic?] = requests.map { _ in nil }
    for (index, request) in requests.enumerated() {
      guard let trace = firstRuns[index], let asked = request.request.watch.lazy.compactMap(\.automatic).first else {
        continue
      }
      guard let columns = trace.columns(of: asked.position) else {
        throw RunError.noSuchPosition(model: model.identity.name, asked: asked.written, positions: trace.columns.count)
      }
      let named = zip(request.watch, request.request.watch).filter { $1.automatic == nil }
      let singles = named.filter { if case .token = $1 { true } else { false } }.flatMap { $0.0.ids }
      let automatic = trace.automatic(asked, in: columns, besides: Set(singles))
      let texts = automatic.ids.map { Watched.token(model.label($0)) }
      var own = request.request
      own.watch = named.map(\.1) + texts
      let tokens = named.map(\.0) + automatic.ids.map(WatchedTokens.init(id:))
      prepared[index] = request.watching(own, tokens)
      found[index] = automatic
    }
    self.prepared = prepared
    self.found = found
  }
}

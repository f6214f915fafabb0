import Traces

/// Puts readings of the lens into the trace's matrices.
struct TraceBuilder {
  let model: LanguageModel
  let lens: FittedLens?
  let request: PreparedRequest
  /// The whole text.
  let ids: [Int]
  var attribution: Trace.Attribution?
  /// What patched runs gave that somebody else made; nil where the request's own are made here.
  var patched: Trace.Patching?
  let pool: ThreadPool

  /// The trace of finished columns, in the order of their positions; `changes` are those of its batch, of which it is number `index`.
  ///
  /// - Throws: The errors of patched runs.
  func trace(
    _ columns: [LensCapture.Column], changes: BatchChanges? = nil, of index: Int = 0
  ) throws -> Trace {
    let rows = request.request.view.points(model.network)
    // A row that the lens does not read has no values.
    func matrix<Value>(_ value: (LensCapture.Column, LogitLens.Reading) -> Value?) -> [[Value?]] {
      rows.indices.map { row in columns.map { column in column.readings[row].flatMap { value(column, $0) } } }
    }
    func lists<Value>(_ values: (LogitLens.Reading) -> [Value]) -> [[[Value]]] {
      rows.indices.map { row in columns.map { $0.readings[row].map(values) ?? [] } }
    }
    let k = request.request.topK
    let topIDs = lists { Array($0.topIDs.prefix(k)) }
    var first = 0
    let watch = zip(request.watch, request.request.watch).compactMap { tokens, asked -> Trace.Watch? in
      let members = first..<(first + tokens.ids.count)
      first = members.upperBound
      // Readings list the target first, if the column has one.
      func places(_ column: LensCapture.Column) -> Range<Int> {
        column.target == nil ? members : (members.lowerBound + 1)..<(members.upperBound + 1)
      }
      let rank = matrix { $1.ranks[places($0)].min() }
      let logprob = matrix { $1.logProbability(ofAny: $1.logits[places($0)]) }
      switch asked {
      case .token(let text): return Trace.Watch(id: tokens.ids[0], text: text, rank: rank, logprob: logprob)
      case .set(let set):
        return Trace.Watch(
          name: set.name, ids: tokens.ids, texts: tokens.ids.map(text), firstOf: tokens.firstOf, rank: rank,
          logprob: logprob)
      // A first run has put tokens in its place.
      case .automatic: return nil
      }
    }
    let patching = try patched ?? request.patch?.answer(model, pool: pool, token: token)
    let pair = (attribution.map { [$0.target, $0.foil] } ?? []) + (patching.map { [$0.target, $0.foil] } ?? [])
    let occurring = Set(ids).union(request.watchedIDs).union(topIDs.joined().joined()).union(pair)
    var trace = Trace(
      model: Trace.Model(model), lens: Trace.Lens.of(lens, norm: request.request.norm),
      prompt: request.request.prompt, promptLength: request.promptLength, method: request.request.method,
      tokens: ids.map(token), rows: rows,
      columns: columns.map { Trace.Column(position: $0.position, target: $0.target) },
      rank: matrix { $0.target == nil ? nil : $1.ranks[0] },
      logprob: matrix { $0.target == nil ? nil : $1.logProbability($1.logits[0]) },
      top: Trace.Top(
        k: k, ids: topIDs, logprobs: lists { reading in reading.topLogits.prefix(k).map(reading.logProbability) }),
      watch: watch, entropy: matrix { Float($1.entropy) }, kl: matrix { Float($1.divergence) },
      texts: Dictionary(uniqueKeysWithValues: occurring.map { ($0, text($0)) }), chat: request.chat,
      encoder: request.encoder.map { Trace.EncoderText(tokens: $0.map(token), decoder: request.request.decoder) },
      masks: request.masks)
    trace.attribution = attribution
    trace.patching = patching
    if let told = changes?.told(index, tokens: ids.count, token: token) {
      trace.changes = told
      trace.schema = Trace.secondSchemaName
    }
    return trace
  }

  private func text(_ id: Int) -> Trace.TokenText {
    if let text = model.tokenizer.text(of: id) { return .text(text) }
    return .bytes(hex(id))
  }

  private func token(_ id: Int) -> Trace.Token {
    switch text(id) {
    case .text(let text): Trace.Token(id: id, text: text, bytes: nil)
    case .bytes(let hex): Trace.Token(id: id, text: nil, bytes: hex)
    }
  }

  /// Bytes of a token in hex; empty for a row of the head without a token.
  private func hex(_ id: Int) -> String {
    Hex.digits(model.tokenizer.bytes(of: id) ?? [])
  }
}

extension Trace.Model {
  /// A model's description in traces.
  init(_ model: LanguageModel) {
    self.init(
      name: model.identity.name, architecture: model.architecture, layers: model.layers, width: model.width,
      vocabulary: model.vocabulary, padding: model.padding > 0 ? model.padding : nil, weights: model.weights,
      sha256: model.identity.sha256, license: model.identity.license, source: model.identity.source,
      acceptedSettings: model.acceptedSettings.isEmpty
        ? nil
        : model.acceptedSettings.map { AcceptedSetting(name: $0.key, value: $0.value, file: $0.file.rawValue) },
      bos: model.bos == .model ? nil : model.bos, adapter: model.adapter.map { Trace.Adapter($0) })
  }
}

extension Trace.Adapter {
  /// An adapter's description in traces.
  init(_ adapter: Adapter) {
    self.init(
      name: adapter.name, sha256: adapter.sha256, rank: adapter.rank, alpha: adapter.alpha,
      baseModel: adapter.baseModel, source: adapter.source)
  }
}

extension Trace.Lens {
  /// The lens's description in traces; nil is the logit lens.
  static func of(_ lens: FittedLens?, norm: Norm) -> Trace.Lens {
    lens?.description(norm: norm) ?? Trace.Lens(kind: .logit, norm: norm)
  }
}

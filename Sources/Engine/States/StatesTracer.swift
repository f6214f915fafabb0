import Traces

/// Reads states that a run left somewhere with the lens: a `Trace` for each text, as if the model had run here.
///
/// Of the model only the last norm, the head and the tokenizer are opened.
public struct StatesTracer: Sendable {
  /// What is looked at, and what the files do not say; nil is what the file says was asked, or else what a run does by default.
  public struct Request: Sendable {
    /// Tokens, and sets of tokens, watched besides the targets.
    public var watch: [Watched]?
    /// Most probable tokens kept for each row and column.
    public var topK: Int?
    /// Whether the final norm is applied to every state.
    public var norm: Trace.Lens.Norm?
    /// Which of the rows of our own file are read.
    public var rows: TraceRequest.Rows?
    /// The text with which the tokens of vLLM's file begin; nil when all of them are the prompt.
    public var prompt: String?
    /// The text that was served after the states of vLLM's file.
    public var continuation: String?
    /// Which positions are read; nil is all of our own file, and of vLLM's those that predict what was served.
    public var columns: TraceRequest.Columns?

    /// What the file says was asked.
    public init() {}
  }

  /// What came out.
  public struct Outcome: Sendable {
    /// In the order of the texts.
    public var traces: [Trace] = []
    /// What may be wrong with the states.
    public var warnings: [String] = []
  }

  let model: LanguageModel
  let lens: FittedLens?
  let pool: ThreadPool

  /// Opens what is needed of a model.
  ///
  /// - Parameters:
  ///   - path: The `.gguf` file or the folder; tensors of blocks may be missing.
  ///   - identity: Who it is, for the traces.
  ///   - options: What the user decides about it.
  ///   - adapter: What was added to its products.
  ///   - lens: A fitted lens to look through; nil for the logit lens.
  ///   - threads: How many threads compute, at least 1.
  /// - Throws: an `EngineError`, as `LanguageModel.open` and `Tracer.init` do.
  public init(
    path: String, identity: ModelIdentity, options: ModelOptions = ModelOptions(), adapter: Adapter? = nil,
    lens: FittedLens? = nil, threads: Int
  ) throws {
    let files = try openModelFiles(path: path)
    model = try LanguageModel(
      files, as: Architecture.of(files), type: files.architecture, identity: identity, options: options,
      adapter: adapter, outputAlone: true)
    try lens?.require(fits: model)
    self.lens = lens
    pool = try ThreadPool(threads: threads)
  }

  /// What the user should know about how the model was opened.
  public var notes: [ModelNote] { model.notes }

  /// The traces of a file.
  ///
  /// - Throws: `StatesFileError` where the file does not fit the model or the request; what `Tracer.trace` throws.
  public func traces(of file: StatesFile, _ request: Request) throws -> Outcome {
    var outcome = Outcome()
    let rows = try self.rows(of: file)
    let isAsWritten = file.isAsWritten
    outcome.warnings += warnings(about: file, isAsWritten: isAsWritten)
    for text in file.texts {
      try requireFit(text, path: file.path)
      var asked =
        try text.asked.map { try ask($0, of: text, request, rows, path: file.path) }
        ?? ask(text, request, path: file.path)
      // What further runs gave is of the states that the program wrote.
      asked.place.isOfRun = asked.place.isOfRun && isAsWritten
      outcome.warnings += asked.warnings
      let first = try AutomaticWatches.firstRun(of: asked.prepared.request).map { request in
        try StatesRun(text, asked.prepared.watching(request, []), asked.place, model: model, lens: lens, pool: pool)
          .trace()
      }
      let watches = try AutomaticWatches([asked.prepared], firstRuns: [first], model: model)
      let run = StatesRun(text, watches.prepared[0], asked.place, model: model, lens: lens, pool: pool)
      var trace = try run.trace()
      trace.automatic = watches.found[0]
      outcome.warnings += try StatesCheck(text, trace, served: asked.served, model: model, pool: pool).warnings
      if let given = withGivenText(trace) {
        trace = given
        outcome.warnings.append(
          "\(text.place): the last row would have generated other tokens, so the trace has those after the prompt as a "
            + "continuation")
      }
      outcome.traces.append(trace)
    }
    return outcome
  }

  /// A text that can be read, where its served tokens begin, and what is unusual about it.
  private struct Asked {
    var prepared: PreparedRequest
    var place: StatesRun.Place
    /// The columns, by position, whose next tokens the model itself chose; nil where nobody knows any.
    var served: Range<Int>?
    var warnings: [String] = []
  }

  /// Which points of the network the file has.
  private func rows(of file: StatesFile) throws(StatesFileError) -> TraceRequest.Rows {
    guard let said = file.rows else { return .blocks }
    let choices = TraceRequest.Rows.allCases
    func written(_ rows: TraceRequest.Rows) -> String {
      CapturedStates.written(LensView(norm: .final, rows: rows).points(model.network))
    }
    guard let found = choices.first(where: { written($0) == said }) else {
      throw .rows(path: file.path, model: model.identity.name, found: said, expected: written(.blocks))
    }
    return found
  }

  private func requireFit(_ text: StatesFile.Text, path: String) throws(StatesFileError) {
    let name = model.identity.name
    guard text.width == model.width else {
      throw .width(path: text.place, model: name, found: text.width, expected: model.width)
    }
    let ids = text.ids + (text.asked?.encoder?.tokens.map(\.id) ?? [])
    if let index = ids.firstIndex(where: { !(0..<model.vocabulary).contains($0) }) {
      throw .token(path: text.place, model: name, index: index, found: ids[index], vocabulary: model.vocabulary)
    }
  }

  private func requireRows(_ text: Int, _ rows: TraceRequest.Rows, path: String) throws(StatesFileError) {
    let expected = LensView(norm: .final, rows: rows).points(model.network).count
    guard text == expected else {
      throw .layers(path: path, model: model.identity.name, found: text, expected: expected)
    }
  }

  /// A text of our own file, which says what was asked.
  private func ask(
    _ asked: Trace, of text: StatesFile.Text, _ request: Request, _ rows: TraceRequest.Rows, path: String
  ) throws -> Asked {
    for (option, isGiven) in [
      ("--prompt", request.prompt != nil), ("--continuation", request.continuation != nil),
      ("--bos \(model.bos.rawValue)", model.bos != .model && model.bos != asked.model.bos),
    ] where isGiven {
      throw StatesFileError.textIsSaid(path: path, option: option)
    }
    guard (asked.encoder != nil) == model.hasEncoder, (asked.masks != nil) == model.fillsMasks else {
      throw StatesFileError.kind(path: path, model: model.identity.name)
    }
    let kept = text.kept
    let trace = TraceRequest(
      prompt: asked.prompt, method: asked.method, watch: request.watch ?? kept?.watch ?? [],
      topK: request.topK ?? kept?.top ?? TraceRequest.usualTop, columns: request.columns ?? .generated,
      // Fitted lenses read through the final norm alone.
      norm: request.norm ?? (lens == nil ? kept?.lens.norm : nil) ?? .final, rows: request.rows ?? rows,
      decoder: asked.encoder?.decoder)
    let prepared = try PreparedRequest(
      trace, known: asked.tokens.map(\.id), promptLength: asked.promptLength, encoder: asked.encoder?.tokens.map(\.id),
      chat: asked.chat, masks: asked.masks, model: model, lens: lens)
    var served: Range<Int>?
    if case .generate = asked.method, asked.masks == nil, asked.promptLength < asked.tokens.count {
      served = max(0, asked.promptLength - 1)..<(asked.tokens.count - 1)
    }
    let columns = try request.columns.map { try places($0, of: text, prepared) } ?? Array(text.positions.indices)
    let place = StatesRun.Place(rows: rows, columns: columns, isOfRun: isOfRun(asked))
    return Asked(prepared: prepared, place: place, served: served)
  }

  /// The columns of our own file that are asked for; all of them must be there, as in a run that was asked for them.
  private func places(
    _ asked: TraceRequest.Columns, of text: StatesFile.Text, _ prepared: PreparedRequest
  ) throws -> [Int] {
    if prepared.masks != nil, asked == .all {
      throw RunError.columnsWithoutMask(model: model.identity.name, mask: model.mask ?? "")
    }
    return try prepared.known.indices.filter(prepared.captures).map { position in
      guard let column = text.positions.firstIndex(of: position) else {
        throw StatesFileError.missingColumn(path: text.place, position: position)
      }
      return column
    }
  }

  /// A text of vLLM's file, of which the tokens are known.
  private func ask(_ text: StatesFile.Text, _ request: Request, path: String) throws -> Asked {
    let name = model.identity.name
    guard !model.hasEncoder else { throw RunError.noStatesOfEncoder(model: name) }
    guard !model.fillsMasks else { throw RunError.noStatesOfEncoder(model: name) }
    let tokenizer = model.tokenizer
    var warnings: [String] = []
    let prompt: String
    var promptLength = text.ids.count
    if let given = request.prompt {
      let ids = try tokenizer.encode(given, addSpecialTokens: true)
      guard !ids.isEmpty else { throw RunError.emptyPrompt(model: name) }
      for (position, id) in ids.enumerated() where position >= text.ids.count || text.ids[position] != id {
        let found = position < text.ids.count ? "\(text.ids[position]) (\(label(text.ids[position])))" : "no token"
        throw StatesFileError.otherPrompt(
          path: path, position: position, found: found, expected: "\(id) (\(label(id)))")
      }
      (prompt, promptLength) = (given, ids.count)
    } else {
      let written = try self.text(of: text.ids)
      prompt = written.text
      if !written.isExact {
        warnings.append(
          "\(text.place): the tokens' own text is cut into other tokens; the prompt is shown as that text")
      }
    }
    let rest = Array(text.ids[promptLength...])
    var known = text.ids
    var method = Trace.Method.generate(0)
    if let continuation = request.continuation {
      guard rest.isEmpty else { throw StatesFileError.followedTwice(path: path, tokens: rest.count) }
      known += try tokenizer.encode(continuation, addSpecialTokens: false)
      method = .continuation(continuation)
    } else if !rest.isEmpty {
      method = .continuation(String(decoding: rest.flatMap { tokenizer.bytes(of: $0) ?? [] }, as: UTF8.self))
    }
    let trace = TraceRequest(
      prompt: prompt, method: method, watch: request.watch ?? [], topK: request.topK ?? TraceRequest.usualTop,
      columns: request.columns ?? .generated, norm: request.norm ?? .final, rows: request.rows ?? .blocks)
    try requireRows(text.rows, .blocks, path: text.place)
    let prepared = try PreparedRequest(
      trace, known: known, promptLength: promptLength, encoder: nil, chat: nil, masks: nil, model: model, lens: lens)
    let served = promptLength < known.count ? max(0, promptLength - 1)..<(known.count - 1) : nil
    let columns = text.positions.indices.filter { prepared.captures(text.positions[$0]) }
    let place = StatesRun.Place(rows: .blocks, columns: columns, isOfRun: false)
    return Asked(prepared: prepared, place: place, served: served, warnings: warnings)
  }

  /// The text of tokens without those that the tokenizer puts before every text, and whether it is cut into the same tokens again.
  private func text(of ids: [Int]) throws -> (text: String, isExact: Bool) {
    let tokenizer = model.tokenizer
    func text(_ ids: ArraySlice<Int>) -> String {
      String(decoding: ids.flatMap { tokenizer.bytes(of: $0) ?? [] }, as: UTF8.self)
    }
    let bare = ids.starts(with: tokenizer.prefix) ? ids.dropFirst(tokenizer.prefix.count) : ids[...]
    for candidate in [text(bare), text(ids[...])] where !candidate.isEmpty {
      // SentencePiece writes a space before the first word.
      for written in [candidate, candidate.hasPrefix(" ") ? String(candidate.dropFirst()) : candidate]
      where try !written.isEmpty && tokenizer.encode(written, addSpecialTokens: true) == ids {
        return (written, true)
      }
    }
    return (bare.isEmpty ? text(ids[...]) : text(bare), false)
  }

  private func label(_ id: Int) -> String {
    TokenDisplay.label(bytes: model.tokenizer.bytes(of: id) ?? [])
  }
}

import Traces

/// A request in token ids, checked against the model before any run.
struct PreparedRequest {
  let request: TraceRequest
  /// Prompt, then a given continuation.
  let known: [Int]
  let promptLength: Int
  /// Tokens to generate.
  let generate: Int
  /// The conversation with its spans; nil for a plain text.
  let chat: Conversation?
  /// In the order of the request.
  let watch: [WatchedTokens]
  /// Nil where nothing is attributed.
  let attribution: PreparedAttribution?
  /// Nil where nothing is patched.
  let patch: PreparedPatch?

  /// The largest length of the text.
  var capacity: Int { known.count + generate }

  /// Tokenizes and checks.
  ///
  /// - Throws: `RunError` for an empty or too long prompt, watched words that are not one token, counts out of range;
  ///   `TunedLensError` for rows or a norm that the lens does not support.
  init(_ request: TraceRequest, model: LanguageModel, lens: TunedLens?) throws {
    let watch = try request.watch.map { try Self.look(up: $0, request.norm, model: model) }
    try self.init(request, model: model, lens: lens, watch: watch)
  }

  /// The tokens of a watched series.
  static func look(up watched: Watched, _ norm: Trace.Lens.Norm, model: LanguageModel) throws -> WatchedTokens {
    let words = WordTokens(tokenizer: model.tokenizer, model: model.identity.name)
    return try WatchedTokens(watched, words: words, counted: model.counted(norm))
  }

  /// Tokenizes and checks a request with given watched tokens, which may differ from its own.
  init(_ request: TraceRequest, model: LanguageModel, lens: TunedLens?, watch: [WatchedTokens]) throws {
    try lens?.require(canShow: request)
    let tokenizer = model.tokenizer
    let name = model.identity.name
    guard request.chat?.isAsked != true else { throw RunError.chatNotRendered(model: name) }
    guard !request.prompt.isEmpty else { throw RunError.emptyPrompt(model: name) }
    guard (1...model.counted(request.norm)).contains(request.topK) else {
      throw RunError.badTopK(model: name, found: request.topK, vocabulary: model.counted(request.norm))
    }
    let prompt: [Int]
    if case .rendered(let rendered) = request.chat {
      let tokens = try ChatTokens(request.prompt, rendered, tokenizer: tokenizer, bos: model.bos)
      (prompt, chat) = (tokens.ids, tokens.conversation)
    } else {
      prompt = try tokenizer.encode(request.prompt, addSpecialTokens: true)
      chat = nil
    }
    guard !prompt.isEmpty else { throw RunError.emptyPrompt(model: name) }
    switch request.method {
    case .generate(let count):
      guard count >= 0 else { throw RunError.badGenerate(model: name, found: count) }
      known = prompt
      generate = count
    case .sample(let count, let sampling):
      guard count >= 0 else { throw RunError.badGenerate(model: name, found: count) }
      if let problem = sampling.problem {
        throw RunError.badSampling(model: name, key: problem.key, found: problem.found, expected: problem.expected)
      }
      known = prompt
      generate = count
    case .continuation(let text):
      known = prompt + (try tokenizer.encode(text, addSpecialTokens: false))
      generate = 0
    }
    if let position = known.firstIndex(where: { $0 >= model.vocabulary }) {
      let label = TokenDisplay.label(bytes: tokenizer.bytes(of: known[position]) ?? [])
      throw RunError.tokenWithoutRow(
        model: name, id: known[position], text: label, position: position, rows: model.vocabulary)
    }
    let (length, overflow) = known.count.addingReportingOverflow(generate)
    guard !overflow, length <= model.context else {
      throw RunError.tooLong(model: name, tokens: overflow ? .max : length, context: model.context)
    }
    let (positions, isTooMany) = KVCache.bytesPerPosition(model.network).multipliedReportingOverflow(by: length)
    let (bytes, isTooMuch) = positions.addingReportingOverflow(KVCache.bytesPerText(model.network))
    let isBeyond = isTooMany || isTooMuch
    let memory = KVCache.memory
    guard !isBeyond, bytes <= memory else {
      throw RunError.cacheTooLarge(model: name, tokens: length, bytes: isBeyond ? .max : bytes, memory: memory)
    }
    let count = known.count
    attribution = try request.attribute.map {
      try PreparedAttribution($0, known: count, promptLength: prompt.count, model: model)
    }
    patch = try request.patch.map {
      try PreparedPatch($0, base: prompt, isChat: request.chat != nil, model: model)
    }
    self.request = request
    promptLength = prompt.count
    self.watch = watch
  }

  /// Ids of all watched series one after another; an id can occur in several.
  var watchedIDs: [Int] { watch.flatMap(\.ids) }

  /// The draw of the token after a position; nil within the prompt, and if tokens are not drawn.
  func draw(after position: Int) -> TokenDraw? {
    guard case .sample(_, let sampling) = request.method, position >= promptLength - 1 else { return nil }
    return TokenDraw(sampling: sampling, index: position + 1 - promptLength)
  }

  /// Whether the state at `position` is captured, whatever is generated after it.
  func captures(_ position: Int) -> Bool {
    switch request.columns {
    case .last: position == promptLength - 1
    case .all: true
    case .generated:
      // The end of a given text has no next token; the end of a generated one is not run.
      position == promptLength - 1 || position >= promptLength && (generate > 0 || position < known.count - 1)
    }
  }
}

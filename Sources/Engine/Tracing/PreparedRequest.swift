import Traces

/// A request in token ids, checked against the model before any run.
struct PreparedRequest {
  private(set) var request: TraceRequest
  /// Nil for the logit lens.
  let lens: FittedLens?
  /// Prompt, then a given continuation; of an encoder-decoder model the decoder's tokens, from its start token on.
  let known: [Int]
  let promptLength: Int
  /// What the encoder reads; nil in a model without one.
  let encoder: [Int]?
  /// Tokens to generate.
  let generate: Int
  /// The conversation with its spans; nil for a plain text.
  let chat: Conversation?
  /// In the order of the request.
  private(set) var watch: [WatchedTokens]
  /// Nil where nothing is attributed.
  var attribution: PreparedAttribution?
  /// Positions of the tokens that a masked model fills in; nil for a model that continues its text.
  let masks: [Int]?
  /// Nil where nothing is patched.
  var patch: PreparedPatch?
  /// Changes of the run.
  var changes: [PreparedChange]
  /// 1 for tokens whose probability is summed after every token; nil where nobody asks. [V]
  var marks: [UInt8]?

  /// The largest length of the text.
  var capacity: Int { known.count + generate }
  /// Positions whose keys and values are kept: those of the text and of what the encoder reads.
  var positions: Int { capacity + (encoder?.count ?? 0) }

  /// Tokenizes and checks.
  ///
  /// - Throws: `RunError` for an empty or too long prompt, watched words that are not one token, counts out of range;
  ///   `TunedLensError` or `JacobianLensError` for rows or a norm that the lens does not support.
  init(_ request: TraceRequest, model: LanguageModel, lens: FittedLens?) throws {
    let watch = try request.watch.map { try Self.look(up: $0, request.norm, model: model) }
    try self.init(request, model: model, lens: lens, watch: watch)
  }

  /// The tokens of a watched series.
  static func look(up watched: Watched, _ norm: Trace.Lens.Norm, model: LanguageModel) throws -> WatchedTokens {
    let words = WordTokens(tokenizer: model.tokenizer, model: model.identity.name)
    return try WatchedTokens(watched, words: words, counted: model.counted(norm))
  }

  /// Tokenizes and checks a request with given watched tokens, which may differ from its own.
  ///
  /// - Parameter following: Tokens that follow the prompt, instead of those of the request; nil for those.
  init(
    _ request: TraceRequest, model: LanguageModel, lens: FittedLens?, watch: [WatchedTokens], following: [Int]? = nil
  ) throws {
    try lens?.require(canShow: request)
    let tokenizer = model.tokenizer
    let name = model.identity.name
    guard request.chat?.isAsked != true else { throw RunError.chatNotRendered(model: name) }
    guard !request.prompt.isEmpty else { throw RunError.emptyPrompt(model: name) }
    try Self.requireTop(of: request, model: model)
    let prompt: [Int]
    if let start = model.decoderStart {
      guard request.chat == nil else { throw RunError.chatForEncoder(model: name) }
      let read = try tokenizer.encode(request.prompt, addSpecialTokens: true)
      guard !read.isEmpty else { throw RunError.emptyPrompt(model: name) }
      encoder = read
      prompt = [start] + (try request.decoder.map { try tokenizer.encode($0, addSpecialTokens: false) } ?? [])
      chat = nil
    } else {
      guard request.decoder == nil else { throw RunError.noDecoderBesideEncoder(model: name) }
      encoder = nil
      if case .rendered(let rendered) = request.chat {
        let tokens = try ChatTokens(request.prompt, rendered, tokenizer: tokenizer, bos: model.bos)
        (prompt, chat) = (tokens.ids, tokens.conversation)
      } else {
        prompt = try tokenizer.encode(request.prompt, addSpecialTokens: true)
        chat = nil
      }
      guard !prompt.isEmpty else { throw RunError.emptyPrompt(model: name) }
    }
    if let lacking = model.partsLacking {
      for (what, isAsked) in [
        ("attribute", request.attribute != nil), ("patch", request.patch != nil),
        ("changes", request.changes?.isEmpty == false),
      ]
      where isAsked {
        throw RunError.partsOfModel(model: name, what: what, found: lacking)
      }
    }
    masks = try model.fillsMasks ? Self.masks(in: prompt, request, model: model) : nil
    switch request.method {
    case .generate where following != nil:
      known = prompt + (following ?? [])
      generate = 0
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
    for ids in [encoder ?? [], known] {
      guard let position = ids.firstIndex(where: { $0 >= model.vocabulary }) else { continue }
      let label = TokenDisplay.label(bytes: tokenizer.bytes(of: ids[position]) ?? [])
      throw RunError.tokenWithoutRow(
        model: name, id: ids[position], text: label, position: position, rows: model.vocabulary)
    }
    let (length, overflow) = known.count.addingReportingOverflow(generate)
    let longest = overflow ? .max : max(length, encoder?.count ?? 0)
    guard longest <= model.context else {
      throw RunError.tooLong(
        model: name, tokens: longest, context: model.context, setting: model.contextSetting)
    }
    let kept = length + (encoder?.count ?? 0)
    let (positions, isTooMany) = KVCache.bytesPerPosition(model.network).multipliedReportingOverflow(by: kept)
    let (bytes, isTooMuch) = positions.addingReportingOverflow(KVCache.bytesPerText(model.network))
    let isBeyond = isTooMany || isTooMuch
    let memory = KVCache.memory
    guard !isBeyond, bytes <= memory else {
      throw RunError.cacheTooLarge(model: name, tokens: kept, bytes: isBeyond ? .max : bytes, memory: memory)
    }
    let count = known.count
    attribution = try request.attribute.map {
      try PreparedAttribution($0, known: count, promptLength: prompt.count, model: model)
    }
    patch = try request.patch.map {
      try PreparedPatch($0, base: prompt, isChat: request.chat != nil, model: model)
    }
    changes = try PreparedChange.all(
      request.changes ?? [], prompt: prompt, known: count, capacity: known.count + generate,
      isChat: request.chat != nil, model: model)
    // These are about the model's own run.
    for (what, isThere) in [("attribute", attribution != nil), ("patch", patch != nil)] where isThere {
      guard changes.isEmpty else { throw ChangeError.beside(model: name, what: what) }
    }
    self.request = request
    self.lens = lens
    promptLength = prompt.count
    self.watch = watch
  }

  /// A text whose tokens are known, and whose states somebody has: nothing is tokenized or run.
  ///
  /// - Throws: What `look(up:)` and a lens that cannot show the request throw.
  init(
    _ request: TraceRequest, known: [Int], promptLength: Int, encoder: [Int]?, chat: Conversation?, masks: [Int]?,
    model: LanguageModel, lens: FittedLens?
  ) throws {
    try lens?.require(canShow: request)
    try Self.requireTop(of: request, model: model)
    (self.request, self.lens, self.known, self.promptLength) = (request, lens, known, promptLength)
    (self.encoder, self.chat, self.masks, generate, changes) = (encoder, chat, masks, 0, [])
    watch = try request.watch.map { try Self.look(up: $0, request.norm, model: model) }
  }

  private static func requireTop(of request: TraceRequest, model: LanguageModel) throws(RunError) {
    let counted = model.counted(request.norm)
    guard (1...counted).contains(request.topK) else {
      throw .badTopK(model: model.identity.name, found: request.topK, vocabulary: counted)
    }
  }

  /// The positions that a masked model fills in.
  private static func masks(in ids: [Int], _ request: TraceRequest, model: LanguageModel) throws -> [Int] {
    let name = model.identity.name
    guard request.chat == nil else { throw RunError.chatForEncoder(model: name) }
    guard let mask = model.mask, let id = try model.tokenizer.encode(mask, addSpecialTokens: false).first else {
      throw RunError.noMaskToken(model: name)
    }
    guard request.method == .generate(0) else {
      throw RunError.textForMasks(model: name, mask: mask)
    }
    guard request.columns != .all else { throw RunError.columnsWithoutMask(model: name, mask: mask) }
    if let padding = model.network.embedding.positions?.padding, let position = ids.firstIndex(of: padding) {
      throw RunError.padding(model: name, position: position)
    }
    let masks = ids.indices.filter { ids[$0] == id }
    guard !masks.isEmpty else { throw RunError.noMask(model: name, mask: mask) }
    return masks
  }

  /// The same text with the watched tokens of a request that differs in nothing else.
  func watching(_ request: TraceRequest, _ watch: [WatchedTokens]) -> PreparedRequest {
    var prepared = self
    (prepared.request, prepared.watch) = (request, watch)
    return prepared
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
    if let masks { return request.columns == .last ? position == masks.last : masks.contains(position) }
    switch request.columns {
    case .last: return position == promptLength - 1
    case .all: return true
    case .generated:
      // The end of a given text has no next token; the end of a generated one is not run.
      return position == promptLength - 1 || position >= promptLength && (generate > 0 || position < known.count - 1)
    }
  }
}

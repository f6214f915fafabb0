import Traces

/// The question which states of another text carry the difference of two logits at the end of a prompt.
public struct PatchRequest: Sendable, Hashable, Codable {
  /// The text from which states are taken; it has as many tokens as the prompt.
  public var source: String
  /// The text of one token; nil for the source's prediction.
  public var target: String?
  /// The text of one token; nil for the prediction after the prompt, besides the target.
  public var foil: String?
  /// Which states are put in, each once.
  public var of: [Trace.Patching.Place]

  /// A question; by default about all states and the predictions of the two texts.
  public init(
    source: String, target: String? = nil, foil: String? = nil,
    of: [Trace.Patching.Place] = Trace.Patching.Place.allCases
  ) {
    self.source = source
    self.target = target
    self.foil = foil
    self.of = of
  }
}

/// The same in token ids.
struct PreparedPatch {
  /// The most tokens of a text: the work grows with their square.
  static let mostTokens = 256

  let request: PatchRequest
  let base: [Int]
  let source: [Int]
  let target: Int?
  let foil: Int?

  /// The same with tokens instead of words.
  ///
  /// - Throws: As `init(_:base:isChat:model:)`.
  init(_ request: PatchRequest, base: [Int], target: Int, foil: Int, model: LanguageModel) throws {
    self.request = request
    self.base = base
    source = try Self.source(of: request, base: base, isChat: false, model: model)
    (self.target, self.foil) = (target, foil)
  }

  /// Tokenizes the source and looks the words up.
  ///
  /// - Throws: `RunError` for texts of different or too many tokens, a conversation, words that are not one token.
  init(_ request: PatchRequest, base: [Int], isChat: Bool, model: LanguageModel) throws {
    self.request = request
    self.base = base
    source = try Self.source(of: request, base: base, isChat: isChat, model: model)
    (target, foil) = try TokenPair(target: request.target, foil: request.foil).ids(of: model, for: "patch")
  }

  /// The source in tokens, which must be as many as those of the base.
  private static func source(of request: PatchRequest, base: [Int], isChat: Bool, model: LanguageModel) throws -> [Int]
  {
    let name = model.identity.name
    guard !isChat else { throw RunError.patchOfChat(model: name) }
    let source = request.source.isEmpty ? [] : try model.tokenizer.encode(request.source, addSpecialTokens: true)
    guard source.count == base.count else {
      throw RunError.patchLengths(model: name, base: base.map(model.label), source: source.map(model.label))
    }
    guard base.count <= mostTokens else {
      throw RunError.patchTooLong(model: name, tokens: base.count, most: mostTokens)
    }
    if let position = source.firstIndex(where: { $0 >= model.vocabulary }) {
      let label = TokenDisplay.label(bytes: model.tokenizer.bytes(of: source[position]) ?? [])
      throw RunError.tokenWithoutRow(
        model: name, id: source[position], text: label, position: position, rows: model.vocabulary)
    }
    return source
  }

  /// Runs both texts and all patched runs.
  ///
  /// - Throws: `RunError.notFinite`.
  func answer(_ model: LanguageModel, pool: ThreadPool, token: (Int) -> Trace.Token) throws -> Trace.Patching {
    let run = PatchRun(model: model, pool: pool)
    let (baseText, sourceText) = (run.text(base), run.text(source))
    let target = self.target ?? run.prediction(of: sourceText, besides: self.foil)
    let foil = self.foil ?? run.prediction(of: baseText, besides: target)
    let outputs = [sourceText, baseText].map { run.output(of: $0, target: target, foil: foil).difference }
    guard outputs.allSatisfy(\.isFinite) else {
      throw RunError.notFinite(model: model.identity.name, row: "the last layer", position: base.count - 1)
    }
    return Trace.Patching(
      source: request.source, sourceTokens: source.map(token), target: target, foil: foil,
      chosen: (self.target == nil ? [.target] : []) + (self.foil == nil ? [.foil] : []),
      sourceDifference: outputs[0], baseDifference: outputs[1],
      differences: request.of.map {
        Trace.Patching.Differences(
          place: $0,
          values: run.differences(of: $0, base: baseText, source: sourceText, target: target, foil: foil))
      })
  }
}

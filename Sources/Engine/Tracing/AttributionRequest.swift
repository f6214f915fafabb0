import Traces

/// The question what the parts of a model add to the logit of one token minus that of another, at one position.
public struct AttributionRequest: Sendable, Hashable, Codable {
  /// The text of one token; nil for the model's prediction.
  public var target: String?
  /// The text of one token; nil for the most probable token other than the target.
  public var foil: String?
  /// The token after which both could come, counted from 1 with special tokens; nil for the last of the prompt.
  public var position: Int?

  /// A question; by default about the two most probable tokens after the prompt.
  public init(target: String? = nil, foil: String? = nil, position: Int? = nil) {
    self.target = target
    self.foil = foil
    self.position = position
  }
}

/// The same in token ids.
struct PreparedAttribution: Hashable {
  var target: Int?
  var foil: Int?
  /// Index into the text.
  var position: Int

  /// A question about given tokens at a position.
  init(target: Int, foil: Int, position: Int) {
    (self.target, self.foil, self.position) = (target, foil, position)
  }

  /// Looks the words up.
  ///
  /// - Throws: `RunError` for a text that is not one token, two equal tokens, a position outside the text.
  init(_ request: AttributionRequest, known: Int, promptLength: Int, model: LanguageModel) throws {
    let name = model.identity.name
    let pair = TokenPair(target: request.target, foil: request.foil)
    (target, foil) = try pair.ids(of: model, for: "attribute")
    if let number = request.position, !(1...known).contains(number) {
      throw RunError.badPosition(model: name, what: "attribute", found: number, tokens: known)
    }
    position = (request.position ?? promptLength) - 1
  }
}

/// A target and a foil as texts of one token each.
struct TokenPair {
  var target: String?
  var foil: String?

  /// Their ids; nil where a text is.
  ///
  /// - Throws: `RunError`; `what` is the key that asks for them.
  func ids(of model: LanguageModel, for what: String) throws -> (target: Int?, foil: Int?) {
    let words = WordTokens(tokenizer: model.tokenizer, model: model.identity.name)
    func id(_ text: String?, _ name: String) throws -> Int? {
      guard let text else { return nil }
      do {
        let id = try words.one(text)
        try words.requireRows(of: [id], counted: model.counted(.final))
        return id
      } catch let error as RunError {
        throw RunError.badWord(model: model.identity.name, name: "\(name) of \(what)", reason: .init(error))
      }
    }
    let found = (target: try id(target, "target"), foil: try id(foil, "foil"))
    if let target, found.target != nil, found.target == found.foil {
      throw RunError.samePair(model: model.identity.name, what: what, text: target)
    }
    return found
  }
}

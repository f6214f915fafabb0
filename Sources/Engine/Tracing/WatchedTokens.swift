import Traces

/// A watched series in token ids.
struct WatchedTokens {
  /// Distinct; one for a single token.
  let ids: [Int]
  /// Of a set of first tokens, the words that each begins: [member][word].
  let firstOf: [[String]]?

  /// A single token.
  init(id: Int) {
    ids = [id]
    firstOf = nil
  }

  /// Looks a series up in a model's vocabulary, of which the first `counted` entries can be watched.
  ///
  /// - Throws: `RunError` for a text that is not one token, a set without members or with one twice, an unknown id.
  init(_ watched: Watched, words: WordTokens, counted: Int) throws {
    switch watched {
    case .token(let text):
      (ids, firstOf) = ([try words.one(text)], nil)
      try words.requireRows(of: ids, counted: counted)
    case .automatic:
      // A first run finds them.
      (ids, firstOf) = ([], nil)
    case .set(let set):
      switch set.members {
      case .tokens(let texts): (ids, firstOf) = (try texts.map { try words.one($0, inSet: true) }, nil)
      case .firstTokens(let texts):
        var found: [(id: Int, words: [String])] = []
        for word in texts {
          let id = try words.first(of: word)
          if let known = found.firstIndex(where: { $0.id == id }) {
            found[known].words.append(word)
          } else {
            found.append((id, [word]))
          }
        }
        (ids, firstOf) = (found.map(\.id), found.map(\.words))
      case .ids(let given):
        if let id = given.first(where: { !(0..<counted).contains($0) }) {
          throw RunError.watchIDIsUnknown(model: words.model, id: id, vocabulary: counted)
        }
        (ids, firstOf) = (given, nil)
      }
      try words.requireRows(of: ids, counted: counted)
      guard !ids.isEmpty else { throw RunError.watchSetIsEmpty(model: words.model, name: set.name) }
      var seen: Set<Int> = []
      if let id = ids.first(where: { !seen.insert($0).inserted }) {
        throw RunError.watchSetRepeats(model: words.model, name: set.name, id: id)
      }
    }
  }
}

/// Looks words up in a vocabulary as they would be cut in the middle of a text.
struct WordTokens {
  let tokenizer: any Tokenizer
  /// For messages.
  let model: String

  /// The one token that is this text.
  ///
  /// - Throws: `RunError`, with the pieces where there are several.
  func one(_ text: String, inSet: Bool = false) throws -> Int {
    let ids = try pieces(of: text)
    guard let id = ids.first, ids.count == 1 else {
      throw RunError.watchIsSeveralTokens(model: model, text: text, pieces: ids.map(label), inSet: inSet)
    }
    return id
  }

  /// The first of the tokens that are this text.
  func first(of text: String) throws -> Int {
    let ids = try pieces(of: text)
    guard let id = ids.first else { throw RunError.watchIsUnknown(model: model, text: text) }
    return id
  }

  /// The tokens that are exactly this text.
  func pieces(of text: String) throws -> [Int] {
    guard !text.isEmpty else { throw RunError.watchIsEmpty(model: model) }
    let ids = try tokenizer.encode(text, addSpecialTokens: false)
    if isWhole(ids, text) { return ids }
    // A tokenizer that puts a space before every text would look up another word; after some text it does not.
    for before in ["\n", "a", "."] {
      let lead = try tokenizer.encode(before, addSpecialTokens: false)
      let all = try tokenizer.encode(before + text, addSpecialTokens: false)
      if all.starts(with: lead), isWhole(Array(all.dropFirst(lead.count)), text) {
        return Array(all.dropFirst(lead.count))
      }
    }
    // Without byte fallback the result is the unknown token, not the requested text.
    throw RunError.watchIsUnknown(model: model, text: text)
  }

  /// Refuses tokens for which the model has no row.
  func requireRows(of ids: [Int], counted: Int) throws(RunError) {
    guard let id = ids.first(where: { $0 >= counted }) else { return }
    throw .watchWithoutRow(model: model, id: id, text: label(id), rows: counted)
  }

  private func isWhole(_ ids: [Int], _ text: String) -> Bool {
    !ids.isEmpty && ids.flatMap { tokenizer.bytes(of: $0) ?? [] } == Array(text.utf8)
  }

  private func label(_ id: Int) -> String {
    tokenizer.text(of: id) ?? TokenDisplay.label(bytes: tokenizer.bytes(of: id) ?? [])
  }
}

import Traces

/// A change of a run in token ids, checked against the model before any run.
struct PreparedChange {
  /// A text that is run for its states; the frequencies of some rotations grow with the capacity.
  struct Text: Hashable {
    var written: String
    var ids: [Int]
    var capacity: Int
  }

  /// A state of a text.
  struct State: Hashable {
    var text: Text
    var place: Trace.Patching.Place
    /// 0 for the embedding of a stream, otherwise 1 + the block; of attention and MLP the block.
    var row: Int
    var position: Int
  }

  /// Where the vector comes from.
  enum Source {
    /// The state of a text at the position that is changed.
    case patch(Text)
    /// One state less another.
    case difference(plus: State, minus: State)
    case vector([Float], Trace.Change.VectorFile)
  }

  let request: RunChange
  /// Its number in the request, from 1.
  let number: Int
  let row: Int
  let reach: RunChange.Reach
  let source: Source
  /// The factor of a direction.
  let by: Double

  /// The changes of the run of a prompt, of which so many tokens are known, and of a text with room for some more.
  ///
  /// - Throws: `ChangeError`, or a tokenizer's error.
  static func all(
    _ asked: [RunChange], prompt: [Int], known: Int, capacity: Int, isChat: Bool, model: LanguageModel
  ) throws -> [PreparedChange] {
    let name = model.identity.name
    let changes = try asked.enumerated().map { index, change in
      try PreparedChange(
        change, number: index + 1, prompt: prompt, known: known, capacity: capacity, isChat: isChat, model: model)
    }
    for (index, change) in changes.enumerated() {
      guard case .patch = change.source else { continue }
      for earlier in changes[..<index] where (earlier.request.place, earlier.row) == (change.request.place, change.row)
      {
        guard let position = change.reach.positions(of: capacity).first(where: earlier.reach.contains) else { continue }
        throw ChangeError.overwritten(model: name, change: earlier.number, by: change.number, position: position)
      }
    }
    return changes
  }

  private init(
    _ request: RunChange, number: Int, prompt: [Int], known: Int, capacity: Int, isChat: Bool, model: LanguageModel
  ) throws {
    let name = model.identity.name
    self.request = request
    self.number = number
    row = try Self.row(of: request.layer, request.place, number, model)
    reach = request.reach(promptLength: prompt.count)
    var length = known
    switch request.effect {
    case .patch(let text):
      guard !isChat else { throw ChangeError.ofChat(model: name, change: number) }
      let ids = try Self.ids(of: text, called: "source", number, model)
      guard ids.count == prompt.count else {
        throw ChangeError.lengths(
          model: name, change: number, base: prompt.map(model.label), source: ids.map(model.label))
      }
      source = .patch(Text(written: text, ids: ids, capacity: capacity))
      by = 1
      length = prompt.count
    case .steer(let direction, let by):
      guard request.place == .stream else {
        throw ChangeError.notStream(model: name, change: number, place: request.place)
      }
      self.by = by
      guard Float(by).isFinite else { throw ChangeError.badFactor(model: name, change: number, found: "\(by)") }
      switch direction {
      case .file(let vectors):
        let (values, row) = try vectors.vector(for: request.layer, of: model)
        source = .vector(
          values, .init(name: vectors.name, sha256: vectors.sha256, tensor: vectors.tensor, row: row))
      case .difference(let asked):
        let row = try Self.row(of: asked.layer ?? request.layer, .stream, number, model)
        func state(_ text: String, _ called: String) throws -> State {
          let ids = try Self.ids(of: text, called: called, number, model)
          if let position = asked.position, !(1...ids.count).contains(position) {
            throw ChangeError.noPosition(model: name, change: number, of: called, found: position, tokens: ids.count)
          }
          return State(
            text: Text(written: text, ids: ids, capacity: ids.count), place: .stream, row: row,
            position: (asked.position ?? ids.count) - 1)
        }
        source = .difference(plus: try state(asked.plus, "plus"), minus: try state(asked.minus, "minus"))
      }
    }
    var numbers: [Int] = []
    switch request.positions {
    case .these(let these): numbers = these.isEmpty ? [0] : these
    case .from(let first): numbers = [first]
    case .last, .all: break
    }
    if let wrong = numbers.first(where: { !(1...length).contains($0) }) {
      let text = length == prompt.count ? "the prompt" : "the text"
      throw ChangeError.noPosition(model: name, change: number, of: text, found: wrong, tokens: length)
    }
  }

  /// The row of a layer: 0 for the embedding of a stream, otherwise 1 + the block; of attention and MLP the block.
  private static func row(
    of layer: RunChange.Layer, _ place: Trace.Patching.Place, _ number: Int, _ model: LanguageModel
  ) throws(ChangeError) -> Int {
    let name = model.identity.name
    guard case .block(let block) = layer else {
      guard place == .stream else { throw .noPart(model: name, change: number, place: place, layer: nil) }
      return 0
    }
    guard (0..<model.layers).contains(block) else {
      throw .noLayer(model: name, change: number, found: block, layers: model.layers)
    }
    guard place != .stream else { return block + 1 }
    guard model.network.blocks[block].has(place) else {
      throw .noPart(model: name, change: number, place: place, layer: block)
    }
    return block
  }

  private static func ids(
    of text: String, called: String, _ number: Int, _ model: LanguageModel
  ) throws -> [Int] {
    let name = model.identity.name
    let ids = text.isEmpty ? [] : try model.tokenizer.encode(text, addSpecialTokens: true)
    guard !ids.isEmpty else { throw ChangeError.empty(model: name, change: number, of: called) }
    guard ids.count <= model.context else {
      throw ChangeError.tooLong(
        model: name, change: number, of: called, tokens: ids.count, context: model.context)
    }
    if let id = ids.first(where: { $0 >= model.vocabulary }) {
      throw ChangeError.tokenWithoutRow(
        model: name, change: number, of: called, text: model.label(id), rows: model.vocabulary)
    }
    return ids
  }
}

extension PreparedChange {
  /// The change as a trace of so many tokens tells it; `length` is that of the direction.
  func told(tokens count: Int, length: Double, token: (Int) -> Trace.Token) -> Trace.Change {
    func text(_ own: Text) -> Trace.Change.Text {
      Trace.Change.Text(text: own.written, tokens: own.ids.map(token))
    }
    func state(_ own: State) -> Trace.Change.State {
      Trace.Change.State(text: text(own.text), layer: own.row == 0 ? nil : own.row - 1, position: own.position)
    }
    let effect: Trace.Change.Effect =
      switch source {
      case .patch(let own): .patch(text(own))
      case .difference(let plus, let minus):
        .steer(.init(by: by, norm: length, origin: .difference(plus: state(plus), minus: state(minus))))
      case .vector(_, let file): .steer(.init(by: by, norm: length, origin: .file(file)))
      }
    return Trace.Change(
      place: request.place, layer: request.layer.block, positions: reach.positions(of: count), effect: effect)
  }
}

extension LanguageModel {
  /// The text of a token, or its bytes in words.
  func label(_ id: Int) -> String {
    tokenizer.text(of: id) ?? TokenDisplay.label(bytes: tokenizer.bytes(of: id) ?? [])
  }
}

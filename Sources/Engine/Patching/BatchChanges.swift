import Traces

/// The changes of the runs of a batch, with the states that they put in and the directions that they add.
struct BatchChanges {
  /// A change with its numbers.
  private struct Known {
    let change: PreparedChange
    /// The states to put in, by position; none where a direction is added.
    var states: [Int: [Float]] = [:]
    var direction: [Float] = []

    /// The length of the direction.
    var length: Double { direction.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
  }

  /// By request.
  private let known: [[Known]]

  /// Runs the texts from which states are taken, each once.
  ///
  /// - Throws: `ChangeError` for states that are not finite, or two that are the same.
  init(_ changes: [[PreparedChange]], model: LanguageModel, pool: ThreadPool) throws(ChangeError) {
    var wanted: [PreparedChange.Text: Set<SourceStates.Spot>] = [:]
    for change in changes.joined() {
      switch change.source {
      case .patch(let text): wanted[text, default: []].insert(change.spot)
      case .difference(let plus, let minus):
        for state in [plus, minus] { wanted[state.text, default: []].insert(state.spot) }
      case .vector: break
      }
    }
    let states = SourceStates(wanted, model: model, pool: pool)
    var all: [[Known]] = []
    for request in changes {
      var own: [Known] = []
      for change in request { own.append(try Self.known(change, states, model)) }
      all.append(own)
    }
    known = all
  }

  private static func known(
    _ change: PreparedChange, _ states: SourceStates, _ model: LanguageModel
  ) throws(ChangeError) -> Known {
    var known = Known(change: change)
    switch change.source {
    case .patch(let text):
      for position in change.reach.positions(of: text.ids.count) {
        known.states[position] = states.state(text, change.spot, position: position)
      }
    case .difference(let plus, let minus):
      guard let one = states.state(plus.text, plus.spot, position: plus.position),
        let other = states.state(minus.text, minus.spot, position: minus.position)
      else { break }
      known.direction = zip(one, other).map { $0 - $1 }
      if known.direction.allSatisfy({ $0 == 0 }) {
        throw .sameStates(model: model.identity.name, change: change.number)
      }
    case .vector(let values, _): known.direction = values
    }
    guard known.states.values.allSatisfy({ $0.allSatisfy(\.isFinite) }), known.direction.allSatisfy(\.isFinite) else {
      throw .notFiniteState(model: model.identity.name, change: change.number)
    }
    return known
  }

  /// The changes of a request as its trace tells them; nil for none.
  func told(_ request: Int, tokens: Int, token: (Int) -> Trace.Token) -> [Trace.Change]? {
    let own = known[request]
    return own.isEmpty ? nil : own.map { $0.change.told(tokens: tokens, length: $0.length, token: token) }
  }

  /// What is changed in a step over some tokens; nil where nothing is.
  func step(_ tokens: [(request: Int, position: Int)]) -> StepChanges? {
    var entries: [StepChanges.Entry] = []
    for (index, token) in tokens.enumerated() {
      for own in known[token.request] where own.change.reach.contains(token.position) {
        // A direction times 0 is left out, so that no byte changes.
        if case .patch = own.change.source {
          guard let state = own.states[token.position] else { continue }
          entries.append(.init(token: index, spot: own.change.spot, vector: state, factor: nil))
        } else if own.change.by != 0 {
          entries.append(
            .init(token: index, spot: own.change.spot, vector: own.direction, factor: Float(own.change.by)))
        }
      }
    }
    return entries.isEmpty ? nil : StepChanges(entries: entries)
  }

  /// Texts in which a changed token is another token than an unchanged one: their common beginnings have the same states.
  static func marked(_ texts: [[Int]], _ changes: [[PreparedChange]]) -> [[Int]] {
    struct Mark: Hashable {
      var id: Int
      var changes: [RunChange]
    }
    guard changes.contains(where: { !$0.isEmpty }) else { return texts }
    var marks: [Mark: Int] = [:]
    return zip(texts, changes).map { ids, changes in
      ids.enumerated().map { position, id in
        let own = changes.filter { $0.reach.contains(position) }.map(\.request)
        guard !own.isEmpty else { return id }
        let mark = Mark(id: id, changes: own)
        // Ids are not negative.
        let number = marks[mark] ?? -1 - marks.count
        marks[mark] = number
        return number
      }
    }
  }
}

/// The changes of the states of one step.
struct StepChanges {
  /// A change of one token's state.
  struct Entry {
    /// Index in the step.
    var token: Int
    var spot: SourceStates.Spot
    /// As wide as the stream.
    var vector: [Float]
    /// The factor of a direction; nil for a state that takes the place of the token's own.
    var factor: Float?
  }

  let entries: [Entry]

  /// Whether something that a block adds is changed.
  var isWithinBlocks: Bool { entries.contains { $0.spot.place != .stream } }

  /// Changes the stream [T, D] after the embedding, row 0, or after a block, row 1 + block.
  func change(stream: FloatMatrix, row: Int) { change(stream, .init(place: .stream, row: row)) }

  /// Changes what a block adds [T, D].
  func change(_ rows: FloatMatrix, _ place: PartPlace, block: Int) {
    for own in Trace.Patching.Place.allCases where own.part == place { change(rows, .init(place: own, row: block)) }
  }

  private func change(_ rows: FloatMatrix, _ spot: SourceStates.Spot) {
    for entry in entries where entry.spot == spot {
      if let factor = entry.factor {
        rows.add(entry.vector, times: factor, toRow: entry.token)
      } else {
        rows.put(entry.vector, intoRow: entry.token)
      }
    }
  }
}

extension PreparedChange {
  /// Which states it changes.
  var spot: SourceStates.Spot { .init(place: request.place, row: row) }
}

extension PreparedChange.State {
  /// Which states of its text it is one of.
  var spot: SourceStates.Spot { .init(place: place, row: row) }
}

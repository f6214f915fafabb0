import Traces

/// Activation patching: a base text is run with one state of a source text put in, for every place and position.
///
/// Vig and others 2020, Meng and others 2022; Zhang and Nanda 2024 on replacing tokens instead of adding noise. A patched run begins at the
/// patched position and at the patched block; everything before them is the base's, so its keys, values and states are used again. Runs are
/// passed through the network together, and a run joins the others at its block. A token's numbers do not depend on its neighbours in a
/// batch, so patching a text into itself changes no byte.
struct PatchRun {
  let model: LanguageModel
  let pool: ThreadPool
  /// The most tokens of runs that are passed through the network together.
  static let together = 256

  /// Whether runs whose patch is the base's own state are left out, because they give the base's output.
  var skipsEqualStates = true

  /// A text that was run.
  struct Text {
    var ids: [Int]
    var states: PatchStates
    var cache: KVCache
    /// The states of recurrent layers before each position.
    var snapshots: [KVCache]
  }

  /// The model's logits of the two tokens at the end of a text.
  struct Output: Equatable {
    var target: Float
    var foil: Float
    var difference: Float { target - foil }
  }

  /// One state that is put in.
  private struct Patch {
    var place: Trace.Patching.Place
    /// 0 for the embedding of a stream; otherwise 1 + the block, or of attention and MLP the block.
    var row: Int
    var position: Int

    /// The first block that is run.
    var start: Int { row }
  }

  /// The most probable token at the end of a text, besides another one; of equal ones the smaller id.
  func prediction(of text: Text, besides other: Int?) -> Int {
    let prepared = model.network.output.prepare(last(text), normed: [0..<1], pool: pool)
    let logits = model.network.output.head.logits(of: prepared, count: 1, pool: pool)
    var best: Int?
    for id in 0..<model.counted(.final) where id != other {
      if let known = best, logits.start[known] >= logits.start[id] { continue }
      best = id
    }
    return best ?? 0
  }

  /// The model's own logits of two tokens at the end of a text.
  func output(of text: Text, target: Int, foil: Int) -> Output {
    outputs(last(text), count: 1, target: target, foil: foil)[0]
  }

  /// The differences of logits of all patched runs. [row][position]
  ///
  /// Nil where a block has no such part.
  func differences(
    of place: Trace.Patching.Place, base: Text, source: Text, target: Int, foil: Int
  ) -> [[Float?]] {
    let own = output(of: base, target: target, foil: foil).difference
    let blocks = model.network.blocks
    let length = base.ids.count
    let rows = place == .stream ? blocks.count + 1 : blocks.count
    // States before the first token that differs are the same.
    let first = skipsEqualStates ? zip(base.ids, source.ids).prefix { $0 == $1 }.count : 0
    var differences: [[Float?]] = (0..<rows).map { row in
      let isThere = place == .stream || blocks[row].has(place)
      return Array(repeating: isThere ? own : nil, count: length)
    }
    let patches = (0..<rows).flatMap { row in
      (first..<length).compactMap { position in
        differences[row][position] == nil ? nil : Patch(place: place, row: row, position: position)
      }
    }
    var next = 0
    while next < patches.count {
      // As many runs as the workspace of a pass has rows for, at least one.
      var (end, tokens) = (next, 0)
      while end < patches.count, end == next || tokens + length - patches[end].position <= Self.together {
        tokens += length - patches[end].position
        end += 1
      }
      let together = Array(patches[next..<end])
      let outputs = run(together, tokens: tokens, base: base, source: source, target: target, foil: foil)
      for (patch, output) in zip(together, outputs) { differences[patch.row][patch.position] = output.difference }
      next = end
    }
    return differences
  }

  /// Some patched runs together, by the blocks at which they begin.
  private func run(
    _ patches: [Patch], tokens count: Int, base: Text, source: Text, target: Int, foil: Int
  ) -> [Output] {
    let network = model.network
    let width = network.width
    let length = base.ids.count
    let pass = ForwardPass(network, pool: pool, capacity: count)
    var tokens: [ForwardPass.BatchToken] = []
    var firsts: [Int] = []
    for patch in patches {
      let cache = KVCache(network, capacity: length)
      cache.copy(length, from: base.cache)
      cache.take(statesOf: base.snapshots[patch.position])
      firsts.append(tokens.count)
      tokens += (patch.position..<length).map { .init(id: base.ids[$0], cache: cache, position: $0) }
    }
    /// Puts a row of states of the source in the place of the first token of a run.
    func put(_ states: FloatMatrix, _ index: Int, into rows: FloatMatrix) {
      PatchStates.copy(states.row(patches[index].position), to: rows.row(firsts[index]), width)
    }
    let ends = FloatMatrix(rows: patches.count, columns: width)
    pass.resume(
      tokens,
      first: { stream in
        for (row, token) in tokens.enumerated() {
          PatchStates.copy(base.states.stream[0].row(token.position), to: stream.row(row), width)
        }
      },
      enter: { block, stream in
        for (index, patch) in patches.enumerated() where patch.start == block {
          for row in firsts[index]..<firsts[index] + length - patch.position {
            PatchStates.copy(
              base.states.stream[block].row(tokens[row].position), to: stream.row(row), width)
          }
          if patch.place == .stream { put(source.states.stream[block], index, into: stream) }
        }
        let active = patches.lastIndex { $0.start <= block }
        return active.map { firsts[$0] + length - patches[$0].position } ?? 0
      },
      visit: { place, block, rows, _ in
        guard let changes = source.states.changes(place) else { return }
        for (index, patch) in patches.enumerated() where patch.row == block && patch.place.part == place {
          put(changes[block], index, into: rows)
        }
      },
      leave: { stream in
        for (index, patch) in patches.enumerated() {
          PatchStates.copy(stream.row(firsts[index] + length - 1 - patch.position), to: ends.row(index), width)
        }
      })
    return outputs(ends, count: patches.count, target: target, foil: foil)
  }

  /// Runs a whole text and keeps its states.
  func text(_ ids: [Int]) -> Text {
    let network = model.network
    let cache = KVCache(network, capacity: ids.count)
    let snapshots = ids.indices.map { _ in KVCache(network, capacity: 0) }
    for position in ids.indices.dropFirst() { snapshots[position].follow(cache, from: position) }
    let states = PatchStates(network, tokens: ids.count)
    let pass = ForwardPass(network, pool: pool, capacity: min(Self.together, ids.count))
    for first in stride(from: 0, to: ids.count, by: Self.together) {
      let part = first..<min(first + Self.together, ids.count)
      pass.run(
        part.map { .init(id: ids[$0], cache: cache, position: $0) },
        visit: { place, block, rows, _ in
          for token in part { states.keep(place, block: block, rows, row: token - first, token: token) }
        }
      ) { point, stream in
        for token in part { states.keep(point: point, stream, row: token - first, token: token) }
      }
    }
    return Text(ids: ids, states: states, cache: cache, snapshots: snapshots)
  }

  /// What the head reads at the end of a text [1, width of the head].
  private func last(_ text: Text) -> FloatMatrix {
    let state = FloatMatrix(rows: 1, columns: model.width)
    if let end = text.states.stream.last { PatchStates.copy(end.row(text.ids.count - 1), to: state.start, model.width) }
    return state
  }

  /// The logits of two tokens for last states [count, D], by rows of the head alone.
  private func outputs(_ states: FloatMatrix, count: Int, target: Int, foil: Int) -> [Output] {
    let output = model.network.output
    let prepared = output.prepare(states, normed: [0..<count], pool: pool)
    func logits(_ id: Int) -> FloatMatrix { output.head.only(id).logits(of: prepared, count: count, pool: pool) }
    let (ofTarget, ofFoil) = (logits(target), logits(foil))
    return (0..<count).map { Output(target: ofTarget.start[$0], foil: ofFoil.start[$0]) }
  }
}

extension Trace.Patching.Place {
  /// Where a block adds what is replaced; nil for the stream.
  var part: PartPlace? {
    switch self {
    case .stream: nil
    case .attention: .mixerChange
    case .mlp: .mlpChange
    }
  }
}

extension Block {
  /// Whether it adds what is replaced at a place.
  func has(_ place: Trace.Patching.Place) -> Bool {
    switch place {
    case .stream: true
    case .attention: attention != nil || recurrent != nil
    case .mlp: mlp != nil
    }
  }
}

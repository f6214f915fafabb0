import Traces

/// States of texts that are run for nothing else.
struct SourceStates {
  /// A kind of state of a text, for all of its positions.
  struct Spot: Hashable {
    var place: Trace.Patching.Place
    /// As in `PreparedChange.State`.
    var row: Int
  }

  private var kept: [PreparedChange.Text: [Spot: FloatMatrix]] = [:]

  /// Runs every text once and keeps what is wanted of it.
  init(_ wanted: [PreparedChange.Text: Set<Spot>], model: LanguageModel, pool: ThreadPool) {
    for (text, spots) in wanted {
      let matrices = Dictionary(
        uniqueKeysWithValues: spots.map { ($0, FloatMatrix(rows: text.ids.count, columns: model.width)) })
      Self.run(text, model, pool) { spot, rows, first, count in
        guard let matrix = matrices[spot] else { return }
        PatchStates.copy(rows.start, to: matrix.row(first), count * model.width)
      }
      kept[text] = matrices
    }
  }

  /// A state [D]; nil for one that was not wanted.
  func state(_ text: PreparedChange.Text, _ spot: Spot, position: Int) -> [Float]? {
    guard let matrix = kept[text]?[spot], (0..<matrix.rows).contains(position) else { return nil }
    return Array(UnsafeBufferPointer(start: matrix.row(position), count: matrix.columns))
  }

  private static func run(
    _ text: PreparedChange.Text, _ model: LanguageModel, _ pool: ThreadPool,
    _ show: @escaping (_ spot: Spot, _ rows: FloatMatrix, _ first: Int, _ count: Int) -> Void
  ) {
    let (network, ids) = (model.network, text.ids)
    let cache = KVCache(network, capacity: max(text.capacity, ids.count))
    let together = min(PatchRun.together, ids.count)
    let pass = ForwardPass(network, pool: pool, capacity: together)
    for first in stride(from: 0, to: ids.count, by: together) {
      let part = first..<min(first + together, ids.count)
      pass.run(
        part.map { .init(id: ids[$0], cache: cache, position: $0) },
        visit: { place, block, rows, _ in
          for own in Trace.Patching.Place.allCases where own.part == place {
            show(Spot(place: own, row: block), rows, first, part.count)
          }
        }
      ) { point, stream in
        // The embedding is point 0, block i is point 2 i + 2.
        if point.isMultiple(of: 2) { show(Spot(place: .stream, row: point / 2), stream, first, part.count) }
      }
    }
  }
}

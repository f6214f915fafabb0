/// A binary heap of possible merges, the best on top.
///
/// Some are stale when they reach the top; the encoder checks this.
struct MergeQueue {
  /// A merge of the token at `position` with the one after it.
  struct Candidate {
    /// Lower is earlier.
    var priority: UInt64
    /// The merged token.
    var merged: Int32
    /// Position of the left token.
    var position: Int32
    /// The two tokens when the candidate was found.
    var left: Int32
    var right: Int32

    @inline(__always)
    func precedes(_ other: Candidate) -> Bool {
      if priority != other.priority { return priority < other.priority }
      // Only merges derived from scores can have the same priority and different results.
      return merged != other.merged ? merged < other.merged : position < other.position
    }
  }

  private var heap: [Candidate] = []

  init(capacity: Int) { heap.reserveCapacity(capacity) }

  /// Adds a candidate at the end; call `order` before taking any.
  mutating func append(_ candidate: Candidate) { heap.append(candidate) }

  /// Orders the appended candidates into a heap.
  mutating func order() {
    heap.withUnsafeMutableBufferPointer { heap in
      for at in stride(from: heap.count / 2 - 1, through: 0, by: -1) { Self.sink(at, heap) }
    }
  }

  /// Adds a candidate.
  mutating func push(_ candidate: Candidate) {
    heap.append(candidate)
    heap.withUnsafeMutableBufferPointer { heap in
      var at = heap.count - 1
      while at > 0 {
        let parent = (at - 1) / 2
        guard candidate.precedes(heap[parent]) else { break }
        heap[at] = heap[parent]
        at = parent
      }
      heap[at] = candidate
    }
  }

  /// Takes the best.
  mutating func pop() -> Candidate? {
    guard let best = heap.first, let last = heap.popLast() else { return nil }
    if !heap.isEmpty {
      heap.withUnsafeMutableBufferPointer { heap in
        heap[0] = last
        Self.sink(0, heap)
      }
    }
    return best
  }

  private static func sink(_ start: Int, _ heap: UnsafeMutableBufferPointer<Candidate>) {
    let moved = heap[start]
    var at = start
    while true {
      var child = 2 * at + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      guard heap[child].precedes(moved) else { break }
      heap[at] = heap[child]
      at = child
    }
    heap[at] = moved
  }
}

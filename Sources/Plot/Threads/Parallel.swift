import Dispatch
import Foundation
import Synchronization

/// Spreads work over threads; the results do not depend on their number.
package enum Parallel {
  /// The number of cores available to this process.
  package static let cores = ProcessInfo.processInfo.activeProcessorCount

  /// The results of `body` for 0 to `count` - 1, in order.
  ///
  /// - Parameters:
  ///   - threads: The most threads at work at a time, including the caller's.
  ///   - inOrder: Receives every result in order, from one thread at a time, as soon as all earlier ones are done.
  package static func map<Value: Sendable>(
    _ count: Int, threads: Int = cores, inOrder: @Sendable (Int, Value) -> Void = { _, _ in },
    _ body: @Sendable (Int) -> Value
  ) -> [Value] {
    guard threads > 1, count > 1 else {
      return (0..<count).map { index in
        let value = body(index)
        inOrder(index, value)
        return value
      }
    }
    let next = Atomic<Int>(0)
    let results = Mutex((values: [Value?](repeating: nil, count: count), told: 0))
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let value = body(index)
        results.withLock { results in
          results.values[index] = value
          while results.told < count, let ready = results.values[results.told] {
            inOrder(results.told, ready)
            results.told += 1
          }
        }
      }
    }
    return results.withLock { $0.values.compactMap { $0 } }
  }

  /// The results of work that can fail: throws the error of the lowest number, and starts nothing after an error.
  package static func tryMap<Value: Sendable>(
    _ count: Int, threads: Int = cores, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let failed = Atomic<Bool>(false)
    let results = map(count, threads: threads) { index -> Result<Value, any Error>? in
      guard !failed.load(ordering: .relaxed) else { return nil }
      let result = Result { try body(index) }
      if case .failure = result { failed.store(true, ordering: .relaxed) }
      return result
    }
    return try results.compactMap { try $0?.get() }
  }
}

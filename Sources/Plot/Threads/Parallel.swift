import Dispatch
import Foundation
import Synchronization

/// Work spread over threads whose results do not depend on how many there are.
package enum Parallel {
  /// As many threads as this machine has cores for us.
  package static let cores = ProcessInfo.processInfo.activeProcessorCount

  /// The results of `body` for 0 to `count` - 1, in order.
  ///
  /// - Parameters:
  ///   - threads: At most so many are at work at a time, the caller's among them.
  ///   - inOrder: Is told of every result, by one thread at a time, as soon as it and all before it are there.
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

  /// The same for work that can fail: the error of the lowest number is thrown, and nothing is begun after one.
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

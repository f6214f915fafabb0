import Testing

@testable import Engine

@Suite struct ThreadPoolTests {
  /// Calls of all sizes right after each other: a thread that comes late finds a call closed, or the next one open.
  @Test(arguments: [1, 2, 3, 8])
  func eachIndexIsRunOnceInEveryCall(threads: Int) throws {
    let pool = try ThreadPool(threads: threads)
    let values = UnsafeMutableBufferPointer<Int>.allocate(capacity: 64)
    defer { values.deallocate() }
    nonisolated(unsafe) let seen = values
    for call in 1...20_000 {
      let count = 1 + call * 7 % 50
      seen.update(repeating: 0)
      // A work of 16,384 values makes a range of one index.
      pool.forRanges(count, work: 16384) { range in
        for index in range { seen[index] += call }
      }
      let expected = (0..<64).map { $0 < count ? call : 0 }
      guard Array(seen) == expected else {
        Issue.record("call \(call) of \(threads) threads: \(Array(seen)) instead of \(expected)")
        return
      }
    }
  }
}

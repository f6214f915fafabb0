/// Seconds of several runs of one thing, the fastest first.
struct Timing {
  let seconds: [Double]

  /// Takes times that were measured elsewhere.
  init(_ seconds: [Double]) { self.seconds = seconds.sorted() }

  /// Runs `body` once to warm up, then `runs` times.
  init(runs: Int, _ body: () throws -> Void) rethrows {
    try body()
    self.init(try (0..<runs).map { _ in try time(body) })
  }

  /// Asks `body` for its own time `runs` times, without warming up.
  static func told(runs: Int, by body: () throws -> Double) rethrows -> Timing {
    Timing(try (0..<runs).map { _ in try body() })
  }

  var median: Double { Timing.median(of: seconds) }
  var fastest: Double { seconds.first ?? .nan }
  var slowest: Double { seconds.last ?? .nan }

  /// The middle of sorted values.
  static func median(of sorted: [Double]) -> Double {
    guard !sorted.isEmpty else { return .nan }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// How many seconds `body` takes.
func time(_ body: () throws -> Void) rethrows -> Double { try ContinuousClock().measure(body).inSeconds }

extension Duration {
  /// As a number.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

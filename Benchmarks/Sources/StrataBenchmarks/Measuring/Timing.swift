/// Seconds of several runs of one thing, the fastest first.
struct Timing {
  let seconds: [Double]
  /// What the machine did right before and after these runs; nil where it was not asked.
  let machine: Machine?
  /// Repetitions that other programs disturbed and that are not among these.
  let dropped: Int
  /// Those among these that were disturbed: there were not enough others.
  let disturbed: Int

  /// Takes times that were measured elsewhere.
  init(_ seconds: [Double], machine: Machine? = nil, dropped: Int = 0, disturbed: Int = 0) {
    self.seconds = seconds.sorted()
    (self.machine, self.dropped, self.disturbed) = (machine, dropped, disturbed)
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

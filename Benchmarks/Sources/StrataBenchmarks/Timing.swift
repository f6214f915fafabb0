import Foundation

/// Seconds of several runs of one thing.
struct Timing {
  let seconds: [Double]

  /// Runs `body` once to warm up, then `runs` times.
  init(runs: Int, _ body: () throws -> Void) rethrows {
    try body()
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for _ in 0..<runs {
      let time = try clock.measure(body)
      seconds.append(Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
    }
    self.seconds = seconds.sorted()
  }

  var median: Double {
    let middle = seconds.count / 2
    return seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
  }

  /// "12.3 ms (11.9 to 13.0)": the median, then the fastest and the slowest run.
  var text: String {
    let unit = median < 1 ? (1e3, "ms") : (1, "s")
    let format = { (x: Double) in fixed(x * unit.0, median * unit.0 < 10 ? 2 : 1) }
    return "\(format(median)) \(unit.1) (\(format(seconds.first ?? 0)) to \(format(seconds.last ?? 0)))"
  }
}

/// A number with that many digits after the point, whatever the locale.
func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", locale: Locale(identifier: "en_US_POSIX"), value)
}

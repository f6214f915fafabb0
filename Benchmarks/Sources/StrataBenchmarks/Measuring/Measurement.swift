/// One line of a result: what was measured, how often, and how close it comes to a limit.
struct Measurement {
  /// What a ratio is taken of.
  enum Limit: String {
    /// float32 multiply-adds in registers, all threads.
    case products = "product peak"
    /// Reads from memory, all threads.
    case reads = "read bandwidth"
    /// The two together: the sum of the times that the parts of the work need.
    case machine = "product peak and read bandwidth"
    /// Decoding without proposals.
    case plain = "plain greedy decoding"
    /// Decoding one prompt.
    case one = "one prompt"
    /// Nothing to compare with.
    case nothing = ""
  }

  let what: String
  let unit: String
  let median: Double
  let least: Double
  let most: Double
  let runs: Int
  /// Given what the machine does, which is known at the end of the run.
  let ratio: (@Sendable (Machine) -> Double)?
  let limit: Limit
  /// How it was timed: what the machine did then, and how many repetitions were dropped; nil for values that are no times.
  let timing: Timing?

  /// Values of several runs as they are.
  init(
    _ what: String, unit: String, values: [Double], limit: Limit = .nothing, timing: Timing? = nil,
    ratio: (@Sendable (Machine) -> Double)? = nil
  ) {
    let sorted = values.sorted()
    self.what = what
    self.unit = unit
    median = Timing.median(of: sorted)
    least = sorted.first ?? .nan
    most = sorted.last ?? .nan
    runs = values.count
    self.ratio = ratio
    self.limit = limit
    self.timing = timing
  }

  /// How long something takes.
  static func duration(
    _ what: String, _ timing: Timing, limit: Limit = .nothing, ratio: (@Sendable (Machine) -> Double)? = nil
  ) -> Measurement {
    let isShort = timing.median < 1
    return Measurement(
      what, unit: isShort ? "ms" : "s", values: timing.seconds.map { isShort ? $0 * 1e3 : $0 }, limit: limit,
      timing: timing, ratio: ratio)
  }

  /// How much of something is done in a second.
  static func rate(
    _ what: String, unit: String, of amount: Double, in timing: Timing, limit: Limit = .nothing,
    ratio: (@Sendable (Machine) -> Double)? = nil
  ) -> Measurement {
    Measurement(
      what, unit: unit, values: timing.seconds.map { amount / $0 }, limit: limit, timing: timing, ratio: ratio)
  }

  /// Floating-point operations a second, beside the product peak.
  static func operations(_ what: String, _ operations: Double, in timing: Timing) -> Measurement {
    let median = timing.median
    return rate(what, unit: "GFLOP/s", of: operations / 1e9, in: timing, limit: .products) {
      operations / 1e9 / median / $0.gigaflops
    }
  }

  /// Bytes read a second, beside the read bandwidth.
  static func bytes(_ what: String, _ bytes: Double, in timing: Timing) -> Measurement {
    let median = timing.median
    return rate(what, unit: "GB/s", of: bytes / 1e9, in: timing, limit: .reads) {
      bytes / 1e9 / median / $0.gigabytes
    }
  }
}

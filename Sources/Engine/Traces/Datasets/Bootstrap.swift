/// Settings of a percentile bootstrap (Efron 1979): seed, number of resamples, interval.
public struct Bootstrap: Sendable, Hashable, Encodable {
  /// Resamples drawn.
  public var resamples: Int
  /// Seed of the random numbers.
  public var seed: UInt64
  /// Share of resampled statistics inside an interval.
  public var level: Double

  /// Settings.
  public init(resamples: Int = 1000, seed: UInt64 = 1, level: Double = 0.95) {
    self.resamples = resamples
    self.seed = seed
    self.level = level
  }
}

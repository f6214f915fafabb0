/// Divides a length into bands of equal length, with a gap after some of them.
public struct BandScale: Equatable, Sendable {
  /// Where the first band begins.
  public let start: Double
  /// Length of a band.
  public let step: Double
  private let offsets: [Double]

  /// `count` bands from `start`, with `gap` more after each index in `gapsAfter`.
  public init(count: Int, start: Double, step: Double, gapsAfter: Set<Int> = [], gap: Double = 0) {
    self.start = start
    self.step = step
    var offsets: [Double] = []
    var place = start
    for index in 0..<count {
      offsets.append(place)
      place += step + (gapsAfter.contains(index) ? gap : 0)
    }
    self.offsets = offsets
  }

  /// Where band `index` begins.
  public func begin(_ index: Int) -> Double { offsets[index] }
  /// The middle of band `index`.
  public func middle(_ index: Int) -> Double { offsets[index] + step / 2 }
  /// Where the last band ends.
  public var end: Double { (offsets.last ?? start - step) + step }
  /// Every band from its beginning to its end.
  public var bands: [ClosedRange<Double>] { offsets.map { $0...($0 + max(0, step)) } }
  /// From the beginning of the first to the end of the last.
  public var length: Double { end - start }
}

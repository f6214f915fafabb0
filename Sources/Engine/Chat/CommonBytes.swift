/// The longest common subsequence of two texts with few differences, found by Myers' greedy algorithm.
enum CommonBytes {
  /// The most bytes that either text has and the other does not; time and memory grow with their square.
  static let mostDifferences = 1 << 12

  /// For every byte of one text its place in another; nil for a byte that the other does not have.
  ///
  /// nil for texts with more differences than `mostDifferences`: a damaged tokenizer may change every letter of a long text.
  static func places(of one: [UInt8], in other: [UInt8]) -> [Int?]? {
    /// For each number of differences the farthest place in `one` on every diagonal, from the lowest to the highest, two apart.
    var farthest: [[Int32]] = []
    for count in 0...min(one.count + other.count, mostDifferences) {
      var reached = [Int32](repeating: -1, count: count + 1)
      let lowest = -count + 2 * max(0, count - other.count)
      let highest = count - 2 * max(0, count - one.count)
      for diagonal in stride(from: lowest, through: highest, by: 2) {
        var x = count == 0 ? 0 : start(of: diagonal, after: farthest[count - 1], count - 1).x
        while x < one.count, x - diagonal < other.count, one[x] == other[x - diagonal] { x += 1 }
        reached[(diagonal + count) / 2] = Int32(x)
        if x >= one.count, x - diagonal >= other.count {
          return way(back: (one.count, other.count), farthest, differences: count)
        }
      }
      farthest.append(reached)
    }
    return nil
  }

  /// Where a diagonal is entered, and from which one, when so many differences lie before.
  private static func start(of diagonal: Int, after reached: [Int32], _ count: Int) -> (x: Int, from: Int) {
    func place(_ diagonal: Int) -> Int { abs(diagonal) <= count ? Int(reached[(diagonal + count) / 2]) : -1 }
    let (left, above) = (place(diagonal - 1), place(diagonal + 1))
    return left < above ? (above, diagonal + 1) : (left + 1, diagonal - 1)
  }

  /// The equal bytes on the way from the ends of both texts back to their beginnings.
  private static func way(back ends: (Int, Int), _ farthest: [[Int32]], differences: Int) -> [Int?] {
    var places = [Int?](repeating: nil, count: ends.0)
    var (x, y) = ends
    for count in stride(from: differences, through: 0, by: -1) {
      let entry = count == 0 ? (x: 0, from: 0) : start(of: x - y, after: farthest[count - 1], count - 1)
      while x > entry.x {
        (x, y) = (x - 1, y - 1)
        places[x] = y
      }
      guard count > 0 else { break }
      // The difference itself: a byte of `one` alone, or of `other` alone.
      if entry.from < x - y { x -= 1 } else { y -= 1 }
    }
    return places
  }
}

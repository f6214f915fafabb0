import Words

/// A contiguous part of what is asked of a model: 3/16 is the third of sixteen.
public struct Shard: Equatable, Sendable {
  /// From 1.
  public let number: Int
  /// How many there are.
  public let count: Int

  /// Everything as one part.
  public static let whole = Shard(number: 1, count: 1)
  /// The largest number of parts.
  public static let most = 100_000

  init(number: Int, count: Int) { (self.number, self.count) = (number, count) }

  /// Reads "3/16"; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]), (1...Self.most).contains(count),
      (1...count).contains(number), "\(number)/\(count)" == text
    else { return nil }
    self.init(number: number, count: count)
  }

  /// "3/16".
  public var text: String { "\(number)/\(count)" }

  /// Its part of so many things; the parts follow each other without a gap, and differ in length by one at most.
  func range(of things: Int) -> Range<Int> { things * (number - 1) / count..<things * number / count }

  /// The number of the part that a thing falls into.
  static func number(of thing: Int, among things: Int, count: Int) -> Int {
    var number = min(count, max(1, things == 0 ? 1 : thing * count / things + 1))
    while number > 1, thing < Shard(number: number, count: count).range(of: things).lowerBound { number -= 1 }
    while number < count, thing >= Shard(number: number, count: count).range(of: things).upperBound { number += 1 }
    return number
  }

  /// The name of its file for a model: "tiny-03-of-16.jsonl".
  func file(_ slug: String) -> String {
    let digits = String(number)
    let zeros = String(repeating: "0", count: String(count).count - digits.count)
    return "\(slug)-\(zeros)\(digits)-of-\(count).jsonl"
  }
}

/// The file names of a model in several parts, as in llama.cpp's gguf-split: `model-00001-of-00003.gguf`.
public struct GGUFParts: Equatable, Sendable {
  /// The path before the numbers.
  public let beginning: String
  /// The number of the part, from 1.
  public let number: Int
  /// The number of parts.
  public let count: Int
  private let ending: Substring

  /// Reads a name or path; nil if it is not a part, or the only part.
  public init?(_ path: String) {
    guard let match = path.wholeMatch(of: /(.*)-(\d{5})-of-(\d{5})(\.[gG][gG][uU][fF])/), let number = Int(match.2),
      let count = Int(match.3), count > 1, number >= 1, number <= count
    else { return nil }
    (beginning, ending) = (String(match.1), match.4)
    (self.number, self.count) = (number, count)
  }

  /// The names of all parts, the first first.
  public var all: [String] { (1...count).map { beginning + "-\(padded($0))-of-\(padded(count))" + ending } }

  /// The ending of a part's name.
  static func ending(_ number: Int, of count: Int) -> String { "-\(padded(number))-of-\(padded(count)).gguf" }
}

/// A number with five digits.
private func padded(_ number: Int) -> String {
  let digits = "\(number)"
  return String(repeating: "0", count: max(0, 5 - digits.utf8.count)) + digits
}

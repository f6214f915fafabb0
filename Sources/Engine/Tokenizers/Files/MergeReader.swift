/// Reads merges into a table: two tokens each, earlier ones first in priority.
struct MergeReader {
  let table: MergeTable
  private let vocabulary: Vocabulary
  private let isByteLevel: Bool
  private let path: String
  /// The length of the prefix cut from the right token before the two are joined.
  private let prefix: Int
  private var rank = 0
  private var leftBuffer: [UInt8] = []
  private var rightBuffer: [UInt8] = []

  init(vocabulary: Vocabulary, isByteLevel: Bool, count: Int, path: String, prefix: Int = 0) {
    self.vocabulary = vocabulary
    self.isByteLevel = isByteLevel
    self.path = path
    self.prefix = prefix
    table = MergeTable(capacity: count)
  }

  /// A merge written as two tokens with a space between.
  ///
  /// Throws `TokenizerError.damaged`.
  mutating func read(line: UnsafeRawBufferPointer) throws(TokenizerError) {
    guard let space = line.firstIndex(of: 0x20), line[(space + 1)...].firstIndex(of: 0x20) == nil else {
      throw .damaged(
        path: path, expected: "a merge of two tokens", found: "'\(String(decoding: line, as: UTF8.self))'")
    }
    try read(
      left: UnsafeRawBufferPointer(rebasing: line[..<space]),
      right: UnsafeRawBufferPointer(rebasing: line[(space + 1)...]))
  }

  /// A merge of two tokens.
  ///
  /// Throws `TokenizerError.damaged` when one of the three is not in the vocabulary.
  mutating func read(left: UnsafeRawBufferPointer, right: UnsafeRawBufferPointer) throws(TokenizerError) {
    let leftID: Int?
    let rightID: Int?
    if isByteLevel {
      _ = ByteAlphabet.decode(left, into: &leftBuffer)
      _ = ByteAlphabet.decode(right, into: &rightBuffer)
      leftID = leftBuffer.withUnsafeBytes { vocabulary.id(of: $0) }
      rightID = rightBuffer.withUnsafeBytes { vocabulary.id(of: $0) }
    } else {
      leftID = vocabulary.id(of: left)
      rightID = vocabulary.id(of: right)
    }
    guard let leftID, let rightID, let merged = joined(leftID, rightID, left, right) else {
      let pair = "'\(String(decoding: left, as: UTF8.self))' and '\(String(decoding: right, as: UTF8.self))'"
      throw .damaged(path: path, expected: "merge \(rank) of tokens of the vocabulary into one", found: pair)
    }
    table.insert(left: leftID, right: rightID, rank: rank, merged: merged)
    rank += 1
  }

  private func joined(
    _ leftID: Int, _ rightID: Int, _ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer
  ) -> Int? {
    guard prefix > 0 else { return vocabulary.id(joining: leftID, rightID) }
    guard right.count >= prefix else { return nil }
    return (Array(left) + right.dropFirst(prefix)).withUnsafeBytes { vocabulary.id(of: $0) }
  }
}

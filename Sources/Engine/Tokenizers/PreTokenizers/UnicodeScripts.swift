/// Cuts where the script changes (`UnicodeScripts` of `tokenizers`, after SentencePiece's trainer).
///
/// A space, or a character without a script, belongs to the text before it; at the start of a piece it is dropped.
enum UnicodeScripts {
  private struct Range {
    var start: UInt32
    var end: UInt32
    var script: Int16
  }

  private static let ranges: [Range] = UnicodeScriptTable.ranges.enumerated().flatMap { script, ranges in
    ranges.split(separator: " ").compactMap { range -> Range? in
      let ends = range.split(separator: "-").compactMap { UInt32($0, radix: 16) }
      guard let start = ends.first, let end = ends.last else { return nil }
      return Range(start: start, end: end, script: Int16(script))
    }
  }.sorted { $0.start < $1.start }

  /// The script of a scalar, as a number; nil for scalars that fit any script.
  static func script(of scalar: Unicode.Scalar) -> Int16? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].end < scalar.value { low = middle + 1 } else { high = middle }
    }
    guard low < ranges.count, ranges[low].start <= scalar.value else { return nil }
    return ranges[low].script
  }

  /// The ranges of a text's pieces.
  static func pieces(of text: String) -> [Swift.Range<Int>] {
    var pieces: [Swift.Range<Int>] = []
    var last: Int16?
    var (start, at) = (-1, 0)
    for scalar in text.unicodeScalars {
      let script = script(of: scalar)
      if let script, script != last {
        if start >= 0 { pieces.append(start..<at) }
        start = at
        last = script
      }
      at += UTF8.width(scalar)
    }
    if start >= 0 { pieces.append(start..<at) }
    return pieces
  }
}

/// The treatment of matches of a splitting pattern (`SplitDelimiterBehavior` of `tokenizers`).
enum SplitBehavior: String, Sendable, CaseIterable {
  /// They are dropped.
  case removed = "Removed"
  /// Each is a piece.
  case isolated = "Isolated"
  /// Each is joined to the piece before it.
  case mergedWithPrevious = "MergedWithPrevious"
  /// Each is joined to the piece after it.
  case mergedWithNext = "MergedWithNext"
  /// Adjacent ones are one piece.
  case contiguous = "Contiguous"

  /// Cuts a piece by matches within it and appends the non-empty parts; `inverted` swaps matches and the text between.
  func cut(_ piece: Range<Int>, matches: [Range<Int>], inverted: Bool, into pieces: inout [Range<Int>]) {
    if matches.isEmpty, !inverted || self != .removed {
      // The usual case for most steps.
      if !piece.isEmpty { pieces.append(piece) }
      return
    }
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    parts.reserveCapacity(matches.count * 2 + 1)
    var end = piece.lowerBound
    for match in matches {
      if match.lowerBound > end { parts.append((end..<match.lowerBound, inverted)) }
      parts.append((match, !inverted))
      end = match.upperBound
    }
    if end < piece.upperBound { parts.append((end..<piece.upperBound, inverted)) }

    switch self {
    case .isolated:
      for part in parts where !part.range.isEmpty { pieces.append(part.range) }
    case .removed:
      for part in parts where !part.isMatch && !part.range.isEmpty { pieces.append(part.range) }
    case .contiguous:
      joined(parts) { last, part in last.isMatch == part.isMatch }.forEach { pieces.append($0) }
    case .mergedWithPrevious:
      joined(parts) { last, part in part.isMatch && !last.isMatch }.forEach { pieces.append($0) }
    case .mergedWithNext:
      joined(parts.reversed()) { last, part in part.isMatch && !last.isMatch }.reversed().forEach { pieces.append($0) }
    }
  }

  /// Joins a part with the one before it if `joins` is true for the two.
  private func joined(
    _ parts: [(range: Range<Int>, isMatch: Bool)],
    _ joins: (_ last: (range: Range<Int>, isMatch: Bool), _ part: (range: Range<Int>, isMatch: Bool)) -> Bool
  ) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var last: (range: Range<Int>, isMatch: Bool)?
    for part in parts {
      if let previous = last, let open = result.last, joins(previous, part) {
        let lower = min(open.lowerBound, part.range.lowerBound)
        result[result.count - 1] = lower..<max(open.upperBound, part.range.upperBound)
      } else {
        result.append(part.range)
      }
      last = part
    }
    return result.filter { !$0.isEmpty }
  }
}

/// A request to watch tokens that a first run of the text finds: those that come first after some layer and not after the last.
///
/// Written `auto(3)`, `auto(3, last)`, `auto(3, 2)` or `auto(3, all)`.
public struct AutoWatch: Sendable, Hashable {
  /// The positions at which tokens are looked for.
  public enum Position: Sendable, Hashable {
    /// The first predicted token after the prompt.
    case first
    /// The last captured one.
    case last
    /// The captured one of that number, counted from 1.
    case number(Int)
    /// All captured ones.
    case all
  }

  /// The most tokens.
  public var count: Int
  /// Where they are looked for.
  public var position: Position

  /// The numbers of tokens that can be asked for.
  public static let counts = 1...20

  /// A request for some tokens, by default at the first predicted token after the prompt.
  public init(count: Int, position: Position = .first) {
    self.count = count
    self.position = position
  }

  /// Reads a request as it is written; nil for a text that is none.
  public init?(_ written: String) {
    guard written.hasPrefix("auto("), written.hasSuffix(")") else { return nil }
    let parts = written.dropFirst("auto(".count).dropLast().split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.drop { $0 == " " } }
    guard let first = parts.first, parts.count <= 2, let count = Self.number(first), Self.counts.contains(count) else {
      return nil
    }
    let position: Position
    switch parts.dropFirst().first {
    case nil, "first": position = .first
    case "last": position = .last
    case "all": position = .all
    case let word?:
      guard let number = Self.number(word), number > 0 else { return nil }
      position = .number(number)
    }
    self.init(count: count, position: position)
  }

  /// Whether a text has the form of a request, well written or not: "auto(0)", " auto(3)", "Auto (3".
  ///
  /// A set of one token watches such a text itself.
  public static func isMeant(by written: String) -> Bool {
    written.wholeMatch(of: /(?i)\s*auto\s*\((?:.*\)|[^)]*\d[^)]*)\s*/) != nil
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
  }

  /// As it is written.
  public var written: String {
    switch position {
    case .first: "auto(\(count))"
    case .last: "auto(\(count), last)"
    case .number(let number): "auto(\(count), \(number))"
    case .all: "auto(\(count), all)"
    }
  }
}

extension Trace {
  /// Tokens that were watched because they came first after some layer and not after the last.
  public struct Automatic: Encodable, Equatable, Sendable {
    /// The request: "auto(3)".
    public var asked: String
    /// The watched tokens that it found; at most as many as were asked for.
    public var ids: [Int]
    /// In how many layers, at all positions together, each came first.
    public var cells: [Int]

    /// What a request found.
    public init(asked: String, ids: [Int], cells: [Int]) {
      self.asked = asked
      self.ids = ids
      self.cells = cells
    }

    /// What is wrong with it in a trace that watches some tokens: a key, and why.
    func fault(watched: [Int?]) -> (key: String, reason: String)? {
      guard let request = AutoWatch(asked) else { return ("asked", "'\(asked)', expected a request such as 'auto(3)'") }
      guard ids.count <= request.count else {
        return ("ids", "\(ids.count) tokens, expected at most \(request.count) as in 'asked'")
      }
      guard cells.count == ids.count else {
        return ("cells", "\(cells.count) numbers, expected \(ids.count) as in 'ids'")
      }
      // They are the last of the watched tokens, so that those which the author named keep their places.
      guard watched.count >= ids.count, watched.suffix(ids.count).elementsEqual(ids.map(Optional.some)) else {
        return ("ids", "\(ids), expected the last of the ids in 'watch'")
      }
      guard let index = cells.firstIndex(where: { $0 < 1 }) else { return nil }
      return ("cells[\(index)]", "\(cells[index]), expected 1 or more")
    }
  }

  /// The watched tokens that somebody named; automatic ones stand behind them.
  package var namedWatch: ArraySlice<Watch> { watch.dropLast(automatic?.ids.count ?? 0) }

  /// The columns at which a request looks for tokens; nil where the trace has no such column.
  package func columns(of position: AutoWatch.Position) -> [Int]? {
    switch position {
    case .first: (columns.indices.first(where: predictsOutput) ?? columns.indices.last).map { [$0] }
    case .last: columns.indices.last.map { [$0] }
    case .number(let number): columns.indices.contains(number - 1) ? [number - 1] : nil
    case .all: Array(columns.indices)
    }
  }

  /// The tokens that come first in rows before the last, at columns where another token comes first after the last row.
  ///
  /// Those that come first in the most rows and columns stand first; of equal ones those of the earlier column, then the lower row.
  /// - Parameter others: Tokens that are watched in any case.
  package func automatic(_ asked: AutoWatch, in columns: [Int], besides others: Set<Int>) -> Automatic {
    var found: [(id: Int, cells: Int)] = []
    var places: [Int: Int] = [:]
    for column in columns {
      guard let last = top.ids.last?[column].first else { continue }
      for row in rows.indices.dropLast() {
        // A row that the lens does not read has no tokens.
        guard let id = top.ids[row][column].first, id != last, !others.contains(id) else { continue }
        if let place = places[id] {
          found[place].cells += 1
        } else {
          places[id] = found.count
          found.append((id, 1))
        }
      }
    }
    let order = found.indices.sorted { (-found[$0].cells, $0) < (-found[$1].cells, $1) }.prefix(asked.count)
    return Automatic(asked: asked.written, ids: order.map { found[$0].id }, cells: order.map { found[$0].cells })
  }
}

import Engine
import Foundation
import Plot
import Traces
import Words

/// Checks a trace from another program without its model: every rule that its numbers must follow together.
///
/// docs/trace-format.md defines these rules. The reader has already checked shapes and ranges.
public struct TraceCheck {
  let trace: Trace
  private let most: Int
  private var problems: [Problem] = []
  private var count = 0

  /// A value that cannot be right.
  public struct Problem: Equatable, Sendable {
    /// "logprob[3][0]".
    public var key: String
    /// What was expected and found.
    public var message: String
  }

  /// Problems in the order of the file, at most `most`, and how many there are.
  public static func problems(of trace: Trace, most: Int = 50) -> (list: [Problem], count: Int) {
    var check = TraceCheck(trace: trace, most: most)
    for fault in trace.identityFaults() { check.add(fault.key, fault.reason) }
    check.tokens()
    check.texts()
    check.numbers()
    check.top()
    check.watched()
    check.automatic()
    check.blankRows()
    check.lastRow()
    check.attribution()
    check.patching()
    return (check.problems, check.count)
  }

  /// What is to be said of a trace that is taken in from elsewhere; nil where all of its values can be right.
  static func diagnostic(of trace: Trace, at place: String, hints: [String]) -> Diagnostic? {
    let wrong = problems(of: trace, most: 1)
    guard let first = wrong.list.first else { return nil }
    return Diagnostic(
      place: place, "\(Wording.count(wrong.count, "value")) cannot be right, the first: \(first.key): \(first.message)",
      hints: hints, category: .badInput)
  }

  /// "19 rows, 1 column, Gemma 3 270M".
  public static func summary(of trace: Trace) -> String {
    "\(Wording.count(trace.rows.count, "row")), \(Wording.count(trace.columns.count, "column")), \(trace.model.name)"
  }

  private init(trace: Trace, most: Int) {
    self.trace = trace
    self.most = most
  }

  /// The largest difference that rounding can cause in logarithms stored as float32 whose sums have another order.
  static let slack: Float = 2e-3

  mutating func add(_ key: String, _ message: String) {
    count += 1
    if problems.count < most { problems.append(Problem(key: key, message: message)) }
  }

  private mutating func tokens() {
    let vocabulary = max(1, trace.model.vocabulary)
    for (index, token) in trace.tokens.enumerated() where !(0..<vocabulary).contains(token.id) {
      add("tokens[\(index)].id", "\(token.id), expected 0 to \(vocabulary - 1)")
    }
    for (index, column) in trace.columns.enumerated() {
      if trace.masks != nil {
        guard let choice = trace.top.ids.last?[index].first, column.target != choice else { continue }
        add(
          "columns[\(index)].target",
          "\(column.target.map(String.init) ?? "none"), expected \(choice), the model's own choice at the mask")
        continue
      }
      let next = trace.tokens.indices.contains(column.position + 1) ? trace.tokens[column.position + 1].id : nil
      if column.target != next {
        func text(_ id: Int?) -> String { id.map(String.init) ?? "none" }
        add(
          "columns[\(index)].target",
          "\(text(column.target)), expected \(text(next)), the token at position \(column.position + 1)")
      }
      if index > 0, column.position <= trace.columns[index - 1].position {
        add("columns[\(index)].position", "\(column.position), expected more than that of the column before")
      }
    }
    rows()
    if let last = trace.rows.last, last.point != .block || last.layer != trace.model.layers - 1 {
      add(
        "rows[\(trace.rows.count - 1)]",
        "expected the output of the last block, \(trace.model.layers - 1), as the last row")
    }
    for watched in trace.watch.enumerated() {
      for id in watched.element.ids ?? [watched.element.id].compactMap(\.self) where trace.texts[id] == nil {
        add("texts", "no text of \(id), which watch[\(watched.offset)] follows")
      }
      for (member, (id, text)) in zip(watched.element.ids ?? [], watched.element.texts ?? []).enumerated() {
        guard let known = trace.texts[id], known != text else { continue }
        add(
          "watch[\(watched.offset)].texts[\(member)]",
          "'\(TokenDisplay.label(text))', expected '\(TokenDisplay.label(known))', the text of \(id)")
      }
    }
    for id in Set(trace.tokens.map(\.id)).sorted() where trace.texts[id] == nil {
      add("texts", "no text of \(id), which occurs among the tokens")
    }
  }

  /// Rows are points of the network, each once, from the bottom to the top.
  private mutating func rows() {
    for (index, row) in trace.rows.enumerated() {
      let layers = row.point == .embedding ? 1 : max(1, trace.model.layers)
      if !(0..<layers).contains(row.layer) {
        add("rows[\(index)].layer", "\(row.layer), expected 0\(layers == 1 ? "" : " to \(layers - 1)")")
      }
      if index > 0, row.height <= trace.rows[index - 1].height {
        add(
          "rows[\(index)]",
          "\(row.phrase), expected a point above \(trace.rows[index - 1].phrase): rows go from the bottom of the network to the top"
        )
      }
    }
  }

  private mutating func numbers() {
    let widest = log(Float(max(2, trace.model.vocabulary)))
    func each(_ matrix: [[Float?]], _ body: (Int, Int, Float) -> Void) {
      for (row, line) in matrix.enumerated() {
        for (column, value) in line.enumerated() { if let value { body(row, column, value) } }
      }
    }
    var found: [(String, String)] = []
    each(trace.logprob) { row, column, value in
      if value > Self.slack { found.append(("logprob[\(row)][\(column)]", "\(value), expected at most 0")) }
    }
    each(trace.entropy) { row, column, value in
      if value < -Self.slack || value > widest + Self.slack {
        found.append(("entropy[\(row)][\(column)]", "\(value), expected 0 to \(widest), in nats"))
      }
    }
    each(trace.kl) { row, column, value in
      if value < -Self.slack { found.append(("kl[\(row)][\(column)]", "\(value), expected 0 or more, in nats")) }
    }
    for (column, known) in trace.columns.enumerated() where known.target == nil {
      for row in trace.rows.indices {
        let values = [
          ("rank", trace.rank[row][column].map { "\($0)" }), ("logprob", trace.logprob[row][column].map { "\($0)" }),
        ]
        for case (let key, let value?) in values {
          found.append(("\(key)[\(row)][\(column)]", "\(value), expected null: the column has no target"))
        }
      }
    }
    for (index, watched) in trace.watch.enumerated() {
      each(watched.logprob) { row, column, value in
        if value > Self.slack {
          found.append(("watch[\(index)].logprob[\(row)][\(column)]", "\(value), expected at most 0"))
        }
      }
    }
    for (key, message) in found { add(key, message) }
  }

  /// Compares the tokens that a first run found with the lists of the trace.
  private mutating func automatic() {
    guard let automatic = trace.automatic, let asked = AutoWatch(automatic.asked), trace.top.k > 0 else { return }
    guard let columns = trace.columns(of: asked.position) else {
      add("watch_auto.asked", "'\(automatic.asked)', expected one of \(trace.columns.count) columns")
      return
    }
    let expected = trace.automatic(asked, in: columns, besides: Set(trace.namedWatch.compactMap(\.id)))
    if automatic.ids != expected.ids {
      add("watch_auto.ids", "\(automatic.ids), expected \(expected.ids), which come first in top.ids")
    } else if automatic.cells != expected.cells {
      add("watch_auto.cells", "\(automatic.cells), expected \(expected.cells) as in top.ids")
    }
  }

  private mutating func top() {
    for row in trace.rows.indices {
      for column in trace.columns.indices {
        let (ids, logprobs) = (trace.top.ids[row][column], trace.top.logprobs[row][column])
        let place = "[\(row)][\(column)]"
        for index in ids.indices where trace.texts[ids[index]] == nil {
          add("texts", "no text of \(ids[index]), which stands in top.ids\(place)")
        }
        for index in ids.indices.dropFirst() where logprobs[index] > logprobs[index - 1] {
          add(
            "top.logprobs\(place)[\(index)]",
            "\(logprobs[index]), expected at most the one before, \(logprobs[index - 1])")
        }
        if Set(ids).count != ids.count { add("top.ids\(place)", "a token occurs twice") }
        let sum = logprobs.map(exp).reduce(0, +)
        if sum > 1 + Self.slack { add("top.logprobs\(place)", "probabilities that sum to \(sum), expected at most 1") }
        entropy(row, column)
        divergence(row, column)
        compare(trace.columns[column].target, trace.rank, trace.logprob, row, column, key: "")
      }
    }
  }

  /// A Jacobian lens reads the blocks that it has matrices for, and the last one, which is the model.
  private mutating func blankRows() {
    let blank = trace.blankRows
    if let last = trace.rows.indices.last, blank.contains(last) {
      add("rows[\(last)]", "no numbers, expected those of the model's own output")
    }
    guard let layers = trace.lens.sourceLayers else { return }
    for (index, row) in trace.rows.enumerated().dropLast() {
      let isRead = row.point == .block && layers.contains(row.layer)
      guard isRead == blank.contains(index) else { continue }
      add(
        "rows[\(index)]",
        isRead
          ? "no numbers, expected some: the lens has a matrix for layer \(row.layer)"
          : "numbers, expected none: the lens has no matrix for \(row.phrase)")
    }
  }

  /// The last row is the model's own output.
  private mutating func lastRow() {
    guard let row = trace.rows.indices.last else { return }
    for column in trace.columns.indices {
      if let kl = trace.kl[row][column], abs(kl) > Self.slack {
        add("kl[\(row)][\(column)]", "\(kl), expected 0: the last row is what the others are compared with")
      }
      guard case .generate = trace.method, trace.predictsOutput(column),
        trace.columns[column].target != nil, let rank = trace.rank[row][column], rank != 1
      else { continue }
      add(
        "rank[\(row)][\(column)]",
        "\(rank), expected 1: the token \(trace.masks == nil ? "was generated greedily" : "is the model's own choice")")
    }
  }
}

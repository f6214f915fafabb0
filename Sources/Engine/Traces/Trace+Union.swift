extension Trace {
  /// Everything that two traces of one question have; nil where a number that both have differs.
  ///
  /// One may watch other words than the other, list more of the most probable tokens, and have further rows and columns; one alone may say
  /// what the parts of the model add or what patched runs gave. Rows that neither has in all columns are left out.
  package func united(with other: Trace) -> Trace? {
    difference(from: other) == nil ? TraceUnion(self, other).trace : nil
  }
}

extension Numbers {
  /// Everything that two answers to one question say; nil where they contradict.
  package func united(with other: Numbers) -> Numbers? {
    if case .trace(let one) = self, case .trace(let another) = other {
      return one.united(with: another).map { .trace($0) }
    }
    if case .summary(let one) = self, case .summary(let another) = other {
      return one.united(with: another).map { .summary($0) }
    }
    return nil
  }
}

extension DatasetSummary {
  /// The same summary with the digests of items that either has; nil where a number differs.
  fileprivate func united(with other: DatasetSummary) -> DatasetSummary? {
    var (one, another) = (self, other)
    for index in one.groups.indices where another.groups.indices.contains(index) {
      one.groups[index].itemsSHA256 = one.groups[index].itemsSHA256 ?? another.groups[index].itemsSHA256
      another.groups[index].itemsSHA256 = another.groups[index].itemsSHA256 ?? one.groups[index].itemsSHA256
    }
    return one == another ? one : nil
  }
}

/// Two traces that do not contradict each other, cell by cell.
private struct TraceUnion {
  private let mine: Side
  private let its: Side
  private let rows: [Trace.Row]
  private let columns: [Trace.Column]

  /// A trace, and where it has rows and columns.
  private struct Side {
    let trace: Trace
    let rows: [Trace.Row: Int]
    /// By position.
    let columns: [Int: Int]

    init(_ trace: Trace) {
      self.trace = trace
      rows = Dictionary(trace.rows.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
      columns = Dictionary(
        trace.columns.enumerated().map { ($1.position, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Whether it has every cell.
    func holds(_ rows: [Trace.Row], _ columns: [Trace.Column]) -> Bool {
      rows.allSatisfy { self.rows[$0] != nil } && columns.allSatisfy { self.columns[$0.position] != nil }
    }

    func cell(_ row: Trace.Row, _ column: Trace.Column) -> (row: Int, column: Int)? {
      guard let row = rows[row], let column = columns[column.position] else { return nil }
      return (row, column)
    }
  }

  init(_ one: Trace, _ other: Trace) {
    let (mine, its) = (Side(one), Side(other))
    let columns = (one.columns + other.columns.filter { mine.columns[$0.position] == nil }).sorted {
      $0.position < $1.position
    }
    rows = (one.rows + other.rows.filter { mine.rows[$0] == nil }).filter { row in
      (mine.rows[row] != nil && its.rows[row] != nil) || mine.holds([row], columns) || its.holds([row], columns)
    }.sorted { $0.height < $1.height }
    (self.mine, self.its, self.columns) = (mine, its, columns)
  }

  /// The trace of all cells.
  var trace: Trace {
    var trace = mine.trace
    (trace.rows, trace.columns) = (rows, columns)
    trace.rank = matrix { $0.rank[$1][$2] }
    trace.logprob = matrix { $0.logprob[$1][$2] }
    trace.entropy = matrix { $0.entropy[$1][$2] }
    trace.kl = matrix { $0.kl[$1][$2] }
    trace.top = top
    let found = automatic
    trace.automatic = found
    trace.watch = watch(found)
    trace.attribution = mine.trace.attribution ?? its.trace.attribution
    trace.patching = mine.trace.patching ?? its.trace.patching
    trace.texts.merge(its.trace.texts) { own, _ in own }
    return trace
  }

  /// A value of every cell, from a trace that has it.
  private func matrix<Value>(_ read: (Trace, Int, Int) -> Value) -> [[Value]] {
    rows.map { row in columns.compactMap { pick(row, $0, read) } }
  }

  private func pick<Value>(
    _ row: Trace.Row, _ column: Trace.Column, _ read: (Trace, Int, Int) -> Value
  ) -> Value? {
    for side in [mine, its] {
      if let cell = side.cell(row, column) { return read(side.trace, cell.row, cell.column) }
    }
    return nil
  }

  /// The longer lists where they are there for every cell, otherwise the shorter ones.
  private var top: Trace.Top {
    let (longer, shorter) = mine.trace.top.k < its.trace.top.k ? (its, mine) : (mine, its)
    let k = longer.holds(rows, columns) ? longer.trace.top.k : shorter.trace.top.k
    func list<Value>(_ row: Trace.Row, _ column: Trace.Column, _ read: (Trace, Int, Int) -> [Value]) -> [Value] {
      for side in [longer, shorter] {
        if let cell = side.cell(row, column) { return Array(read(side.trace, cell.row, cell.column).prefix(k)) }
      }
      return []
    }
    return Trace.Top(
      k: k, ids: rows.map { row in columns.map { list(row, $0) { $0.top.ids[$1][$2] } } },
      logprobs: rows.map { row in columns.map { list(row, $0) { $0.top.logprobs[$1][$2] } } })
  }

  /// What a first run found in all rows and columns: what it found in some of them is not the answer for all.
  private var automatic: Trace.Automatic? {
    [mine, its].first { $0.trace.automatic != nil && $0.trace.rows == rows && $0.trace.columns == columns }?.trace
      .automatic
  }

  /// The watched tokens of both, those that a first run found behind the others.
  ///
  /// Where each has words that the other lacks, they are ordered by their texts, so that nothing depends on which trace is the first.
  private func watch(_ found: Trace.Automatic?) -> [Trace.Watch] {
    let (watch, other) = (mine.trace.watch, its.trace.watch)
    let added = other.filter { entry in !watch.contains { $0.isSame(as: entry) } }
    let own = watch.filter { entry in !other.contains { $0.isSame(as: entry) } }
    var all = added.isEmpty ? watch : own.isEmpty ? other : watch + added
    if !added.isEmpty, !own.isEmpty { all.sort { ($0.text, $0.id ?? -1) < ($1.text, $1.id ?? -1) } }
    all = all.map(completed)
    guard let ids = found?.ids else { return all }
    let last = ids.compactMap { id in all.first { $0.ids == nil && $0.id == id } }
    return all.filter { entry in !last.contains { $0.isSame(as: entry) } } + last
  }

  /// A watched token with the numbers of both traces; nil where only the other trace has a cell.
  private func completed(_ entry: Trace.Watch) -> Trace.Watch {
    let sources = [mine, its].compactMap { side in
      side.trace.watch.first { $0.isSame(as: entry) }.map { (side: side, watch: $0) }
    }
    func values<Value>(_ read: (Trace.Watch, Int, Int) -> Value?) -> [[Value?]] {
      rows.map { row in
        columns.map { column in
          for source in sources {
            guard let cell = source.side.cell(row, column) else { continue }
            if let value = read(source.watch, cell.row, cell.column) { return value }
          }
          return nil
        }
      }
    }
    var joined = entry
    joined.rank = values { $0.rank[$1][$2] }
    joined.logprob = values { $0.logprob[$1][$2] }
    return joined
  }
}

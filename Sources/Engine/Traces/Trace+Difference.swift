/// What two traces of one question have otherwise.
extension Trace {
  /// The first thing that both have and that is not the same, as "model.weights: 'F16' and 'F32'"; nil where they do not contradict each
  /// other.
  package func difference(from other: Trace) -> String? {
    func words<Value: Equatable>(_ key: String, _ mine: Value, _ its: Value) -> String? { mine == its ? nil : key }
    func both<Value: Equatable>(_ key: String, _ mine: Value?, _ its: Value?) -> String? {
      mine == nil || its == nil || mine == its ? nil : key
    }
    let known: [String?] = [
      model.difference(from: other.model), Self.difference("compute", compute, other.compute),
      words("lens", lens, other.lens), Self.difference("prompt", prompt, other.prompt),
      words("method", method, other.method), words("chat", chat, other.chat), words("encoder", encoder, other.encoder),
      words("masks", masks, other.masks), words("changes", changes, other.changes),
      words("prompt_length", promptLength, other.promptLength), words("tokens", tokens, other.tokens),
      words("schema", schema, other.schema), both("attribution", attribution, other.attribution),
      both("patching", patching, other.patching),
    ]
    if let first = known.compactMap(\.self).first { return first }
    if let first = cellDifference(from: other) { return first }
    if rows == other.rows, columns == other.columns,
      let first = both("watch_auto", automatic, other.automatic)
    {
      return first
    }
    return textDifference(from: other)
  }

  private func textDifference(from other: Trace) -> String? {
    let ids = texts.compactMap { id, text in other.texts[id].map { $0 == text } ?? true ? nil : id }
    return ids.min().map { "texts of \($0)" }
  }

  /// The first number of a row and a column of both.
  private func cellDifference(from other: Trace) -> String? {
    let (itsRows, itsColumns) = (
      Dictionary(other.rows.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first }),
      Dictionary(other.columns.enumerated().map { ($1.position, $0) }, uniquingKeysWith: { first, _ in first })
    )
    let watched = watch.enumerated().compactMap { index, entry in
      other.watch.firstIndex { $0.isSame(as: entry) }.map { (mine: index, its: $0) }
    }
    for pair in watched where watch[pair.mine].isOther(than: other.watch[pair.its]) {
      return "watch '\(Self.short(watch[pair.mine].text))'"
    }
    for (column, known) in columns.enumerated() {
      guard let its = itsColumns[known.position] else { continue }
      if known.target != other.columns[its].target { return "target at position \(known.position)" }
      for (row, point) in rows.enumerated() {
        guard let itsRow = itsRows[point] else { continue }
        let cell = Cell(row: row, column: column)
        let another = Cell(row: itsRow, column: its)
        guard let found = difference(at: cell, from: other, at: another, watched) else { continue }
        return "\(found.key) of \(point.point.rawValue) \(point.layer) at position \(known.position): \(found.values)"
      }
    }
    return nil
  }

  /// Indices of a row and a column.
  private struct Cell {
    var row: Int
    var column: Int
  }

  private func difference(
    at cell: Cell, from other: Trace, at its: Cell, _ watched: [(mine: Int, its: Int)]
  ) -> (key: String, values: String)? {
    func compare<Value: Equatable>(
      _ key: String, _ mine: [[Value?]], _ another: [[Value?]]
    ) -> (key: String, values: String)? {
      let (one, two) = (mine[cell.row][cell.column], another[its.row][its.column])
      guard one != two else { return nil }
      func word(_ value: Value?) -> String { value.map { "\($0)" } ?? "none" }
      return (key: key, values: "\(word(one)) and \(word(two))")
    }
    let own: [(key: String, values: String)?] = [
      compare("rank", rank, other.rank), compare("logprob", logprob, other.logprob),
      compare("entropy", entropy, other.entropy), compare("kl", kl, other.kl),
    ]
    if let first = own.compactMap(\.self).first { return first }
    for pair in watched {
      let (one, two) = (watch[pair.mine], other.watch[pair.its])
      // Joined numbers may lack those of a word in some cells.
      guard one.logprob[cell.row][cell.column] != nil, two.logprob[its.row][its.column] != nil else { continue }
      let name = Self.short(one.text)
      if let found = compare("rank of '\(name)'", one.rank, two.rank) { return found }
      if let found = compare("logprob of '\(name)'", one.logprob, two.logprob) { return found }
    }
    // The shorter list is the beginning of the longer one.
    let ids = zip(top.ids[cell.row][cell.column], other.top.ids[its.row][its.column])
    if let found = ids.first(where: { $0 != $1 }) { return (key: "top.ids", values: "\(found.0) and \(found.1)") }
    let logprobs = zip(top.logprobs[cell.row][cell.column], other.top.logprobs[its.row][its.column])
    return logprobs.first { $0 != $1 }.map { (key: "top.logprobs", values: "\($0) and \($1)") }
  }

  /// A text of a file for a message.
  static func short(_ text: String) -> String { MessageText.short(TokenDisplay.line(text), most: 40) }

  /// "key: 'a' and 'b'".
  static func difference(_ key: String, _ mine: String?, _ its: String?) -> String? {
    guard mine != its else { return nil }
    func word(_ text: String?) -> String { text.map { "'\(short($0))'" } ?? "none" }
    return "\(key): \(word(mine)) and \(word(its))"
  }
}

extension Trace.Model {
  /// The first thing that another description of a model has otherwise, as "model.bos: 'yes' and none".
  package func difference(from other: Trace.Model) -> String? {
    guard self != other else { return nil }
    let texts: [(String, String?, String?)] = [
      ("weights", weights, other.weights), ("bos", bos?.rawValue, other.bos?.rawValue),
      ("sha256", sha256, other.sha256), ("adapter.sha256", adapter?.sha256, other.adapter?.sha256),
      ("name", name, other.name), ("architecture", architecture, other.architecture),
      ("license", license, other.license), ("source", source, other.source),
    ]
    let first = texts.lazy.compactMap { Trace.difference("model.\($0.0)", $0.1, $0.2) }.first
    if let first { return first }
    return acceptedSettings == other.acceptedSettings ? "model" : "model.accepted_settings"
  }
}

extension Trace.Watch {
  /// Whether two entries follow the same tokens under one name.
  func isSame(as other: Trace.Watch) -> Bool { text == other.text && id == other.id && ids == other.ids }

  /// Whether another entry for the same tokens describes them otherwise.
  fileprivate func isOther(than other: Trace.Watch) -> Bool { texts != other.texts || firstOf != other.firstOf }
}

extension Trace.Row {
  /// A number that grows from the bottom of the network to the top.
  package var height: Int {
    switch point {
    case .embedding: 3 * layer
    case .attention, .mixer: 3 * layer + 1
    case .block: 3 * layer + 2
    }
  }
}

extension Numbers {
  /// What other numbers of one question have otherwise; nil where that cannot be said in a few words.
  package func difference(from other: Numbers) -> String? {
    if case .trace(let one) = self, case .trace(let another) = other { return one.difference(from: another) }
    return model.difference(from: other.model) ?? Trace.difference("compute", compute, other.compute)
  }
}

extension Trace {
  /// Limits of counts and indices in a trace, so that later sums and comparisons cannot overflow.
  package static let counts = 0...Int(Int32.max)

  /// The first count, layer or id that is negative, or larger than in any model.
  func absurdNumber() -> (key: String, reason: String)? {
    if let found = model.absurdNumber() { return found }
    if let count = method.generated, !Trace.counts.contains(count) {
      return ("method.generate", Trace.outside(count))
    }
    if let found = Trace.absurdLayer(rows) { return found }
    for (index, token) in tokens.enumerated() where !Trace.counts.contains(token.id) {
      return ("tokens[\(index)].id", Trace.outside(token.id))
    }
    for (index, token) in (encoder?.tokens ?? []).enumerated() where !Trace.counts.contains(token.id) {
      return ("encoder.tokens[\(index)].id", Trace.outside(token.id))
    }
    for (index, column) in columns.enumerated() {
      if let target = column.target, !Trace.counts.contains(target) {
        return ("columns[\(index)].target", Trace.outside(target))
      }
    }
    for (row, cells) in top.ids.enumerated() {
      for (column, ids) in cells.enumerated() {
        if let id = ids.first(where: { !Trace.counts.contains($0) }) {
          return ("top.ids[\(row)][\(column)]", Trace.outside(id))
        }
      }
    }
    for (index, span) in (chat?.spans ?? []).enumerated() {
      for (key, number) in [("first", span.first), ("count", span.count)] where !Trace.counts.contains(number) {
        return ("chat.spans[\(index)].\(key)", Trace.outside(number))
      }
    }
    return nil
  }

  /// The first invalid layer of some rows.
  static func absurdLayer(_ rows: [Row]) -> (key: String, reason: String)? {
    rows.enumerated().first { !counts.contains($0.element.layer) }
      .map { ("rows[\($0.offset)].layer", outside($0.element.layer)) }
  }

  fileprivate static func outside(_ number: Int) -> String {
    "\(number), expected \(counts.lowerBound) to \(counts.upperBound)"
  }
}

extension Trace.Model {
  /// The first invalid size of the model.
  func absurdNumber() -> (key: String, reason: String)? {
    let sizes = [("layers", layers), ("width", width), ("vocabulary", vocabulary), ("padding", padding ?? 0)]
    return sizes.first { !Trace.counts.contains($0.1) }.map { ("model.\($0.0)", Trace.outside($0.1)) }
  }
}

extension Trace {
  /// The first token of a text that the model's vocabulary lacks.
  static func unknownToken(_ tokens: [Token], _ model: Model) -> (key: String, reason: String)? {
    guard let index = tokens.firstIndex(where: { !(0..<max(1, model.vocabulary)).contains($0.id) }) else { return nil }
    return ("[\(index)].id", "\(tokens[index].id), expected 0 to \(model.vocabulary - 1)")
  }
}

import Traces

/// What the states themselves tell about how they were taken: whether row 0 is the embedding, whether the last row names what was served,
/// and whether it is normed already.
struct StatesCheck {
  /// What may be wrong.
  let warnings: [String]

  /// Checks a text; `served` are the positions whose next tokens the model chose, nil where none is known.
  init(
    _ text: StatesFile.Text, _ trace: Trace, served: Range<Int>?, model: LanguageModel, pool: ThreadPool
  ) throws {
    var warnings: [String] = []
    if let difference = try StatesCheck.differenceFromEmbedding(text, model, pool),
      difference > StatesCheck.mostOfEmbedding
    {
      warnings.append(
        "\(text.place): row 0 is not the embedding of its tokens (it differs by \(Int((100 * min(difference, 1000)).rounded())) % of its "
          + "length): layer ids may be in another order, or states are of another model")
    }
    if try StatesCheck.isNormed(text, model.network.output.norm, width: model.width) {
      warnings.append(
        "\(text.place): the last row has the statistics of a state that the final norm was applied to: it is normed twice"
      )
    }
    let last = trace.rows.count - 1
    let known = trace.columns.indices.filter { served?.contains(trace.columns[$0].position) ?? false }
    let other = known.filter { trace.top.ids[last][$0].first != trace.columns[$0].target }
    if known.isEmpty, text.asked == nil {
      warnings.append(
        "\(text.place): no token after the states is known, so nothing shows that the last row is the model's output; "
          + "--continuation says what was served")
    } else if let first = other.first {
      let column = trace.columns[first]
      func label(_ id: Int?) -> String { id.map { TokenDisplay.label(trace.texts[$0]) } ?? "nothing" }
      warnings.append(
        "\(text.place): the last row names '\(label(trace.top.ids[last][first].first))' after position \(column.position), "
          + "where '\(label(column.target))' was served (\(other.count) of \(known.count) differ): layer ids may be off by one, "
          + "states may be normed already or of another model, or tokens were drawn at random")
    }
    self.warnings = warnings
  }

  /// How far row 0 may be from the embedding, as a share of its length: weights in 4 bits are up to a tenth away from those in 16.
  private static let mostOfEmbedding = 0.25

  /// The largest distance of row 0 from the embedding of its tokens, as a share of the embedding's length; nil where that is not known.
  private static func differenceFromEmbedding(
    _ text: StatesFile.Text, _ model: LanguageModel, _ pool: ThreadPool
  ) throws -> Double? {
    let (stack, embedding) = (model.network.stack, model.network.embedding)
    // Several streams, and what stands before the first block, are not the embedding alone; a changed run may begin with another state.
    guard embedding.streams == nil, embedding.hyper == nil, embedding.depth == nil, stack.blocks.first?.junction == nil,
      text.asked?.changes == nil
    else { return nil }
    let matrices = [
      embedding.tokens, embedding.positions?.table, embedding.projection?.weights, embedding.projection?.first,
    ]
    guard matrices.compactMap({ $0?.name }).allSatisfy(model.holds) else { return nil }
    let columns = Array(text.positions.indices.prefix(16))
    let positions = columns.map { text.positions[$0] }
    guard let last = positions.max(), last < text.ids.count, !columns.isEmpty else { return nil }
    let expected = FloatMatrix(rows: columns.count, columns: model.width)
    embedding.write(positions.map { text.ids[$0] }, at: positions, into: expected, pool: pool)
    let found = FloatMatrix(rows: 1, columns: model.width)
    let differences = try columns.compactMap { column -> Double? in
      try text.read(row: 0, column: column, into: found.start)
      let row = expected.row(column)
      var (distance, length) = (0.0, 0.0)
      for i in 0..<model.width {
        distance += Double(found.start[i] - row[i]) * Double(found.start[i] - row[i])
        length += Double(row[i]) * Double(row[i])
      }
      // An embedding that is not finite, or of zeros, is no measure; those of other tokens are.
      guard length.isFinite, length > 0, !distance.isNaN else { return nil }
      return (distance / length).squareRoot()
    }
    return differences.max()
  }

  /// Whether the last states have exactly what the final norm makes of any state.
  private static func isNormed(_ text: StatesFile.Text, _ norm: Norm?, width: Int) throws -> Bool {
    guard let norm, norm.span == nil, norm.weight.count == width, width > 8 else { return false }
    let state = FloatMatrix(rows: 1, columns: width)
    // Where weights are small the division finds nothing but rounding.
    let places = (0..<width).filter { abs(norm.weight[$0]) > 1e-3 }
    guard places.count > width / 2 else { return false }
    for column in 0..<min(16, text.positions.count) {
      try text.read(row: text.rows - 1, column: column, into: state.start)
      let values = places.map { Double((state.start[$0] - (norm.bias?[$0] ?? 0)) / norm.weight[$0]) }
      let mean = norm.kind == .layer ? values.reduce(0, +) / Double(values.count) : 0
      let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
      guard abs(mean) < 0.02, abs(square - 1) < 0.02 else { return false }
    }
    return true
  }
}

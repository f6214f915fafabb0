import Foundation

/// The two tables of a model that have a row for each token.
struct TokenTables {
  /// Shape [V, embedding width].
  var embedding: WeightMatrix
  var head: Head
}

extension WeightLoader {
  /// The token embedding [V, columns] and the head, by their names without `.weight`; both have as many rows as the settings say.
  ///
  /// A tied head is the embedding's matrix, whichever of the two is stored. If both are stored and differ, the stored head is
  /// used (as in transformers 5), with a note.
  /// `rows` are those of the two tables where they differ.
  /// - Throws: `LoadError.missingTensor`, `LoadError.badShape`, `LoadError.badSetting` for another size of the vocabulary.
  func tokenTables(
    _ tokens: String, head name: String = "lm_head", columns: Int, headColumns: Int? = nil, _ settings: ModelSettings,
    tiedByDefault: Bool, rows: (embedding: Int, head: Int)? = nil
  ) throws -> TokenTables {
    if let rows {
      return try separateTables(tokens, head: name, columns: columns, settings, tiedByDefault: tiedByDefault, rows)
    }
    let (embedding, own) = (tokens + ".weight", (files.kind == .gguf ? "output" : name) + ".weight")
    let isTied =
      files.kind == .gguf ? !contains(own) : try settings.tiesHead(usual: tiedByDefault, isHeadStored: contains(own))
    if files.kind != .gguf, contains(own), contains(embedding) {
      settings.changesNothing(config: ["tie_word_embeddings"], because: "the head that is stored is used")
    }
    // If only the head is stored, it serves as both.
    let isHeadAlone = (isTied || files.isOutputAlone) && contains(own) && !contains(embedding)
    let table = try matrix(isHeadAlone ? own : embedding, columns: columns)
    try settings.requireVocabulary(rows: table.rows)
    if isHeadAlone || isTied && (!contains(own) || areEqual(embedding, own)) {
      ignore(own)
      return TokenTables(embedding: table, head: Head(weights: table))
    }
    if isTied {
      files.notes.add(
        "'\(own)' is stored beside '\(embedding)' and differs from it; it is the head, although tie_word_embeddings is true",
        at: files.path)
    }
    return TokenTables(embedding: table, head: Head(weights: try matrix(own, table.rows, headColumns ?? columns)))
  }

  /// The two tables of a model whose embedding has more rows than its head, so that neither can stand for the other.
  private func separateTables(
    _ tokens: String, head name: String, columns: Int, _ settings: ModelSettings, tiedByDefault: Bool,
    _ rows: (embedding: Int, head: Int)
  ) throws -> TokenTables {
    let own = name + ".weight"
    if try settings.tiesHead(usual: tiedByDefault, isHeadStored: contains(own)) {
      throw settings.refuse(
        gguf: nil, config: "tie_word_embeddings", found: "true",
        expected: "false: the embedding has \(rows.embedding) rows and the head \(rows.head)")
    }
    return TokenTables(
      embedding: try matrix(tokens + ".weight", rows.embedding, columns),
      head: Head(weights: try matrix(own, rows.head, columns)))
  }

  /// The tables of an encoder and of a decoder, and the head's, of which most files hold one for all.
  ///
  /// - Parameters:
  ///   - stems: The names without `.weight` of the table that is shared, the encoder's, the decoder's and the head's.
  ///   - isTied: Whether the head is the shared table; one that is stored beside it and differs is the head all the same.
  func sharedTables(
    _ stems: [String], columns: Int, _ settings: ModelSettings, isTied: Bool
  ) throws -> (encoder: WeightMatrix, decoder: WeightMatrix, head: WeightMatrix) {
    let names = stems.map { $0 + ".weight" }
    let shared = names.prefix(isTied ? 4 : 3).first(where: contains) ?? names[0]
    let table = try matrix(shared, columns: columns)
    try settings.requireVocabulary(rows: table.rows)
    func own(_ name: String, _ what: String) throws -> WeightMatrix {
      name == shared ? table : try copy(name, of: table, named: shared, what: what)
    }
    return (
      try own(names[1], "it is the encoder's"), try own(names[2], "it is the decoder's"),
      try isTied
        ? own(names[3], "it is the head, although tie_word_embeddings is true")
        : matrix(names[3], table.rows, table.columns)
    )
  }

  /// A table [V, columns] of which most files hold no copy of its own: the shared one if it is not stored or the same numbers, else
  /// the stored one, with a note that says `what` it is.
  ///
  /// - Throws: `LoadError.badShape`.
  func copy(_ name: String, of table: WeightMatrix, named shared: String, what: String) throws -> WeightMatrix {
    guard contains(name), !areEqual(name, shared) else {
      ignore(name)
      return table
    }
    files.notes.add("'\(name)' is stored beside '\(shared)' and differs from it; \(what)", at: files.path)
    return try matrix(name, table.rows, table.columns)
  }

  /// Whether two tensors hold the same numbers.
  private func areEqual(_ first: String, _ second: String) -> Bool {
    guard let a = files.tensors[first], let b = files.tensors[second], a.shape == b.shape else { return false }
    if a.format == b.format, let left = a.bytes.baseAddress, let right = b.bytes.baseAddress {
      return a.bytes.count == b.bytes.count && memcmp(left, right, a.bytes.count) == 0
    }
    guard a.shape.count == 2, let x = try? WeightMatrix(a, transposed: false, owner: files),
      let y = try? WeightMatrix(b, transposed: false, owner: files)
    else { return false }
    var (left, right) = ([Float](repeating: 0, count: x.columns), [Float](repeating: 0, count: x.columns))
    return (0..<x.rows).allSatisfy { row in
      left.withUnsafeMutableBufferPointer { $0.baseAddress.map { x.decodeRow(row, into: $0) } }
      right.withUnsafeMutableBufferPointer { $0.baseAddress.map { y.decodeRow(row, into: $0) } }
      return left == right
    }
  }
}

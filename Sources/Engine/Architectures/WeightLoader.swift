/// Takes tensors out of a file by name and shape, and remembers which were taken, so that none is missed or left over.
final class WeightLoader {
  let files: any ModelFiles
  private var taken: Set<String> = []

  /// A loader for an opened model.
  init(_ files: any ModelFiles) { self.files = files }

  /// Whether the file has the tensor.
  func contains(_ name: String) -> Bool { files.tensors[name] != nil }

  /// A matrix [out, in] left in the map; `transposed` when the file holds [in, out].
  ///
  /// - Throws: `LoadError.missingTensor`, `LoadError.badShape`.
  func matrix(_ name: String, _ out: Int, _ input: Int, transposed: Bool = false) throws -> WeightMatrix {
    let tensor = try take(name, shape: transposed ? [input, out] : [out, input])
    return try WeightMatrix(tensor, transposed: transposed, owner: files)
  }

  /// A matrix whose number of rows is the file's business (the vocabulary).
  func matrix(_ name: String, columns: Int) throws -> WeightMatrix {
    guard let tensor = files.tensors[name] else { throw missing(name) }
    guard tensor.shape.count == 2, tensor.shape[0] > 0 else {
      throw LoadError.badShape(
        tensor: name, path: tensor.path, found: tensor.shape, expected: "[vocabulary, \(columns)]")
    }
    return try matrix(name, tensor.shape[0], columns)
  }

  /// A vector [count], decoded.
  func vector(_ name: String, _ count: Int) throws -> [Float] {
    try finite(try take(name, shape: [count])) { "[\($0)]" }
  }

  /// A table [rows, columns], decoded, its rows one after the other.
  func table(_ name: String, _ rows: Int, _ columns: Int) throws -> [Float] {
    try finite(try take(name, shape: [rows, columns])) { "[\($0 / columns), \($0 % columns)]" }
  }

  /// A vector, nil when the file has none by that name.
  func optionalVector(_ name: String, _ count: Int) throws -> [Float]? {
    contains(name) ? try vector(name, count) : nil
  }

  /// Whether a projection has a bias.
  enum Bias {
    case absent, required
    /// GGUF files do not say; what is there is used.
    case optional

    /// What a config.json says, where GGUF says nothing.
    static func said(_ flag: Bool, in kind: ModelFileKind) -> Bias {
      kind == .gguf ? .optional : flag ? .required : .absent
    }
  }

  /// A vector [count] that may have to be there; a bias that must not be there is left over and found by `finish`.
  func bias(_ name: String, _ count: Int, _ rule: Bias) throws -> [Float]? {
    switch rule {
    case .absent: nil
    case .required: try vector(name, count)
    case .optional: try optionalVector(name, count)
    }
  }

  /// A projection [out, in] from `name.weight` and, by the rule, `name.bias`.
  func projection(_ name: String, _ out: Int, _ input: Int, bias rule: Bias = .absent) throws -> Projection {
    Projection(
      weights: try matrix(name + ".weight", out, input), bias: try bias(name + ".bias", out, rule))
  }

  /// Matrices [out, in] of which a tensor [count, out, in] holds one for each expert.
  func stack(_ name: String, _ count: Int, _ out: Int, _ input: Int) throws -> [WeightMatrix] {
    let tensor = try take(name, shape: [count, out, input])
    return try (0..<count).map { index in
      let part = tensor.bytes.count / count
      let slice = StoredTensor(
        name: "\(name)[\(index)]", shape: [out, input], format: tensor.format,
        bytes: UnsafeRawBufferPointer(rebasing: tensor.bytes[(index * part)..<((index + 1) * part)]), path: tensor.path)
      return try WeightMatrix(slice, transposed: false, owner: files)
    }
  }

  /// The head of a model in the naming of Llama and its kin: its own matrix, or the token embedding where they are tied.
  ///
  /// A GGUF is tied when it has no `output.weight`; config.json says `tie_word_embeddings`, else `tiedByDefault` holds.
  func head(
    named name: String = "lm_head", tiedTo tokens: WeightMatrix, _ settings: ModelSettings, tiedByDefault: Bool
  ) throws -> Head {
    let own = files.kind == .gguf ? "output.weight" : name + ".weight"
    let tied =
      files.kind == .gguf
      ? !contains(own) : try settings.flag(gguf: nil, config: "tie_word_embeddings") ?? tiedByDefault
    guard tied else {
      return Head(weights: try matrix(own, columns: tokens.columns))
    }
    // Some checkpoints store the tied copy, too.
    ignore(own)
    return Head(weights: tokens)
  }

  /// Marks a tensor as known and not needed (a tied copy).
  func ignore(_ name: String) { taken.insert(name) }

  /// Checks that every tensor of the file was taken; what is known to lie beside language models is noted and passed over.
  ///
  /// - Throws: `LoadError.unusedTensors`, naming them.
  func finish() throws {
    let left = (Array(files.tensors.keys) + files.otherTensors.keys).filter { !taken.contains($0) }
    let (unused, notes) = UnneededTensors.split(left) { files.tensors[$0]?.shape }
    guard unused.isEmpty else { throw LoadError.unusedTensors(names: unused, path: files.path) }
    for note in notes { files.notes.add(note, at: files.path) }
  }

  /// All values of a tensor, none of which may be NaN or infinite; `index` names a place for the message.
  private func finite(_ tensor: StoredTensor, index: (Int) -> String) throws -> [Float] {
    let values = tensor.values
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return values }
    throw LoadError.nonFinite(
      tensor: tensor.name, path: tensor.path, index: index(place), value: values[place].plainDescription)
  }

  private func take(_ name: String, shape: [Int]) throws -> StoredTensor {
    guard let tensor = files.tensors[name] else { throw missing(name) }
    guard tensor.shape == shape else {
      throw LoadError.badShape(tensor: name, path: tensor.path, found: tensor.shape, expected: "\(shape)")
    }
    taken.insert(name)
    return tensor
  }

  private func missing(_ name: String) -> LoadError {
    guard let reason = files.unfoundTensors[name] else { return .missingTensor(name: name, path: files.path) }
    return .unfoundTensor(name: name, path: files.path, reason: reason)
  }
}

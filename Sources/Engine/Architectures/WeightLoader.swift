/// Takes tensors from a file by name and shape, and records them, so that none is missing or left over.
final class WeightLoader {
  let files: any ModelFiles
  /// Names of this file's modules in the other kind of file.
  private(set) var names = ModuleNames()
  private var taken: Set<String> = []
  /// What `usesName` found.
  private var uses: [String: Bool] = [:]
  /// What stands for tensors of blocks where only the output is opened; nil for a whole model.
  private let absent: AbsentTensors?

  /// A loader for an opened model.
  init(_ files: any ModelFiles) {
    self.files = files
    absent = files.isOutputAlone ? AbsentTensors() : nil
  }

  /// The names of matrices that are not in the files, and for which zeros stand.
  var absentMatrices: Set<String> { absent?.matrices ?? [] }

  /// Records a module's names in both kinds of file; returns the name in this one.
  func name(inGGUF gguf: String, inFolder folder: String) -> String {
    let isGGUF = files.kind == .gguf
    if !gguf.isEmpty, !folder.isEmpty { names.other[isGGUF ? gguf : folder] = isGGUF ? folder : gguf }
    return isGGUF ? gguf : folder
  }

  /// Records that transformers calls the module of a folder otherwise, once it is read; returns the module's name.
  func name(_ module: String, inMemory own: String) -> String {
    if module != own { names.inMemory[module] = own }
    return module
  }

  /// Records a projection whose rows are in groups for each key head in a folder, and one after the other in GGUF.
  func noteGroups(_ name: String) { names.grouped.insert(name) }

  /// Records projections whose weights GGUF has multiplied by factors.
  func noteFactors(_ projections: [Projection]) {
    names.multiplied.formUnion(projections.map { ModuleNames.module(of: $0.weights.name) })
  }

  /// Records that gates and ups of all experts alternate in a folder.
  func noteInterleavedGates() { names.hasInterleavedGates = true }

  /// Whether the file has the tensor.
  func contains(_ name: String) -> Bool { files.tensors[name] != nil }

  /// Whether any tensor of the file has a name with this part, which tells how all are called: one that is missing is then named.
  func usesName(with part: String) -> Bool {
    // Every block asks again, and a model with experts has many thousands of tensors.
    if let known = uses[part] { return known }
    let isUsed = files.tensors.keys.contains { $0.contains(part) }
    uses[part] = isUsed
    return isUsed
  }

  /// A matrix [out, in] left in the map; `transposed` when the file holds [in, out].
  ///
  /// - Throws: `LoadError.missingTensor`, `LoadError.badShape`.
  func matrix(_ name: String, _ out: Int, _ input: Int, transposed: Bool = false) throws -> WeightMatrix {
    let tensor = try take(name, shape: transposed ? [input, out] : [out, input])
    return try WeightMatrix(tensor, transposed: transposed, owner: owner)
  }

  /// Keeps alive what matrices read.
  private var owner: any AnyObject & Sendable { absent.map { PairOfOwners(files, $0) } ?? files }

  /// Matrices [out, in], one per expert, of a tensor [count, in, out].
  func transposedStack(_ name: String, _ count: Int, _ out: Int, _ input: Int) throws -> [WeightMatrix] {
    try slices(name, [count, input, out]).map { try WeightMatrix($0, transposed: true, owner: owner) }
  }

  /// A matrix whose number of rows the file determines (the vocabulary).
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

  /// A tensor of one number, of any shape.
  func scalar(_ name: String) throws -> Float {
    guard let tensor = files.tensors[name] ?? absent?.tensor(name, shape: [1], path: files.path) else {
      throw missing(name)
    }
    guard tensor.elements == 1 else {
      throw LoadError.badShape(tensor: name, path: tensor.path, found: tensor.shape, expected: "[1]")
    }
    return try finite(try take(name, shape: tensor.shape)) { _ in "[0]" }[0]
  }

  /// A small tensor of any shape, decoded, its last dimension the innermost.
  func values(_ name: String, shape: [Int]) throws -> [Float] {
    try finite(try take(name, shape: shape)) { "value \($0)" }
  }

  /// A table [rows, columns], decoded, its rows one after the other.
  func table(_ name: String, _ rows: Int, _ columns: Int) throws -> [Float] {
    try finite(try take(name, shape: [rows, columns])) { "[\($0 / columns), \($0 % columns)]" }
  }

  /// A vector, nil when the file has none of this name.
  func optionalVector(_ name: String, _ count: Int) throws -> [Float]? {
    contains(name) ? try vector(name, count) : nil
  }

  /// Whether a projection has a bias.
  enum Bias {
    case absent, required
    /// GGUF files do not state it; a stored bias is used.
    case optional

    /// The setting of config.json; nil in GGUF.
    static func said(_ flag: Bool, in kind: ModelFileKind) -> Bias {
      kind == .gguf ? .optional : flag ? .required : .absent
    }
  }

  /// A vector [count], required or not; a bias that should be absent is left over, and `finish` reports it.
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

  /// Matrices [out, in], one per expert, of a tensor [count, out, in].
  func stack(_ name: String, _ count: Int, _ out: Int, _ input: Int) throws -> [WeightMatrix] {
    try slices(name, [count, out, input]).map { try WeightMatrix($0, transposed: false, owner: owner) }
  }

  /// Matrices [out, in * kernel], one per group, of the weights [count * out, in, kernel] of a convolution that mixes the channels of a
  /// group.
  func groups(_ name: String, _ count: Int, _ out: Int, _ input: Int, kernel: Int) throws -> [WeightMatrix] {
    let tensor = try take(name, shape: [count * out, input, kernel])
    let whole = try flat(tensor, count * out, input * kernel)
    return (0..<count).map { whole.slice($0 * out..<($0 + 1) * out) }
  }

  /// The matrices [out, in] of a tensor [count, out, in] as one, [count * out, in].
  func joinedStack(_ name: String, _ count: Int, _ out: Int, _ input: Int) throws -> WeightMatrix {
    try flat(try take(name, shape: [count, out, input]), count * out, input)
  }

  /// The same values as a matrix [rows, columns].
  private func flat(_ tensor: StoredTensor, _ rows: Int, _ columns: Int) throws -> WeightMatrix {
    let whole = StoredTensor(
      name: tensor.name, shape: [rows, columns], format: tensor.format, bytes: tensor.bytes, path: tensor.path)
    return try WeightMatrix(whole, transposed: false, owner: owner)
  }

  private func slices(_ name: String, _ shape: [Int]) throws -> [StoredTensor] {
    let tensor = try take(name, shape: shape)
    let part = tensor.bytes.count / shape[0]
    return (0..<shape[0]).map { index in
      StoredTensor(
        name: "\(name)[\(index)]", shape: Array(shape.dropFirst()), format: tensor.format,
        bytes: UnsafeRawBufferPointer(rebasing: tensor.bytes[(index * part)..<((index + 1) * part)]), path: tensor.path)
    }
  }

  /// Marks a tensor as known and not needed (a tied copy).
  func ignore(_ name: String) { taken.insert(name) }

  /// Passes over the tensors whose names begin so, with a note that says what they are.
  func passOver(prefix: String, what: String) { passOver(prefix, what) { $0.hasPrefix(prefix) } }

  /// Passes over the tensors whose names contain a part, with a note that says what they are.
  func passOver(part: String, what: String) { passOver(part, what) { $0.contains(part) } }

  private func passOver(_ shown: String, _ what: String, _ isMeant: (String) -> Bool) {
    let names = files.tensors.keys.filter(isMeant)
    guard !names.isEmpty else { return }
    taken.formUnion(names)
    let count = names.count == 1 ? "1 tensor" : "\(names.count) tensors"
    files.notes.add("passed over: \(count) of '\(shown)' (\(what))", at: files.path)
  }

  /// Checks that every tensor of the file was taken; known extras beside language models are skipped with a note.
  ///
  /// - Throws: `LoadError.unusedTensors`, naming them.
  func finish() throws {
    let left = (Array(files.tensors.keys) + files.otherTensors.keys).filter { !taken.contains($0) }
    let (unused, notes) = UnneededTensors.split(left) { files.tensors[$0]?.shape }
    guard unused.isEmpty else { throw LoadError.unusedTensors(names: unused, path: files.path) }
    for note in notes { files.notes.add(note, at: files.path) }
  }

  /// All values of a tensor, which must be finite; `index` names a place for the message.
  private func finite(_ tensor: StoredTensor, index: (Int) -> String) throws -> [Float] {
    // Of blocks that are not run nothing is read.
    if let absent, AbsentTensors.isOfBlock(tensor.name) {
      guard let zeros = absent.values(tensor.elements) else { throw missing(tensor.name) }
      return zeros
    }
    let values = tensor.values
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return values }
    throw LoadError.nonFinite(
      tensor: tensor.name, path: tensor.path, index: index(place), value: values[place].plainDescription)
  }

  private func take(_ name: String, shape: [Int]) throws -> StoredTensor {
    guard let tensor = files.tensors[name] else {
      guard let zeros = absent?.tensor(name, shape: shape, path: files.path) else { throw missing(name) }
      return zeros
    }
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

import Traces

/// The entries of a Jacobian lens's file, checked against one another; no tensor data is read.
struct JacobianEntries {
  /// Descriptions of the matrices by block, in ascending order.
  let matrices: [(layer: Int, tensor: TorchTensor)]
  let prompts: Int
  let width: Int

  private static let keys = ["J", "n_prompts", "source_layers", "d_model"]
  /// The entries of a fit that is not finished.
  private static let unfinished = ["jacobian_sum", "n_done", "next_idx"]
  private static let counts = 1..<(1 << 31)

  /// Reads the dictionary of a file.
  ///
  /// - Throws: `JacobianLensError`.
  init(_ root: PickleValue, path: String) throws(JacobianLensError) {
    guard case .dictionary(let members) = root else {
      throw .noLens(path: path, found: "\(root.kindName) instead of a dictionary")
    }
    var entries: [String: PickleValue] = [:]
    for (key, value) in members.content {
      guard let name = key.text else { throw .noLens(path: path, found: "\(key.kindName) as a key") }
      guard entries.updateValue(value, forKey: name) == nil else { throw .twice(path: path, key: name) }
    }
    if entries["J"] == nil, Self.unfinished.contains(where: { entries[$0] != nil }) {
      throw .unfinished(path: path, prompts: entries["n_done"]?.integer)
    }
    guard let matrices = entries["J"] else {
      let names = entries.keys.sorted()
      throw .noLens(
        path: path, found: names.isEmpty ? "an empty dictionary" : "the keys " + JacobianLensError.list(names))
    }
    if let missing = Self.keys.first(where: { entries[$0] == nil }) { throw .missing(path: path, key: missing) }
    let unknown = entries.keys.filter { !Self.keys.contains($0) }.sorted()
    // An entry that is not understood may change what the matrices mean.
    guard unknown.isEmpty else { throw .unknownKeys(path: path, names: unknown) }
    func count(_ key: String) throws(JacobianLensError) -> Int {
      guard let value = entries[key]?.integer, Self.counts.contains(value) else {
        throw .badCount(path: path, key: key, found: entries[key]?.shown ?? "nothing")
      }
      return value
    }
    prompts = try count("n_prompts")
    width = try count("d_model")
    self.matrices = try Self.matrices(matrices, path: path)
    let listed = try Self.layers(entries["source_layers"], path: path)
    let found = self.matrices.map(\.layer)
    guard listed == found else { throw .layersDisagree(path: path, listed: listed, found: found) }
  }

  private static func matrices(
    _ value: PickleValue, path: String
  ) throws(JacobianLensError) -> [(layer: Int, tensor: TorchTensor)] {
    guard case .dictionary(let members) = value else {
      throw .badMatrices(path: path, found: "\(value.kindName) instead of a dictionary")
    }
    var matrices: [Int: TorchTensor] = [:]
    for (key, value) in members.content {
      guard let layer = key.integer else { throw .badMatrices(path: path, found: "the key \(key.shown)") }
      guard counts.lowerBound - 1 <= layer, layer < counts.upperBound else {
        throw .badMatrices(path: path, found: "the key \(layer)")
      }
      guard case .tensor(let tensor) = value else {
        throw .badMatrices(path: path, found: "\(value.kindName) under the key \(layer)")
      }
      guard matrices.updateValue(tensor, forKey: layer) == nil else { throw .twice(path: path, key: "J[\(layer)]") }
    }
    guard !matrices.isEmpty else { throw .badMatrices(path: path, found: "an empty dictionary") }
    return matrices.sorted { $0.key < $1.key }.map { (layer: $0.key, tensor: $0.value) }
  }

  private static func layers(_ value: PickleValue?, path: String) throws(JacobianLensError) -> [Int] {
    var members: [PickleValue]?
    if case .list(let box)? = value { members = box.content } else { members = value?.tuple }
    guard let members else { throw .badSourceLayers(path: path, found: value?.kindName ?? "nothing") }
    let layers = members.compactMap(\.integer)
    guard layers.count == members.count else {
      throw .badSourceLayers(path: path, found: "a list with " + (members.first { $0.integer == nil }?.shown ?? ""))
    }
    return layers.sorted()
  }
}

extension PickleValue {
  /// What kind of value it is, for messages.
  fileprivate var kindName: String {
    switch self {
    case .none: "None"
    case .flag: "a truth value"
    case .integer, .large: "a whole number"
    case .real: "a decimal number"
    case .text: "a text"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .global: "a class"
    case .external: "a storage"
    case .tensor: "a tensor"
    }
  }

  /// The value where it is short, or else its kind.
  fileprivate var shown: String {
    switch self {
    case .flag(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let text) where text.count <= 40: "'\(text)'"
    default: kindName
    }
  }
}

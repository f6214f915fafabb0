/// A model's files in which tensors of an adapter replace the model's own: norms, biases, whole modules.
final class AdaptedFiles: WrappedModelFiles {
  let base: any ModelFiles
  // Keeps the map of the adapter's tensors.
  private let adapter: Adapter
  let tensors: [String: StoredTensor]

  /// Replaces tensors by the adapter's; `AdapterFitting` handles embeddings and heads, because it knows whether they are tied.
  ///
  /// Throws `AdapterError.unknownTensors`, `AdapterError.otherLayout`, `LoadError.badShape`.
  init(_ base: any ModelFiles, _ adapter: Adapter, identity: ModelIdentity) throws {
    self.base = base
    self.adapter = adapter
    base.ledger.add(adapter.settings)
    AdaptedFiles.note(adapter, on: base, identity)
    var tensors = base.tensors
    let wanted = adapter.replacements.filter { !$0.isOfVocabulary }
    guard wanted.isEmpty || adapter.kind == base.kind else {
      throw AdapterError.otherLayout(
        names: wanted.map(\.tensor.name).sorted(), path: adapter.path, model: base.path)
    }
    var places: [String: String] = [:]
    for name in wanted.isEmpty ? [] : Array(base.tensors.keys) { places[ModuleNames.canonical(name)] = name }
    var unknown: [String] = []
    for replacement in wanted {
      guard let name = places[ModuleNames.canonical("\(replacement.module).\(replacement.leaf)")],
        let own = base.tensors[name]
      else {
        unknown.append(replacement.tensor.name)
        continue
      }
      guard own.shape == replacement.tensor.shape else {
        throw LoadError.badShape(
          tensor: replacement.tensor.name, path: replacement.tensor.path, found: replacement.tensor.shape,
          expected: "\(own.shape)")
      }
      tensors[name] = StoredTensor(
        name: name, shape: own.shape, format: replacement.tensor.format, bytes: replacement.tensor.bytes,
        path: replacement.tensor.path)
    }
    guard unknown.isEmpty else {
      throw AdapterError.unknownTensors(names: unknown.sorted(), path: adapter.path, model: base.path)
    }
    self.tensors = tensors
  }

  /// Notes when an adapter names a model other than the one it is applied to, as far as names show this.
  private static func note(_ adapter: Adapter, on base: any ModelFiles, _ identity: ModelIdentity) {
    guard let trained = adapter.baseModel, let name = trained.split(separator: "/").last?.lowercased() else { return }
    let known = [base.path, identity.name, identity.source ?? ""].map { $0.lowercased() }
    guard !known.contains(where: { $0.contains(name) }) else { return }
    base.notes.add("the adapter '\(adapter.name)' says that it was trained for '\(trained)'", at: base.path)
  }
}

import Foundation

/// Attaches an adapter's changes to the projections of a network.
struct AdapterFitting {
  private let adapter: Adapter
  private let files: any ModelFiles
  private let names: ModuleNames
  private let updates: [String: AdapterUpdate]
  /// Changes of whole mixtures, by block.
  private let mixtures: [Int: [AdapterUpdate]]
  /// Names of attached changes.
  private var used: Set<String> = []
  /// Places without a change.
  private var plain: [AdapterSite] = []

  /// Prepares the changes; `names` are those of the network's modules.
  ///
  /// Throws `AdapterError.otherArchitecture`, `AdapterError.otherLayout`, `AdapterError.incomplete`.
  init(_ adapter: Adapter, files: any ModelFiles, names: ModuleNames) throws {
    self.adapter = adapter
    self.files = files
    self.names = names
    if let architecture = adapter.architecture {
      guard files.kind == .gguf else {
        throw AdapterError.otherLayout(
          names: adapter.updates.map(\.module).uniqueSorted, path: adapter.path, model: files.path)
      }
      guard architecture == files.architecture else {
        throw AdapterError.otherArchitecture(path: adapter.path, found: architecture, expected: files.architecture)
      }
    }
    var updates: [String: AdapterUpdate] = [:]
    var mixtures: [Int: [AdapterUpdate]] = [:]
    for update in adapter.updates {
      if update.form == .experts {
        guard let block = update.key.split(separator: ".").dropFirst().first.flatMap({ Int($0) }) else { continue }
        mixtures[block, default: []].append(update)
      } else if let other = updates.updateValue(update, forKey: update.key) {
        throw AdapterError.unknownTensors(
          names: [other.down.name, update.down.name].sorted(), path: adapter.path, model: "one model")
      }
    }
    self.updates = updates
    self.mixtures = mixtures
  }

  /// Adds every change to the network.
  ///
  /// Throws `AdapterError` when a change matches nothing in it, or when the configuration asks for a missing change;
  /// `LoadError.badShape`.
  mutating func fit(_ network: inout Network) throws {
    let isTied = network.output.head.weights.name == network.embedding.tokens.name
    try replaceVocabulary(&network, isTied: isTied)
    try fitVocabulary(&network)
    let experts = network.expertCounts
    try network.eachProjection(names, isGGUF: files.kind == .gguf) { projection, site in
      let hasUpdate = site.keys.contains { updates[$0] != nil }
      if hasUpdate, adapter.kind == .safetensors, files.kind == .gguf,
        names.multiplied.contains(ModuleNames.module(of: projection.weights.name))
      {
        throw AdapterError.otherLayout(names: [site.folderName], path: adapter.path, model: files.path)
      }
      if let key = site.keys.first(where: { updates[$0] != nil }), let update = updates[key], update.form == .product {
        if site.expert != nil { try requireOneMeaning() }
        projection.update = try lowRank(update, projection.weights, site)
        if projection.scalesWeightsAlone { projection.update?.scale /= projection.scale }
        used.insert(update.down.name)
      } else if let expert = site.expert,
        let update = try mixture(expert, projection, count: experts[expert.block] ?? 0)
      {
        projection.update = update
      } else {
        plain.append(site)
      }
    }
    try check(network)
  }

  // MARK: The vocabulary

  /// Uses an embedding or a head of the adapter.
  private func replaceVocabulary(_ network: inout Network, isTied: Bool) throws {
    for replacement in adapter.replacements where replacement.isOfVocabulary {
      let matrix = try WeightMatrix(replacement.tensor, transposed: false, owner: adapter.owner)
      let isHead = ModuleNames.heads.contains(replacement.key)
      let old = isHead ? network.output.head.weights : network.embedding.tokens
      guard matrix.rows == old.rows, matrix.columns == old.columns else {
        throw LoadError.badShape(
          tensor: matrix.name, path: replacement.tensor.path, found: [matrix.rows, matrix.columns],
          expected: "[\(old.rows), \(old.columns)]")
      }
      // PEFT saves a copy of the model's own tensor beside its changes.
      if let stored = files.tensors[old.name], stored.isSame(as: replacement.tensor) { continue }
      if !replacement.isOwn {
        files.notes.add(
          "the adapter '\(adapter.name)' brings '\(matrix.name)', which is not the model's own", at: files.path)
      }
      if isHead || isTied && !replacement.isOwn { network.output.head.weights = matrix }
      if !isHead || isTied && !replacement.isOwn { network.embedding.tokens = matrix }
    }
  }

  private mutating func fitVocabulary(_ network: inout Network) throws {
    for update in adapter.updates where update.form == .embedding {
      guard ModuleNames.embeddings.contains(update.key) else { continue }
      if adapter.configuration?.keepsTies == true {
        throw AdapterError.unsupported(
          path: adapter.path, key: "ensure_weight_tying", value: "true",
          why: "the changes of embedding and head are one in training and two in the file")
      }
      network.embedding.update = try embeddingUpdate(update, network.embedding.tokens)
      used.insert(update.down.name)
    }
    for key in ModuleNames.heads {
      guard let update = updates[key], update.form == .product else { continue }
      let site = AdapterSite(keys: [key], folderName: key)
      network.output.head.update = try lowRank(update, network.output.head.weights, site)
      used.insert(update.down.name)
    }
  }

  private func embeddingUpdate(_ update: AdapterUpdate, _ tokens: WeightMatrix) throws -> EmbeddingUpdate {
    let isGGUF = adapter.kind == .gguf
    let rank = update.up.shape[1]
    try require(update.down, isGGUF ? [tokens.rows, rank] : [rank, tokens.rows])
    try require(update.up, [tokens.columns, rank])
    let up = try WeightMatrix(update.up, transposed: false, owner: adapter.owner)
    guard !isGGUF else {
      return EmbeddingUpdate(
        table: try WeightMatrix(update.down, transposed: false, owner: adapter.owner), up: up, scale: update.scale)
    }
    // A token's change is a column; stored as a row, it is contiguous.
    let table = FloatMatrix(rows: tokens.rows, columns: rank)
    for (row, values) in update.down.rows().enumerated() {
      for (id, value) in values.enumerated() { table.row(id)[row] = value }
    }
    return EmbeddingUpdate(table: WeightMatrix(table, name: update.down.name), up: up, scale: update.scale)
  }

  // MARK: Projections

  /// The change of a projection, or of its part of a stored one.
  private func lowRank(_ update: AdapterUpdate, _ weights: WeightMatrix, _ site: AdapterSite) throws -> LowRankUpdate {
    let outputs = site.isWhole ? weights.rows : weights.storedRows
    let rank = update.down.shape[0]
    try require(update.down, [rank, weights.columns])
    try require(update.up, [outputs, rank])
    var up = try WeightMatrix(update.up, transposed: false, owner: adapter.owner)
    var bias = update.bias
    // Rows of a folder's adapter are in the order of the published model.
    if adapter.kind == .safetensors, let order = site.rows.published(outputs) {
      let ordered = FloatMatrix(rows: outputs, columns: rank)
      for (row, source) in order.enumerated() { up.decodeRow(source, into: ordered.row(row)) }
      up = WeightMatrix(ordered, name: update.up.name)
      bias = bias.map { bias in order.map { bias[$0] } }
    }
    let whole = LowRankUpdate(
      down: try WeightMatrix(update.down, transposed: false, owner: adapter.owner), up: up, bias: bias,
      scale: update.scale)
    guard !site.isWhole, weights.rows != outputs else { return whole }
    return whole.slice(weights.firstRow..<(weights.firstRow + weights.rows))
  }

  /// The change of one expert's part, taken from a change of all experts; nil if there is none.
  ///
  /// A stack of A has the rows of one expert after the other; a stack of B has its columns rank by rank (peft's ParamWrapper).
  private mutating func mixture(
    _ expert: (block: Int, index: Int, part: String), _ projection: Projection, count: Int
  ) throws -> LowRankUpdate? {
    let isDown = expert.part == "down_proj"
    let isHalf = expert.part == "gate_proj" || expert.part == "up_proj"
    let (input, output) = (projection.weights.columns, projection.outputs * (isHalf ? 2 : 1))
    guard let configuration = adapter.configuration,
      let update = mixtures[expert.block]?.first(where: { $0.down.shape[1] == input && $0.up.shape[0] == output })
    else { return nil }
    let module = update.module + (isDown ? ".down_proj" : ".gate_up_proj")
    let rank = try configuration.rank(of: module)
    for (tensor, found) in [(update.down, update.down.shape[0]), (update.up, update.up.shape[1])]
    where found != rank * count {
      throw AdapterError.badRank(path: adapter.path, tensor: tensor.name, found: found, expected: rank * count)
    }
    used.insert(update.down.name)
    let down = try WeightMatrix(update.down, transposed: false, owner: adapter.owner)
    let stored = try WeightMatrix(update.up, transposed: false, owner: adapter.owner)
    let step = isHalf && names.hasInterleavedGates ? 2 : 1
    let first = expert.part != "up_proj" ? 0 : step == 2 ? 1 : projection.outputs
    let up = FloatMatrix(rows: projection.outputs, columns: rank)
    let whole = FloatMatrix(rows: 1, columns: rank * count)
    for row in 0..<projection.outputs {
      stored.decodeRow(first + step * row, into: whole.start)
      for r in 0..<rank { up.row(row)[r] = whole.start[r * count + expert.index] }
    }
    return LowRankUpdate(
      down: down.slice(expert.index * rank..<(expert.index + 1) * rank),
      up: WeightMatrix(up, name: "\(update.up.name)[\(expert.index)]"), scale: try configuration.scale(of: module))
  }

  /// Changes of separate experts, divided by the root of the rank, have another factor when transformers 5 joins gates and ups.
  private func requireOneMeaning() throws {
    guard let configuration = adapter.configuration, configuration.usesRoot else { return }
    throw AdapterError.unsupported(
      path: configuration.path, key: "use_rslora", value: "true",
      why: "peft multiplies changes of separate experts by another factor since transformers 5")
  }

  private func require(_ tensor: StoredTensor, _ shape: [Int]) throws {
    guard tensor.shape == shape, !shape.contains(0) else {
      throw LoadError.badShape(tensor: tensor.name, path: tensor.path, found: tensor.shape, expected: "\(shape)")
    }
  }

  // MARK: What is left

  /// Checks that every change has a place, and every selected place a change.
  private func check(_ network: Network) throws {
    let left = adapter.updates.filter { !used.contains($0.down.name) }
    guard left.isEmpty else {
      throw AdapterError.unknownTensors(
        names: left.map(\.down.name).uniqueSorted, path: adapter.path, model: files.path)
    }
    guard let configuration = adapter.configuration else { return }
    try AdapterSelection(adapter, configuration, names, isGGUF: files.kind == .gguf).check(
      plain: plain, network: network, mixtures: Set(mixtures.keys))
  }
}

extension AdapterReplacement {
  /// Whether the tensor is a whole embedding or head.
  var isOfVocabulary: Bool {
    leaf == "weight" && (ModuleNames.heads.contains(key) || ModuleNames.embeddings.contains(key))
  }
}

extension StoredTensor {
  /// Whether another tensor holds the same numbers in the same format.
  fileprivate func isSame(as other: StoredTensor) -> Bool {
    guard format.name == other.format.name, shape == other.shape, bytes.count == other.bytes.count,
      let a = bytes.baseAddress, let b = other.bytes.baseAddress
    else { return false }
    return memcmp(a, b, bytes.count) == 0
  }

  /// Its rows, decoded one by one.
  fileprivate func rows() -> [[Float]] {
    guard shape.count == 2, let width = format.bytes(forElements: shape[1]) else { return [] }
    return (0..<shape[0]).map { row in
      StoredTensor(
        name: name, shape: [shape[1]], format: format,
        bytes: UnsafeRawBufferPointer(rebasing: bytes[(row * width)..<((row + 1) * width)]), path: path
      ).values
    }
  }
}

extension Sequence<String> {
  /// The distinct elements, sorted.
  var uniqueSorted: [String] { Set(self).sorted() }
}

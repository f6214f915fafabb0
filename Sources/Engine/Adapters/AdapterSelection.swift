/// Compares the tensors of an adapter with the modules that its configuration selects.
struct AdapterSelection {
  private let adapter: Adapter
  private let targets: AdapterTargets
  /// The adapter's prefix for names of modules in blocks: "model.".
  private let prefix: String?
  private let names: ModuleNames
  private let isGGUF: Bool
  /// Examples of experts' modules, under the adapter's names, by their part.
  private let experts: [String: String]

  /// A comparison; `names` are those of the network's modules, from a GGUF or a folder.
  init(_ adapter: Adapter, _ configuration: AdapterConfiguration, _ names: ModuleNames, isGGUF: Bool) {
    self.adapter = adapter
    self.names = names
    self.isGGUF = isGGUF
    targets = configuration.targets
    prefix =
      adapter.updates.lazy.filter { $0.module.hasSuffix($0.key) && $0.key.contains(".") }
      .map { String($0.module.dropLast($0.key.count)) }.first
    var experts: [String: String] = [:]
    for update in adapter.updates where update.form == .product && update.key.contains(".experts.") {
      experts[ModuleNames.leaf(update.key)] = update.module
    }
    self.experts = experts
  }

  /// Checks that each tensor's module is selected, and that none of the unchanged places `plain` is selected.
  ///
  /// Throws `AdapterError.notSelected`, `AdapterError.missingTensors`.
  func check(plain: [AdapterSite], network: Network, mixtures: Set<Int>) throws(AdapterError) {
    var strange: [String] = []
    for update in adapter.updates {
      let isHead = ModuleNames.heads.contains(update.key)
      if try !targets.selects(update.module, isHead: isHead) { strange.append(update.down.name) }
    }
    guard strange.isEmpty else { throw .notSelected(names: strange.sorted(), path: adapter.path) }
    var missing: [String] = []
    for site in plain {
      if let expert = site.expert, mixtures.contains(expert.block) { continue }
      // Experts that a folder stores as one tensor are no modules: a name like theirs selects other modules.
      if site.isStacked, !isGGUF, experts.isEmpty { continue }
      // Transformers 5 has no projections there; the tensors show whether they were changed.
      if case .everyProjection = targets.targets, site.expert != nil || site.isRouter { continue }
      let name = name(of: site)
      if try targets.selects(name, isHead: false) { missing.append(name) }
    }
    if case .everyProjection = targets.targets {
    } else {
      missing += try missingVocabulary(network)
    }
    guard missing.isEmpty else { throw .missingTensors(modules: missing.uniqueSorted, path: adapter.path) }
  }

  /// The embedding and the head, if they are selected but unchanged.
  private func missingVocabulary(_ network: Network) throws(AdapterError) -> [String] {
    var missing: [String] = []
    if network.embedding.update == nil, let name = folderName(network.embedding.tokens) {
      let called = (prefix ?? "") + name
      if try targets.selects(called, isHead: false) { missing.append(called) }
    }
    // Transformers 5 calls every head so.
    if network.output.head.update == nil, try targets.selects("lm_head", isHead: true) { missing.append("lm_head") }
    return missing
  }

  /// The name of a matrix in a folder, without prefixes of outer models; nil if unknown.
  private func folderName(_ matrix: WeightMatrix) -> String? {
    let module = ModuleNames.module(of: matrix.name)
    return (isGGUF ? names.other[module] : module).map { ModuleNames.canonical($0) }
  }

  /// The adapter's name for a place.
  private func name(of site: AdapterSite) -> String {
    guard let expert = site.expert, let example = experts[expert.part] else {
      return prefix.map { $0 + (site.keys.first { !$0.hasPrefix("blk.") } ?? site.folderName) } ?? site.folderName
    }
    var parts = example.split(separator: ".").map(String.init)
    if let place = parts.firstIndex(where: { Int($0) != nil }) { parts[place] = "\(expert.block)" }
    if let place = parts.firstIndex(of: "experts"), place + 1 < parts.count { parts[place + 1] = "\(expert.index)" }
    return parts.joined(separator: ".")
  }
}

extension ModuleNames {
  /// The last part of a name.
  static func leaf(_ name: String) -> String { name.split(separator: ".").last.map(String.init) ?? name }
}

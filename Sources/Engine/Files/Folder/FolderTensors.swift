import Traces

/// The tensors of all weight files of a folder, under the names that the model has in transformers.
struct FolderTensors {
  /// Tensors of floating-point numbers, by name.
  private(set) var tensors: [String: StoredTensor] = [:]
  /// The others, by name.
  private(set) var otherTensors: [String: RawTensor] = [:]
  /// Tensors that the index lists but no file holds, each with the reason for a message.
  private(set) var unfound: [String: String] = [:]
  /// Weights and index, by their names in the folder, sorted.
  private(set) var files: [String] = []
  /// Keeps the bytes of the tensors alive.
  private(set) var owners: [any AnyObject & Sendable] = []
  private let folder: String
  private let notes: ModelNotes

  /// Opens the files; reads their headers and no tensor data.
  ///
  /// Throws `FileError`, `SafetensorsError`, `TorchError` or `JSONError`.
  init(_ names: WeightFileNames, in folder: String, present: [String], notes: ModelNotes) throws {
    self.folder = folder
    self.notes = notes
    files = names.files
    var index: WeightIndex?
    if let name = names.index {
      let read = try WeightIndex(path: "\(folder)/\(name)")
      files = read.files.filter(present.contains)
      guard !files.isEmpty else {
        throw SafetensorsError.missingShard(path: read.path, shard: read.files.first ?? "(none)")
      }
      index = read
    }
    for file in files { try open(file, as: names.storage) }
    if let index { compare(with: index, present: present) }
    if names.isNumbered {
      notes.add("there is no '\(names.storage.index)'; all \(files.count) numbered files are read", at: folder)
    }
    try removePrefixes()
    files = (files + [names.index].compactMap { $0 }).sorted()
  }

  private mutating func open(_ file: String, as storage: WeightFileNames.Storage) throws {
    let path = "\(folder)/\(file)"
    if storage == .safetensors {
      let shard = try SafetensorsShard(path: path)
      try merge(shard.tensors, shard.otherTensors, from: path)
      owners.append(shard.map)
    } else {
      let checkpoint = try TorchCheckpoint(path: path)
      let none = UnsafeRawBufferPointer(start: nil, count: 0)
      let others = checkpoint.otherTensors.mapValues { RawTensor(dtype: $0, shape: [], bytes: none, path: path) }
      try merge(checkpoint.tensors, others, from: path)
      owners.append(checkpoint.owner)
    }
  }

  private mutating func merge(_ more: [String: StoredTensor], _ others: [String: RawTensor], from path: String) throws {
    for name in more.keys.sorted() + others.keys.sorted() where contains(name) {
      throw SafetensorsError.inTwoFiles(path: path, tensor: name, other: tensors[name]?.path ?? folder)
    }
    tensors.merge(more) { first, _ in first }
    otherTensors.merge(others) { first, _ in first }
  }

  private func contains(_ name: String) -> Bool { tensors[name] != nil || otherTensors[name] != nil }

  /// Notes where the index and the files disagree; a missing tensor is an error only if it is needed.
  private mutating func compare(with index: WeightIndex, present: [String]) {
    let missing = index.files.filter { !present.contains($0) }
    if missing.count == 1 { notes.add("the file '\(missing[0])' is listed, but missing", at: index.path) }
    if missing.count > 1 {
      notes.add("\(missing.count) files are listed, but missing: \(MessageText.names(missing))", at: index.path)
    }
    var strays: [String] = []
    for (name, file) in index.fileOfTensor where !contains(name) {
      unfound[name] =
        missing.contains(file)
        ? "the index lists it for '\(file)', which is missing"
        : "the index lists it for '\(file)', which does not hold it"
      if !missing.contains(file) { strays.append(name) }
    }
    say(strays, "listed, but in no file", at: index.path)
    let unlisted = (Array(tensors.keys) + otherTensors.keys).filter { index.fileOfTensor[$0] == nil }
    say(unlisted, "not listed, but in the files, which decide", at: index.path)
  }

  private func say(_ names: [String], _ what: String, at path: String) {
    guard let first = names.min() else { return }
    let more = names.count == 1 ? "tensor '\(first)' is " : "\(names.count) tensors ('\(first)', ...) are "
    notes.add(more + what, at: path)
  }

  /// Prefixes that training programs add to every name: torch.compile, DataParallel, PEFT.
  private static let prefixes = ["_orig_mod.", "module.", "base_model.model."]

  /// Removes prefixes common to all names, not counting tensors beside the language model.
  private mutating func removePrefixes() throws {
    var removed = ""
    while let prefix = FolderTensors.prefixes.first(where: hasEverywhere) {
      removed += prefix
      tensors = try renamed(tensors, without: prefix)
      otherTensors = try renamed(otherTensors, without: prefix)
      unfound = try renamed(unfound, without: prefix)
    }
    if !removed.isEmpty { notes.add("every name begins with '\(removed)', which is taken off", at: folder) }
  }

  private func hasEverywhere(_ prefix: String) -> Bool {
    let names = (Array(tensors.keys) + otherTensors.keys).filter { UnneededTensors.entry(of: $0) == nil }
    return !names.isEmpty && names.allSatisfy { $0.hasPrefix(prefix) }
  }

  private func renamed<Value>(_ values: [String: Value], without prefix: String) throws -> [String: Value] {
    var result: [String: Value] = [:]
    for (name, value) in values {
      let short = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
      guard result.updateValue(value, forKey: short) == nil else {
        throw SafetensorsError.duplicateTensor(path: folder, tensor: short)
      }
    }
    return result
  }
}

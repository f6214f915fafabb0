/// The GGUF files of a folder: which of them are a language model.
struct GGUFFolder {
  /// The file to open, the first of several parts.
  let model: String
  /// Files that hold something else, each with what it holds.
  let others: [String]

  /// Chooses among the names in a folder.
  ///
  /// - Returns: nil when there is no GGUF file.
  /// - Throws: `ModelFolderError` when none or several are language models.
  init?(_ names: [String], in folder: String) throws(ModelFolderError) {
    let files = names.filter { $0.lowercased().hasSuffix(".gguf") }
    guard !files.isEmpty else { return nil }
    var models: [String] = []
    var others: [String] = []
    for file in files {
      // Later parts go with their first one, unless that is missing.
      if let parts = GGUFParts(file), parts.number > 1,
        models.contains(where: { GGUFParts($0)?.beginning == parts.beginning })
      {
        continue
      }
      if let what = GGUFFolder.purpose("\(folder)/\(file)") {
        others.append("'\(file)' (\(what))")
      } else {
        models.append(file)
      }
    }
    guard let model = models.first else { throw .noModelAmong(path: folder, files: others) }
    guard models.count == 1 else { throw .severalWeights(path: folder, names: models) }
    self.model = model
    self.others = others
  }

  /// What a file holds that is no language model; nil for a model, and for a file that cannot be read, of which opening it tells.
  private static func purpose(_ path: String) -> String? {
    guard let metadata = try? GGUFFile.metadata(path: path) else { return nil }
    let type = (try? metadata.string("general.type")) ?? nil
    let architecture = (try? metadata.string("general.architecture")) ?? nil
    switch type ?? "model" {
    case "mmproj": return "a projector for pictures or sound"
    case "adapter": return "an adapter"
    case "imatrix": return "an importance matrix"
    case "model": return architecture == "clip" ? "a projector for pictures or sound" : nil
    case let other: return "general.type '\(other)'"
    }
  }
}

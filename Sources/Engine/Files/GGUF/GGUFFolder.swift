/// The language models among the GGUF files of a folder.
public struct GGUFFolder {
  /// The file to open, or the first of several parts.
  let model: String
  /// Other files, each with a description of its content.
  let others: [String]

  /// Chooses among the names in a folder.
  ///
  /// - Returns: nil when there is no GGUF file.
  /// - Throws: `ModelFolderError` when none or several are language models.
  init?(_ names: [String], in folder: String) throws(ModelFolderError) {
    guard names.contains(where: GGUFFolder.isGGUF) else { return nil }
    let (models, others) = GGUFFolder.sorted(names, in: folder)
    guard let model = models.first else { throw .noModelAmong(path: folder, files: others) }
    guard models.count == 1 else { throw .severalWeights(path: folder, names: models) }
    self.model = model
    self.others = others
  }

  /// The files of language models among the names in a folder; of several parts only the first.
  public static func models(among names: [String], in folder: String) -> [String] { sorted(names, in: folder).models }

  private static func isGGUF(_ name: String) -> Bool { name.lowercased().hasSuffix(".gguf") }

  private static func sorted(_ names: [String], in folder: String) -> (models: [String], others: [String]) {
    var models: [String] = []
    var others: [String] = []
    for file in names.filter(isGGUF).sorted() {
      // A later part counts only if its first part is missing.
      if let parts = GGUFParts(file), parts.number > 1,
        models.contains(where: { GGUFParts($0)?.beginning == parts.beginning })
      {
        continue
      }
      if let what = purpose("\(folder)/\(file)") {
        others.append("'\(file)' (\(what))")
      } else {
        models.append(file)
      }
    }
    return (models, others)
  }

  /// A description of a file that is not a language model; nil for a model, and for an unreadable file, which opening reports.
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

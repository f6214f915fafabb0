import Traces

/// Detects adapters where a model is expected.
enum AdapterAsModel {
  /// Refuses a folder that holds an adapter and no model.
  ///
  /// Throws `AdapterError.givenAsModel`, which names the model that the adapter was trained for.
  static func refuse(_ names: [String], in folder: String) throws {
    guard isAdapter(names), !hasModel(names, in: folder) else { return try refuseOnlyGGUF(names, in: folder) }
    // Even with other faults in its configuration it is not a model.
    let config = try? JSONDocument(path: "\(folder)/\(Adapter.configurationName)").root
    let kind = config?["peft_type"]?.string ?? "PEFT"
    throw AdapterError.givenAsModel(
      path: folder, kind: kind == "LORA" ? "LoRA" : kind, model: config?["base_model_name_or_path"]?.string)
  }

  private static func refuseOnlyGGUF(_ names: [String], in folder: String) throws {
    let files = names.filter { $0.lowercased().hasSuffix(".gguf") }
    guard files.count == 1, !names.contains("config.json"), let file = try? GGUFFiles(path: "\(folder)/\(files[0])")
    else { return }
    try refuse(file)
  }

  /// Refuses a GGUF file that declares itself an adapter.
  ///
  /// Throws `AdapterError.givenAsModel`.
  static func refuse(_ files: GGUFFiles) throws {
    guard try GGUFAdapter.isAdapter(files) else { return }
    let (kind, model) = try GGUFAdapter.describe(files)
    throw AdapterError.givenAsModel(path: files.path, kind: kind, model: model)
  }

  /// Notes an adapter beside a model.
  static func note(_ names: [String], in folder: String, _ notes: ModelNotes) {
    guard isAdapter(names) else { return }
    notes.add(
      "the folder also holds an adapter, which is not applied; --adapter (in a spec adapter:) applies one", at: folder)
  }

  private static func isAdapter(_ names: [String]) -> Bool { names.contains(Adapter.configurationName) }

  private static func hasModel(_ names: [String], in folder: String) -> Bool {
    names.contains { name in
      let lower = name.lowercased()
      if Adapter.weightNames.contains(name) { return false }
      if lower.hasSuffix(".gguf") {
        guard let file = try? GGUFFiles(path: "\(folder)/\(name)") else { return true }
        return (try? GGUFAdapter.isAdapter(file)) != true
      }
      return lower.hasSuffix(".safetensors") || lower.hasPrefix("pytorch_model")
    }
  }
}

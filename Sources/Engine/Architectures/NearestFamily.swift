import Traces

/// The known families that come nearest to a model of an unknown one: what each of them would say to its files.
struct NearestFamily {
  /// The family's `model_type`, or its name in GGUF.
  let name: String
  /// Why the files are not of this family; nil when all their tensors and settings fit it.
  let problem: String?
  /// How far away: smaller is nearer.
  private let distance: Int

  /// What to tell the user: families that fit, or the nearest one with its reason.
  static func advice(_ files: any ModelFiles) -> [String] {
    let found = all(files).sorted { $0.distance < $1.distance }
    let fitting = found.filter { $0.problem == nil }.prefix(3)
    if !fitting.isEmpty {
      let names = fitting.map { "'\($0.name)'" }.joined(separator: ", ")
      let place =
        switch (files.kind, files.settingsPrefix.isEmpty) {
        case (.gguf, _):
          "general.architecture, and before its keys in the place of '\(MessageText.short(files.architecture))'"
        case (.safetensors, true): "\"model_type\" of a copy of its config.json"
        case (.safetensors, false): "\"model_type\" of text_config in a copy of its config.json"
        }
      return [
        "all its tensors and settings fit \(names): if its source says that the network is the same, write that name as \(place), "
          + "and compare some numbers with its own program"
      ]
    }
    return found.first.map { ["nearest is '\($0.name)'; opened as that: \($0.problem ?? "")"] } ?? []
  }

  /// The files of a model as if they named another type.
  ///
  /// A trial leaves marks in the ledger of the files that it reads, so each has its own.
  private static func reopened(_ files: any ModelFiles, as name: String) throws -> any ModelFiles {
    guard files.kind == .safetensors else { return try openModelFiles(path: files.path) }
    return try SafetensorsFiles(folder: files.path, replacing: [files.settingsPrefix + "model_type": name])
  }

  /// Every family whose tensors the files have.
  private static func all(_ files: any ModelFiles) -> [NearestFamily] {
    Architecture.all.compactMap { family in
      guard let name = files.kind == .gguf ? family.ggufName : family.modelTypes.first,
        let fresh = try? reopened(files, as: name)
      else { return nil }
      let shared = zip(name, files.architecture).prefix { $0 == $1 }.count
      func found(_ problem: String?, _ distance: Int) -> NearestFamily {
        NearestFamily(name: name, problem: problem, distance: distance * 100 - shared)
      }
      do {
        // The whole model is opened, tokenizer included, so that whoever follows the advice gets as far.
        _ = try LanguageModel(
          fresh, as: family, type: fresh.architecture, identity: ModelIdentity(name: name, sha256: ""), advises: false)
        return found(nil, 0)
      } catch let error as LoadError {
        switch error {
        case .unreadSettings(let settings, _): return found(error.message, 1 + settings.count)
        case .unusedTensors(let names, _): return found(error.message, 1_000 + names.count)
        case .badSetting, .missingSetting: return found(error.message, 500)
        // Missing tensors and other shapes are those of another network.
        default: return nil
        }
      } catch let error as any EngineError {
        // The network fits, and its tokenizer is not opened as that.
        return found(error.message, 10)
      } catch { return nil }
    }
  }
}

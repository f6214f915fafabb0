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
      let key = files.kind == .gguf ? "general.architecture" : "\"model_type\" of a copy of its config.json"
      return [
        "all its tensors and settings fit \(names): if its source says that the network is the same, write that name as \(key), "
          + "and compare some numbers with its own program"
      ]
    }
    return found.first.map { ["nearest is '\($0.name)'; opened as that: \($0.problem ?? "")"] } ?? []
  }

  /// Every family whose tensors the files have.
  private static func all(_ files: any ModelFiles) -> [NearestFamily] {
    Architecture.all.compactMap { family in
      guard let name = files.kind == .gguf ? family.ggufName : family.modelTypes.first,
        // A trial leaves marks in the ledger of the files that it reads.
        let fresh = try? openModelFiles(path: files.path)
      else { return nil }
      let shared = zip(name, files.architecture).prefix { $0 == $1 }.count
      func found(_ problem: String?, _ distance: Int) -> NearestFamily {
        NearestFamily(name: name, problem: problem, distance: distance * 100 - shared)
      }
      do {
        // The keys of a GGUF file begin with its own name.
        let type = files.kind == .gguf ? fresh.architecture : name
        _ = try LanguageModel(fresh, as: family, type: type, identity: ModelIdentity(name: name, sha256: ""))
        return found(nil, 0)
      } catch let error as LoadError {
        switch error {
        case .unreadSettings(let settings, _): return found(error.message, 1 + settings.count)
        case .unusedTensors(let names, _): return found(error.message, 1_000 + names.count)
        case .badSetting: return found(error.message, 500)
        // Missing tensors and other shapes are those of another network.
        default: return nil
        }
      } catch { return nil }
    }
  }
}

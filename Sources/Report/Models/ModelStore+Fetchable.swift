import Engine
import Words

extension ModelStore {
  /// A reference that can be fetched, as it is written on a command line.
  ///
  /// - Throws: `Diagnostic` for an unknown name, and for a path, which cannot be fetched.
  public func fetchable(_ text: String) throws(Diagnostic) -> ModelReference {
    switch ModelReference.parse(text, catalog: catalog.names) {
    case .failure(let misreading):
      throw Diagnostic(misreading.message, hints: misreading.hints, category: .badInput)
    case .success(let reference):
      switch reference {
      case .catalog, .hub: return reference
      case .path, .traces:
        throw Diagnostic(place: text, "this is a path, and only names can be fetched", category: .usage)
      case .ollama(let model):
        throw Diagnostic(
          place: text, "only Ollama fetches its models", hints: ["ollama pull \(model)"], category: .usage)
      }
    }
  }

  /// Fetches a model of the catalog or of the hub; does nothing when a sound copy is cached.
  ///
  /// - Returns: Whether something was fetched.
  public func pull(_ reference: ModelReference, offline: Bool, progress: ProgressHandler?) throws -> Bool {
    switch reference {
    case .catalog(let name): return try pull(catalog.requiredEntry(name), offline: offline, progress: progress)
    case .hub(let reference):
      guard !offline, !hub.settings.isOffline else {
        _ = try hub.locate(reference, offline: offline, progress: progress)
        return false
      }
      return try hub.pull(reference, progress: progress).fetched > 0
    case .path, .ollama, .traces: return false
    }
  }

  /// Reads a cached model again and compares it with its known digests.
  public func verify(_ reference: ModelReference) throws {
    switch reference {
    case .catalog(let name): try verify(catalog.requiredEntry(name), again: true)
    case .hub(let reference): try hub.verify(reference)
    case .path, .ollama, .traces: break
    }
  }
}

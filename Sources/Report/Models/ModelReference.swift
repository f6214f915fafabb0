import Engine
import Words

/// Where a model comes from, as its user wrote it.
public enum ModelReference: Equatable, Hashable, Sendable {
  /// A name in the catalog.
  case catalog(String)
  /// A `.gguf` file or a folder, relative to the spec (or to the current folder on the command line).
  case path(String)
  /// A model on a hub.
  case hub(HubReference)
  /// A model that Ollama has fetched: "name" or "name:tag".
  case ollama(String)
  /// A folder of numbers that the model gave elsewhere, relative to the spec: the model itself is not here.
  case traces(String)

  /// The reference as text, for provenance.
  public var text: String {
    switch self {
    case .catalog(let name): name
    case .path(let path): path
    case .hub(let reference): reference.text
    case .ollama(let name): "ollama:\(name)"
    case .traces(let path): "traces:\(path)"
    }
  }

  /// Reads a reference by its form alone, without looking at the disk.
  ///
  /// The error is a message and hints.
  package static func parse(_ text: String, catalog: [String]) -> Result<ModelReference, Misreading> {
    if catalog.contains(text) { return .success(.catalog(text)) }
    if text.isEmpty {
      return .failure(Misreading("expected a model name or a path, found empty text", [catalogHint(catalog)]))
    }
    if text.hasPrefix("ollama:") {
      let name = String(text.dropFirst("ollama:".count))
      guard
        name.wholeMatch(
          of: /[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)?(:[A-Za-z0-9_][A-Za-z0-9._-]*)?/) != nil
      else {
        return .failure(
          Misreading("expected ollama:name or ollama:name:tag, found '\(text)'", ["for example ollama:llama3.2:1b"]))
      }
      return .success(.ollama(name))
    }
    if let reference = HubReference.alias(text) { return .success(.hub(reference)) }
    if text.lowercased().hasSuffix(".gguf") || text.hasPrefix("./") || text.hasPrefix("../") || text.hasPrefix("/")
      || text.hasPrefix("~/") || text.hasSuffix("/") || text == "." || text == ".."
      || text.split(separator: "/").count > 2  // a name on a hub has one slash
    {
      return .success(.path(text))
    }
    if text.contains("/") {
      if let reference = HubReference.parse(text) { return .success(.hub(reference)) }
      return .failure(
        Misreading(
          "expected a name on a hub, org/name, org/name@revision or org/name:QUANT, found '\(text)'",
          [
            "for a folder or a file on this machine write {path: \(text)} or ./\(text)",
            catalogHint(catalog),
          ]))
    }
    return .failure(
      Misreading(
        "unknown model '\(text)'",
        [
          Suggestion.hint(for: text, among: catalog + HubReference.aliases.map(\.name), called: "models"),
          "a model on the hub is written org/name, a file or folder with a path: ./\(text) or {path: \(text)}",
        ]))
  }

  /// Why a reference could not be read.
  package struct Misreading: Error, Equatable {
    package var message: String
    package var hints: [String]
    package init(_ message: String, _ hints: [String]) {
      self.message = message
      self.hints = hints
    }
  }

  private static func catalogHint(_ catalog: [String]) -> String {
    "known models: \(catalog.joined(separator: ", "))"
  }
}

/// Where a model comes from, as its user wrote it.
public enum ModelReference: Equatable, Hashable, Sendable {
  /// A name in the catalog.
  case catalog(String)
  /// A `.gguf` file or a folder, relative to the spec (or to the current folder on the command line).
  case path(String)

  /// The reference as text, for provenance.
  public var text: String {
    switch self {
    case .catalog(let name): name
    case .path(let path): path
    }
  }

  /// Reads a reference by its form alone, without looking at the disk.
  ///
  /// The error is a message and hints.
  static func parse(_ text: String, catalog: [String]) -> Result<ModelReference, Misreading> {
    if catalog.contains(text) { return .success(.catalog(text)) }
    if text.isEmpty {
      return .failure(Misreading("expected a model name or a path, found empty text", [catalogHint(catalog)]))
    }
    if text.lowercased().hasSuffix(".gguf") || text.hasPrefix("./") || text.hasPrefix("../") || text.hasPrefix("/")
      || text.hasPrefix("~/") || text.hasSuffix("/") || text == "." || text == ".."
      || text.split(separator: "/").count > 2  // a name on a hub has one slash
    {
      return .success(.path(text))
    }
    if text.contains("/") {
      return .failure(
        Misreading(
          "hub names such as '\(text)' are not supported in this version",
          [
            "for a folder or a file on this machine write {path: \(text)} or ./\(text)",
            catalogHint(catalog),
          ]))
    }
    return .failure(
      Misreading(
        "unknown model '\(text)'",
        [
          Suggestion.hint(for: text, among: catalog, called: "models"),
          "a file or folder is written with a path: ./\(text) or {path: \(text)}",
        ]))
  }

  /// Why a reference could not be read.
  struct Misreading: Error, Equatable {
    var message: String
    var hints: [String]
    init(_ message: String, _ hints: [String]) {
      self.message = message
      self.hints = hints
    }
  }

  private static func catalogHint(_ catalog: [String]) -> String {
    "known models: \(catalog.joined(separator: ", "))"
  }
}

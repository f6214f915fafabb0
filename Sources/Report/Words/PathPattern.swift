/// A path of which some parts are patterns: `runs/step*/hf`.
package struct PathPattern: Sendable {
  /// As it is written.
  package let text: String
  /// Between the slashes.
  package var parts: [String] { text.pathNames.filter { !$0.isEmpty } }

  /// A path with or without patterns.
  package init(_ text: String) { self.text = text }

  /// Whether a part of a path is a pattern: `*`, `?` and `[a-z]` are its signs.
  package static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

  /// The parts of a path that it names at which the pattern leaves a choice: of `runs/step10/hf` by `runs/step*/hf` "step10".
  package func varying(in path: String) -> String {
    let own = path.pathNames.filter { !$0.isEmpty }
    guard own.count == parts.count else { return own.last ?? path }
    let chosen = zip(parts, own).filter { Self.isPattern($0.0) }.map(\.1)
    return chosen.map { $0.lowercased().hasSuffix(".gguf") ? String($0.dropLast(5)) : $0 }.joined(separator: "/")
  }
}

import Words

/// A title, a caption or a label of the author's, with names in braces that are filled in for every figure.
///
/// `{{` and `}}` stand for braces.
public struct FigureText: Equatable, Sendable {
  /// A name that a text may have in braces.
  public enum Name: String, CaseIterable, Sendable {
    /// The sentence that says what the numbers show.
    case finding
    /// The program's caption, without the finding.
    case caption
    /// The sentence that names the layers that are shown; nothing where all are.
    case layers
    /// The prompt's title, or its id; in a label always its id.
    case prompt
    /// The names of the models; in a label a slug of them.
    case model
  }

  private enum Part: Equatable {
    case text(String)
    case name(Name)
  }

  private let parts: [Part]

  /// Reads a text that may have `names` in braces.
  ///
  /// - Throws: `DiagnosticList` with every other name, and every brace without its partner.
  package init(_ text: String, names: [Name]) throws(DiagnosticList) {
    var parts: [Part] = []
    var problems: [Diagnostic] = []
    var plain = ""
    var rest = text[...]
    let hint = "write {{ and }} for braces"
    while let character = rest.first {
      if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
        plain.append(character)
        rest = rest.dropFirst(2)
      } else if character == "{" {
        guard let end = rest.firstIndex(of: "}") else {
          problems.append(Diagnostic("expected } after {, found the end", hints: [hint], category: .badSpec))
          break
        }
        let word = String(rest[..<end].dropFirst())
        if let name = names.first(where: { $0.rawValue == word }) {
          if !plain.isEmpty { parts.append(.text(plain)) }
          plain = ""
          parts.append(.name(name))
        } else {
          problems.append(
            Diagnostic(
              "unknown {\(word.prefix(40))}",
              hints: [Suggestion.hint(for: word, among: names.map(\.rawValue), called: "names in braces"), hint],
              category: .badSpec))
        }
        rest = rest[end...].dropFirst()
      } else if character == "}" {
        problems.append(Diagnostic("expected { before }, found none", hints: [hint], category: .badSpec))
        rest = rest.dropFirst()
      } else {
        plain.append(character)
        rest = rest.dropFirst()
      }
    }
    guard problems.isEmpty else { throw DiagnosticList(problems) }
    if !plain.isEmpty { parts.append(.text(plain)) }
    self.parts = parts
  }

  /// Whether it has a name in braces.
  package func has(_ name: Name) -> Bool { parts.contains(.name(name)) }

  /// The text with its names filled in; a name without a value leaves no space behind.
  package func filled(_ value: (Name) -> String?) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let plain):
        text += text.isEmpty || text.last == " " ? plain.drop { $0 == " " && text.last == " " } : plain[...]
      case .name(let name): text += value(name) ?? ""
      }
    }
    while text.last == " " { text.removeLast() }
    return text
  }
}

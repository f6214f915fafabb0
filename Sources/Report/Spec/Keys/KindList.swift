import Figures

/// Kinds of figures and their options as text for people, or as the tables of the documentation.
public enum KindList {
  /// A line for each kind: its name and what it shows.
  public static var text: String {
    let width = FigureKind.all.map(\.name.count).max() ?? 0
    return FigureKind.all.map { kind in
      kind.name + String(repeating: " ", count: width - kind.name.count + 2) + kind.summary + "\n"
    }.joined()
  }

  /// One kind with its options.
  ///
  /// - Throws: `FigureError.unknownKind`.
  public static func text(of name: String) throws -> String {
    let kind = try FigureKind.named(name)
    return "\(kind.name): \(kind.summary)\n"
      + kind.options.map { option in
        "\n  \(option.name): \(option.values.described)"
          + (option.standard.map { " (\($0.plain))" } ?? "") + "\n      \(option.doc)\n"
      }.joined()
  }

  /// The table of all kinds, as in docs/spec.md.
  public static var markdown: String {
    let rows = FigureKind.all.map { kind in
      "| `\(kind.name)` | \(kind.summary) | \(kind.needsInSpec.joined(separator: ", or ")) |\n"
    }
    return "| kind | shows | needs |\n|---|---|---|\n" + rows.joined()
  }

  /// The table of its options, as in docs/figures.
  ///
  /// - Throws: `FigureError.unknownKind`.
  public static func markdown(of name: String) throws -> String {
    let rows = try FigureKind.named(name).options.map { option in
      "| `\(option.name)` | \(option.values.described) | \(option.standard?.plain ?? "not set") | \(option.doc) |\n"
    }
    return "| option | values | default | |\n|---|---|---|---|\n" + rows.joined()
  }
}

extension OptionValue {
  /// As in a spec, without quotes.
  fileprivate var plain: String { spelled.replacing("'", with: "") }
}

extension FigureKind {
  /// What a prompt must have, by its keys: first what every figure of the kind needs, then what some values of options need.
  fileprivate var needsInSpec: [String] {
    var needs = [needs.inSpec]
    for option in options {
      guard case .choice(let words) = option.values else { continue }
      for word in words {
        let need = schema.needs(with: [option.name: .text(word)]).inSpec
        if !needs.contains(need) { needs.append("\(need.isEmpty ? "nothing" : need) with `\(option.name): \(word)`") }
      }
    }
    return needs.filter { !$0.isEmpty }
  }
}

import Engine
import Words

/// Keys of a spec as text for people, or as the tables of docs/spec.md.
public enum KeyList {
  /// Names of the mappings of a spec.
  public static var names: [String] { SpecSection.all.map(\.name) }

  /// A line for each mapping of a spec: its name and what it is.
  public static var text: String {
    let width = names.map(\.count).max() ?? 0
    return SpecSection.all.map { section in
      section.name + String(repeating: " ", count: width - section.name.count + 2) + section.doc + "\n"
    }.joined()
  }

  /// The keys of one mapping.
  ///
  /// - Throws: `Diagnostic` of the category `usage` for an unknown name.
  public static func text(of name: String, _ vocabulary: SpecVocabulary) throws(Diagnostic) -> String {
    let section = try section(name)
    return "\(section.name): \(section.doc)\n"
      + section.keys.map { key in
        "\n  \(key.name): \(key.described(vocabulary))"
          + (key.standardText(vocabulary).map { " (\($0))" } ?? "")
          + "\n      \(key.doc)\n      \(key.name): \(key.example)\n"
      }.joined()
  }

  /// The table of its keys, as in docs/spec.md.
  ///
  /// - Throws: `Diagnostic` of the category `usage` for an unknown name.
  public static func markdown(of name: String, _ vocabulary: SpecVocabulary) throws(Diagnostic) -> String {
    let rows = try section(name).keys.map { key in
      "| `\(key.name)` | \(key.described(vocabulary)) | \(key.standardText(vocabulary) ?? "not set") | `\(key.example)` | \(key.doc) |\n"
    }
    return "| key | values | default | example | |\n|---|---|---|---|---|\n" + rows.joined()
  }

  private static func section(_ name: String) throws(Diagnostic) -> SpecSection {
    if let section = SpecSection.all.first(where: { $0.name == name }) { return section }
    throw Diagnostic(
      "a spec has no mapping '\(name)'", hints: [Suggestion.hint(for: name, among: names, called: "mappings")],
      category: .usage)
  }
}

extension SpecRow {
  /// What applies when a spec leaves the key out, for people; nil for nothing.
  fileprivate func standardText(_ vocabulary: SpecVocabulary) -> String? {
    switch (presence, standard) {
    case (.required, _): "required"
    case (.requiredWithoutDatasets, _): "required, unless the spec has only `datasets`"
    case (_, .nothing): nil
    case (_, .value(let text)), (_, .words(let text)): text
    case (_, .usualFormats):
      "all but \(vocabulary.formats.filter(vocabulary.extraFormats.contains).joined(separator: ", "))"
    }
  }
}

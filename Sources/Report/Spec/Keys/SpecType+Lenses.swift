import Figures
import Models
import Traces
import Words
import Yams

/// Lenses of one model: a list of `logit`, `{tuned: FOLDER}` and `{jacobian: FILE}`, each kind at most once.
struct SpecLenses: SpecType {
  private static let kinds = ["tuned", "jacobian"]
  private static let form = "expected logit, {tuned: FOLDER} or {jacobian: FILE}"

  /// In the order of the list; nil stands for the logit lens.
  func read(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> [LensReference?]? {
    guard let nodes = reader.list(node, called: name.text) else { return nil }
    var lenses: [LensReference?] = []
    for node in nodes {
      guard let lens = lens(node, name, &reader) else { return nil }
      let kind = lens?.kind ?? .logit
      guard !lenses.contains(where: { ($0?.kind ?? .logit) == kind }) else {
        reader.report(
          node.mark, "\(name.text) has the \(Wording.lensNoun(kind)) twice",
          ["list the model twice to see two lenses of one kind"])
        return nil
      }
      lenses.append(lens)
    }
    return lenses
  }

  /// One of the list; nil after a report.
  private func lens(_ node: Node, _ name: SpecName, _ reader: inout SpecReader) -> LensReference?? {
    guard case .mapping = node else {
      if node.scalar?.string == Trace.Lens.Kind.logit.rawValue { return .some(nil) }
      reader.report(node.mark, "\(name.text): \(Self.form), found \(node.described)")
      return nil
    }
    let entries = reader.entries(node, called: name.text)
    guard entries.count == 1, let entry = entries.first else {
      reader.report(
        node.mark, "\(name.text): \(Self.form), found a mapping with \(Wording.count(entries.count, "key"))")
      return nil
    }
    guard Self.kinds.contains(entry.key) else {
      reader.report(
        entry, "unknown lens '\(Node.shortened(entry.key))' in \(name.text)",
        [Suggestion.hint(for: entry.key, among: Self.kinds, called: "lenses")])
      return nil
    }
    guard let text = reader.text(entry.value, called: "\(entry.key) in \(name.text)") else { return nil }
    return entry.key == Self.kinds[0] ? .tuned(text) : .jacobian(text)
  }

  func described(_ vocabulary: SpecVocabulary) -> String { "a list of `logit`, `{tuned: FOLDER}`, `{jacobian: FILE}`" }

  func schema(_ vocabulary: SpecVocabulary) -> SchemaValue {
    let fitted = Self.kinds.map { kind -> SchemaValue in
      [
        "type": "object", "required": [.text(kind)], "properties": .object([.init(name: kind, value: SpecText.schema)]),
        "additionalProperties": false,
      ]
    }
    return .list(of: ["anyOf": .array([["const": "logit"]] + fitted)], areDistinct: true)
  }
}

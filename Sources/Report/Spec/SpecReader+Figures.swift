import Engine
import Figures
import Words
import Yams

// `figures`: names of kinds, or mappings with a kind, a selection and options.

extension SpecReader {
  package mutating func figures(
    _ node: Node, models: [ReportSpec.Model], prompts: [ReportSpec.Prompt]
  ) -> [ReportSpec.Figure] {
    (list(node, called: "figures") ?? []).compactMap { figure($0, models: models, prompts: prompts) }
  }

  private mutating func figure(
    _ node: Node, models: [ReportSpec.Model], prompts: [ReportSpec.Prompt]
  ) -> ReportSpec.Figure? {
    var kindNode = node
    var entries: [SpecEntry] = []
    if case .mapping = node {
      entries = self.entries(node, called: "a figure")
      guard let kind = entries.first(where: { $0.key == "kind" }) else {
        report(node.mark, "'kind' is missing in a figure", [kindsHint])
        return nil
      }
      kindNode = kind.value
    } else if case .sequence = node {
      report(node.mark, "a figure must be the name of a kind, or a mapping with kind and options, found a list")
      return nil
    }
    guard let schema = schema(kindNode) else { return nil }
    let name = schema.name
    var figure = ReportSpec.Figure(
      kind: name, prompts: [], models: models.map(\.name),
      options: [:], place: source.place(node.mark?.place))
    var selected: Node?
    for entry in entries where entry.key != "kind" {
      switch entry.key {
      case "prompts":
        selected = entry.value
      case "models":
        let known = models.map(\.name)
        let wanted = words(entry.value, called: "model", among: known, plural: "models of this spec")
        figure.models = known.filter(wanted.contains)
      default:
        guard let option = schema.options.first(where: { $0.name == entry.key }) else {
          let known = ["kind", "prompts", "models"] + schema.options.map(\.name)
          report(
            entry.keyMark, "unknown option '\(Node.shortened(entry.key))' of \(name)",
            [Suggestion.hint(for: entry.key, among: known, called: "options")])
          continue
        }
        figure.options[option.name] = value(entry.value, of: option, called: "\(option.name) of \(name)")
      }
    }
    figure.together = schema.takes.joins(figure.options)
    // What a prompt must have may depend on the options.
    let need = schema.needs(with: figure.options)
    if let selected {
      figure.prompts = selectedPrompts(selected, for: name, need, prompts: prompts)
    } else {
      figure.prompts = prompts.filter(need.isMet).map(\.id)
      if figure.prompts.isEmpty, !prompts.isEmpty {
        report(node.mark, "no prompt has what \(name) shows: \(need.described)", [need.advice])
      }
    }
    return figure
  }

  private var kindsHint: String { "known kinds: \(vocabulary.kinds.map(\.name).joined(separator: ", "))" }

  private mutating func schema(_ node: Node) -> FigureSchema? {
    guard let kind = text(node, called: "kind of a figure") else { return nil }
    if let schema = vocabulary.kinds.first(where: { $0.name == kind }) { return schema }
    report(
      node.mark, "unknown figure kind '\(Node.shortened(kind))'",
      [Suggestion.hint(for: kind, among: vocabulary.kinds.map(\.name), called: "kinds")])
    return nil
  }

  private mutating func selectedPrompts(
    _ node: Node, for kind: String, _ need: FigureSchema.Need, prompts: [ReportSpec.Prompt]
  ) -> [String] {
    let known = prompts.map(\.id)
    let wanted = words(node, called: "prompt", among: known, plural: "prompts of this spec")
    for prompt in prompts where wanted.contains(prompt.id) && !need.isMet(by: prompt) {
      report(
        node.mark, "prompt '\(prompt.id)' does not have what \(kind) shows: \(need.described)",
        [need.advice])
    }
    return known.filter(wanted.contains)
  }

  package mutating func value(_ node: Node, of option: FigureSchema.Option, called name: String) -> OptionValue? {
    switch option.values {
    case .flag:
      return flag(node, called: name).map { .flag($0) }
    case .integer(let range): return integer(node, called: name, in: range).map { .integer($0) }
    case .number(let range): return number(node, called: name, in: range).map { .number($0) }
    case .text: return text(node, called: name).map { .text($0) }
    case .choice(let words):
      return word(node, called: name, among: words, plural: "values").map { .text($0) }
    case .choiceOrInteger(let words, let range):
      if node.kind == .int { return integer(node, called: name, in: range).map { .integer($0) } }
      return word(node, called: name, among: words, plural: "values").map { .text($0) }
    }
  }
}

extension FigureSchema.Need {
  func isMet(by prompt: ReportSpec.Prompt) -> Bool {
    switch self {
    case .nothing: true
    case .outputText: prompt.hasOutput
    case .watchedTokens: !prompt.watch.isEmpty
    case .watchedPair: prompt.watch.count >= 2
    case .outputOrWatched: prompt.hasOutput || !prompt.watch.isEmpty
    }
  }

  package var described: String {
    switch self {
    case .nothing: "a text"
    case .outputText: "generated or given text after the prompt"
    case .watchedTokens: "watched words"
    case .watchedPair: "two watched words"
    case .outputOrWatched: "watched words, or generated or given text after the prompt"
    }
  }

  var advice: String {
    switch self {
    case .nothing: "give the prompt a text"
    case .outputText: "add generate: 1 (or more), or continuation: \" text\", to a prompt"
    case .watchedTokens, .watchedPair: "add watch: [\" is\", \" are\"] to a prompt"
    case .outputOrWatched: "add watch: [\" is\", \" are\"] or generate: 1 to a prompt"
    }
  }
}

import Engine
import Figures
import Words
import Yams

// `figures`: names of kinds, or mappings with a kind, a selection and options.

extension SpecReader {
  mutating func figures(
    _ nodes: [Node], models: [ReportSpec.Model], prompts: [ReportSpec.Prompt]
  ) -> [ReportSpec.Figure] {
    nodes.compactMap { figure($0, models: models, prompts: prompts) }
  }

  private mutating func figure(
    _ node: Node, models: [ReportSpec.Model], prompts: [ReportSpec.Prompt]
  ) -> ReportSpec.Figure? {
    typealias Key = SpecSection.Figure
    var kindNode = node
    var entries: [SpecEntry] = []
    if case .mapping = node {
      entries = self.entries(node, called: "a figure")
      guard let kind = entries.first(where: { $0.key == Key.kind.name }) else {
        report(node.mark, "'\(Key.kind.name)' is missing in a figure", [kindsHint])
        return nil
      }
      kindNode = kind.value
    } else if case .sequence = node {
      report(node.mark, "a figure must be the name of a kind, or a mapping with kind and options, found a list")
      return nil
    }
    let called = SpecName(key: Key.kind.name, owner: "a figure")
    guard let schema = Key.kind.type.read(kindNode, called, &self) else { return nil }
    let name = schema.name
    var figure = ReportSpec.Figure(
      kind: name, prompts: [], models: models.map(\.name),
      options: [:], place: source.place(node.mark?.place))
    var selected: Node?
    for entry in entries where entry.key != Key.kind.name {
      switch entry.key {
      case Key.prompts.name:
        selected = entry.value
      case Key.models.name:
        let known = models.map(\.name)
        let wanted = words(
          entry.value, called: Key.models.type.noun, among: known, plural: Key.models.type.plural)
        figure.models = known.filter(wanted.contains)
      default:
        guard let option = schema.options.first(where: { $0.name == entry.key }) else {
          report(
            entry.keyMark, "unknown option '\(Node.shortened(entry.key))' of \(name)",
            [
              Suggestion.hint(
                for: entry.key, among: SpecSection.figure.names + schema.options.map(\.name), called: "options")
            ])
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

  private mutating func selectedPrompts(
    _ node: Node, for kind: String, _ need: FigureSchema.Need, prompts: [ReportSpec.Prompt]
  ) -> [String] {
    let known = prompts.map(\.id)
    let type = SpecSection.Figure.prompts.type
    let wanted = words(node, called: type.noun, among: known, plural: type.plural)
    for prompt in prompts where wanted.contains(prompt.id) && !need.isMet(by: prompt) {
      report(
        node.mark, "prompt '\(prompt.id)' does not have what \(kind) shows: \(need.described)",
        [need.advice])
    }
    return known.filter(wanted.contains)
  }

  /// The value of an option of a kind.
  package mutating func value(_ node: Node, of option: FigureSchema.Option, called name: String) -> OptionValue? {
    option.values.read(node, SpecName(key: name, owner: nil), &self)
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

  var described: String {
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

  /// The same within a table; text after the prompt comes from `generate` or `continuation`.
  var inSpec: String {
    let watch = SpecSection.Prompt.watch.name
    return switch self {
    case .nothing: ""
    case .outputText: "text after the prompt"
    case .watchedTokens: "`\(watch)`"
    case .watchedPair: "two words in `\(watch)`"
    case .outputOrWatched: "`\(watch)`, or text after the prompt"
    }
  }
}

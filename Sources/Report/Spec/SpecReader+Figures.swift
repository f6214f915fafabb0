import Engine
import Figures
import Words
import Yams

// `figures`: names of kinds, or mappings with a kind, a selection and options.

extension SpecReader {
  mutating func figures(
    _ nodes: [Node], models: [ReportSpec.Model], prompts: [ReportSpec.Prompt], datasets: [ReportSpec.Dataset]
  ) -> [ReportSpec.Figure] {
    let named = nodes.flatMap { figures($0, models: models, prompts: prompts, datasets: datasets) }
    // A dataset that no figure names has its profile.
    let shown = Set(named.flatMap(\.subjects))
    return named
      + datasets.filter { !shown.contains($0.id) }.map {
        ReportSpec.Figure(
          kind: DatasetProfile.name, subjects: [], models: models.map(\.name), options: [:], place: $0.place
        )
        .of($0, FigureSchema.Takes.oneOrAllByModel)
      }
  }

  /// The figure of an entry: one for all prompts, or one for each dataset.
  private mutating func figures(
    _ node: Node, models: [ReportSpec.Model], prompts: [ReportSpec.Prompt], datasets: [ReportSpec.Dataset]
  ) -> [ReportSpec.Figure] {
    typealias Key = SpecSection.Figure
    var kindNode = node
    var entries: [SpecEntry] = []
    if case .mapping = node {
      entries = self.entries(node, called: "a figure")
      guard let kind = entries.first(where: { $0.key == Key.kind.name }) else {
        report(node.mark, "'\(Key.kind.name)' is missing in a figure", [kindsHint])
        return []
      }
      kindNode = kind.value
    } else if case .sequence = node {
      report(node.mark, "a figure must be the name of a kind, or a mapping with kind and options, found a list")
      return []
    }
    let called = SpecName(key: Key.kind.name, owner: "a figure")
    guard let schema = Key.kind.type.read(kindNode, called, &self) else { return [] }
    let name = schema.name
    var figure = ReportSpec.Figure(
      kind: name, subjects: [], models: models.map(\.name),
      options: [:], place: source.place(node.mark?.place))
    var selected: Node?
    let own = SpecFields(
      section: .figure, node: node, called: "a figure", entries: Dictionary(entries.map { ($0.key, $0) }) { $1 })
    figure.id = read(Key.id, in: own)
    if own[Key.id] != nil, figure.id == nil { broken.figures.insert(figure.place) }
    for entry in entries { figure.places[entry.key] = source.place(entry.value.mark?.place) }
    figure.title = read(Key.title, in: own)
    figure.caption = read(Key.caption, in: own)
    figure.label = read(Key.label, in: own)
    figure.span = read(Key.span, in: own)
    figure.width = read(Key.width, in: own)
    figure.height = read(Key.height, in: own)
    figure.layers = read(Key.layers, in: own)
    if let given = own[Key.layers], !schema.showsLayers {
      report(given.keyMark, "\(name) always reads all layers, or shows one: it takes no layers", ["leave out layers"])
    }
    for entry in entries where !Self.wordsOfFigures.contains(entry.key) {
      switch entry.key {
      case Key.prompts.name:
        selected = entry.value
        figure.namesSubject = (entry.value.sequence?.count ?? 1) == 1
      case Key.models.name:
        let known = models.map(\.name)
        // The name of an entry with several lenses stands for all of them.
        let wanted = words(
          entry.value, called: Key.models.type.noun,
          among: known + models.compactMap(\.entry).uniqued + broken.models.sorted(), plural: Key.models.type.plural)
        let chosen = Set(wanted)
        figure.models = models.filter { chosen.contains($0.name) || $0.entry.map(chosen.contains) == true }.map(\.name)
        figure.namesModel = figure.models.count == 1
      default:
        guard let option = schema.options.first(where: { $0.name == entry.key }) else {
          report(
            entry.keyMark, "unknown option '\(Node.shortened(entry.key))' of \(name)",
            [
              advice(
                on: entry.key, among: SpecSection.figure.names + schema.options.map(\.name), called: "options")
            ])
          continue
        }
        figure.options[option.name] = value(entry.value, of: option, called: "\(option.name) of \(name)")
      }
    }
    if let given = own[Key.layers], let layer = entries.first(where: { $0.key == "layer" }) {
      let shown = layer.value.scalar?.string ?? ""
      report(given.keyMark, "\(name) shows layer \(shown) alone: it takes no layers", ["leave out one of them"])
    }
    figure.together = schema.takes.joins(figure.options)
    if let count = schema.models(with: figure.options), figure.models.count != count, !models.isEmpty,
      broken.models.isEmpty
    {
      report(
        node.mark, "\(name) with these options shows \(count) models, found \(figure.models.count)",
        [advice(onModels: count, of: models, for: figure)])
    }
    // Options can change what a prompt must have.
    let need = schema.needs(with: figure.options)
    if need == .dataset {
      let chosen = selected.map { selectedDatasets($0, for: name, prompts: prompts, datasets: datasets) }
      if chosen == nil, datasets.isEmpty, !broken.hasSubjects {
        report(node.mark, "\(name) shows a dataset, and the spec has none", [need.advice])
      }
      let found = datasets.filter { chosen?.contains($0.id) ?? true }
      let made = found.map { figure.of($0, schema.takes) }
      if name == DatasetComparison.name { zip(found, made).forEach { requireComparable($0, $1, node) } }
      return made
    }
    let datasets = schema.showsDatasets ? datasets : []
    var shown = datasets.filter(need.isMet)
    if let selected {
      let chosen = selectedPrompts(selected, for: name, need, prompts: prompts, datasets: datasets)
      figure.subjects = prompts.map(\.id).filter(chosen.contains)
      shown = shown.filter { chosen.contains($0.id) }
    } else {
      figure.subjects = prompts.filter(need.isMet).map(\.id)
      if figure.subjects.isEmpty, shown.isEmpty, !(prompts.isEmpty && datasets.isEmpty), !broken.hasSubjects {
        report(
          node.mark, "no prompt\(datasets.isEmpty ? "" : " and no dataset") has what \(name) shows: \(need.described)",
          [need.advice])
      }
    }
    let ofDatasets = shown.map { figure.of($0, schema.takes) }
    return figure.subjects.isEmpty && !ofDatasets.isEmpty ? ofDatasets : [figure] + ofDatasets
  }

  /// How a figure gets as many models as it shows.
  private func advice(onModels count: Int, of models: [ReportSpec.Model], for figure: ReportSpec.Figure) -> String {
    guard models.count < count else {
      let chosen = figure.models.count > count ? figure.models : models.map(\.name)
      return "choose them: models: [\(chosen.prefix(count).joined(separator: ", "))]"
    }
    let sides = figure.options[OptionKey<DifferenceSides>.between.option.name]
    return sides == OptionValue.text(DifferenceSides.lenses.rawValue)
      ? "give the model two lenses: lenses: [logit, {tuned: FOLDER}]" : "add a second model to the models of the spec"
  }

  /// Reports a comparison that has one side alone.
  private mutating func requireComparable(_ dataset: ReportSpec.Dataset, _ figure: ReportSpec.Figure, _ node: Node) {
    if figure.together {
      guard figure.models.count < 2, broken.models.isEmpty else { return }
      report(
        node.mark, "\(figure.kind) by model compares two models or more, found \(figure.models.count)",
        ["add a model, or compare the groups of one: by: group"])
    } else if dataset.columns.pair == nil, !broken.subjects.contains(dataset.id) {
      report(
        node.mark,
        "\(figure.kind) by group compares items that belong together, and dataset '\(dataset.id)' has no pair",
        ["name the column that items of a pair share: pair: COLUMN; or compare models: by: model"])
    }
  }

  /// Keys of figures that are read apart from their selection and options.
  private static let wordsOfFigures: Set<String> = {
    typealias Key = SpecSection.Figure
    return [
      Key.kind.name, Key.id.name, Key.title.name, Key.caption.name, Key.label.name, Key.span.name, Key.width.name,
      Key.height.name, Key.layers.name,
    ]
  }()

  /// Whether an entry of `figures` has a kind that shows datasets and so needs no prompt.
  func showsDatasets(_ node: Node) -> Bool {
    let kind = node.mapping?[Node(SpecSection.Figure.kind.name)] ?? node
    return vocabulary.kinds.contains { $0.name == kind.scalar?.string && $0.showsDatasets }
  }

  private var kindsHint: String { "known kinds: \(vocabulary.kinds.map(\.name).joined(separator: ", "))" }

  private mutating func selectedPrompts(
    _ node: Node, for kind: String, _ need: FigureSchema.Need, prompts: [ReportSpec.Prompt],
    datasets: [ReportSpec.Dataset]
  ) -> Set<String> {
    let known = prompts.map(\.id) + datasets.map(\.id)
    let type = SpecSection.Figure.prompts.type
    let all = (known + broken.subjects.sorted()).uniqued
    let wanted = Set(words(node, called: type.noun, among: all, plural: type.plural))
    for prompt in prompts
    where wanted.contains(prompt.id) && !need.isMet(by: prompt) && !broken.subjects.contains(prompt.id) {
      report(
        node.mark, "prompt '\(prompt.id)' does not have what \(kind) shows: \(need.described)",
        [need.advice])
    }
    for dataset in datasets
    where wanted.contains(dataset.id) && !need.isMet(by: dataset) && !broken.subjects.contains(dataset.id) {
      report(
        node.mark, "dataset '\(dataset.id)' does not have what \(kind) shows: \(need.described)",
        [need.adviceForDataset])
    }
    return wanted.intersection(known)
  }

  private mutating func selectedDatasets(
    _ node: Node, for kind: String, prompts: [ReportSpec.Prompt], datasets: [ReportSpec.Dataset]
  ) -> Set<String> {
    let known = datasets.map(\.id)
    let wanted = Set(
      words(
        node, called: "dataset", among: (known + prompts.map(\.id) + broken.subjects.sorted()).uniqued,
        plural: "datasets of this spec"))
    for prompt in prompts where wanted.contains(prompt.id) {
      report(
        node.mark, "\(kind) shows datasets, and '\(prompt.id)' is a prompt",
        [known.isEmpty ? FigureSchema.Need.dataset.advice : "datasets of this spec: \(Wording.list(known))"])
    }
    return wanted.intersection(known)
  }

  /// The value of an option of a kind.
  package mutating func value(_ node: Node, of option: FigureSchema.Option, called name: String) -> OptionValue? {
    option.values.read(node, SpecName(key: name, owner: nil), &self)
  }
}

extension ReportSpec.Figure {
  /// The figure of one dataset.
  ///
  /// The dataset's `by` applies when the figure has none.
  fileprivate func of(_ dataset: ReportSpec.Dataset, _ takes: FigureSchema.Takes) -> ReportSpec.Figure {
    var figure = self
    figure.subjects = [dataset.id]
    // Groups are compared where their items belong together.
    let isComparison = figure.kind == DatasetComparison.name
    let by: DatasetProfile.By = isComparison ? (dataset.columns.pair == nil ? .model : .group) : dataset.by
    figure.options = takes.completed(figure.options, by: by)
    figure.together = takes.joins(figure.options)
    return figure
  }
}

extension ReportSpec.Prompt {
  /// The most series that are watched: automatic ones can turn out fewer.
  fileprivate var mostWatched: Int { watch.map(\.most).reduce(0, +) }

  /// Whether so many positions are looked at, as far as that is known without a tokenizer.
  func mayHave(positions count: Int) -> Bool {
    switch (columns, method) {
    case (.last, _): count <= 1
    case (.generated, .generate(let tokens)), (.generated, .sample(let tokens, _)): max(1, tokens, masks) >= count
    case (.generated, .continuation), (.all, _): true
    }
  }
}

extension FigureSchema.Need {
  func isMet(by prompt: ReportSpec.Prompt) -> Bool {
    switch self {
    case .nothing: true
    case .outputText: prompt.hasOutput
    case .watchedTokens: !prompt.watch.isEmpty
    case .watchedPair: prompt.mostWatched >= 2
    case .watched(let count): prompt.mostWatched >= count
    case .outputOrWatched: prompt.hasOutput || !prompt.watch.isEmpty
    case .positions(let count): prompt.mayHave(positions: count)
    case .attribution: prompt.attribute != nil
    case .patching: prompt.patch != nil
    case .dataset: false
    }
  }

  func isMet(by dataset: ReportSpec.Dataset) -> Bool {
    switch self {
    case .attribution: dataset.attribute
    case .patching: dataset.patch != nil
    case .dataset: true
    case .nothing, .outputText, .watchedTokens, .watchedPair, .watched, .outputOrWatched, .positions: false
    }
  }

  /// What makes a dataset one that has it.
  fileprivate var adviceForDataset: String {
    self == .attribution
      ? "add attribute: true to the dataset" : "add source: COLUMN, the texts to patch from, to the dataset"
  }

  var described: String {
    switch self {
    case .nothing: "a text"
    case .outputText: "generated or given text after the prompt"
    case .watchedTokens: "watched words"
    case .watchedPair: "two watched words"
    case .watched(let count): "\(count) watched words"
    case .outputOrWatched: "watched words, or generated or given text after the prompt"
    case .positions(let count): "\(count) positions"
    case .attribution: "two words to compare part by part"
    case .patching: "another text to patch from"
    case .dataset: "a dataset"
    }
  }

  var advice: String {
    switch self {
    case .nothing: "give the prompt a text"
    case .outputText: "add generate: 1 (or more), or continuation: \" text\", to a prompt"
    case .watchedTokens, .watchedPair, .watched: "add watch: [\" is\", \" are\"] to a prompt"
    case .outputOrWatched: "add watch: [\" is\", \" are\"] or generate: 1 to a prompt"
    case .positions(let count): "generate at least \(count) tokens (generate: \(count)), or look at all (columns: all)"
    case .patching: "add patch: {source: \"The keys to the cabinet\", target: \" are\", foil: \" is\"} to a prompt"
    case .attribution: "add attribute: {target: \" are\", foil: \" is\"}, or attribute: auto, to a prompt"
    case .dataset: "add a dataset under datasets: docs/dataset-format.md"
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
    case .watched(let count): "\(count) words in `\(watch)`"
    case .outputOrWatched: "`\(watch)`, or text after the prompt"
    case .positions(let count): "\(count) positions"
    case .patching: "`\(SpecSection.Prompt.patch.name)`, or `\(SpecSection.Dataset.source.name)` of a dataset"
    case .attribution: "`\(SpecSection.Prompt.attribute.name)` of a prompt or dataset"
    case .dataset: "an entry of `\(SpecSection.Root.datasets.name)`"
    }
  }
}

import Plot
import Traces
import Words

/// A kind of figure that can be made from the numbers of a model: a trace, or the summary of a dataset.
///
/// To add one: a file in this folder and a line in `all`.
public struct FigureKind: Sendable {
  /// The kind as specs see it.
  public let schema: FigureSchema
  private let recipe: @Sendable ([Numbers], FigureOptions) throws -> FigureDescription

  /// As written in specs: "rank-heatmap".
  public var name: String { schema.name }
  /// What it shows, in one sentence.
  public var summary: String { schema.summary }
  /// Its options, in the order in which they are listed.
  public var options: [FigureSchema.Option] { schema.options }
  /// What it needs from a prompt, or that it shows a dataset, unless options change it.
  public var needs: FigureSchema.Need { schema.needs }
  /// How many models one figure shows.
  public var takes: FigureSchema.Takes { schema.takes }

  /// Every kind, in the order of a list shown to people.
  public static let all: [FigureKind] = [
    .rankHeatmap.overTraining, .topTokens, .tokenRanks, .lensGrid, .trajectory.overTraining, .profile.overTraining,
    .firstLayer.ofAllLayers, .difference,
    .tokenStrip.ofAllLayers, .comparison, .vocabulary, .attribution.ofAllLayers, .patching.ofAllLayers,
    .datasetProfile, .datasetComparison,
  ]

  /// A kind that shows one trace.
  package init<Keys: OptionKeys>(
    name: String, summary: String, options: Keys, needs: FigureSchema.Need,
    recipe: @escaping @Sendable (Trace, RecipeOptions<Keys>) throws -> FigureDescription
  ) {
    self.init(name: name, summary: summary, options: options, takes: .one, needs: needs) {
      (traces: [Trace], options: RecipeOptions<Keys>) in try recipe(traces[0], options)
    }
  }

  /// A kind that can show several traces in one figure; its recipe gets at least one.
  package init<Keys: OptionKeys>(
    name: String, summary: String, options keys: Keys, takes: FigureSchema.Takes, needs: FigureSchema.Need,
    needsByOptions: (@Sendable (RecipeOptions<Keys>) -> FigureSchema.Need)? = nil,
    modelsByOptions: (@Sendable (RecipeOptions<Keys>) -> Int?)? = nil,
    recipe: @escaping @Sendable ([Trace], RecipeOptions<Keys>) throws -> FigureDescription
  ) {
    var schema = FigureSchema(name: name, summary: summary, options: keys.all, needs: needs, takes: takes)
    if let needsByOptions { schema.needsByOptions = { needsByOptions(RecipeOptions(keys, $0)) } }
    if let modelsByOptions { schema.modelsByOptions = { modelsByOptions(RecipeOptions(keys, $0)) } }
    self.schema = schema
    self.recipe = { numbers, options in
      let traces = numbers.compactMap(\.trace)
      guard traces.count == numbers.count else { throw FigureError.wrongNumbers(kind: name, expected: .trace) }
      // A figure of a part of the models has no axis of training.
      let steps = options.steps.flatMap { $0.count == traces.count && $0.isOneRun ? $0 : nil }
      return try recipe(traces, RecipeOptions(keys, options.values, steps: steps))
    }
  }

  /// A kind that shows summaries of one dataset; its recipe is given at least one.
  package init<Keys: OptionKeys>(
    name: String, summary: String, options keys: Keys, takes: FigureSchema.Takes,
    recipe: @escaping @Sendable ([DatasetSummary], RecipeOptions<Keys>) throws -> FigureDescription
  ) {
    schema = FigureSchema(name: name, summary: summary, options: keys.all, needs: .dataset, takes: takes)
    self.recipe = { numbers, options in
      let summaries = numbers.compactMap(\.summary)
      guard summaries.count == numbers.count else { throw FigureError.wrongNumbers(kind: name, expected: .summary) }
      return try recipe(summaries, RecipeOptions(keys, options.values))
    }
  }

  /// A kind that shows one trace, or the summary of one dataset.
  package init<Keys: OptionKeys>(
    name: String, summary: String, options keys: Keys, needs: FigureSchema.Need,
    recipe: @escaping @Sendable (Trace, RecipeOptions<Keys>) throws -> FigureDescription,
    ofDataset: @escaping @Sendable (DatasetSummary, RecipeOptions<Keys>) throws -> FigureDescription
  ) {
    schema = FigureSchema(name: name, summary: summary, options: keys.all, needs: needs, takes: .one)
    self.recipe = { numbers, options in
      switch numbers[0] {
      case .trace(let trace): try recipe(trace, RecipeOptions(keys, options.values))
      case .summary(let summary): try ofDataset(summary, RecipeOptions(keys, options.values))
      }
    }
  }

  /// The same kind, whose figures of several checkpoints of one run have their training steps as an axis.
  package var overTraining: FigureKind {
    var schema = schema
    schema.showsSteps = true
    return FigureKind(schema: schema, recipe: recipe)
  }

  /// The same kind, whose figures cannot leave out layers.
  package var ofAllLayers: FigureKind {
    var schema = schema
    schema.showsLayers = false
    return FigureKind(schema: schema, recipe: recipe)
  }

  private init(schema: FigureSchema, recipe: @escaping @Sendable ([Numbers], FigureOptions) throws -> FigureDescription)
  {
    self.schema = schema
    self.recipe = recipe
  }

  /// The kind of that name.
  ///
  /// - Throws: `FigureError.unknownKind` listing the known ones.
  public static func named(_ name: String) throws -> FigureKind {
    guard let kind = all.first(where: { $0.name == name }) else {
      throw FigureError.unknownKind(name, known: all.map(\.name))
    }
    return kind
  }

  /// Checked options, with defaults filled in.
  ///
  /// - Throws: `FigureError.unknownOption` or `FigureError.badValue`.
  public func parse(_ values: [String: OptionValue]) throws -> FigureOptions {
    try FigureOptions(values, for: self)
  }

  /// What the figure of a trace shows, with its title, caption and alternative text.
  ///
  /// - Throws: `FigureError` when the trace has nothing this kind could show.
  public func describe(_ trace: Trace, options: FigureOptions) throws -> FigureDescription {
    try describe([.trace(trace)], options: options)
  }

  /// What the figure of the numbers of several models shows; a kind that takes one shows the first.
  ///
  /// - Throws: `FigureError` when there are no numbers, or nothing in them this kind could show, and for options of another kind.
  public func describe(_ numbers: [Numbers], options: FigureOptions) throws -> FigureDescription {
    guard options.kind == name else { throw FigureError.optionsOfAnotherKind(options.kind, kind: name) }
    guard !numbers.isEmpty else {
      let what = needs == .dataset ? "summary" : "trace"
      throw FigureError.badTrace(model: "no model", reason: "there is no \(what) to draw")
    }
    var description = try recipe(numbers, options)
    // A kind with this option shows rows of layers, all of them unless it shows a single one.
    if options.values["embedding"] != nil, options.values["layer"] == nil {
      let isShown =
        options.values["embedding"] == .flag(true) && options.values["look"] != .text(FigureLook.article.rawValue)
      description.caption = description.caption.and(
        Wording.blankRows(numbers.compactMap(\.trace), embedding: isShown))
    }
    if showsWatched(description, options) {
      description.caption = description.caption.and(Wording.automatic(numbers.compactMap(\.trace)))
    }
    description.finding = finding(numbers, options: options)
    return description
  }

  /// Whether a figure shows watched tokens; one that can show others instead says so by its lines or by the origins of its cells.
  private func showsWatched(_ description: FigureDescription, _ options: FigureOptions) -> Bool {
    switch schema.needs(with: options.values) {
    case .watchedTokens, .watchedPair, .watched: true
    case .outputOrWatched:
      description.origins.isEmpty || description.origins.contains { $0.columns.contains { $0.watched != nil } }
    case .nothing, .outputText, .positions, .attribution, .patching, .dataset: false
    }
  }

  /// The figure of a trace, laid out.
  ///
  /// - Throws: `FigureError` when the trace has nothing this kind could show, `PlotError` for a missing font.
  public func scene(_ trace: Trace, options: FigureOptions, theme: Theme) throws -> Scene {
    try scene([.trace(trace)], options: options, theme: theme)
  }

  /// The figure of the numbers of one or several models, laid out.
  ///
  /// - Throws: `FigureError` when there is nothing this kind could show, `PlotError` for a missing font.
  public func scene(_ numbers: [Numbers], options: FigureOptions, theme: Theme) throws -> Scene {
    try layout(describe(numbers, options: options).figure, theme: theme)
  }
}

/// A figure and the words around it.
public struct FigureDescription: Equatable, Sendable {
  /// What is drawn.
  public var figure: Figure
  /// Heading, the same for every model.
  public var title: String
  /// What is drawn, with what identifies it: model, lens, prompt.
  public var caption: Caption
  /// Alternative text: what the figure shows, from its numbers.
  public var alt: String
  /// What the numbers show, in a sentence for each model; nil when there is nothing to say.
  public var finding: String?
  /// The sentence of the caption that names the layers that are shown; nil when all are.
  var layersNote: String?
  /// Which cells of which trace its heatmaps show, in the order of its panels; empty for other kinds.
  var origins: [CellOrigin]

  package init(
    title: String, caption: Caption, alt: String, origins: [CellOrigin] = [],
    figure: (_ title: String, _ alt: String) -> Figure
  ) {
    self.title = title
    self.caption = caption
    self.alt = alt
    self.origins = origins
    self.figure = figure(title, alt)
  }
}

import Plot

/// A kind of figure as specs see it: its options, and what it needs.
public struct FigureSchema: Sendable {
  /// Name in the registry: "rank-heatmap".
  public var name: String
  /// What it shows, in one sentence.
  public var summary: String
  /// Options in the order in which they are listed to people.
  public var options: [Option]
  /// What it needs from a prompt, or that it shows a dataset, unless options change it.
  public var needs: Need
  /// What it needs where that depends on its options; nil where it does not.
  var needsByOptions: (@Sendable ([String: OptionValue]) -> Need)?
  /// How many models it shows exactly, where that depends on its options; nil where any number will do.
  var modelsByOptions: (@Sendable ([String: OptionValue]) -> Int?)?
  /// How many models one figure shows.
  public var takes: Takes

  /// Whether it shows rows of several layers, so that a figure can leave some out; not so where it counts over all, or shows one.
  public var showsLayers = true
  /// Whether its figures of several checkpoints of one run have their training steps as an axis.
  public var showsSteps = false

  /// How many models one figure shows.
  public enum Takes: Sendable {
    /// One model and one prompt.
    case one
    /// One model, or all models of a prompt when the option `together` is set or models are compared.
    case oneOrMore
    /// All models of a prompt.
    case several
    /// One, or all models of a dataset where the option `by` says `model`.
    case oneOrAllByModel

    /// Whether a figure with these options shows all models of a prompt.
    package func joins(_ options: [String: OptionValue]) -> Bool {
      switch self {
      case .one: false
      case .oneOrMore: options[.together] || options[.between] != .tokens
      case .several: true
      case .oneOrAllByModel: options[.by] == .model
      }
    }

    /// The options, with what lines stand for where these kinds can say it and do not.
    package func completed(_ options: [String: OptionValue], by usual: DatasetProfile.By) -> [String: OptionValue] {
      guard case .oneOrAllByModel = self, options[.by] == nil else { return options }
      var options = options
      options[.by] = usual
      return options
    }
  }

  /// What a prompt must have, or that datasets are shown.
  public enum Need: Equatable, Sendable {
    /// Nothing.
    case nothing
    /// Generated or given tokens after the prompt.
    case outputText
    /// One watched token or more.
    case watchedTokens
    /// Two watched tokens.
    case watchedPair
    /// That many watched tokens.
    case watched(Int)
    /// Tokens after the prompt, or watched ones.
    case outputOrWatched
    /// At least that many positions.
    case positions(Int)
    /// Two words whose logits are compared part by part; also in a dataset.
    case attribution
    /// Another text whose states are put into the run of the prompt; also in a dataset.
    case patching
    /// No prompt: the kind shows datasets.
    case dataset
  }

  /// What it needs from a prompt with these options.
  package func needs(with options: [String: OptionValue]) -> Need { needsByOptions?(options) ?? needs }

  /// Whether it shows summaries of datasets, beside prompts or alone.
  package var showsDatasets: Bool { [.dataset, .attribution, .patching].contains(needs) }

  /// How many models it shows exactly with these options; nil where any number will do.
  package func models(with options: [String: OptionValue]) -> Int? { modelsByOptions?(options) }

  /// An option and the values it takes.
  public struct Option: Sendable {
    /// As written in a spec.
    public var name: String
    /// What it takes.
    public var values: Values
    /// The default; nil for "not set".
    public var standard: OptionValue?
    /// One sentence for people.
    public var doc: String
    /// An option.
    public init(name: String, values: Values, standard: OptionValue? = nil, doc: String = "") {
      self.name = name
      self.values = values
      self.standard = standard
      self.doc = doc
    }
  }

  /// The values an option takes.
  public enum Values: Sendable {
    /// true or false.
    case flag
    /// A whole number of a range.
    case integer(ClosedRange<Int>)
    /// A number of a range.
    case number(ClosedRange<Double>)
    /// One of these words.
    case choice([String])
    /// One of these words or an integer.
    case choiceOrInteger([String], ClosedRange<Int>)
    /// Names with words, each word once.
    case markedSets
  }

  /// A schema.
  public init(
    name: String, summary: String = "", options: [Option], needs: Need, takes: Takes = .one
  ) {
    self.name = name
    self.summary = summary
    self.takes = takes
    self.options = options
    self.needs = needs
  }
}

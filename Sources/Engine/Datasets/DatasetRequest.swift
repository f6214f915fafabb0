import Traces

/// A request for a whole dataset: prompts, each with a target and perhaps a foil.
public struct DatasetRequest: Sendable, Hashable, Encodable {
  /// One prompt.
  public struct Item: Sendable, Hashable, Encodable {
    /// The prompt's text, not empty; of sentences and corpora the whole text.
    public var prompt: String
    /// The word that should come next; empty for sentences and corpora.
    public var target: String
    /// The word that the target is compared with, or the other sentence; in all items or in none.
    public var foil: String?
    /// A text of as many tokens, whose states are put into the run of the prompt; in all items or in none.
    public var source: String?
    /// Values of the group columns.
    public var groups: [String]
    /// What it shares with the item of another group that belongs to it; nil without such a column.
    public var pair: String?
    /// Its line in the file, from 1; for messages.
    public var line: Int

    /// An item.
    public init(
      prompt: String, target: String, foil: String? = nil, source: String? = nil, groups: [String] = [], line: Int,
      pair: String? = nil
    ) {
      self.pair = pair
      self.prompt = prompt
      self.target = target
      self.foil = foil
      self.source = source
      self.groups = groups
      self.line = line
    }
  }

  /// The name of the dataset.
  public var name: String
  /// In the order of the file.
  public var items: [Item]
  /// Names of the columns whose values are in `Item.groups`.
  public var groupColumns: [String]
  /// Whether a target or foil of several tokens stands for its first token.
  public var firstToken: Bool
  /// Whether the final norm is applied to every state.
  public var norm: Trace.Lens.Norm
  /// Settings of the intervals.
  public var bootstrap: Bootstrap
  /// Which states of the sources are put into the runs of the prompts; nil without sources.
  public var patch: [Trace.Patching.Place]?
  /// Whether to ask what the parts of the model add to the difference of target and foil; nil stands for no.
  public var attribute: Bool?
  /// What the items are; nil for prompts with words that come next.
  public var form: DatasetSummary.Form?
  /// How several tokens of a target or a sentence make one number; nil for targets of one token, and for a corpus.
  public var score: DatasetSummary.Score?
  /// Whether the summary keeps the numbers of each item; nil stands for no.
  public var keepsItems: Bool?
  /// Whether to give the surprisal of each word of a corpus; nil stands for no.
  public var words: Bool?
  /// The most characters of a passage, of a corpus that was cut out of a file; for messages, and nothing that is asked.
  public var passage: Int?

  enum CodingKeys: String, CodingKey {
    case name, items, groupColumns, firstToken, norm, bootstrap, patch, attribute, form, score, keepsItems, words
  }

  /// A request.
  public init(
    name: String, items: [Item], groupColumns: [String] = [], firstToken: Bool = false,
    norm: Trace.Lens.Norm = .final, bootstrap: Bootstrap = Bootstrap(), patch: [Trace.Patching.Place]? = nil,
    attribute: Bool = false, form: DatasetSummary.Form? = nil, score: DatasetSummary.Score? = nil,
    keepsItems: Bool = false, words: Bool = false, passage: Int? = nil
  ) {
    self.passage = passage
    (self.form, self.score) = (form, score)
    self.keepsItems = keepsItems ? true : nil
    self.words = words ? true : nil
    self.name = name
    self.items = items
    self.groupColumns = groupColumns
    self.firstToken = firstToken
    self.norm = norm
    self.bootstrap = bootstrap
    self.patch = patch
    self.attribute = attribute ? true : nil
  }
}

/// Items of a dataset that cannot be run on a model.
public struct DatasetError: Error, Equatable, Sendable {
  /// An item and its fault.
  public struct Fault: Equatable, Sendable {
    /// `DatasetRequest.Item.line`.
    public var line: Int
    /// What was expected and found.
    public var message: String
    /// What to do.
    public var hints: [String]
  }

  /// In the order of the items; never empty.
  public var faults: [Fault]
}

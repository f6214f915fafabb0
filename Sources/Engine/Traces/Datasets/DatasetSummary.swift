/// The results of a model on a dataset, layer by layer: the contract `strata.dataset/1` of docs/dataset-format.md.
public struct DatasetSummary: Encodable, Equatable, Sendable {
  /// The schema of summaries that every version of the program reads.
  public static let schemaName = "strata.dataset/1"
  /// The schema of summaries with a Jacobian lens; they have the rows that the lens reads.
  public static let secondSchemaName = "strata.dataset/2"
  /// The schema of summaries of sentences, corpora and texts of several tokens, and of those that keep the numbers of items.
  public static let thirdSchemaName = "strata.dataset/3"
  /// The schemas that this version of the program reads and writes.
  public static let schemaNames = [schemaName, secondSchemaName, thirdSchemaName]

  /// One of `schemaNames`.
  public var schema: String
  /// The model the numbers came from.
  public var model: Trace.Model
  /// Which lens was applied.
  public var lens: Trace.Lens
  /// Precision of activations and accumulations: "f32".
  public var compute: String
  /// What was asked.
  public var dataset: Source
  /// Settings of the intervals.
  public var bootstrap: Bootstrap
  /// Captured points, top of the network last.
  public var rows: [Trace.Row]
  /// All items, then each value of each group column, in the order in which they first occur.
  public var groups: [Group]
  /// The numbers of each item; nil where nobody asked.
  public var items: Items?
  /// The surprisal of each word of each item; nil where nobody asked. [item]
  public var words: [DatasetItem.Words]?

  /// From its parts.
  package init(
    schema: String, model: Trace.Model, lens: Trace.Lens, compute: String, dataset: Source, bootstrap: Bootstrap,
    rows: [Trace.Row], groups: [Group], items: Items? = nil, words: [DatasetItem.Words]? = nil
  ) {
    self.items = items
    self.words = words
    self.schema = schema
    self.model = model
    self.lens = lens
    self.compute = compute
    self.dataset = dataset
    self.bootstrap = bootstrap
    self.rows = rows
    self.groups = groups
  }

  /// What was asked.
  public struct Source: Encodable, Equatable, Sendable {
    /// Its name.
    public var name: String
    /// Number of prompts.
    public var items: Int
    /// Whether a target of several tokens stood for its first token.
    public var firstToken: Bool
    /// What the items are; nil for prompts with words that come next.
    public var form: Form?
    /// How the tokens of a target or a sentence are put together; nil where it is one token, or a corpus.
    public var score: Score?

    /// From its parts.
    package init(
      name: String, items: Int, firstToken: Bool, form: Form? = nil, score: Score? = nil
    ) {
      self.form = form
      self.score = score
      self.name = name
      self.items = items
      self.firstToken = firstToken
    }

    enum CodingKeys: String, CodingKey {
      case name, items, form, score
      case firstToken = "first_token"
    }
  }

  /// A part of the items.
  public struct Group: Encodable, Equatable, Sendable {
    /// The column it was made by; nil for all items.
    public var column: String?
    /// The value in that column.
    public var value: String?
    /// Number of prompts.
    public var items: Int
    /// Mean natural logarithm of the target's or the sentence's probability; in a corpus, of a token's.
    public var logprob: Curve
    /// Mean rank of the target, of several tokens that of the worst one; nil for sentences and corpora.
    public var rank: Curve?
    /// Median rank of the target; nil for sentences and corpora.
    public var medianRank: Curve?
    /// Share of prompts whose target has rank 1, of several tokens each; in a corpus, of tokens; nil for sentences.
    public var top1: Curve?
    /// Share of prompts whose target has a greater logit than the foil, an equal one counted as half; nil without foils.
    public var accuracy: Curve?
    /// Mean of the target's log-probability less the foil's; nil without foils.
    public var difference: Curve?
    /// The first row in which the target has rank 1.
    public var firstTop1: Histogram?
    /// The row from which the target keeps rank 1.
    public var settled: Histogram?
    /// What only a corpus has.
    public var corpus: Corpus?
    /// What the parts of the model add to the difference of target and foil; nil where nobody asked.
    public var attribution: Attribution?
    /// The effects of states of the sources; nil without sources.
    public var patching: Patching?
    /// SHA-256 of what was asked of its items; nil in summaries of earlier versions and of other programs.
    public var itemsSHA256: String?

    /// From its parts.
    package init(
      column: String? = nil, value: String? = nil, items: Int, logprob: Curve, rank: Curve? = nil,
      medianRank: Curve? = nil, top1: Curve? = nil, accuracy: Curve? = nil, difference: Curve? = nil,
      firstTop1: Histogram? = nil, settled: Histogram? = nil, attribution: Attribution? = nil,
      patching: Patching? = nil, corpus: Corpus? = nil, itemsSHA256: String? = nil
    ) {
      self.corpus = corpus
      self.itemsSHA256 = itemsSHA256
      self.column = column
      self.value = value
      self.items = items
      self.logprob = logprob
      self.rank = rank
      self.medianRank = medianRank
      self.top1 = top1
      self.accuracy = accuracy
      self.difference = difference
      self.firstTop1 = firstTop1
      self.settled = settled
      self.attribution = attribution
      self.patching = patching
    }

    enum CodingKeys: String, CodingKey {
      case column, value, items, logprob, rank, top1, accuracy, difference, settled, attribution, patching, corpus
      case medianRank = "median_rank"
      case firstTop1 = "first_top1"
      case itemsSHA256 = "items_sha256"
    }
  }

  /// A statistic over rows, with the ends of its interval.
  public struct Curve: Encodable, Equatable, Sendable {
    /// Over all prompts of the group. [row]
    public var value: [Double]
    /// Lower end of the interval. [row]
    public var low: [Double]
    /// Upper end of the interval. [row]
    public var high: [Double]

    /// From its parts.
    package init(value: [Double], low: [Double], high: [Double]) {
      self.value = value
      self.low = low
      self.high = high
    }
  }

  /// Numbers of prompts by row.
  public struct Histogram: Encodable, Equatable, Sendable {
    /// Prompts of each row. [row]
    public var rows: [Int]
    /// Prompts without such a row.
    public var never: Int

    /// From its parts.
    package init(rows: [Int], never: Int) {
      self.rows = rows
      self.never = never
    }
  }
}

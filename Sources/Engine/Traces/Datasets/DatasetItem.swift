/// The numbers of a model for one item of a dataset, before any mean: the contract `strata.item/1` of docs/cluster.md.
///
/// Summaries are made of them, wherever they were computed and in whatever order.
public struct DatasetItem: Encodable, Equatable, Sendable {
  /// The schema that this version of the program reads and writes.
  public static let schemaName = "strata.item/1"

  /// `schemaName`.
  public var schema = DatasetItem.schemaName
  /// The model the numbers came from.
  public var model: Trace.Model
  /// Which lens was applied.
  public var lens: Trace.Lens
  /// Precision of activations and accumulations: "f32".
  public var compute: String
  /// The text.
  public var prompt: String
  /// The word that should come next.
  public var target: String
  /// The word that the target is compared with; nil for none.
  public var foil: String?
  /// The text whose states were put into the run of the text; nil without patched runs, and in items of earlier versions.
  public var source: String?
  /// Captured points, top of the network last.
  public var rows: [Trace.Row]
  /// Natural logarithm of the target's probability. [row]
  public var logprob: [Float]
  /// 1 + the number of strictly greater logits, of the target. [row]
  public var rank: [Int]
  /// Logit of the target less that of the foil; nil without a foil. [row]
  public var difference: [Float]?
  /// What the parts of the model add to the difference; nil where nobody asked.
  public var attribution: Trace.Attribution?
  /// What becomes of the difference by states of the source; nil without one.
  public var patching: Effects?
  /// What it shares with the item of another group that belongs to it; nil without such a column.
  public var pair: String?
  /// The sums over the tokens of a text; nil for other items.
  public var passage: Passage?
  /// The surprisal of each word of a text; nil where nobody asked.
  public var words: Words?

  /// From its parts.
  package init(
    model: Trace.Model, lens: Trace.Lens, compute: String, prompt: String, target: String, foil: String?,
    rows: [Trace.Row], logprob: [Float], rank: [Int], difference: [Float]?, attribution: Trace.Attribution?,
    patching: Effects?, source: String? = nil, pair: String? = nil, passage: Passage? = nil, words: Words? = nil
  ) {
    (self.source, self.pair, self.passage, self.words) = (source, pair, passage, words)
    self.model = model
    self.lens = lens
    self.compute = compute
    self.prompt = prompt
    self.target = target
    self.foil = foil
    self.rows = rows
    self.logprob = logprob
    self.rank = rank
    self.difference = difference
    self.attribution = attribution
    self.patching = patching
  }

  /// The effects of states of a source on the run of the prompt, by what its positions are.
  public struct Effects: Encodable, Equatable, Sendable {
    /// The difference of logits after the source.
    public var sourceDifference: Float
    /// The difference of logits after the prompt.
    public var baseDifference: Float
    /// Whether the two differ enough for effects to have a meaning.
    public var isDefined: Bool
    /// By place and role.
    public var means: [Means]

    /// From its parts.
    package init(sourceDifference: Float, baseDifference: Float, isDefined: Bool, means: [Means]) {
      self.sourceDifference = sourceDifference
      self.baseDifference = baseDifference
      self.isDefined = isDefined
      self.means = means
    }

    /// The mean effect over the positions of a role.
    public struct Means: Encodable, Equatable, Sendable {
      /// Which states were put in.
      public var place: Trace.Patching.Place
      /// At which positions.
      public var role: DatasetSummary.Patching.Role
      /// 0 is the base's difference of logits, 1 the source's; nil where a block has no such part, or no position has the role. [row]
      public var effect: [Double?]

      /// From its parts.
      package init(place: Trace.Patching.Place, role: DatasetSummary.Patching.Role, effect: [Double?]) {
        self.place = place
        self.role = role
        self.effect = effect
      }
    }

    enum CodingKeys: String, CodingKey {
      case means
      case sourceDifference = "source_difference"
      case baseDifference = "base_difference"
      case isDefined = "defined"
    }
  }

  /// The first number that contradicts the rest.
  func fault() -> (key: String, reason: String)? {
    guard !rows.isEmpty else { return ("rows", "no rows, expected one or more") }
    if let found = model.absurdNumber() ?? Trace.absurdLayer(rows) { return found }
    if let found = Trace.rowsFault(rows, of: model, through: lens) { return found }
    if (foil == nil) != (difference == nil) { return ("difference", "expected 'foil' and 'difference', or neither") }
    for (key, count) in [("logprob", logprob.count), ("rank", rank.count), ("difference", difference?.count)] {
      if let count, count != rows.count { return (key, "\(count) numbers, expected \(rows.count) as in 'rows'") }
    }
    if let row = rank.firstIndex(where: { !(1...max(1, model.vocabulary)).contains($0) }) {
      return ("rank[\(row)]", "\(rank[row]), expected 1 to \(model.vocabulary)")
    }
    if let row = logprob.firstIndex(where: { $0 > 0 }) {
      return ("logprob[\(row)]", "\(logprob[row]), expected 0 or less")
    }
    if let attribution, let found = attribution.fault(tokens: Trace.counts.upperBound, model: model) {
      return ("attribution.\(found.key)", found.reason)
    }
    if let found = passage?.fault(rows: rows.count) { return ("passage.\(found.key)", found.reason) }
    if let found = words?.fault(rows: rows.count) { return ("words.\(found.key)", found.reason) }
    guard let patching else { return nil }
    // The embedding and every block have a row, whatever the lens reads.
    for (index, means) in patching.means.enumerated() where means.effect.count > model.layers + 1 {
      return ("patching.means[\(index)].effect", "\(means.effect.count) numbers, expected \(model.layers + 1) or fewer")
    }
    return nil
  }
}

/// The numbers of an item in their JSON.
extension FieldReader {
  func datasetItem(_ value: JSONValue) throws(JSONError) -> DatasetItem {
    let fields = try Fields(value)
    let schema = try fields.value("schema")
    guard schema.string == DatasetItem.schemaName else {
      throw schema.wrongKind(expected: "'\(DatasetItem.schemaName)'")
    }
    return DatasetItem(
      model: try model(try fields.value("model")), lens: try lens(try fields.value("lens")),
      compute: try fields.string("compute"), prompt: try fields.string("prompt"), target: try fields.string("target"),
      foil: try fields.optional("foil", string), rows: try list(try fields.value("rows"), row),
      logprob: try list(try fields.value("logprob"), float), rank: try list(try fields.value("rank"), whole),
      difference: try fields.optional("difference") { line throws(JSONError) in try list(line, float) },
      attribution: try fields.optional("attribution", attribution), patching: try fields.optional("patching", effects),
      source: try fields.optional("source", string), pair: try fields.optional("pair", string),
      passage: try fields.optional("passage", passage), words: try fields.optional("words", itemWords))
  }

  private func effects(_ value: JSONValue) throws(JSONError) -> DatasetItem.Effects {
    let fields = try Fields(value)
    return DatasetItem.Effects(
      sourceDifference: try float(try fields.value("source_difference")),
      baseDifference: try float(try fields.value("base_difference")),
      isDefined: try fields.value("defined").requireBool(), means: try list(try fields.value("means"), effectMeans))
  }

  private func effectMeans(_ value: JSONValue) throws(JSONError) -> DatasetItem.Effects.Means {
    let fields = try Fields(value)
    return DatasetItem.Effects.Means(
      place: try fields.word("place"), role: try fields.word("role"),
      effect: try list(try fields.value("effect")) { number throws(JSONError) in
        number.isNull ? nil : try double(number)
      })
  }
}

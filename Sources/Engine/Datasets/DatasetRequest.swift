import Traces

/// Prompts with a target, and perhaps a foil, each: what is asked of a model about a whole dataset.
public struct DatasetRequest: Sendable, Hashable, Codable {
  /// One prompt.
  public struct Item: Sendable, Hashable, Codable {
    /// The prompt's text, not empty.
    public var prompt: String
    /// The word that should come next.
    public var target: String
    /// The word that it is compared with; in all items or in none.
    public var foil: String?
    /// Values of the group columns.
    public var groups: [String]
    /// Where it stands in its file, from 1; for messages.
    public var line: Int

    /// An item.
    public init(prompt: String, target: String, foil: String? = nil, groups: [String] = [], line: Int) {
      self.prompt = prompt
      self.target = target
      self.foil = foil
      self.groups = groups
      self.line = line
    }
  }

  /// What the dataset is called.
  public var name: String
  /// In the order of the file.
  public var items: [Item]
  /// Names of the columns that `Item.groups` are values of.
  public var groupColumns: [String]
  /// Whether of a target or foil of several tokens the first is taken.
  public var firstToken: Bool
  /// Whether the final norm is applied to every state.
  public var norm: Trace.Lens.Norm
  /// How intervals are made.
  public var bootstrap: Bootstrap

  /// A request.
  public init(
    name: String, items: [Item], groupColumns: [String] = [], firstToken: Bool = false,
    norm: Trace.Lens.Norm = .final, bootstrap: Bootstrap = Bootstrap()
  ) {
    self.name = name
    self.items = items
    self.groupColumns = groupColumns
    self.firstToken = firstToken
    self.norm = norm
    self.bootstrap = bootstrap
  }
}

/// Items of a dataset that a model cannot be asked about.
public struct DatasetError: Error, Equatable, Sendable {
  /// An item and what is wrong with it.
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

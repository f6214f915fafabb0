import Words

/// Why files of a gallery differ from those of a new build.
public struct CheckCause: Equatable, Sendable {
  /// What has changed, from numbers to pages.
  public enum Kind: String, Sendable, CaseIterable {
    /// The numbers of a model on a prompt or dataset.
    case numbers
    /// The spec, since the gallery was built.
    case spec
    /// A file of the gallery, after the build.
    case edited
    /// Figures, without their numbers.
    case drawn
    /// Pages, without numbers and figures.
    case pages
    /// Traces beside the spec, without a change of what they say.
    case traces
    /// Files that the gallery lacks.
    case missing
    /// Files that a build does not write.
    case extra
  }

  /// What has changed.
  public var kind: Kind
  /// In one sentence, without a full stop.
  public var headline: String
  /// What else is known.
  public var notes: [String] = []
  /// What the change affects: "1 figure in 5 formats, gallery, report"; empty for nothing else.
  public var affects = ""
  /// The first numbers that changed.
  public var changes: [DiffChange] = []
  /// How many numbers changed.
  public var changeCount = 0
  /// Whose numbers they are: "SmolLM2, keys".
  public var whose = ""
  /// Ids of the figures that differ because of this.
  public var figures: [String] = []
  /// Names of the files that differ because of this, as in the findings.
  public var files: [String] = []
  /// The path of the file to look at.
  public var place: String
}

/// A finding that is not what it was.
public struct FindingChange: Equatable, Sendable {
  /// Prompt or dataset, and model: "keys, SmolLM2".
  public var whose: String
  /// The sentence in the gallery; nil where it has none, or where it stays the same.
  public var before: String?
  /// The sentence in a new build; nil as for `before`.
  public var after: String?
  /// The values that differ.
  public var values: [Value] = []

  /// A value of a finding, in words.
  public struct Value: Equatable, Sendable {
    /// "settled of “␣are”".
    public var what: String
    /// "layer 12", or "none".
    public var before: String
    /// The same in a new build.
    public var after: String
  }

  /// Whether the sentence is another one, new, or gone.
  var isSentence: Bool { before != after }

  /// The cells of a table: whose it is, what, before and after.
  var rows: [[String]] {
    (isSentence ? [[whose, "sentence", before ?? "none", after ?? "none"]] : [])
      + values.map { [whose, $0.what, $0.before, $0.after] }
  }
}

extension CheckCause {
  /// At most `most` names, then how many are left.
  static func list(_ names: [String], most: Int = 5) -> String {
    names.count <= most
      ? names.joined(separator: ", ") : names.prefix(most).joined(separator: ", ") + " and \(names.count - most) more"
  }
}

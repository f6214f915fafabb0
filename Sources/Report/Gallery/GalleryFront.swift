import Figures

/// What the first screen of a gallery shows: the numbers of every model on every subject, drawn small.
public struct GalleryFront: Sendable {
  /// The colours of all strips; nil where there are none.
  public var scale: StripScale?
  /// By subject and model.
  public var cells: [Key: Cell]

  /// A subject of the spec and a model.
  public struct Key: Hashable, Sendable {
    /// Id of the prompt or of the dataset.
    public var subject: String
    /// Name of the model.
    public var model: String

    /// A key.
    public init(subject: String, model: String) {
      self.subject = subject
      self.model = model
    }
  }

  /// What is known of a model on a subject.
  public struct Cell: Sendable {
    /// Ranks by layer; nil for a dataset and for a prompt without output and watched tokens.
    public var strip: Strip?
    /// Accuracy by layer; nil for a prompt.
    public var curve: AccuracyCurve?
    /// The exact text that the model produced or was given after the prompt.
    public var output: String?
    /// Where the rows of a strip settle, in place of the strip where there are too many prompts to show each.
    package var settled: Settled?

    /// From its parts.
    public init(strip: Strip? = nil, curve: AccuracyCurve? = nil, output: String? = nil) {
      self.strip = strip
      self.curve = curve
      self.output = output
    }

    /// The same, perhaps without a strip.
    package init(strip: Strip?, curve: AccuracyCurve?, output: String?, settled: Settled?) {
      self.init(strip: strip, curve: curve, output: output)
      self.settled = settled
    }
  }

  /// The layers at which the rows of a strip settle.
  package struct Settled: Sendable {
    /// Names of the layers.
    var layers: [String]
    /// The index of each row's layer; nil for one that does not have rank 1 after the last.
    var rows: [Int?]

    /// From its parts.
    package init(layers: [String], rows: [Int?]) { (self.layers, self.rows) = (layers, rows) }

    /// Of a strip.
    init(_ strip: Strip) { self.init(layers: strip.layers, rows: strip.rows.map(\.settled)) }
  }

  /// A gallery's front.
  public init(scale: StripScale? = nil, cells: [Key: Cell] = [:]) {
    self.scale = scale
    self.cells = cells
  }

  /// With more prompts than this, distributions stand in place of strips.
  package static let mostStrips = 40
}

/// The layers at which tokens settle: how many have rank 1 for good from each layer on.
struct SettledCounts: Equatable {
  /// By layer. [layer]
  var counts: [Int]
  /// Tokens that do not have rank 1 after the last layer.
  var never: Int

  var total: Int { counts.reduce(never, +) }

  /// The layer by which half of all tokens have settled, the lower median as in Findings; nil when fewer settle.
  var median: Int? {
    var sum = 0
    return counts.firstIndex { count in
      sum += count
      return 2 * sum >= total && total > 0
    }
  }
}

extension SettledCounts {
  /// All rows of strips of one model; nil when there is none, or when they have different layers.
  init?(_ strips: [GalleryFront.Settled]) {
    guard let layers = strips.first?.layers, strips.allSatisfy({ $0.layers == layers }) else { return nil }
    counts = Array(repeating: 0, count: layers.count)
    never = 0
    for settled in strips.lazy.flatMap(\.rows) {
      if let settled { counts[settled] += 1 } else { never += 1 }
    }
  }

  /// The same of the strips themselves.
  init?(_ strips: [Strip]) { self.init(strips.map(GalleryFront.Settled.init)) }
}

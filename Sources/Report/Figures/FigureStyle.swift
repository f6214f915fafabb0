import Words

/// How figures look.
public struct FigureStyle: Codable, Equatable, Sendable {
  /// A venue whose page and type sizes are used, nil for the program's own.
  public var venue: String?
  /// The width of figures as a part of the venue's page.
  public var span: String?
  /// Width in PDF units (1/72 inch), instead of the venue's.
  public var width: Double?
  /// Largest height of figures in PDF units, instead of the venue's.
  public var height: Double?
  /// Whether figures that break the venue's rules are errors.
  public var strict = false
  /// The layers that a figure shows; nil for all.
  public var layers: LayerChoice?
  /// How far the training of each model of a figure had come, where all are checkpoints of one run; nil for other models.
  package var steps: [TrainingStep]?

  /// A style.
  public init(
    venue: String? = nil, span: String? = nil, width: Double? = nil, height: Double? = nil, strict: Bool = false,
    layers: LayerChoice? = nil
  ) {
    self.venue = venue
    self.span = span
    self.width = width
    self.height = height
    self.strict = strict
    self.layers = layers
  }
}

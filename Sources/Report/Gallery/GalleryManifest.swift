import Engine

/// Everything a gallery shows: the only input of the HTML templates and of the PDF report. Written as `manifest.json`.
///
/// Paths are relative to the gallery's folder, with `/`. No wall-clock time and no path of the machine. Texts are exact;
/// making control characters visible is the gallery's job.
public struct GalleryManifest: Codable, Equatable, Sendable {
  public static let schemaName = "strata.gallery/1"
  public var schema: String
  public var title: String
  /// "strata 0.1.0".
  public var tool: String
  /// SHA-256 of the spec file, hex.
  public var specSHA256: String
  public var models: [Model]
  public var prompts: [Prompt]
  /// Figures in reading order: by prompt, then by figure of the spec, then by model.
  public var figures: [Figure]
  /// Cells that could not be made, shown in place of their figure.
  public var failures: [Failure]
  /// Non-fatal remarks of the build.
  public var warnings: [String]

  /// A model and where its numbers come from.
  public struct Model: Codable, Equatable, Sendable {
    /// The name given in the spec.
    public var name: String
    /// The reference given in the spec ("smollm2-135m").
    public var reference: String
    public var architecture: String
    public var layers: Int
    public var width: Int
    public var vocabulary: Int
    /// Stored number format ("Q4_1").
    public var weights: String
    public var license: String?
    public var source: String?
    /// SHA-256 over the model's content files (as in the traces).
    public var sha256: String
    public var files: [File]
  }

  /// A file and its hash.
  public struct File: Codable, Equatable, Sendable {
    public var path: String
    public var bytes: Int
    public var sha256: String
  }

  /// A prompt of the spec.
  public struct Prompt: Codable, Equatable, Sendable {
    public var id: String
    public var text: String
    /// Where the tokens after the prompt come from.
    public var method: Trace.Method
    /// Tokens watched besides the target.
    public var watch: [String]
  }

  /// One figure of one model and one prompt.
  public struct Figure: Codable, Equatable, Sendable {
    /// Stable slug, unique in the gallery: [a-z0-9-]+.
    public var id: String
    /// Figures of one prompt with the same group stand side by side as a comparison: a slug, unique in the gallery
    /// ("heathrow-rank-heatmap").
    public var group: String
    /// Kind as in the spec: "rank-heatmap".
    public var kind: String
    /// Id of the prompt.
    public var prompt: String
    /// Name of the model.
    public var model: String
    /// Heading, the same for all figures of a group: "Rank of each output token after every layer".
    public var title: String
    /// What is drawn, in one or two sentences, with the numbers that identify it.
    public var caption: String
    /// Alternative text: what the figure shows, computed from the data.
    public var alt: String
    /// Which lens read the hidden states.
    public var lens: Trace.Lens
    /// Precision of activations and accumulations: "f32".
    public var compute: String
    /// Size in PDF units.
    public var width: Double
    public var height: Double
    /// Files by format: "pdf", "svg", "png", "trace". "svg" or "png" must be there.
    public var files: [String: File]
    /// The exact text the model produced or was given after the prompt.
    public var output: String?
  }

  /// A cell that failed.
  public struct Failure: Codable, Equatable, Sendable {
    public var prompt: String
    public var model: String
    /// The group of the figure that is missing; nil when the whole cell of prompt and model is.
    public var group: String?
    public var message: String
  }
}

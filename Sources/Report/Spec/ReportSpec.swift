import Engine

/// A report as its author wrote it: models, prompts, figures and how they are to look.
///
/// Made by `SpecReader`, and clean: every name in it refers to something that exists.
public struct ReportSpec: Equatable, Sendable {
  /// Name of the spec's file without its ending, as a slug; names the output folder.
  public var name: String
  /// SHA-256 of the spec's bytes, hex.
  public var sha256: String
  /// Heading of the gallery.
  public var title: String
  /// In the order of the file; never empty.
  public var models: [Model]
  /// In the order of the file; empty only where there are datasets.
  public var prompts: [Prompt]
  /// In the order of the file; empty only where there are no prompts.
  public var figures: [Figure]
  /// In the order of the file.
  public var datasets: [Dataset]
  /// Whether the lens applies the model's final norm.
  public var norm: Trace.Lens.Norm
  /// Which points of the network are looked at.
  public var rows: TraceRequest.Rows
  /// How figures look.
  public var style: Style
  /// What is written.
  public var output: Output
  /// Whether traces are kept beside the spec, to be committed with it.
  public var commitsTraces = false

  /// A model under the name it has in this report.
  public struct Model: Equatable, Sendable {
    /// The name given in the spec.
    public var name: String
    /// Where it comes from.
    public var reference: ModelReference
    /// Folder of a tuned lens it is looked at through, relative to the spec; nil for the logit lens.
    public var tunedLens: String?
    /// How it is opened.
    public var options = ModelOptions()
    /// The adapter that is added to its products; a path is relative to the spec.
    public var adapter: ModelReference?
    /// `report.yaml:12:5`.
    public var place: String
  }

  /// A text, and what is asked about it.
  public struct Prompt: Equatable, Sendable {
    /// A slug, unique in the spec.
    public var id: String
    /// The exact text.
    public var text: String
    /// Greedy decoding of so many tokens (0 when neither is given), or a given text.
    public var method: Trace.Method
    /// Words, and sets of tokens, whose rank is followed.
    public var watch: [Watched]
    /// How many of the most probable tokens are kept.
    public var top: Int
    /// Words to filter the gallery by.
    public var tags: [String] = []
    /// Which positions are looked at.
    public var columns = TraceRequest.Columns.generated
    /// Where it stands in the spec.
    public var place: String

    /// Whether there is text after a captured position to show ranks of.
    public var hasOutput: Bool { columns == .all || method != .generate(0) }
  }

  /// A file of prompts with targets, and how it is summed up.
  public struct Dataset: Equatable, Sendable {
    /// A slug, unique among prompts and datasets.
    public var id: String
    /// Its file, relative to the spec.
    public var file: String
    /// Which columns are what.
    public var columns: DatasetColumns
    /// Whether of a target of several tokens the first is taken.
    public var firstToken: Bool
    /// How intervals are made.
    public var bootstrap: Bootstrap
    /// What the lines of its figure stand for.
    public var by: DatasetProfile.By
    /// Where it stands in the spec.
    public var place: String
  }

  /// A figure to draw for every selected prompt and model.
  public struct Figure: Equatable, Sendable {
    /// Name in the registry of figures: "rank-heatmap".
    public var kind: String
    /// Ids of prompts, in the spec's order; those the kind can show, or those that were asked for.
    public var prompts: [String]
    /// Names of models, in the spec's order.
    public var models: [String]
    /// Options of the kind that were given.
    public var options: [String: OptionValue]
    /// Whether all models of a prompt share one figure.
    public var together = false
    /// Where it stands in the spec.
    public var place: String
  }

  /// How figures look.
  public struct Style: Equatable, Sendable {
    /// A venue whose page and type sizes are used, nil for the program's own.
    public var venue: String?
    /// How much of the venue's page a figure is as wide as.
    public var span: String?
    /// Width in PDF units (1/72 inch), instead of the venue's.
    public var width: Double?
    /// Height in PDF units figures may have at most, instead of the venue's.
    public var height: Double?
    /// Whether figures that break the venue's rules are errors.
    public var strict = false

    /// A style.
    public init(
      venue: String? = nil, span: String? = nil, width: Double? = nil, height: Double? = nil, strict: Bool = false
    ) {
      self.venue = venue
      self.span = span
      self.width = width
      self.height = height
      self.strict = strict
    }
  }

  /// What is written.
  public struct Output: Equatable, Sendable {
    /// File formats of every figure, in the registry's order.
    public var figures: [String]
    /// Whether `index.html` is written.
    public var gallery: Bool
    /// Whether `gallery.html` is written: everything in one file.
    public var singleFile = false
    /// Whether `report.pdf` is written.
    public var report: Bool
    /// Folder of the gallery's template, relative to the spec; nil for the one that comes with the program.
    public var template: String?
    /// Folder in the output that is filled with what LaTeX needs; nil for none.
    public var latex: String?

    /// Whether there is a page of either kind.
    public var hasPage: Bool { gallery || singleFile }

    /// The page alone, with the one format that it shows.
    var draft: Output {
      Output(
        figures: Array(["svg", "png"].filter(figures.contains).prefix(1)), gallery: true, report: false,
        template: template)
    }

    /// Formats of the files of every figure, the small picture for pages among them.
    public var writtenFormats: [String] { figures + (hasPage ? [FigureFormat.thumbnail.name] : []) }
  }
}

/// The value of a figure's option as written in a spec or on the command line.
public enum OptionValue: Equatable, Hashable, Sendable, Codable {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([OptionValue])
}

import Files
import Plot
import Traces
import Words

/// Everything that a gallery shows: the only input of the HTML templates and of the PDF report.
///
/// Written as `manifest.json`. Paths are relative to the gallery's folder, with `/`. The manifest holds no wall-clock time
/// and no path of the machine. Texts are exact; the gallery makes control characters visible.
public struct GalleryManifest: Codable, Equatable, Sendable {
  /// The schema that this version of the program writes.
  public static let schemaName = "strata.gallery/1"
  /// Always `schemaName`.
  public var schema: String
  /// Title of the gallery.
  public var title: String
  /// The author's words about the whole; nil for none.
  public var head: Head?
  /// "strata 0.1.0".
  public var tool: String
  /// SHA-256 of the spec file, hex.
  public var specSHA256: String
  /// The models, in the order of the spec.
  public var models: [Model]
  /// The prompts, in the order of the spec.
  public var prompts: [Prompt]
  /// The datasets, in the order of the spec.
  public var datasets: [Dataset] = []
  /// Figures in reading order: by prompt, then by figure of the spec, then by model; then by dataset.
  public var figures: [Figure]
  /// Cells that could not be made, shown in place of their figure.
  public var failures: [Failure]
  /// Warnings and notes of the build.
  public var warnings: [String]

  /// From its parts.
  package init(
    schema: String, title: String, head: Head? = nil, tool: String, specSHA256: String, models: [Model],
    prompts: [Prompt],
    datasets: [Dataset] = [], figures: [Figure], failures: [Failure], warnings: [String]
  ) {
    self.schema = schema
    self.title = title
    self.head = head
    self.tool = tool
    self.specSHA256 = specSHA256
    self.models = models
    self.prompts = prompts
    self.datasets = datasets
    self.figures = figures
    self.failures = failures
    self.warnings = warnings
  }

  /// What the author says at the beginning and at the end.
  public struct Head: Codable, Equatable, Sendable {
    /// A line below the title.
    public var subtitle: String?
    /// In the order of the spec.
    public var authors: [Author]
    /// As written.
    public var date: String?
    /// Markdown, before the figures.
    public var intro: String?
    /// Markdown, after the figures.
    public var conclusion: String?
    /// From its parts.
    package init(
      subtitle: String? = nil, authors: [Author] = [], date: String? = nil, intro: String? = nil,
      conclusion: String? = nil
    ) {
      self.subtitle = subtitle
      self.authors = authors
      self.date = date
      self.intro = intro
      self.conclusion = conclusion
    }
  }

  /// An author.
  public struct Author: Codable, Equatable, Sendable {
    /// As it is printed.
    public var name: String
    /// The place of work.
    public var affiliation: String?
    /// An address of mail.
    public var email: String?
    /// "0000-0002-1825-0097".
    public var orcid: String?
    /// From its parts.
    package init(name: String, affiliation: String? = nil, email: String? = nil, orcid: String? = nil) {
      self.name = name
      self.affiliation = affiliation
      self.email = email
      self.orcid = orcid
    }
  }

  /// A model and where its numbers come from.
  public struct Model: Codable, Equatable, Sendable {
    /// The name given in the spec.
    public var name: String
    /// The reference given in the spec ("smollm2-135m").
    public var reference: String
    /// Family ("gemma3").
    public var architecture: String
    /// L, number of blocks.
    public var layers: Int
    /// D, width of the residual stream.
    public var width: Int
    /// V, rows of the head.
    public var vocabulary: Int
    /// Rows of the head that stand for no token; nil for none.
    public var padding: Int?
    /// Stored number format ("Q4_1").
    public var weights: String
    /// As the model states it.
    public var license: String?
    /// Where the model comes from; a web address becomes a link.
    public var source: String?
    /// SHA-256 over the model's content files (as in the traces).
    public var sha256: String
    /// The files the model was read from; those of its numbers if it ran elsewhere.
    public var files: [FileRecord]
    /// Whether only its numbers were here, because it ran elsewhere; nil for no.
    public var ranElsewhere: Bool?
    /// Settings of the files that were not followed because the user accepted it; nil for none.
    public var acceptedSettings: [Trace.Model.AcceptedSetting]?
    /// Whether texts began with BOS, if the user decided this.
    public var bos: BOSChoice?
    /// The adapter added to its products; nil for none.
    public var adapter: Trace.Adapter?
    /// How far its training had come; nil for a model that is no checkpoint of an entry of the spec.
    public var step: TrainingStep?
    /// From its parts.
    package init(
      name: String, reference: String, architecture: String, layers: Int, width: Int, vocabulary: Int, weights: String,
      license: String? = nil, source: String? = nil, sha256: String, files: [FileRecord],
      acceptedSettings: [Trace.Model.AcceptedSetting]? = nil, bos: BOSChoice? = nil, adapter: Trace.Adapter? = nil
    ) {
      self.name = name
      self.reference = reference
      self.architecture = architecture
      self.layers = layers
      self.width = width
      self.vocabulary = vocabulary
      self.weights = weights
      self.license = license
      self.source = source
      self.sha256 = sha256
      self.files = files
      self.acceptedSettings = acceptedSettings
      self.bos = bos
      self.adapter = adapter
    }
  }

  /// A prompt of the spec.
  public struct Prompt: Codable, Equatable, Sendable {
    /// Unique name given in the spec.
    public var id: String
    /// The author's heading; nil for the id.
    public var title: String?
    /// The exact text.
    public var text: String
    /// The given beginning of the decoder's text, for an encoder-decoder model; nil for none.
    public var decoder: String?
    /// Where the tokens after the prompt come from.
    public var method: Trace.Method
    /// Tokens, and sets of tokens, watched besides the target.
    public var watch: [Watched]
    /// Words to filter by.
    public var tags: [String] = []
    /// The tokens of each model for the prompt and its continuation, in the order of the models.
    public var readings: [Reading] = []
    /// The author's words below it, in Markdown.
    public var note: String?

    /// What it is called: its title, or its id.
    package var name: String { title ?? id }

    /// From its parts.
    package init(
      id: String, title: String? = nil, text: String, method: Trace.Method, watch: [Watched], tags: [String] = [],
      readings: [Reading] = [], note: String? = nil, decoder: String? = nil
    ) {
      self.decoder = decoder
      self.id = id
      self.title = title
      self.note = note
      self.text = text
      self.method = method
      self.watch = watch
      self.tags = tags
      self.readings = readings
    }

    /// The tokens of one model for a prompt.
    public struct Reading: Codable, Equatable, Sendable {
      /// Name of the model.
      public var model: String
      /// Tokens made visible, the prompt's first.
      public var tokens: [String]
      /// How many of them belong to the prompt.
      public var promptLength: Int
      /// Whether the model fills in masked tokens of it; nil if it continues it.
      public var isMasked: Bool?
      /// How its run was changed, in words; nil for the model's own run.
      public var changes: [String]?
      /// How many tokens it wrote before it ended the text, the end among them; nil where it wrote all that were asked for.
      public var ended: Int?

      /// From its parts.
      package init(model: String, tokens: [String], promptLength: Int) {
        self.model = model
        self.tokens = tokens
        self.promptLength = promptLength
      }
    }
  }

  /// A dataset of the spec, and the models' numbers after the last layer.
  public struct Dataset: Codable, Equatable, Sendable {
    /// Unique among prompts and datasets.
    public var id: String
    /// The bare name of its file.
    public var file: String
    /// Number of prompts.
    public var items: Int
    /// What an item is called; nil for a prompt.
    public var item: String?
    /// Names of the columns of cells.
    public var heads: [String]
    /// A row for every model and group.
    public var rows: [Row]
    /// The numbers of every layer.
    public var results: [Results]

    /// From its parts.
    package init(
      id: String, file: String, items: Int, heads: [String], rows: [Row], results: [Results], item: String? = nil
    ) {
      self.item = item
      self.id = id
      self.file = file
      self.items = items
      self.heads = heads
      self.rows = rows
      self.results = results
    }

    /// Numbers after the last layer, with their intervals, as text.
    public struct Row: Codable, Equatable, Sendable {
      /// Name of the model.
      public var model: String
      /// "all", or "attractor: plural".
      public var group: String
      /// Number of prompts.
      public var items: Int
      /// One for each head.
      public var cells: [String]

      /// From its parts.
      package init(model: String, group: String, items: Int, cells: [String]) {
        self.model = model
        self.group = group
        self.items = items
        self.cells = cells
      }
    }

    /// A model's numbers.
    public struct Results: Codable, Equatable, Sendable {
      /// Name of the model.
      public var model: String
      /// `strata.dataset/1`.
      public var json: FileRecord
      /// The same as a table.
      public var csv: FileRecord
      /// The surprisal of words; nil where nobody asked.
      public var words: FileRecord?

      /// Its files.
      var files: [FileRecord] { [json, csv] + [words].compactMap(\.self) }

      /// From its parts.
      package init(
        model: String, json: FileRecord, csv: FileRecord, words: FileRecord? = nil
      ) {
        self.words = words
        self.model = model
        self.json = json
        self.csv = csv
      }
    }
  }

  /// One figure of one model and one prompt, or of one dataset.
  public struct Figure: Codable, Equatable, Sendable {
    /// Stable slug, unique in the gallery: [a-z0-9-]+.
    public var id: String
    /// Figures of one prompt with the same group stand side by side as a comparison: a slug, unique in the gallery
    /// ("heathrow-rank-heatmap").
    public var group: String
    /// Kind as in the spec: "rank-heatmap".
    public var kind: String
    /// Id of the prompt, or of the dataset.
    public var prompt: String
    /// Name of the model; several where they share a figure.
    public var model: String
    /// The same one by one.
    public var models: [String] = []
    /// Heading, the same for all figures of a group: "Rank of each output token after every layer".
    public var title: String
    /// What tells the figure from others of its kind for the same subject: "position: last"; nil where nothing has to.
    public var variant: String?
    /// What is drawn, in one or two sentences, with the numbers that identify it.
    public var caption: String
    /// Alternative text: what the figure shows, computed from the data.
    public var alt: String
    /// Which lens read the hidden states; the first of `lenses`.
    public var lens: Trace.Lens
    /// The lens of each of `models`; nil where all have the same.
    public var lenses: [Trace.Lens]?
    /// Precision of activations and accumulations: "f32".
    public var compute: String
    /// Width in PDF units.
    public var width: Double
    /// Height in PDF units.
    public var height: Double
    /// Files by format ("pdf", "svg", "png", "trace"); "svg" or "png" is there for every page.
    public var files: [String: FileRecord]
    /// The exact text the model produced or was given after the prompt.
    public var output: String?
    /// What the numbers show, in a sentence for each model, as in the caption; nil when there is nothing to say.
    public var finding: String?

    /// From its parts.
    package init(
      id: String, group: String, kind: String, prompt: String, model: String, models: [String] = [], title: String,
      variant: String? = nil, caption: String, alt: String, lens: Trace.Lens, lenses: [Trace.Lens]? = nil,
      compute: String, width: Double, height: Double,
      files: [String: FileRecord], output: String? = nil,
      finding: String? = nil
    ) {
      self.id = id
      self.group = group
      self.kind = kind
      self.prompt = prompt
      self.model = model
      self.models = models
      self.title = title
      self.variant = variant
      self.caption = caption
      self.alt = alt
      self.lens = lens
      self.lenses = lenses
      self.compute = compute
      self.width = width
      self.height = height
      self.files = files
      self.output = output
      self.finding = finding
    }
  }

  /// A cell that failed.
  public struct Failure: Codable, Equatable, Sendable {
    /// Id of the prompt, or of the dataset.
    public var prompt: String
    /// Name of the model.
    public var model: String
    /// The group of the missing figure; nil when the whole cell of prompt and model is missing.
    public var group: String?
    /// The message shown to the user.
    public var message: String
    /// Whether nobody gave the numbers; nil for no.
    public var isAbsent: Bool?

    /// From its parts.
    package init(prompt: String, model: String, group: String? = nil, message: String, isAbsent: Bool = false) {
      self.isAbsent = isAbsent ? true : nil
      self.prompt = prompt
      self.model = model
      self.group = group
      self.message = message
    }
  }
}

extension GalleryManifest.Figure {
  /// The lenses through which it shows its models, each once.
  var allLenses: [Trace.Lens] { (lenses ?? [lens]).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }

  /// The lens through which it shows a model.
  func lens(of model: String) -> Trace.Lens {
    guard let lenses, let index = models.firstIndex(of: model), lenses.indices.contains(index) else { return lens }
    return lenses[index]
  }
}

import Engine
import Figures
import Models
import Traces
import Words

/// A report as its author wrote it: models, prompts, figures and their look.
///
/// `SpecReader` makes it and checks that every name in it refers to something that exists.
public struct ReportSpec: Equatable, Sendable {
  /// Name of the spec's file without its ending, as a slug; names the output folder.
  public var name: String
  /// SHA-256 of the spec's bytes, hex.
  public var sha256: String
  /// Heading of the gallery.
  public var title: String
  /// What its author says at the beginning and at the end.
  public var head = Head()
  /// In the order of the file; never empty.
  public var models: [Model]
  /// In the order of the file; empty only where there are datasets.
  public var prompts: [Prompt]
  /// In the order of the file, followed by one for each dataset that no figure of the file names.
  public var figures: [Figure]
  /// In the order of the file.
  public var datasets: [Dataset]
  /// Whether the lens applies the model's final norm.
  public var norm: Trace.Lens.Norm
  /// The points of the network to capture.
  public var rows: TraceRequest.Rows
  /// How figures look.
  public var style: FigureStyle
  /// What is written.
  public var output: Output
  /// Whether traces are kept beside the spec, so that its author can commit them.
  public var commitsTraces = false
  /// Files that the spec names and that are part of it, relative to it: texts, Markdown and tables of prompts.
  public var files: [String] = []
  /// Where the path of the logo stands in the spec; nil without one.
  package var logoPlace: String?
  /// Where the path of the gallery's template stands in the spec; nil without one.
  package var templatePlace: String?
  /// The spec itself as the user wrote its path; empty for one that is made of traces.
  package var path = ""

  /// The author's words about the whole.
  public struct Head: Equatable, Sendable {
    /// A line below the title.
    public var subtitle: String?
    /// In the order of the spec.
    public var authors: [Author] = []
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
  public struct Author: Equatable, Sendable {
    /// As it is printed.
    public var name: String
    /// The place of work.
    public var affiliation: String?
    /// An address of mail.
    public var email: String?
    /// "0000-0002-1825-0097".
    public var orcid: String?
  }

  /// A model under the name it has in this report.
  public struct Model: Equatable, Sendable {
    /// The name given in the spec.
    public var name: String
    /// Where it comes from.
    public var reference: ModelReference
    /// The fitted lens that reads the model's states, its path relative to the spec; nil for the logit lens.
    public var lens: LensReference?
    /// The name of the entry that has it among its lenses or checkpoints; nil for an entry of its own.
    public var entry: String?
    /// How far its training had come; nil for a model that is no checkpoint of an entry.
    public var step: TrainingStep?
    /// How to open it.
    public var options = ModelOptions()
    /// The adapter that is added to its products; a path is relative to the spec.
    public var adapter: ModelReference?
    /// Changes of its runs, before those of a prompt.
    public var changes: [RunChange] = []
    /// Whether plain text is meant for it although it has a chat template.
    public var takesPlainText = false
    /// `report.yaml:12:5`.
    public var place: String

    /// From its parts.
    package init(
      name: String, reference: ModelReference, lens: LensReference? = nil, options: ModelOptions = ModelOptions(),
      adapter: ModelReference? = nil, place: String
    ) {
      self.name = name
      self.reference = reference
      self.lens = lens
      self.options = options
      self.adapter = adapter
      self.place = place
    }
  }

  /// A text, and what to capture of it.
  public struct Prompt: Equatable, Sendable {
    /// A slug, unique in the spec.
    public var id: String
    /// The exact text; of a conversation, its messages in words.
    public var text: String
    /// The conversation that the model's chat template renders; nil for a text.
    public var chat: ChatPrompt?
    /// Whether the text is a conversation that a template has rendered, so that special tokens in it count and none are added.
    public var isRendered = false
    /// The given beginning of the decoder's text, for an encoder-decoder model; nil for none.
    public var decoder: String?
    /// Greedy decoding of so many tokens (0 when neither is given), or a given text.
    public var method: Trace.Method
    /// Words, and sets of tokens, whose ranks to follow.
    public var watch: [Watched]
    /// Two words: what the parts of the model add to the difference of their logits; nil for no such question.
    public var attribute: AttributionRequest?
    /// Another text, whose states are put into the run of this one; nil for none.
    public var patch: PatchRequest?
    /// Changes of the run.
    public var changes: [RunChange] = []
    /// How many of the most probable tokens the trace keeps.
    public var top: Int
    /// Words to filter the gallery by.
    public var tags: [String] = []
    /// The positions to capture.
    public var columns = TraceRequest.Columns.generated
    /// The heading; nil for the id.
    public var title: String?
    /// Markdown, below the prompt.
    public var note: String?
    /// Its place in the spec.
    public var place: String

    /// From its parts.
    package init(
      id: String, text: String, method: Trace.Method, watch: [Watched], top: Int, tags: [String] = [],
      columns: TraceRequest.Columns = TraceRequest.Columns.generated, place: String
    ) {
      self.id = id
      self.text = text
      self.method = method
      self.watch = watch
      self.top = top
      self.tags = tags
      self.columns = columns
      self.place = place
    }

    /// Whether there is text after a captured position to show ranks of, or a mask for a model that fills it in.
    public var hasOutput: Bool { columns == .all || method.generated != 0 || masks > 0 }

    /// How many masks its text has, in the spellings of BERT and RoBERTa.
    package var masks: Int { ["[MASK]", "<mask>"].reduce(0) { $0 + text.ranges(of: $1).count } }
  }

  /// A file of prompts with targets, and how to summarise it.
  public struct Dataset: Equatable, Sendable {
    /// A slug, unique among prompts and datasets.
    public var id: String
    /// Its file, relative to the spec.
    public var file: String
    /// The columns of the file.
    public var columns: DatasetColumns
    /// Whether to take the first token of a target of several tokens.
    public var firstToken: Bool
    /// Which states of the sources are put into the runs of the prompts; nil without a column of sources.
    public var patch: [Trace.Patching.Place]?
    /// Whether to ask what the parts of the model add to the difference of target and foil.
    public var attribute = false
    /// What its items are; nil for prompts with words that come next.
    public var form: DatasetSummary.Form?
    /// How several tokens make one number; nil for targets of one token, and for a corpus.
    public var score: DatasetSummary.Score?
    /// The most characters of the passages into which a text is cut; nil for a file with columns.
    public var passage: Int?
    /// Whether to give the surprisal of each word.
    public var words = false
    /// Whether to keep the numbers of each item.
    public var keepsItems = false
    /// How to compute intervals.
    public var bootstrap: Bootstrap
    /// What the lines of its figure stand for.
    public var by: DatasetProfile.By
    /// Its place in the spec.
    public var place: String
    /// Where the path of its file stands in the spec.
    package var filePlace: String

    /// From its parts.
    package init(
      id: String, file: String, columns: DatasetColumns, firstToken: Bool, bootstrap: Bootstrap, by: DatasetProfile.By,
      place: String, filePlace: String? = nil
    ) {
      self.filePlace = filePlace ?? place
      self.id = id
      self.file = file
      self.columns = columns
      self.firstToken = firstToken
      self.bootstrap = bootstrap
      self.by = by
      self.place = place
    }
  }

  /// A figure to draw for every selected subject and model.
  public struct Figure: Equatable, Sendable {
    /// Name in the registry of figures: "rank-heatmap".
    public var kind: String
    /// Ids of prompts, in the spec's order, or of one dataset: those that the spec names, or all that the kind can show.
    public var subjects: [String]
    /// Names of models, in the spec's order.
    public var models: [String]
    /// The options that the spec gives.
    public var options: [String: OptionValue]
    /// Whether all models of a subject share one figure.
    public var together = false
    /// Names its files; nil for names made from prompt and kind.
    public var id: String?
    /// Whether the entry names exactly one prompt or dataset, which the names of its files then leave out if it has an id.
    public var namesSubject = false
    /// The same of models.
    public var namesModel = false
    /// The author's heading.
    public var title: FigureText?
    /// The author's caption.
    public var caption: FigureText?
    /// The label in LaTeX.
    public var label: FigureText?
    /// The width as a part of the venue's page, instead of the style's.
    public var span: String?
    /// Width in PDF units, instead of the style's.
    public var width: Double?
    /// Largest height in PDF units, instead of the style's.
    public var height: Double?
    /// The layers that it shows; nil for all.
    public var layers: LayerChoice?
    /// Where the values of its keys stand in the spec, by their keys.
    package var places: [String: String] = [:]
    /// Its place in the spec.
    public var place: String

    /// From its parts.
    package init(
      kind: String, subjects: [String], models: [String], options: [String: OptionValue], together: Bool = false,
      place: String
    ) {
      self.kind = kind
      self.subjects = subjects
      self.models = models
      self.options = options
      self.together = together
      self.place = place
    }
  }

  /// What is written.
  public struct Output: Codable, Equatable, Sendable {
    /// File formats of every figure, in the registry's order.
    public var figures: [String]
    /// Whether `index.html` is written.
    public var gallery: Bool
    /// Whether `gallery.html` is written: everything in one file.
    public var singleFile = false
    /// Whether `report.pdf` is written.
    public var report: Bool
    /// The report's paper: "a4" or "letter".
    public var paper = "a4"
    /// A PNG file above the report's title, relative to the spec; nil for none.
    public var logo: String?
    /// Folder of the gallery's template, relative to the spec; nil for the program's own template.
    public var template: String?
    /// Folder in the output for the files that LaTeX needs; nil for none.
    public var latex: String?

    /// Whether there is a page of either kind.
    public var hasPage: Bool { gallery || singleFile }

    /// Only the page, with the one format that it shows.
    package var draft: Output {
      Output(
        figures: Array(["svg", "png"].filter(figures.contains).prefix(1)), gallery: true, report: false,
        template: template)
    }

    /// Formats of the files of every figure, including the small picture for pages.
    public var writtenFormats: [String] { figures + (hasPage ? [FigureFormat.thumbnail.name] : []) }
  }
}

import Engine
import Traces

// The table of keys, first part: the spec itself, how figures look and what is written.

extension SpecSection {
  /// Every mapping of a spec, in the order in which they are listed to people.
  static let all: [SpecSection] = [
    .root, .author, .textFile, .model, .checkpoint, .prompt, .sample, .attribute, .patch, .change, .promptTable,
    .message, .watchSet,
    .figure, .dataset, .lens, .style, .output,
  ]

  /// The spec itself.
  static let root = SpecSection(
    name: "spec", doc: "The spec itself.",
    keys: [
      Root.title, Root.subtitle, Root.authors, Root.date, Root.intro, Root.models, Root.prompts, Root.datasets,
      Root.figures, Root.conclusion, Root.lens, Root.style, Root.output, Root.traces,
    ])

  enum Root {
    static let title = SpecKey(
      "title", SpecLine(300), standard: .words("the file's name"), example: "Finding the words to say",
      "The heading of the gallery.")
    static let subtitle = SpecKey(
      "subtitle", SpecLine(300), example: "Two small models, eight prompts", "A line below the title.")
    static let authors = SpecKey(
      "authors", SpecAuthors(), example: "[Ada Lovelace, {name: Jay Doe, affiliation: Example University}]",
      "Who wrote it.")
    static let date = SpecKey(
      "date", SpecLine(100), example: "\"May 2026\"", "The date as you want to read it. The program never adds one.")
    static let intro = SpecKey(
      "intro", SpecMarkdown(20_000), example: "{file: intro.md}",
      "Your words before the figures, in Markdown.")
    static let conclusion = SpecKey(
      "conclusion", SpecMarkdown(20_000), example: "\"Words come *late*.\"",
      "Your words after the figures, in Markdown.")
    static let models = SpecKey(
      "models", SpecModels(), .required, example: "{SmolLM2 135M Instruct: smollm2-135m, mine: {path: ./mine.gguf}}",
      "The models, under names of your choice that figures show.")
    static let prompts = SpecKey(
      "prompts", SpecPrompts(), .requiredWithoutDatasets, example: "[{id: one, text: \"One, two\"}]",
      "The texts that the models read.")
    static let datasets = SpecKey(
      "datasets", SpecMappings(section: .dataset), example: "[{id: agreement, file: data/agreement.csv}]",
      "Files of many prompts.")
    static let figures = SpecKey(
      "figures", SpecFigures(), .requiredWithoutDatasets, example: "[rank-heatmap, {kind: top-tokens, layer: 5}]",
      "The figures to draw.")
    static let lens = SpecKey(
      "lens", SpecMapping(section: .lens), example: "{norm: none}", "How hidden states are read.")
    static let style = SpecKey(
      "style", SpecMapping(section: .style), example: "{venue: neurips, span: full}", "How figures look.")
    static let output = SpecKey(
      "output", SpecMapping(section: .output),
      example: "{figures: [pdf, svg, png, csv, tex], gallery: [html, single-file], report: pdf, latex: paper}",
      "What a build writes.")
    static let traces = SpecKey(
      "traces", SpecWord(.these(["cache", "commit"]), plural: "ways to keep traces"), standard: .value("cache"),
      example: "commit",
      "`commit` also keeps the traces beside the spec: docs/ci.md.")
  }

  /// An entry of `authors` that is a mapping.
  static let author = SpecSection(
    name: "authors", doc: "An author; the name alone stands for the mapping.",
    keys: [Author.name, Author.affiliation, Author.email, Author.orcid], namesOwner: true)

  enum Author {
    static let name = SpecKey("name", SpecLine(200), .required, example: "Jay Doe", "The name as it is printed.")
    static let affiliation = SpecKey(
      "affiliation", SpecLine(300), example: "Example University", "The place of work.")
    static let email = SpecKey("email", SpecMail(), example: "jay@example.org", "An address, shown as a link.")
    static let orcid = SpecKey(
      "orcid", SpecORCID(), example: "0000-0002-1825-0097", "The ORCID iD, shown as a link.")
  }

  /// A text in a file of its own.
  static let textFile = SpecSection(
    name: "intro", doc: "A text in a file, for `intro`, `conclusion` and `note`.", keys: [TextFile.file])

  enum TextFile {
    static let file = SpecKey(
      "file", SpecTextFile(), .required, example: "intro.md", "A file of Markdown, relative to the spec's folder.")
  }

  /// `lens`.
  static let lens = SpecSection(
    name: "lens", doc: "How hidden states are read.", keys: [Lens.norm, Lens.rows])

  enum Lens {
    static let norm = SpecKey(
      "norm", SpecChoice<Trace.Lens.Norm>(plural: "norms"), standard: .value("final"), example: "none",
      "Whether the model's final norm applies to all rows (`final`) or only to the last row (`none`).")
    static let rows = SpecKey(
      "rows", SpecChoice<TraceRequest.Rows>(plural: "kinds of rows"), standard: .value("blocks"), example: "attention",
      "`attention` also captures the residual stream after the attention of every block.")
  }

  /// `style`.
  static let style = SpecSection(
    name: "style", doc: "How figures look.",
    keys: [Style.venue, Style.span, Style.width, Style.height, Style.strict])

  enum Style {
    static let venue = SpecKey(
      "venue", SpecWord(.venues, plural: "venues"), example: "neurips",
      "The place of publication, which sets the width and the type sizes.")
    static let span = SpecKey(
      "span", SpecWord(.spans, plural: "spans"), standard: .value("full"), example: "column",
      "The width of figures: one column of the venue, or its full text width.")
    static let width = SpecKey(
      "width", SpecNumber(sizes), standard: .words("the venue's"), example: "300", "The width, in units of 1/72 inch.")
    static let height = SpecKey(
      "height", SpecNumber(sizes), standard: .words("the venue's"), example: "200.5",
      "The largest height, in units of 1/72 inch.")
    static let strict = SpecKey(
      "strict", SpecFlag(), standard: .value("false"), example: "true",
      "Whether the venue's rules apply. A figure that breaks a rule is then an error.")

    static let sizes = 72.0...2000
  }

  /// `output`.
  static let output = SpecSection(
    name: "output", doc: "What a build writes.",
    keys: [
      Output.figures, Output.gallery, Output.report, Output.paper, Output.logo, Output.template, Output.latex,
    ])

  enum Output {
    static let figures = SpecKey(
      "figures", SpecWords(.formats, noun: "figure format", plural: "figure formats"), standard: .usualFormats,
      example: "[pdf, svg]", "The formats of every figure. A gallery needs svg or png.")
    static let gallery = SpecKey(
      "gallery",
      SpecWords(.these(["html", "single-file", "none"]), noun: "gallery format", plural: "gallery formats"),
      standard: .value("html"), example: "[html, single-file]",
      "`html` writes `index.html` with its assets, `single-file` writes `gallery.html`. `none` excludes the others.")
    static let report = SpecKey(
      "report", SpecWord(.these(["pdf", "none"]), noun: "report format", plural: "report formats"),
      standard: .value("pdf"), example: "none", "Whether `report.pdf` is written.")
    static let paper = SpecKey(
      "paper", SpecWord(.these(["a4", "letter"]), noun: "size of paper", plural: "sizes of paper"),
      standard: .value("a4"), example: "letter", "The paper of `report.pdf`.")
    static let logo = SpecKey(
      "logo", SpecText(noun: "the path of a PNG file"), example: "./logo.png",
      "A picture above the title of `report.pdf`, relative to the spec's folder.")
    static let template = SpecKey(
      "template", SpecText(noun: "the path of a folder"), standard: .words("the program's"), example: "./mine",
      "Your own template, relative to the spec's folder: templates/README.md.")
    static let latex = SpecKey(
      "latex", SpecFolder(), example: "paper", "A folder inside the output that gets every figure for LaTeX.")
  }
}

import ArgumentParser
import Build
import Engine
import Figures
import Files
import Foundation
import Models
import Plot
import Spec
import Threads
import Traces
import Words

struct DrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw", abstract: "Draw a figure of a trace, or of a dataset's summary.",
    usage: "strata draw [<options>] <trace> ... --kind <kind> --output <file> ...",
    discussion: """
      The file's ending chooses the format; -o may be given several times. Of several traces each gets a figure: the files are \
      numbered FILE-1, FILE-2, ...

      --kind dataset-profile takes what `strata dataset --format json` writes: of one file the groups, of several the models.
      """)

  @Argument(
    help: ArgumentHelp("Traces written by strata trace or strata build; - is standard input.", valueName: "trace"))
  var traces: [String]

  @Option(
    help: "Kind of figure, as in a spec; strata kinds lists them.", completion: .list(FigureKind.all.map(\.name)))
  var kind: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "An option of the figure, as in a spec; strata kinds KIND lists them. May be given several times.",
      valueName: "key=value"))
  var assignments: [String] = []

  @Option(help: "The venue whose width and type sizes to use, as in a spec.", completion: .list(Venue.all.map(\.name)))
  var venue: String?

  @Option(
    help: "The figure's width: one column of the venue, or its full text width, as in a spec.",
    completion: .list(Theme.Span.allCases.map(\.rawValue)))
  var span: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Largest width, 72 to 2000, instead of the venue's.", valueName: "1/72 inch"),
    transform: NumberOption.real)
  var width: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Largest height, 72 to 2000.", valueName: "1/72 inch"),
    transform: NumberOption.real)
  var height: Double?

  @Flag(help: "Refuse a figure that breaks rules of the venue: sizes of text and lines, text on colours, fonts.")
  var strict = false

  @Option(
    name: .shortAndLong, parsing: .singleValue,
    help: ArgumentHelp("Where to write. May be given several times.", valueName: "file"))
  var output: [String]

  /// The names of its own options.
  private static let names = [
    "kind", "set", "venue", "span", "width", "height", "strict", "output", "help", "version",
  ]

  /// Points to `--set` where an option of a figure is given as one of the command; the parser would suggest a name that looks like it.
  ///
  /// - Throws: `Diagnostic`.
  static func requireOwnOptions(_ words: ArraySlice<String>) throws {
    let options = Set(FigureKind.all.flatMap(\.options).map(\.name))
    for (place, word) in zip(words.indices, words) where word.hasPrefix("--") {
      let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      guard let name = parts.first, !names.contains(name), options.contains(name) else { continue }
      let next = place + 1 < words.endIndex && !words[place + 1].hasPrefix("-") ? words[place + 1] : "VALUE"
      throw Diagnostic(
        "unknown option '--\(name)'",
        hints: ["options of a figure are given as in a spec: --set \(name)=\(parts.count == 2 ? parts[1] : next)"],
        category: .usage)
    }
  }

  func validate() throws {
    if venue == nil {
      try Unused.refuse([("--strict", strict)].names, because: "rules are those of a venue, and there is no --venue")
    }
  }

  func run() throws {
    try Output.require(output.map { ("--output", $0) }, apartFrom: traces)
    let figures = FigureRecipes()
    let job = DrawJob(figures: figures, vocabulary: SpecVocabulary.current(catalog: try ModelCatalog()))
    let style = FigureStyle(venue: venue, span: span, width: width, height: height, strict: strict)
    let numbers: [Numbers]
    if job.showsDatasetsAlone(kind) {
      numbers = try traces.map { .summary(try DatasetSummary.read(Input.data($0), path: $0)) }
    } else {
      let paths = traces
      let showsBoth = job.showsBoth(kind)
      numbers = try Parallel.tryMap(2) { index -> [Numbers] in
        if index == 0 {
          return try paths.flatMap { try showsBoth ? Input.numbers($0) : Input.traces($0).map { .trace($0) } }
        }
        figures.prepare()
        return []
      }[0]
    }
    let files = try job.draw(numbers, kind: kind, assignments: assignments, style: style, outputs: output)
    for file in files { try AtomicFile.write(file.data, to: URL(fileURLWithPath: file.path)) }
  }
}

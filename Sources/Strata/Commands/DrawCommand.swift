import ArgumentParser
import Engine
import Foundation
import Report

struct DrawCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "draw", abstract: "Draw a figure of a trace, or of a dataset's summary.",
    discussion: """
      The file's ending chooses the format. Of several traces each gets a figure: the files are numbered FILE-1, FILE-2, ...
      --kind dataset-profile takes what `strata dataset --format json` writes: of one file the groups, of several the models.
      """)

  @Argument(
    help: ArgumentHelp("Traces written by strata trace or strata build; - is standard input.", valueName: "trace"))
  var traces: [String]

  @Option(help: "Kind of figure, as in a spec.")
  var kind: String

  @Option(
    name: .customLong("set"), help: ArgumentHelp("An option of the figure, as in a spec.", valueName: "key=value"))
  var assignments: [String] = []

  @Option(help: "A venue whose sizes are used, as in a spec.")
  var venue: String?

  @Option(help: "How much of the venue's page the figure is as wide as, as in a spec.")
  var span: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to write.", valueName: "file"))
  var output: String

  func run() throws {
    let job = DrawJob(figures: FigureRecipes(), vocabulary: SpecVocabulary.current(catalog: try ModelCatalog()))
    if kind == DatasetProfile.name {
      let summaries = try traces.map { try DatasetSummary.read(Input.data($0), path: $0) }
      let data = try job.draw(summaries, assignments: assignments, venue: venue, span: span, output: output)
      return try AtomicFile.write(data, to: URL(fileURLWithPath: output))
    }
    let files = try job.draw(
      try traces.flatMap(Input.traces), kind: kind, assignments: assignments, venue: venue, span: span,
      output: output)
    for file in files { try AtomicFile.write(file.data, to: URL(fileURLWithPath: file.path)) }
  }
}

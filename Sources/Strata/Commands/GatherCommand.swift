import ArgumentParser
import Build
import Figures
import Foundation
import Words

struct GatherCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gather", abstract: "Make a gallery of traces that lie in folders, without a spec.",
    usage: "strata gather [<options>] <folder> ...",
    discussion: """
      Reads every trace and every summary of a dataset in the folders and below them, wherever it was made, and writes \
      out/NAME. Numbers that an earlier run has gathered there stay in the gallery. Two files with different numbers for \
      one model and one prompt are an error. docs/spec.md describes galleries of traces with a spec.
      """)

  @Argument(help: ArgumentHelp("Folders with traces and summaries.", valueName: "folder"), completion: .directory)
  var folders: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The folder in which the gallery gets a folder (default: out).", valueName: "folder"))
  var out: String?

  @Option(help: ArgumentHelp("The name of the gallery's folder.", valueName: "name"))
  var name = "gathered"

  @Option(help: ArgumentHelp("The title of the gallery.", valueName: "text"))
  var title = "Gathered traces"

  @Option(
    help: ArgumentHelp("A kind of figure to draw; may be repeated. Without it, those that fit.", valueName: "kind"))
  var kind: [String] = []

  @Option(
    help: ArgumentHelp("A format of the figures, such as svg; may be repeated. Without it, all.", valueName: "format"))
  var format: [String] = []

  @OptionGroup var compute: RunOptions
  @OptionGroup var talk: TalkOptions

  func validate() throws {
    guard Slug.isSlug(name) else {
      throw ValidationError("--name expects small letters, digits and single dashes, found '\(name)'")
    }
  }

  func run() throws {
    // Names that do not exist are mistakes of the command, not of what is gathered.
    do {
      for name in kind { _ = try FigureKind.named(name) }
      for name in format { _ = try FigureFormat.named(name) }
      guard format.isEmpty || format.contains("svg") || format.contains("png") else {
        throw Diagnostic(
          "the gallery shows figures as svg or png, found neither among --format",
          hints: ["add --format svg or --format png"], category: .usage)
      }
    } catch {
      var problem = Diagnostic.one(from: error)
      problem.category = .usage
      throw problem
    }
    let display = talk.display
    defer { display.finish() }
    var options = Builder.Options(
      out: URL(fileURLWithPath: out ?? "out", isDirectory: true), offline: true, keepGoing: true,
      threads: compute.threads)
    options.isOutGiven = out != nil
    let outcome = try GatherJob(try compute.buildJob()).gather(
      .init(
        folders: folders, name: name, title: title, kinds: kind.isEmpty ? nil : kind,
        formats: format.isEmpty ? nil : format), options: options,
      progress: display.handler)
    display.finish()
    if !talk.quiet { Terminal.talk(outcome.summary + "\n" + outcome.gallery.summary) }
    try Terminal.say(lines: [outcome.gallery.entrance])
    if !outcome.gallery.failures.isEmpty { throw ExitCode(ExitStatus.someFailed.rawValue) }
  }
}

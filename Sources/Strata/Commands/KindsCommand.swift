import Spec
import ArgumentParser
import Engine
import Figures
import Words

struct KindsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kinds", abstract: "Kinds of figures, and the options of one.")

  @Argument(
    help: "The kind whose options to list; all kinds by default.", completion: .list(FigureKind.all.map(\.name)))
  var kind: String?

  @Flag(help: "The list as a Markdown table.")
  var markdown = false

  func run() throws {
    guard let kind else { return try Terminal.say(markdown ? KindList.markdown : KindList.text) }
    // A name that does not exist is a mistake of the command.
    do { _ = try FigureKind.named(kind) } catch {
      var problem = Diagnostic.one(from: error)
      (problem.place, problem.category) = (nil, .usage)
      throw problem
    }
    try Terminal.say(try markdown ? KindList.markdown(of: kind) : KindList.text(of: kind))
  }
}

import ArgumentParser
import Engine
import Figures

struct KindsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kinds", abstract: "Kinds of figures, and the options of one.")

  @Argument(help: "A kind whose options are listed; without it all kinds.")
  var kind: String?

  @Flag(help: "The options as a Markdown table.")
  var markdown = false

  func validate() throws {
    if markdown, kind == nil { throw ValidationError("--markdown lists the options of one kind: name it") }
  }

  func run() throws {
    guard let kind else { return try Terminal.say(KindList.text) }
    try Terminal.say(try markdown ? KindList.markdown(of: kind) : KindList.text(of: kind))
  }
}
